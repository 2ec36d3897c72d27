"""An engine that files by hand and delivers, for tests of what comes behind the revisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.doubles import ListSink, ScriptedWeb
from tests.filing import Filing
from tests.harness import Desk, outlet
from worker.news.policy import DeliveryPolicy
from worker.news.record import Record
from worker.news.subscription import Subscription
from worker.news.work import Call, Lane, Stage
from worker.store.database import Database
from worker.store.retries import Retried, Wanted, retry
from worker.store.schema import deliveries, sinks, work
from worker.store.subscribers import NamedSink, sync_sinks

SMALL = DeliveryPolicy(batch=2)
EVERYTHING = Subscription()
# Looks at what waits, in a time that passes.
STEPS = 20


@dataclass
class Varied(Filing):
    """Files records that differ from the plain ones in what `like` changes."""

    like: Callable[[Record], Record] = field(default=lambda record: record)

    def _first(self, id_: str) -> Record:
        return self.like(super()._first(id_))


@dataclass
class Outbound:
    """An engine over an empty database, with sinks of its own; `filing` files at the time of its clock."""

    database: Database
    names: Sequence[str] = ("memory",)
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    delivery: DeliveryPolicy = SMALL

    def __post_init__(self) -> None:
        """Make the database ready."""
        self.desk = Desk(
            self.database,
            ScriptedWeb(),
            sinks={name: ListSink() for name in self.names},
            subscriptions=dict(self.subscriptions),
            delivery=self.delivery,
        )
        self.desk.open(outlet("https://paper.example/feed"), outlet("https://other.example/feed", id_="other"))
        self.filing = Varied(self.database)

    @property
    def now(self) -> datetime:
        """The time."""
        return self.desk.clock.now()

    def sink(self, name: str = "memory") -> ListSink:
        """A sink."""
        found = self.desk.sinks[name]
        assert isinstance(found, ListSink)
        return found

    def add_sink(self, name: str, *, since: datetime | None, subscription: Subscription = EVERYTHING) -> ListSink:
        """Name one more sink in the settings."""
        self.subscriptions = {**self.subscriptions, name: subscription}
        named = {known: NamedSink(kind="memory", subscription=self.wanted(known)) for known in self.desk.sinks}
        named[name] = NamedSink(kind="memory", subscription=subscription, since=since)
        self.desk.sinks[name] = ListSink()
        sync_sinks(self.database, named, now=self.now)
        return self.sink(name)

    def switch(self, *off: str) -> None:
        """Name the sinks in the settings, some of them as disabled."""
        named = {
            name: NamedSink(kind="memory", enabled=name not in off, subscription=self.wanted(name))
            for name in self.desk.sinks
        }
        sync_sinks(self.database, named, now=self.now)

    def wanted(self, name: str) -> Subscription:
        """What a sink takes."""
        return self.subscriptions.get(name, Subscription())

    def file(self, many: int) -> list[str]:
        """File new articles, each a moment after the one before; gives their ids."""
        found: list[str] = []
        for _ in range(many):
            found += self.filing.more(1, now=self.now)
            self.desk.clock.move(timedelta(milliseconds=1))
        return found

    def revise(self, ids: Sequence[str], **how: Any) -> None:
        """File the next revision of articles."""
        self.filing.revise(ids, now=self.now, **how)
        self.desk.clock.move(timedelta(milliseconds=1))

    def claim(self) -> list[Call]:
        """What a tick would send, and nobody answers."""
        return list(self.desk.queue.claim(Lane.DELIVER, now=self.now))

    def settle(self, within: timedelta = timedelta(minutes=1)) -> None:
        """Let everything happen that happens in a time, and the time pass; what is due and waits all the same is looked at some times."""
        end = self.now + within
        while self.now < end:
            self.desk.tick()
            step = max(within / STEPS, self.desk.lease.tick)
            self.desk.clock.at = min(end, self.now + step, *self._next())
        self.desk.tick()

    def _next(self) -> list[datetime]:
        """When something is due next, or a sink is asked again."""
        soonest = self.now + self.desk.lease.tick
        queries = (select(work.c.wake_at).where(work.c.stage == Stage.DELIVER), select(sinks.c.blocked_until))
        with self.database.read() as c:
            times = [at for query in queries for at in c.execute(query).scalars() if at is not None and at > self.now]
        return [max(min(times), soonest)] if times else []

    def sink_of(self, call: Call) -> str:
        """The sink that a message is about."""
        with self.database.read() as c:
            host: str = c.execute(select(work.c.host).where(work.c.id == call.tickets[0].work)).scalar_one()
        return host.removeprefix("sink:")

    def rows(self, sink: str = "memory") -> list[Any]:
        """The deliveries of a sink, in the order in which they were filed."""
        with self.database.read() as c:
            query = select(deliveries).where(deliveries.c.sink_id == sink)
            return list(c.execute(query.order_by(deliveries.c.article_id, deliveries.c.revision)))

    def row_of(self, sink: str) -> Any:
        """A sink as the database has it."""
        with self.database.read() as c:
            return c.execute(select(sinks).where(sinks.c.id == sink)).one()


def revisions_of(keys: Sequence[str], article: str) -> list[int]:
    """The revisions of an article among keys, as they came."""
    return [int(key.partition(":")[2]) for key in keys if key.partition(":")[0] == article]


def are_in_order(keys: Sequence[str]) -> bool:
    """Whether the revisions of each article came in their order, each once."""
    articles = {key.partition(":")[0] for key in keys}
    return all(revisions_of(keys, article) == sorted(set(revisions_of(keys, article))) for article in articles)


def dead(outbound: Outbound, many: int) -> list[str]:
    """Articles that the sink refused until they were given up; it takes them now."""
    ids = outbound.file(many)
    outbound.sink().refuse = set(ids)
    outbound.settle(timedelta(minutes=2))
    outbound.sink().refuse = set()
    assert [row.outcome for row in outbound.rows()][-many:] == ["dead"] * many
    return ids


def retried(database: Database, wanted: Wanted, outbound: Outbound) -> Retried:
    """Open dead deliveries again, all of them."""
    return sum(retry(database, wanted, now=outbound.now), Retried(0, 0))
