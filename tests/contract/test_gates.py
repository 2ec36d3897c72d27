"""The ports `Gates` and `RobotsFiles` on both databases: slots for runs that are under way, and what is known of robots.txt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from worker.clock import new_id
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.robots import RobotsFile
from worker.news.work import Kind, Stage, Ticket
from worker.store.database import Database, open_database
from worker.store.gates import SqlGates
from worker.store.hosts import take_slot
from worker.store.migrate import migrate
from worker.store.robots import MOST_REMEMBERED_BYTES, SqlRobots
from worker.store.rows import begin_row
from worker.store.schema import hosts, work

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HERE, THERE = "paper.example", "other.example"
LEASE = LeasePolicy()


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


@dataclass(frozen=True)
class Desk:
    """A database with hosts and runs."""

    database: Database
    policy: HostPolicy = HostPolicy()

    @property
    def gates(self) -> SqlGates:
        return SqlGates(database=self.database, host=self.policy)

    def host(self, name: str, **values: Any) -> None:
        """Make a host known."""
        with self.database.write() as c:
            c.execute(insert(hosts).values(host=name, **values))

    def run(self, host: str, *, begun: bool = True) -> Ticket:
        """A row that is claimed, and begun."""
        values = {"kind": Kind.ARTICLE, "subject": new_id(), "stage": Stage.FETCH, "host": host, "claim": 3}
        times = {"claimed_at": NOW, "begun_at": NOW if begun else None, "wake_at": NOW + LEASE.work}
        with self.database.write() as c:
            row = c.execute(insert(work).values(**values, **times).returning(work.c.id)).scalar_one()
        return Ticket(row, 3)

    def row(self, ticket: Ticket) -> Any:
        """A row of work."""
        with self.database.read() as c:
            return c.execute(select(work).where(work.c.id == ticket.work)).one()

    def gate(self, name: str) -> Any:
        """A host's row."""
        with self.database.read() as c:
            return c.execute(select(hosts).where(hosts.c.host == name)).one()

    def enter(self, ticket: Ticket, host: str, at: datetime = NOW) -> datetime | None:
        """Ask for a slot."""
        return self.gates.enter(ticket, Stage.FETCH, host, now=at)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A database of either kind, with one host."""
    database = open_database(database_url, new_id=new_id)
    migrate(database)
    made = Desk(database)
    made.host(HERE)
    yield made
    database.close()


# --- a slot for one more request ------------------------------------------------------------------------------------
def test_a_free_gate_is_entered_now_and_the_run_is_one_of_that_host_from_then_on(desk: Desk) -> None:
    ticket = desk.run(HERE)
    assert desk.enter(ticket, THERE) == NOW
    assert desk.row(ticket).host == THERE
    assert (desk.gate(THERE).next_at, desk.gate(THERE).asked_at) == (NOW + seconds(2), NOW)


@pytest.mark.parametrize("column", ["next_at", "blocked_until"])
@pytest.mark.parametrize(("away", "slot"), [(-1, 0), (1.5, 1.5), (2, 2), (2.1, None)])
def test_a_slot_is_waited_for_when_it_is_near(desk: Desk, column: str, away: float, slot: float | None) -> None:
    desk.host(THERE, **{column: NOW + seconds(away)})
    ticket = desk.run(HERE)
    assert desk.enter(ticket, THERE) == (None if slot is None else NOW + seconds(slot))
    assert desk.row(ticket).host == (HERE if slot is None else THERE)


def test_slots_of_a_host_follow_each_other_at_its_spacing(desk: Desk) -> None:
    first, second = desk.run(HERE), desk.run(HERE)
    assert desk.enter(first, THERE) == NOW
    assert desk.enter(second, THERE, NOW + seconds(0.5)) == NOW + seconds(2)


def test_the_same_host_has_a_slot_for_its_own_run_though_its_room_is_full(desk: Desk) -> None:
    ticket, _ = desk.run(HERE), desk.run(HERE)
    assert desk.enter(ticket, HERE) == NOW


def test_no_more_are_let_in_than_may_be_under_way(desk: Desk) -> None:
    desk.run(THERE)
    desk.run(THERE)
    assert desk.enter(desk.run(HERE), THERE) is None


def test_no_more_are_let_in_than_its_address_may_have(desk: Desk) -> None:
    crowded = Desk(desk.database, HostPolicy(per_address=2))
    for name in (THERE, "third.example", "fourth.example"):
        crowded.host(name, address="192.0.2.1")
    crowded.run("third.example")
    assert crowded.enter(crowded.run(HERE), THERE) == NOW
    assert crowded.enter(crowded.run(HERE), "fourth.example") is None


def test_a_run_that_is_over_enters_nowhere(desk: Desk) -> None:
    ticket = desk.run(HERE)
    for stale in (Ticket(ticket.work, 2), desk.run(HERE, begun=False)):
        assert desk.enter(stale, THERE) is None
        assert desk.row(stale).host == HERE
    assert desk.gates.enter(ticket, Stage.POLL, THERE, now=NOW) is None


@pytest.mark.parametrize(("until", "is_open"), [(None, True), (0, True), (1, False)])
def test_a_host_is_open_when_it_is_not_paused(desk: Desk, until: float | None, is_open: bool) -> None:
    desk.host(THERE, blocked_until=None if until is None else NOW + seconds(until))
    assert desk.gates.is_open(THERE, now=NOW) is is_open
    assert desk.gates.is_open("unknown.example", now=NOW)


# --- the slot of a run that has just begun --------------------------------------------------------------------------
def slot(desk: Desk, ticket: Ticket, host: str = HERE) -> datetime | None:
    """The slot of a run."""
    with desk.database.write() as c:
        return take_slot(c, ticket, Stage.FETCH, host, now=NOW, policy=desk.policy)


def asked(desk: Desk, **values: Any) -> None:
    """Set the host's row."""
    with desk.database.write() as c:
        c.execute(update(hosts).where(hosts.c.host == HERE).values(**values))


def test_a_run_has_its_slot_at_the_spacing_after_the_last_request(desk: Desk) -> None:
    assert slot(desk, desk.run(HERE)) == NOW
    assert slot(desk, desk.run(HERE)) == NOW + seconds(2)
    assert desk.gate(HERE).asked_at == NOW + seconds(2)


def test_a_run_whose_slot_is_far_is_put_back_and_counts_nothing(desk: Desk) -> None:
    ticket = desk.run(HERE)
    asked(desk, asked_at=NOW + seconds(1))
    assert slot(desk, ticket) is None
    row = desk.row(ticket)
    assert (row.wake_at, row.claimed_at, row.begun_at, row.claim) == (NOW + seconds(3), None, None, 3)
    assert desk.gate(HERE).wake_at == NOW + seconds(3)
    with desk.database.write() as c:
        assert begin_row(c, ticket, Stage.FETCH, now=NOW, lease=LEASE) is None


def test_a_run_whose_host_was_paused_is_put_back(desk: Desk) -> None:
    asked(desk, blocked_until=NOW + timedelta(hours=1))
    ticket = desk.run(HERE)
    assert slot(desk, ticket) is None
    assert desk.row(ticket).wake_at == NOW + timedelta(hours=1)


def test_hosts_of_ones_own_and_unknown_ones_have_a_slot_at_once(desk: Desk) -> None:
    asked(desk, asked_at=NOW)
    own = Desk(desk.database, HostPolicy(own_hosts=(HERE,)))
    assert slot(own, own.run(HERE)) == NOW
    assert slot(desk, desk.run("unknown.example"), "unknown.example") == NOW


def test_without_a_spacing_nothing_is_noted(desk: Desk) -> None:
    free = Desk(desk.database, HostPolicy(spacing=timedelta(0)))
    assert slot(free, free.run(HERE)) == NOW
    assert free.gate(HERE).asked_at is None


# --- robots.txt -----------------------------------------------------------------------------------------------------
FILE = RobotsFile(
    origin=f"https://{HERE}",
    status=200,
    body=b"User-agent: *\nDisallow:\n",
    fetched_at=NOW,
    expires_at=NOW + timedelta(days=1),
)


def test_nothing_is_known_of_an_origin_that_was_never_asked(desk: Desk) -> None:
    files = SqlRobots(database=desk.database)
    assert files.find("https://paper.example", now=NOW) == RobotsFile(origin="https://paper.example")


def test_what_one_process_learns_all_know(desk: Desk) -> None:
    SqlRobots(database=desk.database).keep(FILE, delay=None, now=NOW)
    assert SqlRobots(database=desk.database).find(FILE.origin, now=NOW) == FILE


def test_a_process_looks_again_when_what_it_knows_has_expired(desk: Desk) -> None:
    one, other = SqlRobots(database=desk.database), SqlRobots(database=desk.database)
    one.keep(FILE, delay=None, now=NOW)
    later = RobotsFile(origin=FILE.origin, status=404, fetched_at=NOW, expires_at=NOW + timedelta(days=3))
    other.keep(later, delay=None, now=NOW)
    assert one.find(FILE.origin, now=NOW + timedelta(hours=23)) == FILE
    assert one.find(FILE.origin, now=NOW + timedelta(hours=25)) == later


def test_the_delay_that_a_file_wants_is_the_spacing_of_its_host_until_it_wants_none(desk: Desk) -> None:
    files = SqlRobots(database=desk.database)
    files.keep(FILE, delay=seconds(10), now=NOW)
    assert desk.gate(HERE).spacing_s == 10
    files.keep(RobotsFile(origin=FILE.origin, failures=1, why="timeout"), delay=None, now=NOW)
    assert desk.gate(HERE).spacing_s == 10, "no answer is no change"
    files.keep(FILE, delay=None, now=NOW)
    assert desk.gate(HERE).spacing_s is None


def test_what_is_remembered_has_a_bound(desk: Desk) -> None:
    files = SqlRobots(database=desk.database)
    body = b"#" * 500_000
    for n in range(12):
        files.keep(
            RobotsFile(origin=f"https://h{n}.example", body=body, fetched_at=NOW, expires_at=NOW + seconds(60)),
            delay=None,
            now=NOW,
        )
    assert sum(len(file.body or b"") for file in files.remembered.values()) <= MOST_REMEMBERED_BYTES
    assert files.find("https://h0.example", now=NOW).body == body
