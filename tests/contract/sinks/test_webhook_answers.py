"""What a webhook's receiver answers, and what becomes of the records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest

from tests.contract.sinks.parcels import new_article, new_batch, parcel, records
from tests.contract.sinks.receiver import Letter, Receiver, Reply
from tests.harness import FakeClock
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import LONGEST_DELIVERY, Parcel, Returned
from worker.sinks.rounds import MOST_DOUBTS

REFUSALS = [400, 409, 412, 413, 414, 422, 451]
DOUBTS = [301, 302, 307, 308, 304, 401, 402, 403, 404, 405, 406, 407, 411, 415, 421, 426, 500, 501, 505]
BREAKS = [502, 504, None]
DOWN = [408, 425, 429, 503, 507, 520, 599]
SAID = b"no:\tan \x1b[31mODD\x1b[0m word\n\xe2\x80\xae"
WORDS = "no: an \\x1b[31mODD\\x1b[0m word \\u202e"


def some(many: int) -> list[Parcel]:
    return [parcel(new_article()) for _ in range(many)]


def answering(reply: Reply, *parcels: Parcel) -> Callable[[Letter], Reply | None]:
    """Answer so to letters that hold one of these records."""
    ids = [one.article.encode() for one in parcels]
    return lambda letter: reply if any(id_ in letter.body for id_ in ids) else None


def keys(found: object, *, tried: bool) -> list[str]:
    assert isinstance(found, list)
    return [one.key for one in found if one.tried is tried]


# --- record by record -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_taken(receiver: Receiver, status: int) -> None:
    receiver.script = lambda _: Reply(status=status)
    assert list(receiver.open().deliver(new_batch(), some(3))) == []


@pytest.mark.parametrize("status", [*REFUSALS, *DOUBTS])
def test_a_record_that_is_not_taken_comes_back_and_the_others_are_taken(receiver: Receiver, status: int) -> None:
    first, bad, last = some(3)
    receiver.script = answering(Reply(status=status, body=SAID if status != 304 else b""), bad)
    (returned,) = receiver.open(parallel=1).deliver(new_batch(), [first, bad, last])
    words = f"HTTP {status}: {WORDS}" if status != 304 else "HTTP 304"
    assert returned == Returned(key=bad.key, reason=Reason.SINK_REFUSED, detail=words)
    assert receiver.stored() == records(first, last)


@pytest.mark.parametrize("status", REFUSALS)
def test_a_receiver_may_refuse_all(receiver: Receiver, status: int) -> None:
    receiver.script = lambda _: Reply(status=status)
    parcels = some(20)
    back = receiver.open().deliver(new_batch(), parcels)
    assert keys(back, tried=True) == [one.key for one in parcels]


@pytest.mark.parametrize("status", DOUBTS)
def test_what_may_be_said_to_all_is_no_word_about_a_record_where_none_is_taken(receiver: Receiver, status: int) -> None:
    receiver.script = lambda _: Reply(status=status)
    with pytest.raises(SinkDown, match=f"HTTP {status}") as caught:
        receiver.open(parallel=1).deliver(new_batch(), some(40))
    assert caught.value.reason is Reason.SINK_DOWN
    assert len(receiver.letters) == MOST_DOUBTS


def test_many_doubts_hold_nobody_up_where_some_are_taken(receiver: Receiver) -> None:
    parcels = some(40)
    bad = parcels[1 : 2 * MOST_DOUBTS]
    receiver.script = answering(Reply(status=500), *bad)
    back = receiver.open(parallel=1).deliver(new_batch(), parcels)
    assert keys(back, tried=True) == [one.key for one in bad]
    assert len(receiver.letters) == 40


def test_a_refusal_among_doubts_does_not_make_them_refusals(receiver: Receiver) -> None:
    bad, doubted = some(2)
    receiver.script = lambda letter: Reply(status=422 if letter.id == bad.key else 404)
    with pytest.raises(SinkDown, match="HTTP 404"):
        receiver.open(parallel=1).deliver(new_batch(), [bad, doubted])


@pytest.mark.parametrize("status", [*DOWN, *BREAKS])
@pytest.mark.parametrize("per", ["record", "batch"])
def test_a_receiver_that_is_down_gets_the_same_batch_again(receiver: Receiver, status: int | None, per: str) -> None:
    receiver.script = lambda _: Reply(status=status, headers={"Retry-After": "120"})
    sink, batch, parcels = receiver.open(per=per, parallel=1), new_batch(), some(20)
    with pytest.raises(SinkDown) as caught:
        sink.deliver(batch, parcels)
    assert caught.value.reason is Reason.SINK_DOWN
    assert caught.value.retry_after == (None if status is None else 120)
    assert len(receiver.letters) == 1
    receiver.script = lambda _: None
    assert list(sink.deliver(batch, parcels)) == []
    assert receiver.stored() == records(*parcels)


@pytest.mark.parametrize("status", [*DOWN, *BREAKS])
def test_what_was_taken_before_a_receiver_went_down_is_taken(receiver: Receiver, status: int | None) -> None:
    parcels = some(20)
    receiver.script = answering(Reply(status=status), *parcels[5:])
    back = receiver.open(parallel=1).deliver(new_batch(), parcels)
    assert [one.key for one in back] == [one.key for one in parcels[5:]]
    # What a receiver breaks at may have broken it, and must not come again and again as if it had not been sent.
    assert keys(back, tried=True) == ([parcels[5].key] if status in BREAKS else [])
    assert {one.reason for one in back} == {Reason.SINK_DOWN}
    assert receiver.stored() == records(*parcels[:5])


def test_a_receiver_that_hangs_at_a_record_has_it_counted_as_tried(receiver: Receiver) -> None:
    over, (first, bad, last) = Event(), some(3)
    receiver.script = answering(Reply(after=over), bad)
    back = receiver.open(parallel=1, timeout_s=1).deliver(new_batch(), [first, bad, last])
    over.set()
    assert keys(back, tried=True) == [bad.key]
    assert keys(back, tried=False) == [last.key]
    assert {one.detail for one in back} == {"the host was too slow: ReadTimeout"}


@pytest.mark.parametrize("per", ["record", "batch"])
@pytest.mark.parametrize("before", [0, 3])
def test_410_says_that_a_receiver_wants_nothing_any_more(receiver: Receiver, per: str, before: int) -> None:
    parcels = some(6)
    receiver.script = answering(Reply(status=410, body=b"unsubscribed"), *parcels[before:])
    with pytest.raises(SinkDown) as caught:
        receiver.open(per=per, parallel=1).deliver(new_batch(), parcels)
    assert (caught.value.reason, caught.value.detail) == (Reason.SINK_GONE, "HTTP 410: unsubscribed")


def test_only_the_first_words_of_an_answer_are_repeated(receiver: Receiver) -> None:
    receiver.script = lambda _: Reply(status=422, body=b"word " * 20_000)
    (returned,) = receiver.open().deliver(new_batch(), some(1))
    assert returned.detail == "HTTP 422: " + "word " * 40


# --- as one batch ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_bad_record_is_found_by_halves_and_holds_no_neighbour(receiver: Receiver, status: int) -> None:
    parcels, batch = some(8), new_batch()
    bad = parcels[5]
    receiver.script = answering(Reply(status=status, body=b"no"), bad)
    expected = [Returned(key=bad.key, reason=Reason.SINK_REFUSED, detail=f"HTTP {status}: no")]
    for _ in range(2):
        assert list(receiver.open(per="batch").deliver(batch, parcels)) == expected
    parts = ["", ":1-4", ":5-8", ":5-6", ":5-5", ":6-6", ":7-8"]
    assert [letter.id for letter in receiver.letters] == [f"{batch}{part}" for part in parts] * 2
    assert all(map(receiver.is_signed, receiver.letters))
    assert receiver.stored() == records(*parcels[:5], *parcels[6:])
    assert receiver.repeats == len(receiver.took) == 3


def test_a_receiver_that_takes_little_at_a_time_gets_all(receiver: Receiver) -> None:
    receiver.script = lambda letter: Reply(status=413) if len(letter.said["data"]) > 3 else None
    parcels = some(100)
    assert list(receiver.open(per="batch").deliver(new_batch(), parcels)) == []
    assert receiver.stored() == records(*parcels)


@pytest.mark.parametrize("status", [404, 500])
def test_a_batch_that_is_doubted_as_a_whole_comes_again(receiver: Receiver, status: int) -> None:
    receiver.script = lambda _: Reply(status=status)
    with pytest.raises(SinkDown, match=f"HTTP {status}"):
        receiver.open(per="batch").deliver(new_batch(), some(20))
    assert len(receiver.letters) == 1


def test_a_part_that_is_doubted_where_others_are_taken_is_halved_too(receiver: Receiver) -> None:
    parcels = some(8)
    bad = parcels[1]

    def script(letter: Letter) -> Reply | None:
        if len(letter.said["data"]) == 8:
            return Reply(status=413)
        return answering(Reply(status=500), bad)(letter)

    receiver.script = script
    (returned,) = receiver.open(per="batch").deliver(new_batch(), parcels)
    assert returned == Returned(key=bad.key, reason=Reason.SINK_REFUSED, detail="HTTP 500")
    assert receiver.stored() == records(parcels[0], *parcels[2:])


@pytest.mark.parametrize("status", [*DOWN, *BREAKS])
def test_parts_that_were_taken_before_a_receiver_went_down_are_taken(receiver: Receiver, status: int | None) -> None:
    parcels = some(8)

    def script(letter: Letter) -> Reply | None:
        if len(letter.said["data"]) == 8:
            return Reply(status=413)
        return answering(Reply(status=status), *parcels[4:])(letter)

    receiver.script = script
    back = receiver.open(per="batch").deliver(new_batch(), parcels)
    assert keys(back, tried=False) == [one.key for one in parcels[4:]]
    assert receiver.stored() == records(*parcels[:4])


# --- time -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("per", "sent"), [("record", 5), ("batch", 5)])
def test_what_a_slow_receiver_leaves_no_time_for_comes_back_as_not_tried(
    receiver: Receiver, per: str, sent: int
) -> None:
    clock, parcels = FakeClock(), some(8)
    began = clock.now()

    def script(letter: Letter) -> Reply:
        clock.move(timedelta(seconds=9.9))
        return Reply(status=413 if letter.said["type"] == "articles" and len(letter.said["data"]) > 1 else 200)

    receiver.script = script
    back = list(receiver.open(clock=clock, per=per, parallel=1).deliver(new_batch(), parcels))
    assert len(receiver.letters) == sent
    assert clock.now() - began <= LONGEST_DELIVERY - timedelta(seconds=5)
    taken = sent if per == "record" else 2
    assert keys(back, tried=False) == [one.key for one in parcels[taken:]]
    assert {(one.reason, one.detail) for one in back} == {
        (Reason.SINK_SLOW, "the receiver took longer than 45 s for those before")
    }
