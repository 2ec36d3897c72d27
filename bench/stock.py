"""Made-up articles for the benches, in any number: their addresses, keys, texts and sketches, and groups of wire copy.

All that is known of an article follows from its number, but for its text and the sketch of it: those of a copy are real, and
of all others the sketch is chance, of the size of a real one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from random import Random
from uuid import UUID

from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.identity import Key, Witness, guid_key, url_key
from worker.news.near import BAND_BYTES, Sketch
from worker.news.outlet import FeedSource, Outlet
from worker.news.record import Change, Extraction, Group, OutletRef, Record
from worker.reading.sketch import BANDS, PLACES, MinHashSketcher

OUTLETS = 40
WORDS = 400
BEGUN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# An article every three seconds: 200,000 are those of the days for which a sketch is kept.
PACE = timedelta(seconds=3)
# The share of wire copy. Large groups are rarer, in the measure of their size; the first ones are there in any stock.
WIRE_SHARE = 0.1
SIZES = range(2, 61)
FIRST_SIZES = (60, 4)
# Bands that every third article has, as those of a template: they say nothing.
CROWD = tuple(sha256(f"crowd {n}".encode()).digest()[:BAND_BYTES] for n in range(5))
_CROWDED = 3
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "xo", "zu")
_VOCABULARY = tuple(a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES)
_FILLER = " ".join(_VOCABULARY[:WORDS])
_WEIGHTS = tuple(1 / size for size in SIZES)
# The chance with which one that is alone is followed by a group, so that the share is right.
_STARTS = WIRE_SHARE / (1 - WIRE_SHARE) * sum(_WEIGHTS) / len(SIZES)
_CHANGED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A text that several outlets have; the group has the id of its first article."""

    id: UUID
    size: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A stored article."""

    id: UUID
    number: int
    text: str
    sketch: Sketch
    group: UUID | None

    @property
    def at(self) -> datetime:
        """When it was found and stored."""
        return BEGUN + self.number * PACE


@dataclass(slots=True, kw_only=True)
class Stock:
    """What was made so far."""

    chance: Random = field(default_factory=lambda: Random(1))
    ids: list[UUID] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    _left: int = 0

    def more(self, count: int) -> Iterator[Made]:
        """So many more articles; the copies of a text follow each other."""
        for _ in range(count):
            self.ids.append(new_id())
            if not self._left and self._starts_group():
                self._start_group()
            yield self._copy() if self._left else self._alone()

    def wires_of(self, sizes: range) -> list[Wire]:
        """The texts that so many articles have, all of them made."""
        whole = self.wires[:-1] if self._left else self.wires
        return [wire for wire in whole if wire.size in sizes]

    def _starts_group(self) -> bool:
        return len(self.wires) < len(FIRST_SIZES) or self.chance.random() < _STARTS

    def _start_group(self) -> None:
        drawn = self.chance.choices(SIZES, _WEIGHTS)[0]
        size = (*FIRST_SIZES, drawn)[min(len(self.wires), len(FIRST_SIZES))]
        self.wires.append(Wire(id=self.ids[-1], size=size, words=some_words(self.chance)))
        self._left = size

    def _copy(self) -> Made:
        self._left -= 1
        wire = self.wires[-1]
        text = copy_of(wire, self.chance)
        return Made(id=self.ids[-1], number=len(self.ids) - 1, text=text, sketch=sketch_of(text), group=wire.id)

    def _alone(self) -> Made:
        number = len(self.ids) - 1
        crowd = CROWD if number % _CROWDED == 0 else ()
        sketch = chance_sketch(self.chance, *crowd)
        return Made(id=self.ids[-1], number=number, text=_FILLER, sketch=sketch, group=None)


def some_words(chance: Random) -> tuple[str, ...]:
    """The words of a text that shares next to no three in a row with another one."""
    return tuple(chance.choices(_VOCABULARY, k=WORDS))


def copy_of(wire: Wire, chance: Random) -> str:
    """The text as one more outlet has it: cut at the end, and a few words changed."""
    kept = list(wire.words[: WORDS - chance.randrange(WORDS // 10)])
    for _ in range(_CHANGED):
        kept[chance.randrange(len(kept))] = chance.choice(_VOCABULARY)
    return " ".join(kept)


def sketch_of(text: str) -> Sketch:
    """The sketch of a text of these, which is never too short for one."""
    found = MinHashSketcher().sketch(text)
    assert found is not None
    return found


def chance_sketch(chance: Random, *crowd: bytes) -> Sketch:
    """Bands that no other article has, some that many have, and a sample like that of a text of so many words."""
    own = tuple(chance.randbytes(BAND_BYTES) for _ in range(BANDS + PLACES))
    sample = sorted(struct.unpack(f"<{WORDS}I", chance.randbytes(4 * WORDS)))
    return Sketch(bands=own + crowd, size=WORDS, sample=struct.pack(f"<{WORDS}I", *sample))


def outlet(number: int) -> Outlet:
    """The outlet of an article by its number; the first ones are all that there are."""
    return _outlet(number % OUTLETS)


@cache
def _outlet(n: int) -> Outlet:
    place = f"https://outlet{n}.example/"
    return Outlet(
        id=f"outlet-{n}",
        name=f"Outlet {n}",
        country="PT",
        language="pt",
        homepage=place,
        enabled=True,
        feeds=(FeedSource(url=f"{place}feed"),),
    )


# A batch is asked for several times.
@lru_cache(maxsize=10_000)
def entry(number: int) -> Entry:
    """How an article is announced."""
    place = outlet(number).homepage
    words = Random(number).choices(_VOCABULARY, k=6)
    url = f"{place}2026/11/{'-'.join(words)}-{number}"
    return Entry(url=url, guid=f"{place}?p={number}", title=" ".join(words), published_at=BEGUN)


@lru_cache(maxsize=10_000)
def keys(number: int) -> tuple[Key, ...]:
    """The three keys of an article: its addresses in the feed and on the page, and its guid."""
    told = entry(number)
    named = url_key(f"{outlet(number).homepage}article/{number}", Witness.CANONICAL)
    return tuple(sorted((url_key(told.url or "", Witness.FEED), guid_key(outlet(number).id, told.guid or ""), named)))


def text_hash(number: int) -> bytes:
    """The hash of the text of an article."""
    return sha256(f"text {number}".encode()).digest()


def record(id_: UUID, number: int, text: str, *, group: UUID | None = None) -> Record:
    """The first state of an article."""
    of, told = outlet(number), entry(number)
    return Record(
        id=str(id_),
        revision=1,
        change=Change.NEW,
        url=told.url,
        outlet=OutletRef(id=of.id, name=of.name, country=of.country, language=of.language),
        title=told.title,
        text=text,
        published_at=told.published_at,
        group=Group(id=str(group)) if group else None,
        extraction=Extraction(engine="bench", version="1", quality=1.0),
    )
