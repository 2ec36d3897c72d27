"""What was filed in a time is sent once more, on both databases: the same keys, in order, behind what comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.contract.outbound import Outbound, are_in_order, dead, retried, revisions_of
from tests.doubles import DictArchive
from worker.clock import new_id
from worker.news.policy import DeliveryPolicy
from worker.news.record import Change
from worker.store import backlog
from worker.store.database import open_database
from worker.store.explanations import explain
from worker.store.outbox import is_unsent, sinks_holding
from worker.store.replays import Ordered, replay, replays, stop_replay
from worker.store.retries import NotDoneError, Wanted
from worker.store.withdrawals import forget

HOUR = timedelta(hours=1)
TWICE = DeliveryPolicy(batch=10, max_tries=2)


@pytest.fixture
def outbound(database_url: str) -> Iterator[Outbound]:
    """An engine over an empty database of either kind, with one sink that gives up after two tries."""
    opened = open_database(database_url, new_id=new_id)
    yield Outbound(opened, delivery=TWICE)
    opened.close()


def ordered(outbound: Outbound, *outlets: str) -> Ordered:
    """A replay of all that was filed, or of all of some outlets."""
    return replay(
        outbound.database, "memory", since=None, until=None, outlets=outlets, everything=True, now=outbound.now
    )


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
