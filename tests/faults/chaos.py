"""Chaos: the real service, its processes killed, its Redis flushed and killed, its databases restarted; then nothing may be missing or twice."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psutil
import psycopg
from sqlalchemy import func, select

from tests.e2e.local import Local
from tests.faults.made_web import MadeWeb
from tests.invariants import check, check_quiet
from tests.servers import PostgresServer, RedisServer
from worker.clock import new_id
from worker.embedded.processes import Child, stop_all
from worker.embedded.service import Plan, worker_commands
from worker.store.database import Database, open_database
from worker.store.errors import Unavailable
from worker.store.schema import articles, deliveries, work

# After the faults, this long may pass until all is quiet.
RECOVERY_S = 120.0
# So long may a process that is to be killed be away.
VICTIM_S = 30.0


@dataclass
class Toll:
    """What was done to the service."""

    seed: int
    killed: Counter[str] = field(default_factory=Counter)
    flushed: int = 0
    redis_killed: int = 0
    postgres_restarted: int = 0
    recovery_s: float = 0.0


@dataclass
class Chaos:
    """One run of `seconds` under faults drawn from `seed`, on one database."""

    folder: Path
    redis: RedisServer
    postgres: PostgresServer
    on_postgres: bool
    seed: int
    seconds: float
    kills: int = 12
    log: Path = field(init=False)

    def run(self) -> tuple[Toll, tuple[int, int, int]]:
        """Run, recover, check. Returns the toll and (stored, duplicate, dropped)."""
        toll = Toll(self.seed)
        self.log = self.folder / "processes.log"
        sink = self.postgres.create_database()
        with MadeWeb(outlets=6, every=1.0) as web:
            local = self._local(web, sink)
            local.run("migrate")
            with self._processes(local) as children:
                self._torment(children, toll)
                web.stop_growing()
                recovering = time.monotonic()
                database = open_database(local.database_url, new_id=new_id)
                try:
                    self._wait(database, children, web)
                    toll.recovery_s = round(time.monotonic() - recovering, 1)
                finally:
                    database.close()
            ended = self._check(local, web, sink)
            assert ended == web.expected()
            return toll, ended

    def _local(self, web: MadeWeb, sink: str) -> Local:
        more = {"COPYDESK_DATABASE_URL": self.postgres.create_database()} if self.on_postgres else {}
        return Local.make(
            self.folder,
            web.catalog(),
            COPYDESK_BROKER_URL=self.redis.url,
            COPYDESK_NET__PROXY=web.proxy_url,
            COPYDESK_POLITENESS__SPACING_S="0",
            COPYDESK_POLITENESS__PER_HOST="4",
            COPYDESK_POLITENESS__PAUSE_S="1",
            COPYDESK_POLL__SHORTEST_S="3",
            COPYDESK_POLL__LONGEST_S="4",
            COPYDESK_POLL__HINT_AT_MOST_S="1",
            COPYDESK_LEASE__QUEUE_S="6",
            COPYDESK_LEASE__WORK_S="8",
            COPYDESK_LEASE__TICK_S="0.5",
            COPYDESK_LEASE__CRASH_WAIT_S="1",
            COPYDESK_LEASE__LONGEST_CRASH_WAIT_S="4",
            COPYDESK_DELIVERY__FIRST_WAIT_S="1",
            COPYDESK_DELIVERY__LONGEST_WAIT_S="4",
            # Innocent pages die with their workers here; only a page that does it by itself may be set aside.
            COPYDESK_ARTICLES__CRASHES="1000",
            COPYDESK_SINKS__FILES__KIND="files",
            COPYDESK_SINKS__FILES__PATH=str(self.folder / "records"),
            COPYDESK_SINKS__ROWS__KIND="postgres",
            COPYDESK_SINKS__ROWS__URL=sink,
            **more,
        )

    @contextmanager
    def _processes(self, local: Local) -> Iterator[list[Child]]:
        def write(name: str, line: str) -> None:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{name}: {line}\n")

        environment = dict(local.environment) | {"C_FORCE_ROOT": "1"}
        plan = Plan(io_threads=8, deliver_threads=2, cpu_processes=2, flower=False)
        children = [Child(name, command, environment, write) for name, command in worker_commands(plan).items()]
        try:
            for child in children:
                child.start()
            yield children
        finally:
            stop_all(children, patience_s=15)

    def _torment(self, children: list[Child], toll: Toll) -> None:
        """Faults at moments drawn from the seed; who was killed is started again at once."""
        dice = random.Random(self.seed)
        names = [child.name for child in children] + ["cpu child"]
        victims = [names[i % len(names)] for i in range(self.kills)]
        faults = [*victims, "flush", "flush", "flush", "redis", "postgres"]
        dice.shuffle(faults)
        # The workers need a moment to come up; then the faults are spread over the rest.
        first = 8.0
        moments = sorted(first + dice.random() * (self.seconds - first - 2) for _ in faults)
        began = time.monotonic()
        for moment, fault in zip(moments, faults, strict=True):
            self._tend_until(children, began + moment)
            self._do(fault, children, toll, dice)
        self._tend_until(children, began + self.seconds)

    def _do(self, fault: str, children: list[Child], toll: Toll, dice: random.Random) -> None:
        match fault:
            case "flush":
                self.redis.flushall()
                toll.flushed += 1
            case "redis":
                self.redis.kill()
                time.sleep(dice.random() * 2)
                self.redis.start()
                toll.redis_killed += 1
            case "postgres":
                self.postgres.restart(crash=True)
                toll.postgres_restarted += 1
            case name:
                # On a slow machine the last fault's victims may still be coming up.
                patience = time.monotonic() + VICTIM_S
                while not _kill(children, name, dice):
                    assert time.monotonic() < patience, (
                        f"seed {self.seed}: no {name} to kill within {VICTIM_S} s; {self.log}"
                    )
                    self._tend_until(children, time.monotonic() + 0.2)
                toll.killed[name] += 1

    @staticmethod
    def _tend_until(children: list[Child], moment: float) -> None:
        while time.monotonic() < moment:
            for child in children:
                if child.process is None:
                    child.start_at = 0.0
                child.tend()
            time.sleep(0.05)

    def _wait(self, database: Database, children: list[Child], web: MadeWeb) -> None:
        """Until every announced address has its end and every delivery is done."""
        wanted = web.announced() * web.outlets
        end = time.monotonic() + RECOVERY_S
        found = (0, 0, 0)
        while time.monotonic() < end:
            self._tend_until(children, time.monotonic() + 0.5)
            try:
                found = _standing(database)
            except Unavailable:
                continue
            if found == (wanted, 0, 0):
                return
        message = f"seed {self.seed}: {found} of {wanted} articles, open articles, open deliveries after {RECOVERY_S} s; {self.log}"
        raise AssertionError(message)

    def _check(self, local: Local, web: MadeWeb, sink: str) -> tuple[int, int, int]:
        database = open_database(local.database_url, new_id=new_id)
        try:
            self._let_polls_end(database)
            check(database)
            check_quiet(database, {"files": _in_files(self.folder / "records"), "rows": _in_rows(sink)})
            with database.read() as c:
                ended: Counter[str] = Counter(c.execute(select(articles.c.outcome)).scalars().all())
                assert set(c.execute(select(articles.c.url)).scalars()) == web.urls()
            return ended["stored"], ended["duplicate"], ended["dropped"]
        finally:
            database.close()

    def _let_polls_end(self, database: Database) -> None:
        """The stopped workers may have left a poll in hand; such a lease is no article's."""
        with database.write() as c:
            idle = {"claimed_at": None, "begun_at": None}
            c.execute(work.update().where(work.c.kind == "feed", work.c.claimed_at.is_not(None)).values(**idle))


def _kill(children: list[Child], name: str, dice: random.Random) -> bool:
    """Kill -9 a process by the name of its kind; False when it was not there."""
    owner = next(child for child in children if child.name == name.split(maxsplit=1)[0])
    if owner.process is None or not owner.running:
        return False
    process = psutil.Process(owner.process.pid)
    if name.endswith("child"):
        below = process.children()
        if not below:
            return False
        process = dice.choice(below)
    process.send_signal(signal.SIGKILL)
    return True


def _standing(database: Database) -> tuple[int, int, int]:
    """(articles, articles without an outcome, open deliveries)."""
    with database.read() as c:
        found = select(func.count()).select_from(articles)
        waiting = found.where(articles.c.outcome.is_(None))
        undelivered = select(func.count()).select_from(deliveries).where(deliveries.c.outcome.is_(None))
        return (
            c.execute(found).scalar_one(),
            c.execute(waiting).scalar_one(),
            c.execute(undelivered).scalar_one(),
        )


def _in_files(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in folder.rglob("part-*.jsonl"):
        for line in part.read_bytes().splitlines():
            record = orjson.loads(line)
            found[f"{record['id']}:{record['revision']}"] += 1
    return found


def _in_rows(url: str) -> Counter[str]:
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        rows = connection.execute("SELECT id, revision FROM copydesk_articles_revisions").fetchall()
        latest = connection.execute("SELECT id, revision FROM copydesk_articles").fetchall()
    assert {id_ for id_, _ in rows} == {id_ for id_, _ in latest}
    return Counter(f"{id_}:{revision}" for id_, revision in rows)
