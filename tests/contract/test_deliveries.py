"""How batches go out, on both databases: in order, a few at a time, and one bad record or sink holds back nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.contract.outbound import SMALL, Outbound, are_in_order
from worker.clock import new_id
from worker.news.policy import DeliveryPolicy
from worker.news.subscription import Subscription
from worker.store.database import Database, open_database
from worker.store.retries import NotDoneError, pause, resume

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of either kind."""
    opened = open_database(database_url, new_id=new_id)
    yield opened
    opened.close()


def test_the_revisions_of_an_article_come_one_after_the_other(database: Database) -> None:
    outbound = Outbound(database, delivery=DeliveryPolicy(batch=10, in_flight=3))
    ids = outbound.file(4)
    for _ in range(2):
        outbound.revise(ids)
    outbound.settle()
    order = outbound.sink().order
    assert len(order) == 12
    assert are_in_order(order)
    together = [[key.partition(":")[0] for key in keys] for keys in outbound.sink().batches.values()]
    assert all(len(articles) == len(set(articles)) for articles in together), "never two of one article in a batch"


def test_a_sink_that_is_down_is_asked_with_one_batch_at_a_time_each_time_another_one(database: Database) -> None:
    outbound = Outbound(database, delivery=DeliveryPolicy(batch=2, in_flight=2))
    outbound.sink().down = True
    outbound.file(8)
    outbound.desk.tick()
    assert len(outbound.sink().asked) == 2, "those that were under way when it went down"
    asked = list(outbound.sink().asked)
    for _ in range(4):
        outbound.desk.clock.move(HOUR)
        outbound.desk.tick()
        asked += outbound.sink().asked[len(asked) :]
    assert len(asked) == 6
    assert len(set(asked[:4])) == 4, "each of the four in turn"
    assert asked[4:] == asked[:2]
    outbound.sink().down = False
    outbound.settle(2 * HOUR)
    assert len(outbound.sink().order) == len(set(outbound.sink().order)) == 8


def test_a_batch_at_which_a_sink_fails_is_halved_until_its_record_stands_alone_and_is_dead(database: Database) -> None:
    often = DeliveryPolicy(batch=4, max_tries=2, longest_wait=timedelta(seconds=20))
    outbound = Outbound(database, names=("frail", "well"), delivery=often)
    bad, *_ = outbound.file(4)
    outbound.sink("frail").choke = {bad}
    later: list[str] = []
    for _ in range(12):
        outbound.settle(MINUTE / 2)
        later += outbound.file(1)
    outbound.settle(2 * MINUTE)
    ends = {f"{row.article_id}:{row.revision}": row.outcome for row in outbound.rows("frail")}
    assert ends.pop(f"{bad}:1") == "dead"
    assert set(ends.values()) == {"delivered"}
    assert sorted(outbound.sink("frail").order) == sorted(ends)
    assert {f"{id_}:1" for id_ in (bad, *later)} <= set(outbound.sink("well").order)
    assert [row.outcome for row in outbound.rows("well")] == ["delivered"] * 16


def test_a_dead_revision_does_not_hold_back_the_next_one(database: Database) -> None:
    outbound = Outbound(database, delivery=DeliveryPolicy(max_tries=2))
    (article,) = outbound.file(1)
    outbound.sink().refuse = {article}
    outbound.settle(HOUR)
    outbound.sink().refuse = set()
    outbound.revise([article])
    outbound.settle()
    assert [(row.revision, row.outcome) for row in outbound.rows()] == [(1, "dead"), (2, "delivered")]


def test_a_batch_that_is_not_full_waits_for_more_as_long_as_it_may_linger(database: Database) -> None:
    patient = Subscription(batch=3, linger=timedelta(seconds=60))
    outbound = Outbound(database, names=("eager", "patient"), subscriptions={"patient": patient})
    outbound.file(2)
    outbound.settle(timedelta(seconds=30))
    assert (len(outbound.sink("eager").order), len(outbound.sink("patient").order)) == (2, 0)
    outbound.file(1)
    outbound.settle(timedelta(seconds=4))
    assert [len(keys) for keys in outbound.sink("patient").asked] == [3], "a full batch waits for nothing"
    outbound.file(1)
    outbound.settle(timedelta(seconds=50))
    assert len(outbound.sink("patient").asked) == 1
    outbound.settle(timedelta(seconds=20))
    assert [len(keys) for keys in outbound.sink("patient").asked] == [3, 1]


def test_so_many_batches_of_a_sink_are_under_way_and_the_next_one_goes_when_one_is_done(database: Database) -> None:
    outbound = Outbound(database, subscriptions={"memory": Subscription(batch=2, in_flight=3)})
    outbound.file(12)
    calls = outbound.claim()
    assert [len(call.tickets) for call in calls] == [2, 2, 2]
    assert outbound.claim() == []
    outbound.desk.answer(calls[0])
    assert [len(call.tickets) for call in outbound.desk.bell.calls] == [2]


def test_a_slow_sink_s_batches_hold_back_no_other_sink(database: Database) -> None:
    outbound = Outbound(database, names=("quick", "slow"))
    outbound.file(10)
    calls = outbound.claim()
    quick = [call for call in calls if outbound.sink_of(call) == "quick"]
    assert (len(calls), len(quick)) == (4, 2)
    while quick:
        outbound.desk.answer(quick.pop(0))
        quick += outbound.desk.bell.calls
        outbound.desk.bell.calls.clear()
    assert (len(outbound.sink("quick").order), len(outbound.sink("slow").asked)) == (10, 0)
    assert outbound.claim() == [], "what the slow one has under way is all that it may have"


def test_what_comes_in_waits_for_a_paused_sink_and_goes_on_in_order_when_it_is_resumed(database: Database) -> None:
    outbound = Outbound(database, names=("held", "other"))
    assert not pause(database, "held", because="we are moving", now=outbound.now).was_paused
    paused_at = outbound.now
    ids = outbound.file(3)
    outbound.revise(ids[:2])
    outbound.settle(HOUR)
    assert (outbound.sink("held").asked, len(outbound.sink("other").order)) == ([], 5)
    row = outbound.row_of("held")
    assert (row.paused, row.paused_why, row.down_since) == (True, "we are moving", paused_at)
    done = resume(database, "held", now=outbound.now)
    assert (done.was_paused, done.was_down, done.waiting) == (True, False, 5)
    outbound.desk.tick()
    assert sorted(outbound.sink("held").order) == sorted(outbound.sink("other").order)
    assert are_in_order(outbound.sink("held").order)


def test_a_batch_that_is_on_its_way_when_its_sink_is_paused_is_done_and_the_sink_stays_paused(
    database: Database,
) -> None:
    outbound = Outbound(database)
    outbound.file(4)
    first, *_ = outbound.claim()
    pause(database, "memory", because=None, now=outbound.now)
    outbound.desk.answer(first)
    assert len(outbound.sink().order) == 2
    row = outbound.row_of("memory")
    assert (row.paused, row.down_since) == (True, outbound.now)
    assert outbound.desk.bell.calls == []


def test_a_sink_that_wants_nothing_any_more_is_paused_with_its_words_and_nothing_is_given_up(
    database: Database,
) -> None:
    outbound = Outbound(database)
    outbound.sink().gone = True
    outbound.file(3)
    outbound.settle(12 * HOUR)
    row = outbound.row_of("memory")
    assert (row.paused, row.paused_why) == (True, "sink_gone: HTTP 410")
    assert [row.outcome for row in outbound.rows()] == [None] * 3
    outbound.sink().gone = False
    resume(database, "memory", now=outbound.now)
    outbound.settle()
    assert len(outbound.sink().order) == 3
    assert outbound.sink().asked[0] in outbound.sink().asked[1:], "the same batch as before"


def test_a_sink_that_is_down_or_refused_something_is_tried_at_once_when_it_is_resumed(database: Database) -> None:
    outbound = Outbound(database, delivery=SMALL)
    (refused,) = outbound.file(1)
    outbound.sink().refuse = {refused}
    outbound.desk.tick()
    outbound.file(2)
    outbound.sink().down = True
    outbound.settle(HOUR)
    outbound.sink().down = False
    outbound.sink().refuse = set()
    assert outbound.row_of("memory").blocked_until > outbound.now
    done = resume(database, "memory", now=outbound.now)
    assert (done.was_paused, done.was_down, done.waiting) == (False, True, 3)
    outbound.desk.tick()
    assert len(outbound.sink().order) == 3
    row = outbound.row_of("memory")
    assert (row.failures, row.error, row.down_since, row.blocked_until) == (0, None, None, None)


def test_who_names_a_sink_that_there_is_not_is_told_which_there_are(database: Database) -> None:
    outbound = Outbound(database, names=("files", "hook"))
    with pytest.raises(NotDoneError, match="there is no sink 'hok'; there are files, hook"):
        pause(database, "hok", because=None, now=outbound.now)
    with pytest.raises(NotDoneError, match="there is no sink 'hok'"):
        resume(database, "hok", now=outbound.now)
