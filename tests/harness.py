"""The whole engine in one process, with a clock that the test moves: real SQL, a scripted web, no Celery.

`Desk.settle()` runs ticks and tickets until nothing is due before a moment, as workers would; messages can be dropped or doubled.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select

from tests.doubles import DictArchive, ListSink, PlainFeeds, PlainPages
from worker.clock import new_id
from worker.net.robots import ProtegoRules
from worker.news.outcome import Outcome
from worker.news.outlet import FeedSource, Outlet
from worker.news.policy import (
    ArticlePolicy,
    DeliveryPolicy,
    FurniturePolicy,
    HostPolicy,
    LeasePolicy,
    NearPolicy,
    RightsPolicy,
    RobotsPolicy,
)
from worker.news.subscription import Subscription
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.deliver import Deliver
from worker.pipeline.dispatch import Dispatch
from worker.pipeline.extract import Extract
from worker.pipeline.fetch import Fetch
from worker.pipeline.parse import Parse
from worker.pipeline.poll import Poll
from worker.pipeline.ports import Archive, FeedReader, PageFetcher, PageReader, Sink
from worker.pipeline.way import Way
from worker.reading.sketch import MinHashSketcher
from worker.store.claims import SqlWorkQueue
from worker.store.database import Database, open_database
from worker.store.extracts import SqlExtracts
from worker.store.fetches import SqlFetches
from worker.store.gates import SqlGates
from worker.store.migrate import migrate
from worker.store.outgoing import SqlDeliveries
from worker.store.outlets import sync_outlets
from worker.store.parses import SqlParses
from worker.store.polls import SqlPolls
from worker.store.robots import SqlRobots
from worker.store.schema import hosts, work
from worker.store.subscribers import NamedSink, sync_sinks

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# A run that needs more rounds than this goes in circles.
MOST_ROUNDS = 5000


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    at: datetime = START
    chance: float = 0.5

    def now(self) -> datetime:
        """The time."""
        return self.at

    def roll(self) -> float:
        """Always the same chance."""
        return self.chance

    def sleep(self, until: datetime) -> None:
        """Time passes in sleep."""
        self.at = max(self.at, until)

    def move(self, by: timedelta) -> None:
        """Let time pass, or step back."""
        self.at += by


@dataclass
class ListBell:
    """Keeps the calls for the test to hand out."""

    calls: list[Call] = field(default_factory=list)

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Keep the calls."""
        self.calls.extend(calls)
        return ()


@dataclass
class Desk:
    """One engine over one database."""

    database: Database
    web: PageFetcher
    clock: FakeClock = field(default_factory=FakeClock)
    archive: Archive = field(default_factory=DictArchive)
    sinks: dict[str, Sink] = field(default_factory=lambda: {"memory": ListSink()})
    feed_reader: FeedReader = field(default_factory=PlainFeeds)
    page_reader: PageReader = field(default_factory=PlainPages)
    lease: LeasePolicy = LeasePolicy()
    host: HostPolicy = HostPolicy(spacing=timedelta(0))
    article: ArticlePolicy = ArticlePolicy()
    robots: RobotsPolicy = RobotsPolicy()
    rights: RightsPolicy = RightsPolicy()
    delivery: DeliveryPolicy = DeliveryPolicy()
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    furniture: FurniturePolicy = FurniturePolicy()
    near: NearPolicy = NearPolicy()
    bell: ListBell = field(default_factory=ListBell)

    def __post_init__(self) -> None:
        """Wire the stages, as `worker.wiring` does."""
        database, lease, host, clock, bell = self.database, self.lease, self.host, self.clock, self.bell
        self.queue = SqlWorkQueue(database=database, lease=lease, host=host, delivery=self.delivery)
        self.dispatch = Dispatch(queue=self.queue, bell=bell, clock=clock)
        way = Way(
            web=self.web,
            gates=SqlGates(database=database, host=host),
            files=SqlRobots(database=database),
            rules=ProtegoRules("copydesk"),
            clock=clock,
            policy=self.robots,
        )
        polls = SqlPolls(database=database, lease=lease, host=host)
        self.poll = Poll(polls=polls, way=way, archive=self.archive, bell=bell, clock=clock)
        parses = SqlParses(database=database, lease=lease, article=self.article)
        self.parse = Parse(parses=parses, reader=self.feed_reader, archive=self.archive, bell=bell, clock=clock)
        fetches = SqlFetches(database=database, lease=lease, host=host)
        self.fetch = Fetch(
            fetches=fetches,
            way=way,
            archive=self.archive,
            bell=bell,
            clock=clock,
            policy=self.article,
            rights=self.rights,
        )
        extracts = SqlExtracts(database=database, lease=lease, furniture=self.furniture, near=self.near)
        self.extract = Extract(
            extracts=extracts,
            reader=self.page_reader,
            sketcher=MinHashSketcher(policy=self.near),
            archive=self.archive,
            bell=bell,
            clock=clock,
            policy=self.article,
            rights=self.rights,
        )
        deliveries = SqlDeliveries(database=database, lease=lease, policy=self.delivery)
        self.deliver = Deliver(
            deliveries=deliveries, sink_of=self.sinks.__getitem__, bell=bell, clock=clock, policy=self.delivery
        )

    def open(self, *outlets: Outlet) -> None:
        """Make the database ready for some outlets and the sinks."""
        migrate(self.database)
        sync_outlets(self.database, outlets, now=self.clock.now())
        sync_sinks(
            self.database,
            {
                name: NamedSink(kind="memory", subscription=self.subscriptions.get(name, Subscription()))
                for name in self.sinks
            },
            now=self.clock.now(),
        )

    def answer(self, call: Call) -> list[Outcome]:
        """Do what a worker does with a message."""
        if call.stage is Stage.DELIVER:
            return [self.deliver(call.tickets)]
        cases: dict[Stage, Callable[[Ticket], Outcome]] = {
            Stage.POLL: self.poll,
            Stage.PARSE: self.parse,
            Stage.FETCH: self.fetch,
            Stage.EXTRACT: self.extract,
        }
        return [cases[call.stage](ticket) for ticket in call.tickets]

    def tick(self) -> list[Outcome]:
        """One tick, and all messages that follow from it."""
        self.dispatch()
        outcomes: list[Outcome] = []
        while self.bell.calls:
            outcomes.extend(self.answer(self.bell.calls.pop(0)))
        return outcomes

    def settle(self, within: timedelta = timedelta(minutes=4)) -> list[Outcome]:
        """Tick, and let time pass, until nothing is due before so much time has passed."""
        outcomes: list[Outcome] = []
        end = self.clock.now() + within
        for _ in range(MOST_ROUNDS):
            outcomes.extend(self.tick())
            waiting = self.next_wake()
            if waiting is None or waiting > end:
                return outcomes
            self.clock.at = max(self.clock.now() + self.lease.tick, waiting)
            if self.clock.at > end:
                return outcomes
        message = "the engine goes in circles"
        raise AssertionError(message)

    def next_wake(self) -> datetime | None:
        """When something may be claimed or taken back next."""
        time = work.c.wake_at.type
        anywhere = select(func.min(work.c.wake_at, type_=time)).where(
            or_(work.c.stage.not_in([Stage.POLL, Stage.FETCH]), work.c.begun_at.is_not(None))
        )
        with self.database.read() as c:
            times = (
                c.execute(anywhere).scalar_one(),
                c.execute(select(func.min(hosts.c.wake_at, type_=time))).scalar_one(),
            )
        return min((at for at in times if at is not None), default=None)


def outlet(*feeds: str, id_: str = "paper", homepage: str = "https://paper.example/") -> Outlet:
    """An outlet of the tests."""
    return Outlet(
        id=id_,
        name=id_.title(),
        country="PT",
        language="pt",
        homepage=homepage,
        enabled=True,
        feeds=tuple(FeedSource(url=url) for url in feeds),
    )


def sqlite_database(folder: Path | None = None) -> Database:
    """A fresh SQLite database in a folder."""
    place = folder or Path(tempfile.mkdtemp())
    return open_database(f"sqlite:///{place / 'desk.db'}", new_id=new_id)
