"""How a sink stands is said in words, on both databases, and found by indexes alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.contract.outbound import Outbound
from tests.harness import START, sqlite_database
from worker.clock import new_id
from worker.news.policy import DeliveryPolicy
from worker.news.subscription import Subscription
from worker.store import backlog
from worker.store.cursors import LATEST
from worker.store.database import Database, open_database
from worker.store.replays import replay
from worker.store.retries import Wanted, dead_ones, pause, resume, retry
from worker.store.sinkstates import BEHIND_AFTER, SinkState, sink_states

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def outbound(database_url: str) -> Iterator[Outbound]:
    """An engine over an empty database of either kind, with one sink that gives up after two tries."""
    opened = open_database(database_url, new_id=new_id)
    yield Outbound(opened, delivery=DeliveryPolicy(batch=10, max_tries=2))
    opened.close()


def state(outbound: Outbound, sink: str = "memory") -> SinkState:
    with outbound.database.read() as c:
        found = sink_states(c, now=outbound.now, policy=outbound.delivery)
    (one,) = (each for each in found if each.sink == sink)
    return one


def test_a_sink_is_idle_until_something_comes_in_and_then_works(outbound: Outbound) -> None:
    new = state(outbound)
    assert (new.state, new.words, new.since, new.kind) == ("idle", "nothing to send", None, "memory")
    outbound.file(30)
    outbound.claim()
    outbound.desk.clock.move(MINUTE)
    busy = state(outbound)
    assert (busy.state, busy.waiting, busy.background, busy.delivered) == ("working", 30, 0, 0)
    assert 60 <= busy.oldest_s < 61
    outbound.desk.clock.move(outbound.desk.lease.queue)
    outbound.desk.tick()
    at = outbound.now
    outbound.desk.clock.move(MINUTE)
    done = state(outbound)
    assert (done.state, done.since, done.delivered_at, done.delivered) == ("idle", at, at, 30)
    assert (done.per_minute, done.waiting, done.oldest_s) == (3.0, 0, 0.0)
    outbound.desk.clock.move(10 * MINUTE)
    assert state(outbound).per_minute == 0.0


def test_a_sink_that_is_down_says_since_when_why_and_when_it_is_tried_again(outbound: Outbound) -> None:
    since = outbound.now + timedelta(milliseconds=1)
    outbound.file(1)
    outbound.sink().down = True
    outbound.desk.tick()
    down = state(outbound)
    assert (down.state, down.since, down.error) == ("down", since, "sink_down: as scripted")
    assert down.next_at is not None
    assert down.words == f"the sink can't be reached (as scripted); tried again at {down.next_at:%H:%M:%S} UTC"
    outbound.settle(HOUR)
    assert state(outbound).since == since, "the whole time"
    outbound.desk.clock.move(HOUR)
    assert "nobody sends what is due" in state(outbound).words
    outbound.claim()
    assert state(outbound).words.endswith("it is being tried again")


def test_a_paused_sink_says_since_when_and_by_whom(outbound: Outbound) -> None:
    since = outbound.now
    pause(outbound.database, "memory", because="we are moving", now=since)
    outbound.desk.clock.move(HOUR)
    paused = state(outbound)
    assert (paused.state, paused.since) == ("paused", since)
    assert paused.words == "we are moving; `copydesk deliveries resume memory` goes on"
    resume(outbound.database, "memory", now=outbound.now)
    pause(outbound.database, "memory", because="", now=outbound.now)
    assert state(outbound).words.startswith("by hand; ")
    resume(outbound.database, "memory", now=outbound.now)
    outbound.sink().gone = True
    outbound.file(1)
    outbound.desk.tick()
    assert state(outbound).state == "paused"
    assert state(outbound).words.startswith("the sink said that it wants nothing any more, and was paused (HTTP 410); ")


def test_a_sink_that_is_switched_off_says_whether_something_waits_for_it(outbound: Outbound) -> None:
    outbound.switch("memory")
    off = "it is switched off, or no longer in the settings"
    assert (state(outbound).state, state(outbound).words) == ("off", f"{off}; nothing waits for it")
    outbound.switch()
    outbound.file(2)
    outbound.switch("memory")
    assert (state(outbound).waiting, state(outbound).words) == (2, f"{off}; what it has still to get is kept")


def test_a_sink_is_behind_when_what_is_due_for_long_was_not_taken(outbound: Outbound) -> None:
    outbound.file(45)
    due = outbound.now - timedelta(milliseconds=45)
    outbound.desk.clock.move(BEHIND_AFTER / 2)
    assert state(outbound).state == "working"
    outbound.desk.clock.move(BEHIND_AFTER)
    late = state(outbound)
    assert (late.state, late.since) == ("behind", due)
    assert late.words == "nobody sends what is due; `copydesk status` tells whether workers run"
    first, *_ = outbound.claim()
    outbound.desk.answer(first)
    assert state(outbound).words == "more comes in than the 1 a minute that it takes"


def test_what_waits_for_an_earlier_revision_makes_no_sink_behind(outbound: Outbound) -> None:
    (article,) = outbound.file(1)
    outbound.sink().refuse = {article}
    outbound.desk.tick()
    outbound.revise([article])
    outbound.desk.clock.move(timedelta(seconds=4))
    assert state(outbound).state == "working"


def test_a_batch_that_may_linger_is_not_late(outbound: Outbound) -> None:
    outbound.add_sink("patient", since=None, subscription=Subscription(linger=HOUR))
    outbound.file(1)
    outbound.settle(HOUR / 2)
    assert (state(outbound).state, state(outbound, "patient").state) == ("idle", "working")


def test_a_new_sink_tells_how_far_it_was_filled(outbound: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "SLICE", 10)
    monkeypatch.setattr(backlog, "ENOUGH", 10)
    outbound.file(30)
    outbound.settle(HOUR)
    added = outbound.now
    outbound.add_sink("new", since=START)
    fresh = state(outbound, "new")
    assert (fresh.state, fresh.since) == ("filling", added)
    until = f"of what was filed until {added + LATEST:%H:%M:%S} UTC"
    assert fresh.words == f"given what was filed before it was there: not begun, {until}"
    outbound.claim()
    begun = state(outbound, "new")
    assert (begun.waiting, begun.background) == (10, 10)
    assert begun.words == f"given what was filed before it was there: so far up to {START:%H:%M:%S} UTC, {until}"
    outbound.desk.clock.move(outbound.desk.lease.queue)
    outbound.settle(HOUR)
    assert (state(outbound, "new").state, state(outbound, "new").delivered) == ("idle", 30)


def test_a_replay_tells_how_far_it_is(outbound: Outbound) -> None:
    outbound.file(3)
    outbound.settle(HOUR)
    until = outbound.now
    done = replay(outbound.database, "memory", since=START, until=None, outlets=["paper"], now=until)
    found = state(outbound)
    assert (found.state, found.since) == ("replaying", until)
    assert found.words == f"replay {done.id} of paper: not begun, of what was filed until {until:%H:%M:%S} UTC"
    assert [(order.id, order.outlets, order.at) for order in found.orders] == [(done.id, ("paper",), None)]
    outbound.claim()
    assert (state(outbound).state, state(outbound).background) == ("working", 3)
    assert state(outbound).oldest_s == 0.0, "what had arrived is not late"


def test_what_was_given_up_is_counted_until_it_is_tried_again(outbound: Outbound) -> None:
    ids = outbound.file(2)
    outbound.sink().refuse = set(ids)
    outbound.settle(HOUR)
    assert (state(outbound).dead, state(outbound).state) == (2, "idle")
    list(retry(outbound.database, Wanted(sink="memory"), now=outbound.now))
    assert (state(outbound).dead, state(outbound).waiting) == (0, 2)


def _plans(database: Database, ask: Any) -> list[str]:
    """How SQLite finds the deliveries and the rows of work that the statements of a call ask for."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    ask()
    event.remove(database.engine, "before_cursor_execute", note)
    with database.read() as c:
        found = [
            row.detail
            for statement, parameters in asked
            if statement.lstrip().startswith("SELECT")
            for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    return [plan for plan in found if "deliveries" in plan or " work" in plan]


def test_no_sink_s_state_is_found_by_a_walk_over_all_deliveries(tmp_path: Path) -> None:
    outbound = Outbound(sqlite_database(tmp_path), delivery=DeliveryPolicy(batch=10, max_tries=2))
    outbound.file(5)
    outbound.settle(HOUR)
    outbound.file(5)
    outbound.desk.clock.move(HOUR)
    with outbound.database.write() as c:
        c.execute(text("ANALYZE"))
    plans = _plans(outbound.database, lambda: state(outbound))
    assert len(plans) >= 6
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
    plans = _plans(outbound.database, lambda: dead_ones(outbound.database, Wanted(sink="memory"), most=5))
    assert any("ix_deliveries_dead" in plan for plan in plans)
    outbound.database.close()
