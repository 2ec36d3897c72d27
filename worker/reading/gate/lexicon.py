"""Many words in many languages as one pattern that costs little: looked for where words begin, or anywhere where they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

# Scripts without blanks between words, and those that write articles and prepositions onto the word.
_DENSE = re.compile("[\u0590-\u06ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NEVER = re.compile(r"(?!)")


class Lexicon:
    """A pattern of alternatives for lower-case text, without groups that capture; used as a compiled pattern is."""

    def __init__(self, pattern: str) -> None:
        """Sort the alternatives of the outermost level by their first letter."""
        self.pattern = pattern
        apart = list(_alternatives(pattern))
        dense = [one for one in apart if (letter := re.search(r"(?<!\\)[^\W\d_]", one)) and _DENSE.match(letter[0])]
        spaced = [one for one in apart if one not in dense]
        self._spaced = re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})") if spaced else _NEVER
        self._dense = re.compile("|".join(dense)) if dense else _NEVER

    def search(self, text: str) -> str:
        """The first words that match; empty when none do."""
        found = self._spaced.search(text) or (is_dense(text) and self._dense.search(text))
        return found[0] if found else ""

    def found(self, text: str) -> set[str]:
        """All different words that match."""
        return {*self._spaced.findall(text), *(self._dense.findall(text) if is_dense(text) else ())}

    def fullmatch(self, text: str) -> bool:
        """Whether the text is nothing else."""
        return bool(self._spaced.fullmatch(text) or self._dense.fullmatch(text))

    def without(self, text: str) -> str:
        """The text with blanks in place of what matches."""
        return self._dense.sub(" ", self._spaced.sub(" ", text))


@lru_cache(maxsize=64)
def is_dense(text: str) -> bool:
    """Whether a text has letters of such scripts; the same text is asked about by every lexicon."""
    return bool(_DENSE.search(text))


def _alternatives(pattern: str) -> Iterator[str]:
    """The parts of a pattern between bars that stand in no group and in no class."""
    depth = start = at = 0
    in_class = False
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif in_class:
            in_class = letter != "]"
        elif letter == "[":
            in_class = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and not depth:
            yield pattern[start:at]
            start = at + 1
        at += 1
    yield pattern[start:]
