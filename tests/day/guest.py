"""One process of the service in a simulated day: the real graph with a clock that others move. It is told what to do over a link."""

from __future__ import annotations

import os
import random
import threading
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path

from tests.day.shared_time import SharedTime
from tests.doubles import PlainPages
from worker.clock import new_id
from worker.news.work import Call
from worker.pipeline.extract import Extract
from worker.reading.sketch import MinHashSketcher
from worker.settings import Settings, read_settings
from worker.store.database import Database, open_database
from worker.store.extracts import SqlExtracts
from worker.wiring import Service

THREADS = 32
# Real seconds that a sleeper waits to be woken.
LONGEST_SLEEP_S = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """Do what a message says; a tick when it says nothing."""

    job: int
    call: Call | None


@dataclass(frozen=True, slots=True)
class Wake:
    """A sleeper's time has come."""

    sleeper: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The process has started."""


@dataclass(frozen=True, slots=True)
class Asleep:
    """A job sleeps until a time."""

    sleeper: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Rang:
    """Messages for anybody."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """A job is over; `failed` says how, if it ended as none should."""

    job: int
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Our end of the link; threads speak one at a time."""

    connection: Connection
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, word: Ready | Asleep | Rang | Done) -> None:
        """Send a word."""
        with self.lock:
            self.connection.send(word)

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        """The `Bell` port."""
        if calls:
            self.say(Rang(tuple(calls)))
        return ()


@dataclass(slots=True)
class SharedClock:
    """The `Clock` port on the shared time. Who sleeps says so, and is woken."""

    time: SharedTime
    link: Link
    dice: random.Random
    asleep: dict[int, threading.Event] = field(default_factory=dict)
    sleepers: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        """The time."""
        return self.time.now()

    def roll(self) -> float:
        """A number from [0, 1)."""
        return self.dice.random()

    def sleep(self, until: datetime) -> None:
        """Return at a time."""
        if until <= self.now():
            return
        woken = threading.Event()
        with self.lock:
            self.sleepers += 1
            sleeper = self.sleepers
            self.asleep[sleeper] = woken
        self.link.say(Asleep(sleeper, until))
        assert woken.wait(LONGEST_SLEEP_S), "nobody moves the time"
        assert self.now() >= until

    def wake(self, sleeper: int) -> None:
        """End a sleep."""
        self.asleep.pop(sleeper).set()


class TimelessDatabase(Database):
    """A database whose own clock nobody asks: it does not know the simulated time."""

    def now(self) -> datetime | None:
        """None, as of one that has no clock."""
        return None


class SimulatedService(Service):
    """The graph, but for the database's clock, and the reading of pages, which is slow and no matter of manners."""

    @cached_property
    def database(self) -> Database:
        """The state of record."""
        opened = open_database(self.settings.database_url, new_id=new_id)
        return TimelessDatabase(opened.engine, opened.new_id)

    @cached_property
    def extract(self) -> Extract:
        """The stage extract."""
        s = self.settings
        extracts = SqlExtracts(database=self.database, lease=s.lease)
        return Extract(
            sketcher=MinHashSketcher(),
            extracts=extracts,
            reader=PlainPages(),
            archive=self.archive,
            bell=self.bell,
            clock=self.clock,
            policy=s.articles,
        )


def configured(folder: Path, database_url: str, hosts: tuple[str, ...]) -> tuple[Settings, dict[str, str]]:
    """Write the configuration of the service: it, and the environment in which it is found. The last host serves many feeds."""
    (folder / "config" / "outlets").mkdir(parents=True)
    (folder / "config" / "copydesk.toml").write_text(
        f"""
        database_url = "{database_url}"
        [net]
        allow_addresses = {list(hosts)}
        read_s = 120
        feed_total_s = 120
        page_total_s = 120
        [politeness]
        hosts = [["{hosts[-1]}", 0.25, 4]]
        [poll]
        shortest_s = 7200
        [articles]
        visits_s = []
        [sinks.files]
        kind = "files"
        path = "{folder / "records"}"
        """,
        encoding="utf-8",
    )
    environment = {"COPYDESK_CONFIG": str(folder / "config"), "COPYDESK_DATA": str(folder / "data")}
    return read_settings(environment), environment


def work(connection: Connection, environment: Mapping[str, str], time_file: Path, seed: int) -> None:
    """Work until the link is cut."""
    link = Link(connection)
    clock = SharedClock(SharedTime(time_file), link, random.Random(seed))
    service = SimulatedService(settings=read_settings(environment), bell=link, clock=clock)
    _ = (service.dispatch, service.poll, service.parse, service.fetch, service.extract, service.deliver)
    with service.database.read():
        link.say(Ready())
    pool = ThreadPoolExecutor(THREADS)
    while True:
        try:
            word = connection.recv()
        except (EOFError, OSError):
            # Whoever told us what to do is gone; nothing that we still do matters.
            os._exit(0)
        if isinstance(word, Wake):
            clock.wake(word.sleeper)
        else:
            pool.submit(_run, service, link, word)


def _run(service: Service, link: Link, run: Run) -> None:
    try:
        if run.call is None:
            service.dispatch()
        else:
            service.run(run.call.stage, run.call.tickets)
    except Exception:  # noqa: BLE001 - whatever it is, the test is to hear of it
        link.say(Done(run.job, traceback.format_exc()))
    else:
        link.say(Done(run.job))
