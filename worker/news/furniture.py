"""The furniture of an outlet: lines that stand on many of its pages, and so are no text of any one article. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain

from worker.news.content import normalize_text
from worker.news.policy import FurniturePolicy
from worker.news.record import Block, BlockKind, Furnishing, Line

HASH_BYTES = 8
LONGEST_SAMPLE = 200
# Letters of a line: a longer one is prose, a shorter one may be anybody's answer in an interview.
LONGEST_LINE = 2000
SHORTEST_LINE = 12
FEWEST_WORDS = 3
# Where furniture stands: at the beginning, at the end, and in short lines between.
FIRST, LAST = 3, 6
SHORT = 200
# Blocks at either end of a page that are looked at; a page with more than twice as many is a list or an attack.
MOST_BLOCKS = 1000
_KINDS = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.QUOTE})
# Two words are one when they begin alike: most languages bend them at the end. Shorter ones hold sentences together.
_STEM, _SHORTEST_WORD = 5, 4
# Scripts without blanks between words: pairs of signs stand for words in those of East Asia, fours in those of the South-East.
_EAST = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_SOUTH_EAST = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """The blocks of a page without its outlet's furniture, what is to be learnt from it, and words on what was done."""

    blocks: tuple[Block, ...]
    furnishing: Furnishing
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A line, or a heading with the line below it, as blocks from `start` up to `end`."""

    start: int
    end: int
    text: str

    @property
    def hash(self) -> bytes:
        return blake2b(self.text.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()


def is_furniture(*, pages: int, days: int, counted: int, policy: FurniturePolicy) -> bool:
    """Whether a line that stood in so many of an outlet's counted articles, met on so many days, is furniture."""
    return counted >= policy.known and days >= policy.days and pages >= max(policy.pages, policy.share * counted)


def furnish(blocks: tuple[Block, ...], *, title: str, known: frozenset[bytes], policy: FurniturePolicy) -> Furnished:
    """Leave the known furniture out of a page's blocks, unless it makes up too much of them, and find what may be furniture."""
    spans = [*_spans(blocks, _places(blocks))]
    lines = _lines(blocks, spans, title, policy)
    met, gone = _met(spans, known)
    if not gone:
        return Furnished(blocks=blocks, furnishing=Furnishing(lines=lines))
    letters = sum(len(block.text) for block in blocks)
    share = sum(len(blocks[at].text) for at in gone) / letters
    if share > policy.at_most:
        kept = f"lines that stand on many pages of the outlet make up {share:.0%} of the text: they were left in"
        return Furnished(blocks=blocks, furnishing=Furnishing(lines=lines), warnings=(kept,))
    count = f"{len(gone)} lines that stand" if len(gone) > 1 else "1 line that stands"
    return Furnished(
        blocks=_without(blocks, gone),
        furnishing=Furnishing(lines=lines, dropped=met, whole=_text(blocks)),
        warnings=(f"left out: {count} on many pages of the outlet",),
    )


def text_without(blocks: tuple[Block, ...], known: frozenset[bytes]) -> str:
    """The text of some blocks without the lines of these hashes, however much they are: for comparing two states of a page."""
    return _text(_without(blocks, _met(_spans(blocks, range(len(blocks))), known)[1]))


def _places(blocks: Sequence[Block]) -> list[int]:
    """Where furniture stands on a page."""
    last = len(blocks) - LAST
    near = chain(range(min(MOST_BLOCKS, len(blocks))), range(max(MOST_BLOCKS, len(blocks) - MOST_BLOCKS), len(blocks)))
    return [at for at in near if at < FIRST or at >= last or len(blocks[at].text) < SHORT]


def _spans(blocks: Sequence[Block], places: Iterable[int]) -> Iterator[_Span]:
    """The lines at some places that can be furniture. A heading is none by itself ("Background" is text), but with the line below."""
    for at in places:
        block = blocks[at]
        text = normalize_text(block.text) if block.kind in _KINDS and len(block.text) <= LONGEST_LINE else ""
        if not text:
            continue
        yield _Span(start=at, end=at + 1, text=text)
        above = blocks[at - 1] if at else None
        if above is not None and above.kind is BlockKind.HEADING and above.level != 1 and len(above.text) < SHORT:
            yield _Span(start=at - 1, end=at + 1, text=f"{normalize_text(above.text)} {text}")


def _met(spans: Iterable[_Span], known: frozenset[bytes]) -> tuple[frozenset[bytes], set[int]]:
    """Which of the known lines are among some, and where their blocks stand."""
    met = [span for span in spans if span.hash in known] if known else []
    return frozenset(span.hash for span in met), {at for span in met for at in range(span.start, span.end)}


def _without(blocks: Sequence[Block], gone: set[int]) -> tuple[Block, ...]:
    return tuple(block for at, block in enumerate(blocks) if at not in gone)


def _text(blocks: Sequence[Block]) -> str:
    return "\n".join(block.text for block in blocks)


def _lines(blocks: Sequence[Block], spans: Sequence[_Span], title: str, policy: FurniturePolicy) -> tuple[Line, ...]:
    """The lines of a page that are counted: those at its end first, then those at its beginning, then short ones between."""
    last, about = len(blocks) - LAST, _stems(normalize_text(title))
    ends = [span for span in reversed(spans) if span.end > last]
    starts = [span for span in spans if span.end <= min(FIRST, last)]
    between = [span for span in spans if FIRST < span.end <= last]
    found: dict[bytes, Line] = {}
    for span in (*ends, *starts, *between):
        if len(found) >= policy.lines:
            break
        if _says_enough(span.text) and about.isdisjoint(_stems(span.text)):
            sample = "\n".join(block.text for block in blocks[span.start : span.end])[:LONGEST_SAMPLE]
            found.setdefault(span.hash, Line(hash=span.hash, sample=sample))
    return tuple(found.values())


def _says_enough(text: str) -> bool:
    return len(text) >= SHORTEST_LINE and (len(text.split()) >= FEWEST_WORDS or _is_unspaced(text))


def _is_unspaced(text: str) -> bool:
    return not text.isascii() and (_EAST.search(text) or _SOUTH_EAST.search(text)) is not None


def _stems(normal: str) -> set[str]:
    """What the words of a normalized text begin with.

    A line that has a word of the title speaks of the article: it is not counted there. So the paragraph that a running story
    repeats from day to day counts in about a third of its articles, and a newsletter box in five of six.
    """
    if not _is_unspaced(normal):
        return {word[:_STEM] for word in normal.split() if len(word) >= _SHORTEST_WORD and word[0].isalpha()}
    found: set[str] = set()
    for script, size in ((_EAST, 2), (_SOUTH_EAST, 4)):
        for run in script.findall(normal):
            found.update(run[at : at + size] for at in range(max(1, len(run) - size + 1)))
    return found
