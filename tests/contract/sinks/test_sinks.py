"""The `Sink` port: one suite for the fake and every kind."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, records
from tests.contract.sinks.places import Place
from tests.doubles import ListSink
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel, Sink


@pytest.mark.parametrize("many", [1, 2, 400])
def test_all_parcels_of_a_batch_are_stored(place: Place, many: int) -> None:
    parcels = [parcel(new_article()) for _ in range(many)]
    assert list(place.open().deliver(new_batch(), parcels)) == []
    assert place.stored() == records(*parcels)


def test_the_same_batch_again_changes_nothing(place: Place) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(3)]
    place.open().deliver(batch, parcels)
    before = place.snapshot()
    for sink in (place.open(), place.open()):
        assert list(sink.deliver(batch, parcels)) == []
    assert place.snapshot() == before


def test_a_key_that_comes_in_another_batch_is_stored_once_for_its_reader(place: Place) -> None:
    first, second = parcel(new_article()), parcel(new_article())
    place.open().deliver(new_batch(), [first])
    assert list(place.open().deliver(new_batch(), [first, second])) == []
    assert place.stored() == records(first, second)


def test_a_later_batch_with_an_older_revision_overwrites_nothing(place: Place) -> None:
    article = new_article()
    newer, older = parcel(article, 3), parcel(article, 2)
    place.open().deliver(new_batch(), [newer])
    assert list(place.open().deliver(new_batch(), [older])) == []
    assert place.stored() == records(newer, older)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_revisions_of_one_article_may_come_in_one_batch_in_either_order(place: Place, order: Sequence[int]) -> None:
    article = new_article()
    parcels = [parcel(article, revision) for revision in order]
    place.open().deliver(new_batch(), parcels)
    assert place.stored() == records(*parcels)


def test_a_record_comes_out_letter_by_letter_as_it_went_in(place: Place) -> None:
    odd = parcel(new_article(), title=ODD, summary=ODD * 50, text=ODD, topics=[ODD], url=None, language=None)
    place.open().deliver(new_batch(), [odd])
    assert place.stored() == records(odd)


def test_a_place_that_is_away_is_said_to_be_down_and_takes_the_same_batch_afterwards(place: Place) -> None:
    sink, batch, parcels = place.open(), new_batch(), [parcel(new_article()), parcel(new_article())]
    with place.away(), pytest.raises(SinkDown) as caught:
        sink.deliver(batch, parcels)
    assert caught.value.reason is Reason.SINK_DOWN
    assert list(sink.deliver(batch, parcels)) == []
    assert place.stored() == records(*parcels)


def test_a_place_that_went_away_after_a_batch_takes_the_next_when_it_is_back(place: Place) -> None:
    sink, kept, next_batch, late = place.open(), parcel(new_article()), new_batch(), parcel(new_article())
    sink.deliver(new_batch(), [kept])
    with place.away(), pytest.raises(SinkDown):
        sink.deliver(next_batch, [late])
    assert list(sink.deliver(next_batch, [late])) == []
    assert place.stored() == records(kept, late)


def test_sinks_of_one_place_may_be_used_at_once(place: Place) -> None:
    """Each batch is delivered by two threads, and half of the articles are in two batches, in opposite orders."""
    shared = [parcel(new_article(), revision) for revision in (1, 2, 3) for _ in range(20)]
    own = [[parcel(new_article()) for _ in range(5)] for _ in range(2)]
    batches = [(new_batch(), [*shared, *own[0]]), (new_batch(), [*own[1], *reversed(shared)])]
    sinks = [place.open(), place.open()]
    start = Barrier(4)

    def deliver(sink: Sink, batch: str, parcels: Sequence[Parcel]) -> None:
        start.wait()
        for _ in range(5):
            assert list(sink.deliver(batch, parcels)) == []

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(deliver, sink, *batch) for sink in sinks for batch in batches]
    for one in running:
        one.result()
    assert place.stored() == records(*shared, *own[0], *own[1])


def test_the_fake_returns_what_it_was_told_to_refuse_and_stores_the_others() -> None:
    good, bad = parcel(new_article()), parcel(new_article())
    sink = ListSink(refuse={bad.article})
    (returned,) = sink.deliver(new_batch(), [bad, good])
    assert (returned.key, returned.reason) == (bad.key, Reason.SINK_REFUSED)
    assert list(sink.stored) == [good.key]
