"""Dead deliveries are sent again, on both databases, and hold back nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.contract.outbound import Outbound, dead, retried
from worker.clock import new_id
from worker.news.policy import DeliveryPolicy
from worker.store import retries
from worker.store.database import open_database
from worker.store.retries import NotDoneError, Retried, Wanted, dead_ones, named, retry

HOUR = timedelta(hours=1)
TWICE = DeliveryPolicy(batch=10, max_tries=2)


@pytest.fixture
def outbound(database_url: str) -> Iterator[Outbound]:
    """An engine over an empty database of either kind, with one sink that gives up after two tries."""
    opened = open_database(database_url, new_id=new_id)
    yield Outbound(opened, delivery=TWICE)
    opened.close()


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
