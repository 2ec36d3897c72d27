"""What is sent again, on both databases: dead deliveries, and what was filed in a time, behind what comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.contract.outbound import Outbound, are_in_order, revisions_of
from tests.doubles import DictArchive
from worker.clock import new_id
from worker.news.policy import DeliveryPolicy
from worker.news.record import Change
from worker.store import backlog, retries
from worker.store.database import Database, open_database
from worker.store.explanations import explain
from worker.store.outbox import is_unsent, sinks_holding
from worker.store.replays import Ordered, replay, replays, stop_replay
from worker.store.retries import NotDoneError, Retried, Wanted, dead_ones, named, retry
from worker.store.withdrawals import forget

HOUR = timedelta(hours=1)
TWICE = DeliveryPolicy(batch=10, max_tries=2)


@pytest.fixture
def outbound(database_url: str) -> Iterator[Outbound]:
    """An engine over an empty database of either kind, with one sink that gives up after two tries."""
    opened = open_database(database_url, new_id=new_id)
    yield Outbound(opened, delivery=TWICE)
    opened.close()


def dead(outbound: Outbound, many: int) -> list[str]:
    """Articles that the sink refused until they were given up; it takes them now."""
    ids = outbound.file(many)
    outbound.sink().refuse = set(ids)
    outbound.settle(timedelta(minutes=2))
    outbound.sink().refuse = set()
    assert [row.outcome for row in outbound.rows()][-many:] == ["dead"] * many
    return ids


def retried(database: Database, wanted: Wanted, outbound: Outbound) -> Retried:
    return sum(retry(database, wanted, now=outbound.now), Retried(0, 0))


def ordered(outbound: Outbound, *outlets: str) -> Ordered:
    """A replay of all that was filed, or of all of some outlets."""
    return replay(
        outbound.database, "memory", since=None, until=None, outlets=outlets, everything=True, now=outbound.now
    )


# --- retry ----------------------------------------------------------------------------------------------------------
def test_a_dead_delivery_that_is_tried_again_says_which_newer_revision_went_out(outbound: Outbound) -> None:
    late, alone = dead(outbound, 2)
    outbound.revise([late])
    outbound.settle()
    done = retried(outbound.database, Wanted(sink="memory"), outbound)
    assert (done.opened, done.superseded) == (2, 1)
    outbound.settle()
    marks = {parcel.key: (parcel.superseded_by, parcel.replay) for parcel in outbound.sink().sent}
    assert marks == {f"{late}:2": (None, False), f"{late}:1": (2, False), f"{alone}:1": (None, False)}
    assert {(row.outcome, row.error) for row in outbound.rows()} == {("delivered", None)}


def test_what_is_tried_again_does_not_hold_back_what_comes_in(outbound: Outbound) -> None:
    (article,) = dead(outbound, 1)
    outbound.sink().refuse = {article}
    assert retried(outbound.database, Wanted(sink="memory"), outbound).opened == 1
    outbound.desk.tick()
    outbound.sink().refuse = set()
    outbound.revise([article])
    outbound.desk.tick()
    assert outbound.sink().order == [f"{article}:2"], "the first one waits for its next try"


def test_what_is_tried_again_has_as_many_tries_as_a_new_one_and_is_dead_after_them(outbound: Outbound) -> None:
    (article,) = dead(outbound, 1)
    outbound.sink().refuse = {article}
    retried(outbound.database, Wanted(sink="memory"), outbound)
    before = len(outbound.sink().asked)
    outbound.settle(HOUR)
    assert len(outbound.sink().asked) - before == TWICE.max_tries
    assert [(row.outcome, row.tries) for row in outbound.rows()] == [("dead", 2)]


def test_the_dead_are_opened_in_slices_and_what_dies_meanwhile_stays_dead(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "SLICE", 2)
    ids = dead(outbound, 5)
    outbound.desk.clock.move(HOUR)
    outbound.sink().refuse = set(ids)
    slices = []
    for done in retry(outbound.database, Wanted(sink="memory"), now=outbound.now):
        slices.append(done.opened)
        outbound.settle(timedelta(minutes=2))
    assert slices == [2, 2, 1]
    assert [row.outcome for row in outbound.rows()] == ["dead"] * 5


def test_dead_deliveries_are_named_by_key_delivery_batch_and_article(outbound: Outbound) -> None:
    first, second = dead(outbound, 2)
    row = next(row for row in outbound.rows() if str(row.article_id) == first)
    for word in (f"{first}:1", str(row.id), str(row.batch_id), first):
        wanted = named(outbound.database, [word], sink=None, now=outbound.now)
        assert row.id in wanted.ids, word
    assert len(named(outbound.database, [first, second, f"{first}:1"], sink="memory", now=outbound.now).ids) == 2
    one = named(outbound.database, [f"{second}:1"], sink=None, now=outbound.now)
    assert retried(outbound.database, one, outbound) == Retried(1, 0)
    with pytest.raises(NotDoneError, match=f"nothing of {second} is dead"):
        named(outbound.database, [second], sink=None, now=outbound.now)
    for stranger in (str(new_id()), f"{first}:7", "https://paper.example/x", "0:1"):
        with pytest.raises(NotDoneError, match="there is no delivery"):
            named(outbound.database, [stranger], sink=None, now=outbound.now)


def test_the_dead_of_one_outlet_are_listed_and_tried_again_alone(outbound: Outbound) -> None:
    dead(outbound, 1)
    outbound.filing.outlet = "other"
    (other,) = dead(outbound, 1)
    listed = dead_ones(outbound.database, Wanted(sink="memory"), most=10)
    assert [found.outlet for found in listed] == ["other", "paper"], "the newest first"
    assert (listed[0].key, listed[0].tries) == (f"{other}:1", 2)
    assert listed[0].error == "the sink refused the record (as scripted)"
    wanted = Wanted(sink="memory", outlets=("other",))
    assert [found.key for found in dead_ones(outbound.database, wanted, most=10)] == [f"{other}:1"]
    assert retried(outbound.database, wanted, outbound).opened == 1
    assert len(dead_ones(outbound.database, Wanted(), most=10)) == 1
    with pytest.raises(NotDoneError, match="there is no sink 'nowhere'"):
        dead_ones(outbound.database, Wanted(sink="nowhere"), most=10)


# --- replay ---------------------------------------------------------------------------------------------------------
def test_a_replay_sends_the_same_keys_marked_and_per_article_the_oldest_first(outbound: Outbound) -> None:
    ids = outbound.file(130)
    outbound.revise(ids[:20])
    outbound.settle()
    before = list(outbound.sink().sent)
    assert ordered(outbound).revisions == 150
    outbound.settle(HOUR)
    again = outbound.sink().sent[len(before) :]
    assert sorted(parcel.key for parcel in again) == sorted(parcel.key for parcel in before)
    assert all(parcel.replay for parcel in again)
    assert {parcel.key: parcel.body for parcel in again} == {parcel.key: parcel.body for parcel in before}
    assert are_in_order([parcel.key for parcel in again])
    marks = {parcel.key: parcel.superseded_by for parcel in again}
    assert marks == {parcel.key: 2 if parcel.key in {f"{id_}:1" for id_ in ids[:20]} else None for parcel in again}
    assert [one.state for one in replays(outbound.database)] == ["done"]


def test_what_comes_in_during_a_replay_goes_first_and_waits_for_none_of_it(outbound: Outbound) -> None:
    ids = outbound.file(30)
    outbound.settle()
    ordered(outbound)
    (call, *_) = outbound.claim()
    outbound.revise(ids[20:21])
    fresh = outbound.file(1)
    outbound.desk.answer(call)
    nth = len(outbound.sink().asked)
    while outbound.desk.bell.calls:
        outbound.desk.answer(outbound.desk.bell.calls.pop(0))
    assert {f"{ids[20]}:2", f"{fresh[0]}:1"} <= set(outbound.sink().asked[nth]), "in the next batch"
    outbound.settle()
    late = next(parcel for parcel in outbound.sink().sent[30:] if parcel.key == f"{ids[20]}:1")
    assert late.replay
    assert outbound.sink().stored.keys() == {f"{id_}:1" for id_ in (*ids, *fresh)} | {f"{ids[20]}:2"}


def test_a_replay_that_is_stopped_sends_no_more_and_leaves_what_waited_as_it_was(outbound: Outbound) -> None:
    outbound.file(150)
    outbound.settle()
    arrived = {row.id: row.settled_at for row in outbound.rows()}
    outbound.desk.clock.move(HOUR)
    id_ = ordered(outbound).id
    calls = outbound.claim()
    assert sum(row.outcome is None for row in outbound.rows()) == 150
    assert stop_replay(outbound.database, id_, now=outbound.now).taken_back == 130
    for call in calls:
        outbound.desk.answer(call)
    outbound.settle()
    assert len(outbound.sink().order) == 150 + 20
    rows = outbound.rows()
    assert {row.outcome for row in rows} == {"delivered"}
    assert sum(row.settled_at == arrived[row.id] for row in rows) == 130
    with pytest.raises(NotDoneError, match=f"the replay {id_} is stopped, and nothing of it waits"):
        stop_replay(outbound.database, id_, now=outbound.now)
    for stranger in (str(new_id()), "that one"):
        with pytest.raises(NotDoneError, match="--list` names"):
            stop_replay(outbound.database, stranger, now=outbound.now)


def test_two_replays_of_the_same_time_send_nothing_out_of_order_and_a_stopped_one_takes_nothing_from_the_other(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "ENOUGH", 20)
    monkeypatch.setattr(backlog, "SLICE", 10)
    ids = outbound.file(30)
    outbound.revise(ids)
    outbound.settle()
    first, second = ordered(outbound).id, ordered(outbound).id
    outbound.claim()
    assert stop_replay(outbound.database, second, now=outbound.now).taken_back == 0
    outbound.desk.clock.move(outbound.desk.lease.queue)
    outbound.settle(timedelta(minutes=5))
    again = outbound.sink().order[60:]
    assert Counter(again) == Counter(f"{id_}:{n}" for id_ in ids for n in (1, 2)), (
        "what is on its way is not sent twice"
    )
    assert are_in_order(again)
    assert {one.order.id: one.state for one in replays(outbound.database)} == {first: "done", second: "stopped"}


def test_a_replay_of_some_outlets_and_times_sends_nothing_else_and_never_reaches_into_the_future(
    outbound: Outbound,
) -> None:
    outbound.file(2)
    outbound.filing.outlet = "other"
    outbound.file(1)
    outbound.desk.clock.move(HOUR)
    since = outbound.now
    wanted = outbound.file(2)
    outbound.filing.outlet = "paper"
    outbound.file(2)
    outbound.settle()
    far = outbound.now + 100 * HOUR
    done = replay(outbound.database, "memory", since=since, until=far, outlets=["other"], now=outbound.now)
    assert (done.revisions, done.until) == (2, outbound.now)
    outbound.filing.outlet = "other"
    outbound.file(1)
    before = len(outbound.sink().order)
    outbound.settle()
    assert [parcel.key for parcel in outbound.sink().sent[before:] if parcel.replay] == [f"{id_}:1" for id_ in wanted]
    with pytest.raises(NotDoneError, match="no time lies between"):
        replay(outbound.database, "memory", since=far, until=None, outlets=[], now=outbound.now)
    with pytest.raises(NotDoneError, match="say what is sent once more"):
        replay(outbound.database, "memory", since=None, until=None, outlets=[], now=outbound.now)
    with pytest.raises(NotDoneError, match="there is no sink 'mem'"):
        replay(outbound.database, "mem", since=since, until=None, outlets=[], now=outbound.now)


def test_a_replay_brings_what_the_sink_was_never_sent_and_what_was_dead(outbound: Outbound) -> None:
    (gone,) = dead(outbound, 1)
    (before,) = outbound.file(1)
    outbound.settle()
    outbound.switch("memory")
    missed = outbound.file(2)
    outbound.revise([before, missed[0]])
    outbound.switch()
    outbound.revise([before])
    outbound.settle()
    assert revisions_of(outbound.sink().order, before) == [1, 3]
    nth = len(outbound.sink().sent)
    ordered(outbound)
    outbound.settle(HOUR)
    again = outbound.sink().sent[nth:]
    marks = {parcel.key: (parcel.replay, parcel.superseded_by) for parcel in again}
    assert marks == {
        f"{gone}:1": (False, None),
        f"{before}:1": (True, 3),
        f"{before}:2": (False, 3),
        f"{before}:3": (True, None),
        f"{missed[0]}:1": (False, None),
        f"{missed[0]}:2": (False, None),
        f"{missed[1]}:1": (False, None),
    }
    assert len(again) == len(marks)
    assert revisions_of([parcel.key for parcel in again], missed[0]) == [1, 2]


def test_what_is_given_up_when_it_is_sent_once_more_is_still_there_and_is_still_a_replay(outbound: Outbound) -> None:
    (article,) = outbound.file(1)
    outbound.settle()
    outbound.sink().refuse = {article}
    ordered(outbound)
    outbound.settle(timedelta(minutes=2))
    assert [row.outcome for row in outbound.rows()] == ["dead"]
    with outbound.database.read() as c:
        assert sinks_holding(c, UUID(article)) == ["memory"], "it had arrived"
    outbound.sink().refuse = set()
    assert retried(outbound.database, Wanted(sink="memory"), outbound).opened == 1
    outbound.settle()
    assert [(parcel.key, parcel.replay) for parcel in outbound.sink().sent] == [
        (f"{article}:1", False),
        (f"{article}:1", True),
    ]


def test_a_revision_that_a_replay_brings_for_the_first_time_says_which_newer_one_is_there(outbound: Outbound) -> None:
    (article,) = outbound.file(1)
    outbound.settle()
    outbound.switch("memory")
    since = outbound.now
    outbound.revise([article])
    until = outbound.now
    outbound.switch()
    outbound.revise([article])
    outbound.settle()
    replay(outbound.database, "memory", since=since, until=until, outlets=[], now=outbound.now)
    outbound.settle()
    last = outbound.sink().sent[-1]
    assert (last.key, last.replay, last.superseded_by) == (f"{article}:2", False, 3)
    (told,) = explain(outbound.database, last.key, now=outbound.now)
    assert [sent.superseded_by for sent in told.sent] == [3]


def test_an_article_that_is_taken_down_while_it_waits_to_be_sent_once_more_is_told_of(outbound: Outbound) -> None:
    ids = outbound.file(30)
    outbound.settle()
    ordered(outbound)
    outbound.claim()
    assert next(row for row in outbound.rows() if str(row.article_id) == ids[29]).outcome is None
    forget(outbound.database, DictArchive(), UUID(ids[29]), now=outbound.now)
    row = next(row for row in outbound.rows() if str(row.article_id) == ids[29])
    assert row.outcome == "delivered", "that it had arrived is not forgotten"
    outbound.desk.clock.move(outbound.desk.lease.queue)
    outbound.settle(timedelta(minutes=5))
    assert revisions_of(outbound.sink().order, ids[29]) == [1, 2]
    assert b'"change":"withdrawn"' in outbound.sink().stored[f"{ids[29]}:2"]


def test_an_article_that_is_taken_down_while_it_waits_after_it_was_dead_is_told_of(outbound: Outbound) -> None:
    (article,) = dead(outbound, 1)
    retried(outbound.database, Wanted(sink="memory"), outbound)
    forget(outbound.database, DictArchive(), UUID(article), now=outbound.now)
    outbound.settle()
    assert outbound.sink().order == [f"{article}:2"], "what was tried may have arrived"


def test_a_revision_that_waits_to_be_sent_once_more_is_met_already(outbound: Outbound) -> None:
    ids = outbound.file(30)
    outbound.revise(ids, change=Change.MINOR)
    outbound.settle()
    ordered(outbound)
    outbound.claim()
    with outbound.database.write() as c:
        assert not is_unsent(c, UUID(ids[29]), 2), "no other state takes its place under the same key"
