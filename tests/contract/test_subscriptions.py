"""Each sink gets what it subscribed to, on both databases, and later revisions of what it has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from tests.contract.outbound import Outbound, revisions_of
from tests.doubles import DictArchive
from worker.clock import new_id
from worker.news.outlet import SAMPLE
from worker.news.reason import Reason
from worker.news.record import Access, AccessWord, ArticleType, Change, Group, Language, OutletRef, Record
from worker.news.subscription import Copies, Revisions, Subscription
from worker.store.database import Database, open_database
from worker.store.explanations import explain
from worker.store.merges import lock_all, merge_into
from worker.store.retries import pause, resume
from worker.store.withdrawals import forget


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of either kind."""
    opened = open_database(database_url, new_id=new_id)
    yield opened
    opened.close()


def french(record: Record) -> Record:
    return replace(record, language=Language(code="fr-CA", source="text", confidence=0.9))


def speechless(record: Record) -> Record:
    return replace(record, language=None)


def spanish(record: Record) -> Record:
    return replace(record, outlet=OutletRef(id="diario", name="Diario", country="ES", language="es"))


def sample(record: Record) -> Record:
    return replace(record, outlet=OutletRef(id=SAMPLE, name="Sample", country="ZZ", language="en"))


def opinion(record: Record) -> Record:
    return replace(record, type=ArticleType.OPINION)


def paywalled(record: Record) -> Record:
    return replace(record, access=AccessWord(value=Access.PAYWALLED))


def copied(record: Record) -> Record:
    return replace(record, group=Group(id=str(UUID(int=7))))


@pytest.mark.parametrize(
    ("wanted", "like", "words"),
    [
        (Subscription(), french, None),
        (Subscription(), sample, "it takes nothing of the sample outlet"),
        (Subscription(sample=True, outlets=("paper",)), sample, None),
        (Subscription(outlets=("paper",)), french, None),
        (Subscription(outlets=("paper",)), spanish, "it takes nothing of the outlet diario"),
        (Subscription(countries=("es",)), spanish, None),
        (Subscription(countries=("PT",)), spanish, "it takes nothing of outlets of the country ES"),
        (Subscription(languages=("fr",)), french, None),
        (Subscription(languages=("pt", "en")), french, "it takes no texts in the language fr-CA"),
        (Subscription(languages=("pt",)), speechless, "it takes no texts in the language that is not known"),
        (Subscription(types=(ArticleType.OPINION,)), opinion, None),
        (Subscription(types=(ArticleType.ARTICLE,)), opinion, "it takes nothing of the type opinion"),
        (Subscription(access=(Access.FREE, Access.UNKNOWN)), paywalled, "it takes nothing whose access is paywalled"),
        (Subscription(access=(Access.PAYWALLED,)), paywalled, None),
        (Subscription(duplicates=Copies.NONE), copied, f"it takes no copies, and this is one of {UUID(int=7)}"),
        (Subscription(duplicates=Copies.REFERENCE), copied, None),
    ],
)
def test_a_sink_gets_what_it_takes_and_of_the_rest_its_reason_is_told(
    database: Database, wanted: Subscription, like: Callable[[Record], Record], words: str | None
) -> None:
    outbound = Outbound(database, names=("picky",), subscriptions={"picky": wanted})
    outbound.filing.like = like
    (article,) = outbound.file(1)
    outbound.desk.tick()
    assert outbound.sink("picky").order == ([f"{article}:1"] if words is None else [])
    ((sent,),) = [one.sent for one in explain(database, article, now=outbound.now)]
    expected = "delivered" if words is None else f"nothing was sent: {words}"
    assert (sent.sink, sent.words) == ("picky", expected)


def test_who_has_an_article_gets_its_later_revisions_whatever_they_say_by_then(database: Database) -> None:
    outbound = Outbound(database, names=("portuguese",), subscriptions={"portuguese": Subscription(languages=("pt",))})
    (article,) = outbound.file(1)
    outbound.filing.records[article] = french(outbound.filing.records[article])
    outbound.revise([article])
    outbound.settle()
    assert outbound.sink("portuguese").order == [f"{article}:1", f"{article}:2"]


def test_an_article_that_a_sink_comes_to_take_is_sent_from_then_on(database: Database) -> None:
    outbound = Outbound(database, names=("french",), subscriptions={"french": Subscription(languages=("fr",))})
    (article,) = outbound.file(1)
    outbound.filing.records[article] = french(outbound.filing.records[article])
    outbound.revise([article])
    outbound.settle()
    assert outbound.sink("french").order == [f"{article}:2"]


def test_revisions_are_taken_all_or_the_material_ones_or_the_first(database: Database) -> None:
    subscriptions = {kind.value: Subscription(revisions=kind) for kind in Revisions}
    outbound = Outbound(database, names=tuple(subscriptions), subscriptions=subscriptions)
    (article,) = outbound.file(1)
    for change in (Change.MINOR, Change.CORRECTION, Change.MINOR):
        outbound.revise([article], change=change)
    outbound.settle()
    got = {name: revisions_of(outbound.sink(name).order, article) for name in subscriptions}
    assert got == {"all": [1, 2, 3, 4], "material": [1, 3], "first": [1]}
    (told,) = explain(database, f"{article}:4", now=outbound.now)
    assert {sent.sink: (sent.state, sent.words) for sent in told.sent} == {
        "all": ("delivered", "delivered"),
        "material": ("never", "not sent: it takes no minor revisions"),
        "first": ("never", "not sent: it takes the first revision only"),
    }


def test_a_reference_to_a_copy_has_no_text_and_a_full_copy_has(database: Database) -> None:
    subscriptions = {
        "full": Subscription(duplicates=Copies.FULL),
        "reference": Subscription(duplicates=Copies.REFERENCE),
    }
    outbound = Outbound(database, names=tuple(subscriptions), subscriptions=subscriptions)
    (first,) = outbound.file(1)
    outbound.filing.like = copied
    (copy,) = outbound.file(1)
    outbound.settle()
    records = {
        (name, id_): json.loads(outbound.sink(name).stored[f"{id_}:1"])
        for name in subscriptions
        for id_ in (first, copy)
    }
    assert records["reference", first]["text"] == records["full", first]["text"] != ""
    assert records["full", copy]["text"]
    assert records["reference", copy]["text"] == ""
    assert records["reference", copy] | {"text": records["full", copy]["text"]} == records["full", copy]


@pytest.mark.parametrize("end", ["merged", "withdrawn"])
def test_what_became_of_an_article_is_told_to_those_who_may_have_it_and_to_nobody_else(
    database: Database, end: str
) -> None:
    subscriptions = {"other": Subscription(outlets=("other",)), "first": Subscription(revisions=Revisions.FIRST)}
    outbound = Outbound(database, names=("has", "other", "first", "waits"), subscriptions=subscriptions)
    pause(database, "waits", because=None, now=outbound.now)
    older, younger = outbound.file(2)
    outbound.settle()
    if end == "merged":
        _merge(outbound, younger, of=older)
    else:
        forget(database, DictArchive(), UUID(younger), now=outbound.now)
    resume(database, "waits", now=outbound.now)
    outbound.settle()
    got = {name: revisions_of(outbound.sink(name).order, younger) for name in outbound.names}
    assert got == {"has": [1, 2], "other": [], "first": [1, 2], "waits": []}
    assert json.loads(outbound.sink("has").stored[f"{younger}:2"])["change"] == end


def _merge(outbound: Outbound, article: str, *, of: str) -> None:
    with outbound.database.write() as c:
        lock_all(c, [UUID(of), UUID(article)])
        merge_into(c, new_id, UUID(article), UUID(of), Reason.SAME_TEXT, now=outbound.now)
