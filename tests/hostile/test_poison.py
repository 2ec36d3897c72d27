"""A page that kills its worker, in a real prefork worker on a real Redis: it is set aside at its third crash, and nothing else is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Row, select

from tests.e2e.local import Local
from tests.faults.made_web import MadeWeb
from tests.hostile.poisoned import FILLS, KILLS, SINKS
from tests.servers import RedisServer
from worker.archive import BlobArchive
from worker.clock import new_id
from worker.embedded.processes import Child, stop_all
from worker.embedded.service import Plan, worker_commands
from worker.news.reason import Reason
from worker.store.database import Database, open_database
from worker.store.errors import Unavailable
from worker.store.schema import articles

pytestmark = pytest.mark.faults

LONGEST_S = 90.0
ROOT = Path(__file__).parents[2]
STORIES = 6
# By their place in the feed; all others are healthy.
POISON = {1: (KILLS, Reason.KILLED), 3: (FILLS, Reason.MEMORY), 4: (SINKS, Reason.BUG)}


class PoisonedWeb(MadeWeb):
    """A feed that is there from the beginning, some of whose pages are poison; later it announces one more."""

    more = 0

    def announced(self) -> int:
        """All but the last one, until it is wanted."""
        return STORIES + self.more

    def answer(self, host: str, path: str) -> tuple[int, str, str]:
        """As ever, and the mark of its poison in a page."""
        status, kind, body = super().answer(host, path)
        number = path.removeprefix("/story-")
        mark, _ = POISON.get(int(number), (b"", None)) if number.isdigit() else (b"", None)
        return (
            status,
            kind,
            body.replace("</article>", f"<p>This is a {mark.decode()}.</p></article>") if mark else body,
        )


def test_a_page_that_kills_its_worker_is_set_aside_and_nothing_else_is(tmp_path: Path) -> None:
    with RedisServer() as redis, PoisonedWeb(outlets=1, every=1.0) as web:
        local = _local(tmp_path, redis, web)
        local.run("migrate")
        database = open_database(local.database_url, new_id=new_id)
        try:
            with _workers(local, tmp_path / "processes.log") as children:
                rows = _ended(database, children, STORIES)
                _check(rows, BlobArchive(str(tmp_path / "data" / "pages")))
                # The worker that died so often works on.
                web.more = 1
                rows = _ended(database, children, STORIES + 1)
                assert [row.outcome for row in rows].count("stored") == STORIES + 1 - len(POISON)
        finally:
            database.close()


def _check(rows: Sequence[Row[tuple[object, ...]]], archive: BlobArchive) -> None:
    ends = {int(row.url.rpartition("-")[2]): (row.outcome, row.reason) for row in rows}
    expected = {number: ("quarantined", reason.value) for number, (_, reason) in POISON.items()}
    assert ends == dict.fromkeys(range(STORIES), ("stored", None)) | expected
    for row in rows:
        number = int(row.url.rpartition("-")[2])
        if number in POISON:
            assert POISON[number][0] in archive.get(row.body_key), "the body is there to be looked at"


def _local(folder: Path, redis: RedisServer, web: MadeWeb) -> Local:
    return Local.make(
        folder,
        web.catalog(),
        COPYDESK_BROKER_URL=redis.url,
        COPYDESK_NET__PROXY=web.proxy_url,
        COPYDESK_POLITENESS__SPACING_S="0",
        COPYDESK_POLL__SHORTEST_S="3",
        COPYDESK_POLL__LONGEST_S="4",
        COPYDESK_POLL__HINT_AT_MOST_S="1",
        COPYDESK_LEASE__QUEUE_S="6",
        COPYDESK_LEASE__WORK_S="4",
        COPYDESK_LEASE__TICK_S="0.5",
        C_FORCE_ROOT="1",
    )


@contextmanager
def _workers(local: Local, log: Path) -> Iterator[list[Child]]:
    """The processes of the service, the reader of the prefork one poisoned."""

    def write(name: str, line: str) -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{name}: {line}\n")

    commands = worker_commands(Plan(io_threads=4, deliver_threads=1, cpu_processes=2, flower=False))
    commands["cpu"] = ["tests.hostile.poisoned" if word == "worker.celery" else word for word in commands["cpu"]]
    environment = {**local.environment, "PYTHONPATH": str(ROOT)}
    children = [Child(name, command, environment, write) for name, command in commands.items()]
    try:
        for child in children:
            child.start()
        yield children
    finally:
        stop_all(children, patience_s=15)


def _ended(database: Database, children: list[Child], count: int) -> Sequence[Row[tuple[object, ...]]]:
    """The rows of so many articles, when each has its end."""
    deadline = time.monotonic() + LONGEST_S
    rows: Sequence[Row[tuple[object, ...]]] = ()
    while time.monotonic() < deadline:
        assert all(child.process is not None and child.process.poll() is None for child in children), (
            "a worker itself died"
        )
        try:
            with database.read() as c:
                rows = c.execute(select(articles)).all()
        except Unavailable:
            continue
        if len(rows) == count and all(row.outcome is not None for row in rows):
            return rows
        time.sleep(0.2)
    message = f"after {LONGEST_S} s: {[(row.url, row.outcome, row.reason) for row in rows]}"
    raise AssertionError(message)
