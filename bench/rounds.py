"""What bench.identity measures: each function does one thing once, on a filled database, and leaves that as it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from random import Random
from uuid import UUID

from sqlalchemy import Connection, update

from bench.filling import feeds_of, take_out
from bench.stock import (
    BEGUN,
    CROWD,
    OUTLETS,
    PACE,
    Stock,
    Wire,
    chance_sketch,
    copy_of,
    entry,
    keys,
    outlet,
    record,
    sketch_of,
    some_words,
    text_hash,
)
from worker.clock import new_id
from worker.news.furniture import HASH_BYTES
from worker.news.identity import entry_keys
from worker.news.near import Sketch
from worker.news.outcome import Stored
from worker.news.outlet import FeedKind
from worker.news.page import Validators
from worker.news.policy import NearPolicy
from worker.news.reason import Reason
from worker.news.record import Line
from worker.news.schedule import FeedPace
from worker.news.work import Stage, Ticket
from worker.pipeline.state.extracts import NewRevision
from worker.pipeline.state.parses import Announcement, ParseJob
from worker.store.database import Database
from worker.store.extracts import SqlExtracts
from worker.store.groups import Neighbours, keep_sketch, look
from worker.store.keys import owners
from worker.store.merges import find_twins
from worker.store.schema import work
from worker.store.sightings import file_slice

# Entries of a slice; half of them are known.
SLICE = 30
FEW = range(3, 7)
MANY = range(50, 61)
_LINES = 12
# No stored article has a number that high.
_UNKNOWN = 10**7


@dataclass(slots=True)
class Watch:
    """Milliseconds an article, of each round: by the clock, and of this process's CPU."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @contextmanager
    def over(self, articles: int = 1) -> Iterator[None]:
        """Time what is done for so many articles."""
        began, spent = time.perf_counter(), time.process_time()
        yield
        self.cpu.append(1000 * (time.process_time() - spent) / articles)
        self.wall.append(1000 * (time.perf_counter() - began) / articles)


@dataclass(slots=True, kw_only=True)
class Desk:
    """A filled database, and what comes to it."""

    database: Database
    stock: Stock
    chance: Random
    _turns: Iterator[int] = field(default_factory=lambda: count(_UNKNOWN))

    def known(self) -> int:
        """The number of one of the stored articles."""
        return self.chance.randrange(len(self.stock.ids))

    def unknown(self, like: int) -> int:
        """The number of an article that nobody has met, of the outlet of another one."""
        return OUTLETS * next(self._turns) + like % OUTLETS

    def wire(self, sizes: range) -> Wire:
        """A text that so many stored articles have."""
        return self.chance.choice(self.stock.wires_of(sizes))

    @contextmanager
    def undone(self) -> Iterator[Connection]:
        """A transaction that writes, and is rolled back at the end."""
        with self.database.engine.connect().execution_options(copydesk_write=True) as c, c.begin() as transaction:
            yield c
            transaction.rollback()


def look_up_keys(desk: Desk, watch: Watch) -> None:
    """Whose the keys of a slice of entries are."""
    numbers = _slice(desk)
    hashes = [key.hash for number in numbers for key in keys(number)]
    with desk.database.read() as c, watch.over(len(numbers)):
        found = owners(c, hashes)
    assert len(found) == 3 * sum(number < _UNKNOWN for number in numbers)


def file_entries(desk: Desk, watch: Watch) -> None:
    """A slice of entries of one feed; half of them are known."""
    numbers = _slice(desk)
    announcements, now = [_announcement(number) for number in numbers], _now(desk)
    with desk.undone() as c:
        job = _parse_job(c, numbers[0], now)
        with watch.over(len(numbers)):
            sighted = file_slice(c, desk.database.new_id, job, announcements, now=now)
    assert len(sighted.new) == sum(number >= _UNKNOWN for number in numbers)


def twins_of_new(desk: Desk, watch: Watch) -> None:
    """An article that is none of those before: its text and a key become its own."""
    number, article = desk.unknown(desk.known()), new_id()
    new = _revision(article, number, " ".join(some_words(desk.chance)))
    with desk.undone() as c, watch.over():
        twins = find_twins(c, article, outlet(number).id, new)
    assert not twins


def twins_of_copy(desk: Desk, watch: Watch) -> None:
    """An article at an unknown address whose text is known."""
    known, article = desk.known(), new_id()
    number = desk.unknown(known)
    new = _revision(article, number, " ".join(some_words(desk.chance)), hash_=text_hash(known))
    with desk.undone() as c, watch.over():
        twins = find_twins(c, article, outlet(known).id, new)
    assert twins == {desk.stock.ids[known]: Reason.SAME_TEXT}


def look_for_none(desk: Desk, watch: Watch) -> None:
    """A text like no other."""
    found = _look(desk, watch, sketch_of(" ".join(some_words(desk.chance))))
    assert not found.candidates


def look_for_few(desk: Desk, watch: Watch) -> None:
    """A text of which there are a few copies."""
    wire = desk.wire(FEW)
    found = _look(desk, watch, sketch_of(copy_of(wire, desk.chance)))
    assert 1 <= len(found.candidates) <= wire.size


def look_for_many(desk: Desk, watch: Watch) -> None:
    """A text of which there are as many copies as are looked at."""
    found = _look(desk, watch, sketch_of(copy_of(desk.wire(MANY), desk.chance)))
    assert len(found.candidates) >= MANY.start // 2


def look_in_crowd(desk: Desk, watch: Watch) -> None:
    """A text like no other, but for bands that too many have."""
    _look(desk, watch, chance_sketch(desk.chance, *CROWD))


def replace_sketch(desk: Desk, watch: Watch) -> None:
    """Another sketch of a stored article."""
    article, sketch = desk.stock.ids[desk.known()], sketch_of(" ".join(some_words(desk.chance)))
    with desk.undone() as c, watch.over():
        keep_sketch(c, article, sketch, day=_now(desk).date())


def finish_new(desk: Desk, watch: Watch) -> None:
    """The first revision of an article like no other."""
    _finish(desk, watch, " ".join(some_words(desk.chance)))


def finish_wire(desk: Desk, watch: Watch) -> None:
    """The first revision of an article of which there are copies at other outlets, any number."""
    _finish(desk, watch, copy_of(desk.wire(range(2, 61)), desk.chance))


ROUNDS_OF: dict[str, Callable[[Desk, Watch], None]] = {
    "keys looked up": look_up_keys,
    "entry filed": file_entries,
    "twins, of a new one": twins_of_new,
    "twins, of a known text": twins_of_copy,
    "near, none": look_for_none,
    "near, a few": look_for_few,
    "near, many": look_for_many,
    "near, crowded bands": look_in_crowd,
    "sketch replaced": replace_sketch,
    "revision filed, new": finish_new,
    "revision filed, wire copy": finish_wire,
}


def _now(desk: Desk) -> datetime:
    return BEGUN + len(desk.stock.ids) * PACE


def _slice(desk: Desk) -> list[int]:
    """The numbers of the entries of one feed: as many known as unknown ones, if there are."""
    n = desk.known() % OUTLETS
    stored = range(n, len(desk.stock.ids), OUTLETS)
    known = desk.chance.sample(stored, min(SLICE // 2, len(stored)))
    return known + [desk.unknown(n) for _ in range(SLICE // 2)]


def _announcement(number: int) -> Announcement:
    told = entry(number)
    own = outlet(number)
    return Announcement(entry=told, keys=entry_keys(own.id, own.feeds[0].url, told, frozenset()))


def _parse_job(c: Connection, number: int, now: datetime) -> ParseJob:
    own = outlet(number)
    return ParseJob(
        ticket=Ticket(0, 1),
        began_at=now,
        feed=str(feeds_of(c)[own.id]),
        outlet=own.id,
        url=own.feeds[0].url,
        feed_url=own.feeds[0].url,
        kind=FeedKind.FEED,
        content_type="application/rss+xml",
        body_key="",
        body_hash=b"",
        polled_at=now,
        validators=Validators(),
        max_age=None,
        first_poll=False,
        pace=FeedPace(),
        redirect_to=None,
        redirect_since=None,
    )


def _revision(article: UUID, number: int, text: str, *, hash_: bytes | None = None) -> NewRevision:
    lines = (f"{outlet(number).id} {i}" for i in range(_LINES))
    return NewRevision(
        record=record(article, number, text),
        keys=keys(number),
        text_hash=hash_ or text_hash(number),
        identifying=True,
        next_visit=None,
        lines=tuple(Line(hash=sha256(line.encode()).digest()[:HASH_BYTES], sample=line) for line in lines),
        sketch=sketch_of(text),
    )


def _look(desk: Desk, watch: Watch, sketch: Sketch) -> Neighbours:
    article = new_id()
    with desk.database.read() as c, watch.over():
        return look(c, sketch, article=article, policy=NearPolicy())


def _finish(desk: Desk, watch: Watch, text: str) -> None:
    number, now = desk.unknown(desk.known()), _now(desk)
    extracts = SqlExtracts(database=desk.database)
    job = extracts.begin(_arrive(desk, number, now), now=now)
    assert job is not None
    new = _revision(UUID(job.article), number, text)
    with watch.over():
        done = extracts.finish(job, new, Stored(), now=now)
    assert done == (Stored(), ())
    with desk.database.write() as c:
        take_out(c, UUID(job.article))


def _arrive(desk: Desk, number: int, now: datetime) -> Ticket:
    """Have a feed announce an article, and its page wait for extract."""
    with desk.database.write() as c:
        filed = file_slice(c, desk.database.new_id, _parse_job(c, number, now), [_announcement(number)], now=now)
        held = {
            "stage": Stage.EXTRACT,
            "host": None,
            "claim": 1,
            "claimed_at": now,
            "wake_at": now + timedelta(minutes=5),
        }
        row = update(work).where(work.c.subject == UUID(filed.articles[0])).values(**held).returning(work.c.id)
        return Ticket(c.execute(row).scalar_one(), 1)
