"""Builds the object graph: every port meets its adapter."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from worker.archive import BlobArchive
from worker.catalog.files import read_catalog
from worker.clock import SystemClock, new_id
from worker.configure import secrets_of
from worker.net.client import HttpxFetcher
from worker.net.poster import HttpxPoster
from worker.net.robots import ProtegoRules, agent_token
from worker.news.errors import ArchiveDown, SinkDown
from worker.news.outcome import Outcome, Stale
from worker.news.page import host_of
from worker.news.policy import HostPolicy
from worker.news.reason import Reason
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.deliver import Deliver
from worker.pipeline.dispatch import Dispatch
from worker.pipeline.extract import Extract
from worker.pipeline.fetch import Fetch
from worker.pipeline.parse import Parse
from worker.pipeline.poll import Poll
from worker.pipeline.ports import Archive, Bell, Clock, Poster, Sink
from worker.pipeline.way import Way
from worker.reading.feeds import FeedparserReader
from worker.reading.pages import TrafilaturaReader
from worker.reading.sketch import MinHashSketcher
from worker.settings import Settings
from worker.sinks.build import open_sink
from worker.sinks.kind import Tools
from worker.store.claims import SqlWorkQueue
from worker.store.database import Database, open_database
from worker.store.endings import SqlFailures
from worker.store.errors import Unavailable, UnusableDatabaseError, cause_of
from worker.store.extracts import SqlExtracts
from worker.store.fetches import SqlFetches
from worker.store.gates import SqlGates
from worker.store.migrate import UnknownSchemaError, check_schema
from worker.store.outgoing import SqlDeliveries
from worker.store.parses import SqlParses
from worker.store.polls import SqlPolls
from worker.store.robots import SqlRobots
from worker.watch import ClockWatch, NotFitError

MOST_TRACEBACK = 1800
# What met an archive that fails is tried again after this: a full disk is not emptied by asking.
ARCHIVE_WAIT = timedelta(minutes=2)


class RunFailed(Exception):
    """A run ended as no stage planned. Plain words, so that it can be pickled and read."""


@dataclass(slots=True)
class HeldBell:
    """Holds the calls of one task back and sends them together, a few rows a message, when the task is done."""

    bell: Bell
    most: int
    tickets: dict[Stage, list[Ticket]] = field(default_factory=dict)
    batches: list[Call] = field(default_factory=list)

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Note the calls."""
        for call in calls:
            if call.stage is Stage.DELIVER:
                # A batch is one message, whole.
                self.batches.append(call)
            else:
                self.tickets.setdefault(call.stage, []).extend(call.tickets)
        return ()

    def flush(self) -> Sequence[Call]:
        """Send what was held back; return what could not be sent."""
        calls = [
            Call(stage, tuple(tickets[i : i + self.most]))
            for stage, tickets in self.tickets.items()
            for i in range(0, len(tickets), self.most)
        ]
        calls += self.batches
        self.tickets.clear()
        self.batches.clear()
        return self.bell.ring(calls) if calls else ()


@dataclass(frozen=True)
class Service:
    """The graph of one process. Nothing is opened before it is used."""

    settings: Settings
    bell: Bell
    clock: Clock = field(default_factory=SystemClock)

    @cached_property
    def database(self) -> Database:
        """The state of record."""
        return open_database(self.settings.database_url, new_id=new_id)

    @cached_property
    def clock_watch(self) -> ClockWatch:
        """What compares the clocks."""
        return ClockWatch(self.database, self.clock)

    @cached_property
    def archive(self) -> Archive:
        """The raw bodies. Raises `ArchiveDown` when this is not the archive that `migrate` marked."""
        archive = BlobArchive(self.settings.archive_url)
        if not archive.has_probe():
            raise ArchiveDown(
                f"{archive.url} is not the shared one, it has no mark: run `copydesk migrate`, or share it"
            )
        return archive

    @cached_property
    def web(self) -> HttpxFetcher:
        """The door to the web."""
        s = self.settings
        outlets, _ = read_catalog(s.config / "outlets")
        # The sample outlet is on this machine, or beside it: exactly its origin may be asked.
        policy = replace(s.net, allow_addresses=(*s.net.allow_addresses, host_of(s.sample.url)))
        return HttpxFetcher(policy=policy, clock=self.clock, secrets=secrets_of(outlets))

    @cached_property
    def way(self) -> Way:
        """How addresses are reached."""
        return Way(
            web=self.web,
            gates=SqlGates(database=self.database, host=self.politeness),
            files=SqlRobots(database=self.database),
            rules=ProtegoRules(agent_token(self.settings.net.user_agent)),
            clock=self.clock,
            policy=self.settings.robots,
        )

    @cached_property
    def sinks(self) -> dict[str, Sink]:
        """The sinks that were opened."""
        return {}

    @cached_property
    def politeness(self) -> HostPolicy:
        """How hosts are treated; the sample outlet's is our own."""
        s = self.settings
        return replace(s.politeness, own_hosts=(*s.politeness.own_hosts, host_of(s.sample.url)))

    @cached_property
    def queue(self) -> SqlWorkQueue:
        """All that is to be done."""
        s = self.settings
        return SqlWorkQueue(
            database=self.database,
            lease=s.lease,
            host=self.politeness,
            article=s.articles,
            delivery=s.delivery,
            poll=s.poll,
        )

    @cached_property
    def failures(self) -> SqlFailures:
        """Where bugs are written down."""
        return SqlFailures(database=self.database, poll=self.settings.poll)

    @cached_property
    def dispatch(self) -> Dispatch:
        """The tick."""
        return Dispatch(queue=self.queue, bell=self.bell, clock=self.clock)

    @cached_property
    def poll(self) -> Poll:
        """The stage poll."""
        s = self.settings
        polls = SqlPolls(database=self.database, lease=s.lease, host=self.politeness)
        return Poll(polls=polls, way=self.way, archive=self.archive, bell=self.bell, clock=self.clock, policy=s.poll)

    @cached_property
    def parse(self) -> Parse:
        """The stage parse."""
        s = self.settings
        return Parse(
            parses=SqlParses(database=self.database, lease=s.lease, article=s.articles),
            reader=FeedparserReader(policy=s.reading),
            archive=self.archive,
            bell=self.bell,
            clock=self.clock,
            policy=s.poll,
        )

    @cached_property
    def fetch(self) -> Fetch:
        """The stage fetch."""
        s = self.settings
        fetches = SqlFetches(database=self.database, lease=s.lease, host=self.politeness)
        return Fetch(
            fetches=fetches,
            way=self.way,
            archive=self.archive,
            bell=self.bell,
            clock=self.clock,
            policy=s.articles,
            rights=s.rights,
        )

    @cached_property
    def extract(self) -> Extract:
        """The stage extract."""
        s = self.settings
        return Extract(
            extracts=SqlExtracts(database=self.database, lease=s.lease, furniture=s.furniture, near=s.near),
            reader=TrafilaturaReader(policy=s.reading, furniture=s.furniture, agent=agent_token(s.net.user_agent)),
            sketcher=MinHashSketcher(policy=s.near),
            archive=self.archive,
            bell=self.bell,
            clock=self.clock,
            policy=s.articles,
            rights=s.rights,
        )

    @cached_property
    def deliver(self) -> Deliver:
        """The stage deliver."""
        s = self.settings
        deliveries = SqlDeliveries(database=self.database, lease=s.lease, policy=s.delivery)
        return Deliver(deliveries=deliveries, sink_of=self.sink_of, bell=self.bell, clock=self.clock, policy=s.delivery)

    def sink_of(self, name: str) -> Sink:
        """A sink by its name. Raises `SinkDown` when this process has no settings for it."""
        if name not in self.sinks:
            named = self.settings.sinks.get(name)
            if named is None:
                raise SinkDown(Reason.SINK_DOWN, f"no settings for the sink {name}")
            try:
                self.sinks[name] = open_sink(named.kind, named.options, self._tools(name))
            except ValueError as error:
                raise SinkDown(Reason.SINK_DOWN, str(error)) from error
        return self.sinks[name]

    def _tools(self, name: str) -> Tools:
        """What a sink may use."""
        return Tools(name=name, clock=self.clock, open_poster=self._open_poster)

    def _open_poster(self, own: Sequence[str], timeout: timedelta, most: int) -> Poster:
        return HttpxPoster(policy=self.settings.net, clock=self.clock, own=own, timeout=timeout, most=most)

    def check_fit(self) -> None:
        """Compare schema, archive and clock with what all processes share. Raises `NotFitError`."""
        try:
            check_schema(self.database)
            self.clock_watch.check()
            _ = self.archive
        except UnknownSchemaError as error:
            raise NotFitError(str(error)) from error
        except ArchiveDown as error:
            raise NotFitError(f"the archive {error}") from error
        except UnusableDatabaseError as error:
            raise NotFitError(f"the database can't be used: {error}") from error
        except Unavailable as error:
            raise NotFitError(f"the database can't be reached: {cause_of(error)}") from error

    def run(self, stage: Stage, tickets: Sequence[Ticket]) -> list[Outcome]:
        """Run a stage over the tickets of one message, each by itself but for a delivery, whose tickets are one batch.

        An error that no stage expected is written down as an outcome and raised as `RunFailed` when all are done. When the
        database can't be reached, or our clock is off, nothing is begun or written: the leases end.
        """
        try:
            self.clock_watch.check()
        except NotFitError as error:
            raise RunFailed(str(error)) from None
        except Unavailable as error:
            raise RunFailed(f"the database can't be reached: {cause_of(error)}") from None
        held = HeldBell(self.bell, self.settings.lease.batch)
        units = [tuple(tickets)] if stage is Stage.DELIVER else [(ticket,) for ticket in tickets]
        failed: list[str] = []
        try:
            outcomes = [self._run_one(stage, unit, held, failed) for unit in units]
        finally:
            unsent = held.flush()
            if unsent:
                self.queue.release(unsent, now=self.clock.now())
        if failed:
            raise RunFailed("; ".join(failed))
        return outcomes

    def _run_one(self, stage: Stage, unit: tuple[Ticket, ...], bell: Bell, failed: list[str]) -> Outcome:
        try:
            return self._stage(stage, unit, bell)()
        except Unavailable as error:
            failed.append(f"the database can't be reached: {cause_of(error)}")
        except ArchiveDown as error:
            failed.append(f"the archive {error}")
            self.queue.put_back(stage, unit, until=self.clock.now() + ARCHIVE_WAIT)
        except MemoryError:
            # A MemoryError that leaves a task stops a Celery worker, and its message then kills the next one.
            failed.append(f"{stage}: memory")
            self._write_down(stage, unit, Reason.MEMORY, "")
        except Exception as error:  # noqa: BLE001 - the one place where a bug becomes an outcome
            failed.append(f"{stage}: {type(error).__name__}: {error}"[:500])
            self._write_down(stage, unit, Reason.BUG, traceback.format_exc()[-MOST_TRACEBACK:])
        return Stale()

    def _write_down(self, stage: Stage, unit: tuple[Ticket, ...], reason: Reason, detail: str) -> None:
        self.failures.record(stage, unit, reason=reason, detail=detail, now=self.clock.now(), roll=self.clock.roll())

    def _stage(self, stage: Stage, unit: tuple[Ticket, ...], bell: Bell) -> Callable[[], Outcome]:
        match stage:
            case Stage.POLL:
                return lambda: replace(self.poll, bell=bell)(unit[0])
            case Stage.PARSE:
                return lambda: replace(self.parse, bell=bell)(unit[0])
            case Stage.FETCH:
                return lambda: replace(self.fetch, bell=bell)(unit[0])
            case Stage.EXTRACT:
                return lambda: replace(self.extract, bell=bell)(unit[0])
            case Stage.DELIVER:
                return lambda: replace(self.deliver, bell=bell)(unit)
