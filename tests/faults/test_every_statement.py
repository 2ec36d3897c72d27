"""Every stage is killed before every statement and every commit; what was being done is done again, and its effect appears once.

A step of the engine (a tick, or a message) runs in a forked child that ends itself before the k-th statement, for all k, over a copy of
the database as it stood. Then the engine runs until it is quiet, and the invariants are asked.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import event

from tests.contract.sinks.folder import Folder
from tests.doubles import PlainFeeds, PlainPages, ScriptedWeb, host_down
from tests.harness import Desk, FakeClock, outlet
from tests.invariants import check, check_quiet
from worker.archive import BlobArchive
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.page import Moved
from worker.news.policy import ArticlePolicy, LeasePolicy
from worker.news.work import Call
from worker.store.database import Database, open_database

DIED = 23
FEED = "https://paper.example/feed"
TEXT = "O texto do artigo {0} é longo o bastante para ser uma identidade, com palavras que só ele tem. " * 5
# Short, so that recovery takes minutes of the clock and not a row of further polls.
LEASE = LeasePolicy(queue=timedelta(seconds=40), work=timedelta(seconds=20), crash_wait=timedelta(seconds=5))
# After a death the leases and the waits of the article that is down and of the one that is missing must pass.
QUIET = timedelta(minutes=3)

pytestmark = pytest.mark.faults


def test_a_process_may_die_before_any_statement(copies: Copies, tmp_path: Path, report: Callable[[str], None]) -> None:
    """All stages, all statements."""
    deaths = 0
    seen: set[str] = set()
    clock = FakeClock()
    current = copies.first
    with opened(current) as database:
        desk_of(database, clock, tmp_path / "truth").open(outlet(FEED))
    calls: list[Call] = []
    end = clock.now() + timedelta(minutes=31)
    while clock.now() < end:
        step = calls.pop(0) if calls else None
        name = rehearse(copies, current, clock, tmp_path, step)
        if name not in seen:
            seen.add(name)
            deaths += die_everywhere(copies, current, clock, tmp_path, step)
        with opened(current) as database:
            desk = desk_of(database, clock, tmp_path / "truth")
            take(desk, step)
            calls.extend(desk.bell.calls)
            if step is None and not calls:
                clock.at = max(clock.now() + timedelta(seconds=2), desk.next_wake() or end)
    stages = {name.split()[0] for name in seen}
    assert {"tick", "poll", "parse", "fetch", "extract", "deliver"} <= stages, sorted(seen)
    report(
        f"{deaths} deaths before a statement, in {len(seen)} kinds of steps, on {copies.kind}: nothing lost, nothing doubled"
    )
    assert deaths > 100


def desk_of(database: Database, clock: FakeClock, folder: Path) -> Desk:
    """An engine over durable parts, so that what a dead child did is still there."""
    return Desk(
        database,
        scripted_web(),
        clock=clock,
        archive=BlobArchive(str(folder / "pages")),
        sinks={"files": Folder(folder / "records").open()},
        feed_reader=PlainFeeds(),
        page_reader=PlainPages(),
        lease=LEASE,
        article=ArticlePolicy(missing_wait=timedelta(seconds=30)),
    )


def scripted_web() -> ScriptedWeb:
    """A feed that brings every outcome."""
    web = ScriptedWeb()
    entries = [Entry(url=f"https://paper.example/{name}", guid=f"guid-{name}", title=name) for name in "abc"]
    entries += [
        Entry(url="https://paper.example/a?utm_source=x", title="a again"),
        Entry(url="https://paper.example/copy-of-a", title="copy"),
        Entry(url="https://short.example/r", title="redirected"),
        Entry(url="https://paper.example/missing", title="missing"),
        Entry(url="https://paper.example/stub", title="stub"),
        Entry(url="https://paper.example/broken", title="broken"),
        Entry(url="https://flaky.example/x", title="flaky"),
        Entry(url=None, title="no link"),
    ]
    web.feed(FEED, *entries, etag='"1"')
    for name in "abc":
        web.page(f"https://paper.example/{name}", TEXT.format(name))
    web.page("https://paper.example/copy-of-a", TEXT.format("a"))
    web.answers["https://short.example/r"] = Moved(url="https://paper.example/b", status=301, hops=1)
    web.page("https://paper.example/stub", "")
    web.page("https://paper.example/broken", "broken")
    web.page("https://flaky.example/x", TEXT.format("flaky"))
    web.answers["https://flaky.example/x"] = [host_down(), web.answers["https://flaky.example/x"]]  # type: ignore[list-item]
    return web


def take(desk: Desk, step: Call | None) -> list[str]:
    """One step: a tick, or a message. Returns what came of it."""
    if step is None:
        desk.dispatch()
        return ["tick"]
    return [f"{step.stage} {outcome.name}" for outcome in desk.answer(step)]


def rehearse(copies: Copies, current: str, clock: FakeClock, tmp_path: Path, step: Call | None) -> str:
    """What a step is, found out on a copy."""
    with copies.copy(current) as url, folder_copy(tmp_path) as folder, opened(url) as database:
        desk = desk_of(database, FakeClock(clock.at), folder)
        names = sorted(set(take(desk, step)))
        calls = sorted({call.stage for call in desk.bell.calls})
    return " ".join([*names, *(f"→{stage}" for stage in calls)])


def die_everywhere(copies: Copies, current: str, clock: FakeClock, tmp_path: Path, step: Call | None) -> int:
    """Die before each statement of a step in turn; returns how often."""
    k = 0
    while True:
        with copies.copy(current) as url, folder_copy(tmp_path) as folder:
            died = in_child(lambda: die_at(url, clock, folder, step, k))  # noqa: B023 - run at once
            with opened(url) as database:
                check(database)
                desk = desk_of(database, FakeClock(clock.at), folder)
                desk.settle(QUIET)
                check_quiet(database, {"files": held(folder / "records")})
        if not died:
            return k
        k += 1


def die_at(url: str, clock: FakeClock, folder: Path, step: Call | None, k: int) -> None:
    """Run a step, and end the process before its k-th statement or commit."""
    database = open_database(url, new_id=new_id)
    left = k

    def count(*_: Any) -> None:
        nonlocal left
        if left == 0:
            os._exit(DIED)
        left -= 1

    event.listen(database.engine, "before_cursor_execute", count)
    event.listen(database.engine, "commit", count)
    take(desk_of(database, FakeClock(clock.at), folder), step)


def in_child(run: Callable[[], None]) -> bool:
    """Run in a forked child; True when it died as planned. What it would have sent is lost with it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, DIED}, "the child ended otherwise"
    return code == DIED


def held(folder: Path) -> Counter[str]:
    """How often a sink's files hold each key."""
    found: Counter[str] = Counter()
    for part in folder.rglob("part-*.jsonl"):
        for line in part.read_bytes().splitlines():
            record = orjson.loads(line)
            found[f"{record['id']}:{record['revision']}"] += 1
    return found


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database, closed afterwards, so that it can be copied."""
    database = open_database(url, new_id=new_id)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def folder_copy(tmp_path: Path) -> Iterator[Path]:
    """A copy of the folder with archive and records."""
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    (tmp_path / "truth").mkdir(exist_ok=True)
    shutil.copytree(tmp_path / "truth", copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


@dataclass
class Copies:
    """A database that can be copied as it stands."""

    kind: str
    first: str
    make: Callable[[str], str]
    drop: Callable[[str], None]

    @contextmanager
    def copy(self, url: str) -> Iterator[str]:
        """A copy, gone afterwards."""
        made = self.make(url)
        try:
            yield made
        finally:
            self.drop(made)


@pytest.fixture(params=["sqlite", "postgresql"])
def copies(request: pytest.FixtureRequest, tmp_path: Path) -> Copies:
    """An empty database of each kind."""
    if request.param == "sqlite":
        base = tmp_path / "db"
        base.mkdir()

        def make(url: str) -> str:
            shutil.copy(url.removeprefix("sqlite:///"), base / "copy.db")
            return f"sqlite:///{base / 'copy.db'}"

        def drop(url: str) -> None:
            for file in base.glob("copy.db*"):
                file.unlink()

        return Copies("SQLite", f"sqlite:///{base / 'first.db'}", make, drop)
    server = request.getfixturevalue("postgres_server")

    def make_postgres(url: str) -> str:
        made: str = server.create_database(template=url)
        return made

    return Copies("PostgreSQL", server.create_database(), make_postgres, server.drop_database)
