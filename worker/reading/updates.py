"""The updates of a running report with their times: as its JSON-LD states them, and put in their places among a page's blocks."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from worker.news.record import Block, BlockKind
from worker.reading.blocks import is_text, plain_body
from worker.reading.clean import clean_line, compared
from worker.reading.dates import read_date
from worker.reading.extractor import plain_text
from worker.reading.jsonld import StatedUpdate
from worker.reading.zones import Habits

# A line of so many letters is known by its beginning; a shorter one may stand anywhere.
TELLING = 30
LEVEL = 2  # of a headline that the page does not show
_LONGEST_HEADLINE = 1000
_LONGEST_SEARCHED = 200_000  # letters of a page in which what is no block of its own is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update of a running report; `at` is aware UTC, and None when nobody says the hour."""

    at: datetime | None
    headline: str = ""
    blocks: tuple[Block, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The headline, or "", and the other lines, as they are compared."""
        return compared(self.headline), *(compared(block.text) for block in self.blocks)

    @property
    def heading(self) -> Block | None:
        """The headline as a block; None when there is none, or it only repeats how the text begins."""
        headline, *lines = self.lines
        first = lines[0] if lines else ""
        repeats = first.startswith(headline) or (len(first) >= TELLING and first[:TELLING] in headline)
        return None if repeats else Block(kind=BlockKind.HEADING, text=self.headline, level=LEVEL, at=self.at)


def stated_updates(
    stated: Sequence[StatedUpdate], *, habits: Habits, now: datetime, at_most: int
) -> tuple[Update, ...]:
    """What JSON-LD states of updates, each once, up to `at_most` letters in all."""
    found: dict[Update, None] = {}
    room = at_most
    for one in stated:
        at = posted(one.published, habits=habits, now=now)
        blocks = tuple(replace(block, at=at) for block in plain_body(plain_text(one.body)).blocks)
        headline = clean_line(plain_text(one.headline), at_most=_LONGEST_HEADLINE)
        room -= len(headline) + sum(len(block.text) + 1 for block in blocks)
        if room < 0:
            break
        if headline or blocks:
            found[Update(at=at, headline=headline, blocks=blocks)] = None
    return tuple(found)


def posted(raw: str, *, habits: Habits, now: datetime) -> datetime | None:
    """When an update was posted; a day alone is no time."""
    read = read_date(raw, now=now, habits=habits)
    return read.value if read is not None and read.precision != "day" else None


def woven(blocks: Sequence[Block], updates: Sequence[Update]) -> tuple[Block, ...]:
    """The blocks of a page with the times of the updates that stand there, and with the updates that do not.

    What is missing comes behind the update before it, in the order of the page; where the page shows none, behind its text.
    """
    page = _Page(blocks)
    shown = [*page.places(page.in_order(updates))]
    starts = [place.start for place in shown if place.found]
    kept: list[Block] = []
    waiting: list[Block] = []
    at = 0
    for place in shown:
        if not place.found:
            waiting += [] if page.has_all(place.update) else _written(place.update)
            continue
        following = next((start for start in starts if start > place.start), None)
        kept += [*blocks[at : place.start], *(waiting if at else ()), *([] if at else waiting)]
        waiting = []
        end = page.end_of(place, following)
        kept += page.timed(place, end, last=following is None)
        at = end
    return (*kept, *waiting, *blocks[at:]) if at else (*blocks, *waiting)


def _written(update: Update) -> list[Block]:
    heading = update.heading
    return [*([heading] if heading else []), *update.blocks]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an update stands: by each of its lines (the headline is 0) the block that it is."""

    update: Update
    found: dict[int, int] = field(default_factory=dict)

    @property
    def start(self) -> int:
        return min(self.found.values())


class _Page:
    """Finds lines among the blocks of a page: whole, or by their beginning when they are long."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.keys = [compared(block.text) if is_text(block) else "" for block in blocks]
        self.index: dict[str, list[int]] = defaultdict(list)
        for at, key in enumerate(self.keys):
            if key:
                self.index[key[:TELLING]].append(at)
        self.words = "".join(self.keys)[:_LONGEST_SEARCHED]

    def find(self, key: str, start: int, end: int) -> int | None:
        """The first block from `start` up to `end` that is this line."""
        places = self.index.get(key[:TELLING], []) if key else []
        for at in places[bisect_left(places, start) :]:
            if at >= end:
                break
            if len(key) >= TELLING or self.keys[at] == key:
                return at
        return None

    def has_all(self, update: Update) -> bool:
        """Whether the long lines of an update stand in lines of the page that are longer still, or in its lists."""
        long = [key for key in update.lines[1:] if len(key) >= TELLING]
        return bool(long) and all(key[: 2 * TELLING] in self.words for key in long)

    def in_order(self, updates: Sequence[Update]) -> Sequence[Update]:
        """The updates in the order of the page: some sites state the newest first and show the oldest first."""
        anchors = [at for update in updates if (at := self.anchor(update)) is not None]
        falling = sum(after < before for before, after in pairwise(anchors))
        return updates[::-1] if 2 * falling > max(0, len(anchors) - 1) else updates

    def anchor(self, update: Update) -> int | None:
        """The block that tells where an update stands."""
        long = (key for key in update.lines if len(key) >= TELLING)
        return next((at for key in long if (at := self.find(key, 0, len(self.keys))) is not None), None)

    def places(self, updates: Sequence[Update]) -> Iterator[_Place]:
        """Each update with its blocks, none of which stands before those of the update before it."""
        anchors = [self.anchor(update) for update in updates]
        following: list[int] = []
        end = len(self.keys)
        for anchor in reversed(anchors):
            following.append(end)
            end = end if anchor is None else anchor
        at = 0
        for update, end in zip(updates, reversed(following), strict=True):
            place = _Place(update)
            for line, key in enumerate(update.lines):
                found = self.find(key, at, end if end > at else len(self.keys))
                if found is not None:
                    place.found[line] = found
                    at = found + 1
            yield place

    def end_of(self, place: _Place, following: int | None) -> int:
        """Behind the last block that can be an update's: at the next one, or at a heading that is as high as its own."""
        last = max(place.found.values()) + 1
        head = self.blocks[place.start]
        level = (head.level or LEVEL) if head.kind is BlockKind.HEADING else 6
        stop = len(self.blocks) if following is None else following
        higher = (
            at
            for at in range(last, stop)
            if self.blocks[at].kind is BlockKind.HEADING and (self.blocks[at].level or LEVEL) <= level
        )
        return next(higher, stop)

    def timed(self, place: _Place, end: int, *, last: bool) -> Iterator[Block]:
        """The blocks of an update with its time, and the lines that the page lacks in their places.

        Behind the last update stands what belongs to none: it gets no time.
        """
        update, lines = place.update, {at: line for line, at in place.found.items()}
        missing = self._missing(place, end)
        written = 0
        own = max(lines) + 1 if last else end
        for at in range(place.start, own):
            line = lines.get(at, written)
            yield from (missing.pop(one) for one in range(written, line) if one in missing)
            written = line + (at in lines)
            block = self.blocks[at]
            if lines.get(at) == 0 and block.kind is BlockKind.PARAGRAPH and update.heading:
                block = replace(block, kind=BlockKind.HEADING, level=LEVEL)
            yield block if block.at else replace(block, at=update.at)
        yield from missing.values()
        yield from self.blocks[own:end]

    def _missing(self, place: _Place, end: int) -> dict[int, Block]:
        """The lines of an update that the page lacks. Where it says something else, it says the same in other words: none."""
        update, found = place.update, frozenset(place.found.values())
        words = "".join(self.keys[place.start : end])
        headed = self.blocks[place.start].kind is BlockKind.HEADING
        retold = any(self.keys[at] and at not in found for at in range(place.start, end))
        lines = zip((None if headed else update.heading, *update.blocks), update.lines, strict=True)
        return {
            line: block
            for line, (block, key) in enumerate(lines)
            if block and line not in place.found and key[: 2 * TELLING] not in words and not (retold and line)
        }
