"""Words and sentences of a text, as the gate measures them in any script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from worker.news.record import Block, BlockKind

_MOST_MEASURED = 12_000  # letters
_SENTENCE_END = re.compile("[.!?…。！？؟۔।։።][\"'»”’)\\]」』“]*(?=\\s|$|[\u3040-\u9fff])")
ENDS = re.compile('(?:[.!?…。！？؟۔।։።:;]["\'»”’)\\]」』“]*|["»”])\\s*$')
# Scripts that write no full stops (Thai, Lao, Burmese, Khmer), and those that need few letters.
_WITHOUT_STOPS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SHORTEST_PROSE, _SHORTEST_DENSE = 40, 15  # letters
# A line without an end that is as long as this is prose all the same.
_LONGEST_LINE = 160
_WORD = re.compile(r"[^\W\d_]+|\d+")
_STEM = 5  # letters of a word that survive its endings
_SHORTEST_WORD = 4


def marks_of(text: str) -> frozenset[str]:
    """The words of a text by which it is compared: their first letters; pairs of letters where words are not apart."""
    marks: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if _UNSPACED.search(word):
            marks.update(word[at : at + 2] for at in range(len(word) - 1))
        elif len(word) >= _SHORTEST_WORD or word.isdecimal():
            marks.add(word[:_STEM])
    return frozenset(marks)


def begins_word(mark: str, text: str) -> bool:
    """Whether a word of the text begins so; letters of scripts without blanks may stand anywhere."""
    at = text.find(mark)
    for _ in range(4):
        if at <= 0 or not text[at - 1].isalnum() or _UNSPACED.match(mark):
            return at >= 0
        at = text.find(mark, at + 1)
    return False


def length_of(text: str) -> int:
    """Letters of a text, where those of Chinese, Japanese and Korean say as much as two or three of others."""
    return len(text) + len(_DENSE.findall(text[:_MOST_MEASURED]))


def sentences_of(lines: Iterable[str]) -> int:
    """How many sentences stand in lines of prose; at least one a line."""
    return sum(max(1, len(_SENTENCE_END.findall(line))) for line in lines)


def lines_of(block: Block) -> Iterator[tuple[str, bool]]:
    """The lines of a block, each with whether it may be prose."""
    if block.kind in {BlockKind.TABLE, BlockKind.LIST}:
        yield from ((cell.strip(), True) for line in block.text.split("\n") for cell in line.split(" | "))
    else:
        linked = 2 * sum(len(link.text) for link in block.links) > len(block.text)
        yield block.text, not linked and block.kind is not BlockKind.HEADING


def is_prose(line: str) -> bool:
    """Whether a line ends as a sentence does, or holds some and is long."""
    if len(line) < _SHORTEST_DENSE or (len(line) < _SHORTEST_PROSE and not _DENSE.search(line)):
        return False
    if "©" in line and len(_SENTENCE_END.findall(line)) < 3:  # noqa: PLR2004 - a footer
        return False
    if ENDS.search(line[-40:]) or _WITHOUT_STOPS.search(line):
        return True
    return len(line) >= _LONGEST_LINE and len(_SENTENCE_END.findall(line)) * 400 >= len(line)
