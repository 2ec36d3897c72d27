"""Consumers that get in the way: the real service delivers to one, which is stopped, slow, refuses records, while the service is killed."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select

from tests.e2e.local import Local
from tests.filing import Filing
from tests.invariants import check_quiet
from worker.clock import new_id
from worker.embedded.processes import Child, stop_all
from worker.embedded.service import Plan, worker_commands
from worker.news.work import Stage
from worker.store.database import Database, open_database
from worker.store.errors import Unavailable
from worker.store.schema import deliveries, work

SINK = "out"
ARTICLES = 2000
# Filed in so many steps, so that there is work through all of the trouble.
STEPS = 20
RECOVERY_S = 120.0
VICTIM_S = 30.0
# Of these a consumer refuses every tenth while it is told to.
TENTH = 10


class Consumer(Protocol):
    """What stands at the other end of a sink, and how it gets in the way; what it can't do is None."""

    def options(self) -> Mapping[str, str]:
        """What the settings say of it, as the end of the names of environment variables."""

    def keys(self) -> Sequence[str]:
        """Every key that it holds, as often as it holds it, in the order in which it came."""

    def holds(self) -> Mapping[str, int]:
        """The revision of each article that a reader takes for the latest."""

    def stopped(self) -> AbstractContextManager[None]:
        """Stop it, and start it again."""

    @property
    def slow(self) -> Callable[[], AbstractContextManager[None]] | None:
        """Have it take its time."""

    @property
    def refusing(self) -> Callable[[], AbstractContextManager[None]] | None:
        """Have it refuse one record in ten."""


@dataclass
class Toll:
    """What happened: how often the delivering worker was killed with a batch in hand, and what the consumer did."""

    seed: int
    killed: int = 0
    trouble: list[str] = field(default_factory=list)
    tries: int = 0
    recovery_s: float = 0.0


@dataclass
class Trial:
    """One run against one consumer."""

    folder: Path
    consumer: Consumer
    broker_url: str
    seed: int
    database_url: str | None = None
    kills: int = 4

    def run(self) -> Toll:
        """File everything under trouble, wait until all is quiet, and compare."""
        toll = Toll(self.seed)
        local = self._local()
        local.run("migrate")
        database = open_database(local.database_url, new_id=new_id)
        try:
            with self._processes(local) as children:
                filing = Filing(database)
                self._torment(filing, children, toll)
                toll.recovery_s = self._recover(database, children)
            self._compare(database, filing, toll)
        finally:
            database.close()
        return toll

    def _local(self) -> Local:
        more = {} if self.database_url is None else {"COPYDESK_DATABASE_URL": self.database_url}
        sink = {f"COPYDESK_SINKS__{SINK.upper()}__{name}": value for name, value in self.consumer.options().items()}
        outlet = {
            "id": "paper",
            "name": "The Paper",
            "country": "PT",
            "language": "pt",
            "homepage": "https://paper.example/",
        }
        return Local.make(
            self.folder,
            [outlet | {"enabled": False, "feeds": [{"url": "https://paper.example/rss"}]}],
            COPYDESK_BROKER_URL=self.broker_url,
            COPYDESK_LEASE__QUEUE_S="4",
            COPYDESK_LEASE__WORK_S="5",
            COPYDESK_LEASE__TICK_S="0.5",
            COPYDESK_DELIVERY__BATCH="25",
            COPYDESK_DELIVERY__FIRST_WAIT_S="0.3",
            COPYDESK_DELIVERY__LONGEST_WAIT_S="2",
            COPYDESK_DELIVERY__MAX_TRIES="1000",
            **sink,
            **more,
        )

    @contextmanager
    def _processes(self, local: Local) -> Iterator[list[Child]]:
        log = self.folder / "processes.log"

        def write(name: str, line: str) -> None:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{name}: {line}\n")

        environment = dict(local.environment) | {"C_FORCE_ROOT": "1"}
        wanted = worker_commands(Plan(deliver_threads=4, flower=False))
        children = [Child(name, wanted[name], environment, write) for name in ("deliver", "control", "beat")]
        try:
            for child in children:
                child.start()
            yield children
        finally:
            stop_all(children, patience_s=15)

    def _torment(self, filing: Filing, children: list[Child], toll: Toll) -> None:
        """File in steps; between them the consumer gets in the way, and the worker is killed with a batch in hand."""
        dice = random.Random(self.seed)
        trouble = {"stopped": self.consumer.stopped, "slow": self.consumer.slow, "refusing": self.consumer.refusing}
        at = {2: "refusing", 6: "stopped", 10: "slow", 14: "stopped", 17: "refusing"}
        deaths = set(dice.sample(range(1, STEPS), self.kills))
        for step in range(STEPS):
            self._file(filing, dice)
            if step in deaths:
                self._kill(filing.database, children[0], toll)
            way = trouble[at[step]] if step in at else None
            if way is not None:
                toll.trouble.append(at[step])
                with way():
                    self._file(filing, dice)
                    self._tend(children, 2.0)
            self._tend(children, 0.3)

    @staticmethod
    def _file(filing: Filing, dice: random.Random) -> None:
        """A part of the articles, and next revisions of some that stand already."""
        known = list(filing.records)
        left = ARTICLES - len(known)
        filing.more(min(left, ARTICLES // STEPS), now=datetime.now(UTC))
        if known:
            filing.revise(dice.sample(known, min(len(known), 50)), now=datetime.now(UTC))

    def _kill(self, database: Database, worker: Child, toll: Toll) -> None:
        """Kill -9 the delivering worker when it has begun a batch."""
        patience = time.monotonic() + VICTIM_S
        begun = (
            select(func.count()).select_from(work).where(work.c.stage == Stage.DELIVER, work.c.begun_at.is_not(None))
        )
        while time.monotonic() < patience:
            with database.read() as c:
                busy = c.execute(begun).scalar_one()
            if busy and worker.running:
                worker.signal(signal.SIGKILL)
                toll.killed += 1
                return
            self._tend([worker], 0.0)
        message = f"seed {self.seed}: the worker had no batch in hand within {VICTIM_S} s"
        raise AssertionError(message)

    @staticmethod
    def _tend(children: Sequence[Child], seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            for child in children:
                if child.process is None:
                    child.start_at = 0.0
                child.tend()
            if time.monotonic() >= end:
                return
            time.sleep(0.02)

    def _recover(self, database: Database, children: Sequence[Child]) -> float:
        """How long it takes until nothing is open any more."""
        began = time.monotonic()
        left = select(func.count()).select_from(deliveries).where(deliveries.c.outcome.is_(None))
        found = -1
        while time.monotonic() < began + RECOVERY_S:
            self._tend(children, 0.2)
            try:
                with database.read() as c:
                    found = c.execute(left).scalar_one()
            except Unavailable:
                continue
            if not found:
                return round(time.monotonic() - began, 1)
        message = f"seed {self.seed}: {found} deliveries are open after {RECOVERY_S} s; see {self.folder}"
        raise AssertionError(message)

    def _compare(self, database: Database, filing: Filing, toll: Toll) -> None:
        came = list(self.consumer.keys())
        check_quiet(database, {SINK: Counter(came)})
        assert sorted(came) == sorted(filing.filed), "once per key"
        assert dict(self.consumer.holds()) == {record.id: record.revision for record in filing.records.values()}
        by_article = sorted(came, key=lambda key: key.split(":")[0])
        for article, keys in groupby(by_article, key=lambda key: key.split(":")[0]):
            order = [int(key.split(":")[1]) for key in keys]
            assert order == sorted(order), f"the revisions of {article} came in their order"
        with database.read() as c:
            toll.tries = c.execute(select(func.sum(deliveries.c.tries))).scalar_one()
