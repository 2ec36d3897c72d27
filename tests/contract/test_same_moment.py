"""Two workers at the same moment, with one text and with near ones, again and again: always one stored and one duplicate; one group."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.contract.test_identity import text
from tests.doubles import PlainPages, ScriptedWeb
from tests.harness import Desk, outlet
from tests.invariants import check, check_quiet
from worker.clock import new_id
from worker.news.policy import ArticlePolicy, LeasePolicy
from worker.news.record import Reading
from worker.news.work import Stage, Ticket
from worker.pipeline.ports import PageInput
from worker.store.database import open_database
from worker.store.manual import ingest
from worker.store.schema import articles, work

TIMES = 200
# Rounds whose articles are fetched in one go.
BATCH = 100


@dataclass
class MeetingPages(PlainPages):
    """A page reader at which two workers wait for each other before both go on to file what they read."""

    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=30))

    def read(self, page: PageInput, *, now: datetime) -> Reading:
        """Read, and wait for the other one."""
        found = super().read(page, now=now)
        self.meeting.wait()
        return found


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine with two outlets and workers that meet."""
    database = open_database(database_url, new_id=new_id)
    made = Desk(
        database,
        ScriptedWeb(),
        page_reader=MeetingPages(),
        article=ArticlePolicy(visits=()),
        lease=LeasePolicy(batch=1),
    )
    made.open(
        outlet("https://paper.example/feed"),
        outlet("https://wire.example/feed", id_="wire", homepage="https://wire.example/"),
    )
    yield made
    database.close()


def to_extract(desk: Desk, urls: Sequence[str]) -> dict[str, Ticket]:
    """Take in addresses, and carry them to where their pages are to be read."""
    for url in urls:
        ingest(desk.database, url, now=desk.clock.now())
    while True:
        desk.dispatch()
        for call in list(desk.bell.calls):
            desk.bell.calls.remove(call)
            if call.stage is Stage.FETCH:
                desk.answer(call)
        with desk.database.read() as c:
            query = select(articles.c.url, work.c.id, work.c.claim).join(work, work.c.subject == articles.c.id)
            ready = c.execute(query.where(articles.c.url.in_(urls), work.c.stage == Stage.EXTRACT)).all()
        if len(ready) == len(urls):
            return {row.url: Ticket(row.id, row.claim) for row in ready}
        desk.clock.move(desk.lease.tick)


def at_once(desk: Desk, pairs: Sequence[tuple[str, str]], pool: ThreadPoolExecutor) -> None:
    """Extract both of each pair at the same moment, the younger one first as often as the older one."""
    tickets = to_extract(desk, [url for pair in pairs for url in pair])
    # Messages of the ticks meanwhile are late.
    desk.bell.calls.clear()
    with desk.database.write() as c:
        held = {"claimed_at": desk.clock.now(), "begun_at": None, "wake_at": desk.clock.now() + desk.lease.queue}
        c.execute(update(work).where(work.c.id.in_([ticket.work for ticket in tickets.values()])).values(**held))
    for n, pair in enumerate(pairs):
        ordered = pair if n % 2 else pair[::-1]
        for outcome in pool.map(desk.extract, [tickets[url] for url in ordered]):
            assert outcome.name in {"stored", "duplicate"}, outcome


@pytest.mark.faults
def test_one_text_at_the_same_moment_is_always_one_stored_and_one_duplicate(desk: Desk) -> None:
    pairs = [(f"https://paper.example/a{n}", f"https://paper.example/b{n}") for n in range(TIMES)]
    for n, pair in enumerate(pairs):
        for url in pair:
            desk.web.page(url, text(f"n{n}x"), title=f"Um título {n}")  # type: ignore[attr-defined]
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, TIMES, BATCH):
            at_once(desk, pairs[start : start + BATCH], pool)
    check(desk.database)
    with desk.database.read() as c:
        rows = {row.url: row for row in c.execute(select(articles))}
    for first, second in pairs:
        older, younger = sorted((rows[first], rows[second]), key=lambda row: row.id)
        assert (older.outcome, younger.outcome) == ("stored", "duplicate")
        assert younger.duplicate_of == older.id
    # The lost messages of the ticks: their leases must end first.
    desk.settle(timedelta(minutes=12))
    check_quiet(desk.database, {"memory": Counter(desk.sinks["memory"].order)})  # type: ignore[attr-defined]


@pytest.mark.faults
def test_near_texts_at_the_same_moment_are_always_one_group(desk: Desk) -> None:
    pairs = [(f"https://paper.example/a{n}", f"https://wire.example/b{n}") for n in range(TIMES)]
    for n, (first, second) in enumerate(pairs):
        desk.web.page(first, text(f"n{n}x"), title=f"Um título {n}")  # type: ignore[attr-defined]
        desk.web.page(second, text(f"n{n}x") + "\nCom a redação.", title=f"Outro {n}")  # type: ignore[attr-defined]
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, TIMES, BATCH):
            at_once(desk, pairs[start : start + BATCH], pool)
    check(desk.database)
    with desk.database.read() as c:
        rows = {row.url: row for row in c.execute(select(articles))}
    for first, second in pairs:
        assert rows[first].outcome == rows[second].outcome == "stored"
        assert rows[first].group_id == rows[second].group_id
        assert rows[first].group_id in {rows[first].id, rows[second].id}
