"""ROUGE-LSum: how much of a text's lines stands in another text in the same order (Lin 2004, section 3.2).

The numbers are those of the package rouge-score (`rougeLsum`, lines split at newlines, no stemmer), which is too slow for
thousands of pages. One thing differs: a word is a run of letters and digits of any script, where that package knows only
a to z, and so finds nothing in Greek or Korean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+")


def rouge_lsum(found: str, expected: str) -> float:
    """The F-measure; 0 when one of the texts has no words."""
    wanted, given = _lines(expected), _lines(found)
    left, total = Counter(word for line in given for word in line), sum(map(len, wanted))
    length = left.total()
    if not total or not length:
        return 0.0
    hits = 0
    for line in wanted:
        for word in _in_both(line, given):
            # No word of the found text is counted twice.
            if left[word]:
                left[word] -= 1
                hits += 1
    return 2 * hits / (total + length)


def _lines(text: str) -> list[list[str]]:
    return [words for line in text.split("\n") if (words := _WORD.findall(line.lower()))]


def _in_both(line: Sequence[str], others: Iterable[Sequence[str]]) -> list[str]:
    """The words of a line that belong to its longest common subsequence with any of the others."""
    places: dict[str, int] = {}
    for at, word in enumerate(line):
        places[word] = places.get(word, 0) | 1 << at
    every, union = (1 << len(line)) - 1, 0
    # The lines that are most like it come first: what they cover ends the search early, and changes nothing.
    for other in sorted(others, key=lambda other: other != line):
        if union == every:
            break
        if not places.keys().isdisjoint(other):
            union |= common_subsequence(places, other, every)
    return [word for at, word in enumerate(line) if union >> at & 1]


def common_subsequence(places: dict[str, int], other: Sequence[str], every: int) -> int:
    """Which places of a line are in its longest common subsequence with another, as bits of a number.

    `places` has the places of each word of the line, `every` all of them. The lengths are counted by Hyyrö's bit-parallel
    method ("Bit-parallel LCS-length computation revisited", 2004); of several subsequences it takes the one that
    rouge-score takes.
    """
    # A bit of a step: with the word at this place the subsequence grows.
    rising, steps = every, [0]
    for word in other:
        if at := places.get(word, 0):
            matched = rising & at
            rising = ((rising + matched) | (rising - matched)) & every
        steps.append(every & ~rising)
    taken, below = 0, every
    for index in range(len(other), 0, -1):
        same = places.get(other[index - 1], 0)
        place = ((steps[index] | same) & below).bit_length()
        if not place:
            break
        below = (1 << place) - 1
        if same >> (place - 1) & 1:
            taken |= 1 << (place - 1)
            below >>= 1
    return taken
