"""What a claim costs while the table of work grows: 100 rows are due, among 10,000 and among 100,000 (or more, by argument).

`python -m bench.claim [ROWS …]` prints milliseconds per claim, committed, on SQLite and PostgreSQL. The figure to reach is 5 ms at
100,000 rows, without growth from 10,000.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text, update

from tests.servers import PostgresServer
from worker.clock import new_id
from worker.news.work import Kind, Lane, Stage
from worker.store.claims import SqlWorkQueue
from worker.store.database import Database, open_database
from worker.store.migrate import migrate
from worker.store.schema import hosts, work

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
DUE = 100
ROUNDS = 40
LANES = {Lane.WEB: Stage.POLL, Lane.EXTRACT: Stage.EXTRACT}
SIZES = (10_000, 100_000)
# Both databases lie in memory when there is a file system for it: what a disk takes for its fsync is not the claim's.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def fill(database: Database, rows: int, stage: Stage) -> None:
    """So many rows of one stage, none of them due; in the web stages each on a host of its own."""
    web = stage is Stage.POLL
    with database.write() as c:
        for start in range(0, rows, 10_000):
            numbers = range(start, min(start + 10_000, rows))
            listed = [
                {
                    "kind": Kind.FEED if web else Kind.ARTICLE,
                    "subject": new_id(),
                    "stage": stage,
                    "host": f"host-{n}.example" if web else None,
                    "wake_at": LATER + timedelta(milliseconds=n),
                }
                for n in numbers
            ]
            c.execute(insert(work), listed)
            if web:
                c.execute(insert(hosts), [{"host": row["host"], "wake_at": row["wake_at"]} for row in listed])
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text("VACUUM ANALYZE work, hosts" if database.is_postgres else "ANALYZE")
        )


def claims(database: Database, rows: int, lane: Lane) -> list[float]:
    """Milliseconds of each claim of 100 due rows, spread over the table; they are put back in between."""
    queue = SqlWorkQueue(database=database)
    taken: list[float] = []
    for n in range(ROUNDS):
        _make_due(database, rows, n)
        began = time.perf_counter()
        calls = queue.claim(lane, now=NOW)
        taken.append((time.perf_counter() - began) * 1000)
        assert sum(len(call.tickets) for call in calls) == DUE
        _put_back(database, [ticket.work for call in calls for ticket in call.tickets])
    return taken[2:]


def _make_due(database: Database, rows: int, n: int) -> None:
    ids = [1 + (n * 7 + i * (rows // DUE)) % rows for i in range(DUE)]
    with database.write() as c:
        c.execute(update(work).where(work.c.id.in_(ids)).values(wake_at=NOW - timedelta(seconds=1)))
        names = [f"host-{id_ - 1}.example" for id_ in ids]
        c.execute(update(hosts).where(hosts.c.host.in_(names)).values(wake_at=NOW, next_at=None))


def _put_back(database: Database, ids: list[int]) -> None:
    with database.write() as c:
        c.execute(update(work).where(work.c.id.in_(ids)).values(wake_at=LATER, claimed_at=None, begun_at=None))
        names = [f"host-{id_ - 1}.example" for id_ in ids]
        c.execute(update(hosts).where(hosts.c.host.in_(names)).values(wake_at=LATER))


@contextmanager
def databases() -> Iterator[Iterator[tuple[str, str]]]:
    """A fresh database of each kind, as (name, URL), as often as they are asked for."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, PostgresServer() as server:

        def fresh() -> Iterator[tuple[str, str]]:
            yield "SQLite", f"sqlite:///{Path(folder) / f'{new_id()}.db'}"
            yield "PostgreSQL", server.create_database()

        yield fresh()


def fsync_ms() -> float:
    """What an fsync of a small file costs on the disk of the temporary folder, median of 20."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(20):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    sizes = [int(argument) for argument in arguments] or list(SIZES)
    print(f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}; {DUE} rows due")
    print(f"databases in memory; each commit on a disk adds its fsync, here {fsync_ms():.1f} ms")
    print(f"{'database':<12}{'lane':<10}{'rows':>10}{'median ms':>12}{'p95 ms':>10}")
    for size in sizes:
        for lane, stage in LANES.items():
            with databases() as fresh:
                for name, url in fresh:
                    _measure(name, url, size, lane, stage)


def _measure(name: str, url: str, size: int, lane: Lane, stage: Stage) -> None:
    database = open_database(url, new_id=new_id)
    try:
        migrate(database)
        fill(database, size, stage)
        taken = claims(database, size, lane)
    finally:
        database.close()
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{name:<12}{lane:<10}{size:>10,}{statistics.median(taken):>12.2f}{p95:>10.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
