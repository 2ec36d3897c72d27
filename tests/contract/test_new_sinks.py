"""A new sink is given what was filed before, on both databases: in slices, in order per article, while more comes in, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.contract.outbound import Outbound, are_in_order, revisions_of
from tests.harness import START
from tests.servers import PostgresServer
from worker.clock import new_id
from worker.news.policy import DeliveryPolicy
from worker.news.record import Change
from worker.news.subscription import Revisions, Subscription
from worker.news.work import Purpose
from worker.store import backlog
from worker.store.cursors import LATEST
from worker.store.database import open_database
from worker.store.outbox import add_deliveries, is_unsent, put_out
from worker.store.revisions import file_revision
from worker.store.schema import articles

HOUR = timedelta(hours=1)


@pytest.fixture
def outbound(database_url: str) -> Iterator[Outbound]:
    """An engine over an empty database of either kind, with one sink."""
    opened = open_database(database_url, new_id=new_id)
    yield Outbound(opened, delivery=DeliveryPolicy(batch=50, max_tries=2))
    opened.close()


def is_filled(outbound: Outbound, sink: str) -> bool:
    return outbound.row_of(sink).cursor is None


def test_a_new_sink_gets_all_in_order_while_more_comes_in_in_the_middle_of_its_articles(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "SLICES_A_TICK", 1)
    ids = outbound.file(60)
    for _ in range(3):
        outbound.revise(ids)
    outbound.settle(HOUR)
    new = outbound.add_sink("new", since=START)
    seen = 0
    while not is_filled(outbound, "new"):
        outbound.desk.tick()
        # Those that have come so far with the walk, and those to which it has not come.
        outbound.revise([ids[seen % 60], ids[-1 - seen % 60]])
        outbound.file(1)
        seen += 7
        outbound.desk.clock.move(timedelta(seconds=20))
    outbound.settle()
    assert sorted(new.order) == sorted(outbound.sink().order)
    assert len(new.order) > 260
    assert are_in_order(new.order)
    assert not any(parcel.replay for parcel in new.sent)


def test_what_comes_in_goes_before_what_a_new_sink_is_given(outbound: Outbound) -> None:
    outbound.file(120)
    outbound.settle(HOUR)
    new = outbound.add_sink("new", since=START)
    outbound.claim()
    (fresh,) = outbound.file(1)
    outbound.desk.clock.move(outbound.desk.lease.queue)
    outbound.desk.tick()
    assert f"{fresh}:1" in new.asked[0]
    outbound.settle(HOUR)
    assert len(new.order) == len(set(new.order)) == 121


def test_a_new_sink_gets_nothing_from_before_unless_it_says_so_and_then_from_its_day_on(outbound: Outbound) -> None:
    old = outbound.file(3)
    outbound.settle(HOUR)
    since = outbound.now
    young = outbound.file(2)
    outbound.revise(old[:1])
    outbound.settle(HOUR)
    from_now = outbound.add_sink("now", since=None)
    outbound.settle(HOUR)
    assert from_now.order == []
    from_then = outbound.add_sink("then", since=since)
    outbound.desk.tick()
    outbound.revise(old[1:2])
    outbound.settle(HOUR)
    expected = [f"{young[0]}:1", f"{young[1]}:1", f"{old[0]}:2", f"{old[1]}:2"]
    assert sorted(from_then.order) == sorted(expected)
    assert from_now.order == [f"{old[1]}:2"]


def test_what_the_new_sink_had_given_up_is_no_obstacle_to_the_next_revision(outbound: Outbound) -> None:
    (article,) = outbound.file(1)
    outbound.settle(HOUR)
    new = outbound.add_sink("new", since=START)
    new.refuse = {article}
    outbound.settle(LATEST / 2)
    assert [row.outcome for row in outbound.rows("new")] == ["dead"]
    assert not is_filled(outbound, "new")
    new.refuse = set()
    outbound.revise([article])
    outbound.settle()
    assert new.order == [f"{article}:2"]


def test_what_a_filing_that_had_not_met_the_sink_writes_late_is_not_passed_over(outbound: Outbound) -> None:
    outbound.file(1)
    outbound.settle(HOUR)
    began = outbound.now
    outbound.desk.clock.move(timedelta(seconds=1))
    new = outbound.add_sink("new", since=START)
    outbound.desk.clock.move(timedelta(seconds=1))
    outbound.file(1)
    outbound.desk.tick()
    late = _write_late(outbound, began)
    outbound.settle(2 * LATEST)
    assert is_filled(outbound, "new")
    assert sorted(new.order) == sorted(outbound.sink().order)
    assert f"{late}:1" in new.order


def _write_late(outbound: Outbound, began: datetime) -> str:
    """Commit what began before the new sink was there, as a transaction that saw only the old one."""
    record = outbound.filing._first(str(new_id()))
    with outbound.database.write() as c:
        row = {"id": UUID(record.id), "outlet_id": "paper", "url": record.url, "discovered_at": began}
        c.execute(articles.insert().values(**row, outcome="stored", settled_at=began, revision=1))
        file_revision(c, record, text_hash=sha256(record.text.encode()).digest(), now=began)
        add_deliveries(c, new_id, record, to=["memory"], now=began)
    return record.id


def test_a_new_sink_gets_of_what_was_filed_before_what_it_takes(outbound: Outbound) -> None:
    ids = outbound.file(3)
    outbound.revise(ids, change=Change.MINOR)
    outbound.revise(ids[:1])
    outbound.settle(HOUR)
    material = outbound.add_sink("material", since=START, subscription=Subscription(revisions=Revisions.MATERIAL))
    first = outbound.add_sink("first", since=START, subscription=Subscription(revisions=Revisions.FIRST))
    none = outbound.add_sink("none", since=START, subscription=Subscription(countries=("ES",)))
    outbound.settle(HOUR)
    assert [revisions_of(material.order, id_) for id_ in ids] == [[1, 3], [1], [1]]
    assert [revisions_of(first.order, id_) for id_ in ids] == [[1], [1], [1]]
    assert none.order == []


def test_while_a_sink_is_filled_no_trifle_takes_the_place_of_one_that_it_walks_towards(outbound: Outbound) -> None:
    (article,) = outbound.file(1)
    outbound.settle(HOUR)
    outbound.sink().down = True
    outbound.revise([article], change=Change.MINOR)
    with outbound.database.write() as c:
        assert is_unsent(c, UUID(article), 2)
    outbound.add_sink("new", since=START)
    with outbound.database.write() as c:
        assert not is_unsent(c, UUID(article), 2)


def test_what_is_filed_waits_for_no_slice_of_a_sink_that_is_being_filled(postgres_server: PostgresServer) -> None:
    postgres_server.start()
    url = postgres_server.create_database()
    database = open_database(url, new_id=new_id)
    outbound = Outbound(database)
    (article,) = outbound.file(1)
    outbound.settle(HOUR)
    outbound.add_sink("new", since=START)
    other = new_id()
    with database.write() as walking:
        assert backlog._fill(walking, new_id, "new", outbound.now) is None
        with database.write() as filing:
            filing.execute(text("SET LOCAL lock_timeout = '5s'"))
            put_out(filing, new_id, other, [("new", 1)], purpose=Purpose.LIVE, now=outbound.now)
    assert {str(row.article_id) for row in outbound.rows("new")} == {article, str(other)}
    database.close()
    postgres_server.drop_database(url)


def test_a_sink_that_has_enough_before_it_is_given_more_when_it_has_taken_that(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "ENOUGH", 30)
    monkeypatch.setattr(backlog, "SLICE", 20)
    outbound.file(100)
    outbound.settle(HOUR)
    new = outbound.add_sink("new", since=START)
    new.down = True
    outbound.desk.tick()
    outbound.settle(LATEST)
    assert len(outbound.rows("new")) == 40
    new.down = False
    outbound.settle(2 * HOUR)
    assert len(new.order) == len(set(new.order)) == 100
