"""What comes to a filled database, and what is measured of it: a feed's body, an entry, an article's page and its revision."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from bench.filling import feeds_of
from bench.stock import BEGUN, OUTLETS, PACE, Stock, Wire, entry, keys, outlet, record, sketch_of, text_hash
from worker.news.furniture import HASH_BYTES
from worker.news.identity import entry_keys
from worker.news.outlet import FeedKind
from worker.news.page import Validators
from worker.news.record import Line
from worker.news.schedule import FeedPace
from worker.news.work import Stage, Ticket
from worker.pipeline.state.extracts import NewRevision
from worker.pipeline.state.parses import Announcement, ParseJob
from worker.store.database import Database
from worker.store.schema import work
from worker.store.sightings import file_slice

# No stored article has a number that high.
UNKNOWN = 10**7
_LINES = 12


@dataclass(slots=True)
class Watch:
    """Milliseconds an article, of each round: by the clock, and of CPU in this process and in the one that serves it."""

    server: int | None = None  # the process of PostgreSQL
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)

    @contextmanager
    def over(self, articles: int = 1) -> Iterator[None]:
        """Time what is done for so many articles."""
        served, spent, began = self._served(), time.process_time(), time.perf_counter()
        yield
        self.wall.append(1000 * (time.perf_counter() - began) / articles)
        self.cpu.append(1000 * (time.process_time() - spent) / articles)
        self.served.append((self._served() - served) / articles)

    def _served(self) -> float:
        if self.server is None:
            return 0.0
        # Nanoseconds on a CPU come first there.
        return int(Path(f"/proc/{self.server}/schedstat").read_text(encoding="ascii").split()[0]) / 1e6


@dataclass(slots=True, kw_only=True)
class Desk:
    """A filled database, and what comes to it."""

    database: Database
    stock: Stock
    chance: Random
    _turns: Iterator[int] = field(default_factory=lambda: count(UNKNOWN))

    @property
    def now(self) -> datetime:
        """When the next article would be found."""
        return BEGUN + len(self.stock.ids) * PACE

    def known(self) -> int:
        """The number of one of the stored articles."""
        return self.chance.randrange(len(self.stock.ids))

    def unknown(self, like: int) -> int:
        """The number of an article that nobody has met, of the outlet of another one."""
        return OUTLETS * next(self._turns) + like % OUTLETS

    def wire(self, sizes: range) -> Wire:
        """A text that so many stored articles have."""
        return self.chance.choice(self.stock.wires_of(sizes))

    def server(self) -> int | None:
        """The process of PostgreSQL that serves the one connection; None where the database is in this process."""
        if not self.database.is_postgres:
            return None
        with self.database.read() as c:
            pid: int = c.execute(select(func.pg_backend_pid())).scalar_one()
            return pid

    @contextmanager
    def undone(self) -> Iterator[Connection]:
        """A transaction that writes, and is rolled back at the end."""
        with self.database.engine.connect().execution_options(copydesk_write=True) as c, c.begin() as transaction:
            yield c
            transaction.rollback()


def announcement(number: int, *, title: str | None = None) -> Announcement:
    """What a feed says of an article, or has come to say of it."""
    own, told = outlet(number), entry(number)
    told = told if title is None else replace(told, title=title)
    return Announcement(entry=told, keys=entry_keys(own.id, own.feeds[0].url, told, frozenset()))


def parse_job(c: Connection, number: int, now: datetime) -> ParseJob:
    """A body of the feed of the article's outlet, to be parsed."""
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


def revision(article: UUID, number: int, text: str, *, hash_: bytes | None = None) -> NewRevision:
    """The first revision of an article, with a text of these and the hash of another one."""
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


def arrive(desk: Desk, number: int) -> Ticket:
    """Have a feed announce an article, and its page wait for extract."""
    now = desk.now
    with desk.database.write() as c:
        filed = file_slice(c, desk.database.new_id, parse_job(c, number, now), [announcement(number)], now=now)
        held = {
            "stage": Stage.EXTRACT,
            "host": None,
            "claim": 1,
            "claimed_at": now,
            "wake_at": now + timedelta(minutes=5),
        }
        row = update(work).where(work.c.subject == UUID(filed.articles[0])).values(**held).returning(work.c.id)
        return Ticket(c.execute(row).scalar_one(), 1)
