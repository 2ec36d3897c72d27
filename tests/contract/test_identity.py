"""One story, one record: merges both ways round, groups, splits and what was taken down; on both databases, through the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tests.doubles import ListSink, ScriptedWeb, host_down
from tests.harness import Desk, outlet
from tests.invariants import check, check_quiet
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.outcome import Duplicate, Outcome
from worker.news.page import host_of
from worker.news.policy import ArticlePolicy, HostPolicy
from worker.news.reason import Reason
from worker.news.work import Call
from worker.store.apart import NotApartError, Split, split
from worker.store.database import open_database
from worker.store.groups import prune_sketches
from worker.store.hosts import wake
from worker.store.manual import ingest
from worker.store.schema import (
    article_keys,
    articles,
    bands,
    deliveries,
    revisions,
    sightings,
    sinks,
    sketches,
    texts,
    work,
)
from worker.store.withdrawals import NotForgottenError, forget

FEED = "https://feeds.example/paper"
WIRE = "https://feeds.example/wire"
OLD, NEW = "https://slow.example/old", "https://fast.example/new"
WORDS = (
    "governo",
    "ministro",
    "lei",
    "parlamento",
    "votou",
    "ontem",
    "deputados",
    "maioria",
    "texto",
    "artigo",
    "prazo",
    "acordo",
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine with two outlets and one sink; visits are planned an hour later."""
    database = open_database(database_url, new_id=new_id)
    pause = HostPolicy(spacing=timedelta(0), pause=timedelta(seconds=30))
    plan = ArticlePolicy(visits=(timedelta(hours=1), timedelta(hours=2)))
    made = Desk(database, ScriptedWeb(), host=pause, article=plan)
    made.open(outlet(FEED), outlet(WIRE, id_="wire", homepage="https://wire.example/"))
    for feed in (FEED, WIRE):
        web(made).feed(feed)
    made.settle(timedelta(seconds=10))
    yield made
    try:
        check(database)
    finally:
        database.close()


def web(desk: Desk) -> ScriptedWeb:
    """The scripted web of an engine."""
    assert isinstance(desk.web, ScriptedWeb)
    return desk.web


def sink(desk: Desk) -> ListSink:
    """The one sink."""
    found = desk.sinks["memory"]
    assert isinstance(found, ListSink)
    return found


def text(name: str, words: int = 160) -> str:
    """A text that shares no three words in a row with one of another name."""
    return "\n".join(
        " ".join(f"{WORDS[(i * 7 + len(name)) % len(WORDS)]} {name}{i}" for i in range(start, start + 20))
        for start in range(0, words, 20)
    )


def announce(desk: Desk, *entries: Entry, feed: str = FEED, within: timedelta = timedelta(seconds=20)) -> list[Outcome]:
    """Publish a feed, have it polled now, and do what follows."""
    web(desk).feed(feed, *entries)
    now = desk.clock.now()
    with desk.database.write() as c:
        c.execute(update(work).where(work.c.stage == "poll").values(wake_at=now))
        wake(c, {host_of(feed): now})
    return desk.settle(within)


def article(desk: Desk, url: str) -> Any:
    """The row of an article by its address."""
    with desk.database.read() as c:
        return c.execute(select(articles).where(articles.c.url == url)).one()


def owner(desk: Desk, url: str) -> UUID:
    """Whose an address is now."""
    return UUID(ingest_known(desk, url))


def ingest_known(desk: Desk, url: str) -> str:
    """The article that an address leads to, without changing what is due."""
    with desk.database.write() as c:
        before = c.execute(select(work.c.id, work.c.wake_at)).all()
    found = ingest(desk.database, url, now=desk.clock.now())
    with desk.database.write() as c:
        for row in before:
            c.execute(update(work).where(work.c.id == row.id).values(wake_at=row.wake_at))
    return found.article


def got(desk: Desk, id_: UUID) -> list[tuple[int, str]]:
    """What the sink got of an article, in order: revision and change."""
    keys = [key for key in sink(desk).order if key.startswith(str(id_))]
    return [(record["revision"], record["change"]) for record in (json.loads(sink(desk).stored[key]) for key in keys)]


def younger_first(desk: Desk, **page: Any) -> None:
    """Two announcements with one text; the page of the older one comes after that of the younger one is delivered."""
    web(desk).page(NEW, text("same"), **page)
    web(desk).page(OLD, text("same"), **page)
    ready = web(desk).answers[OLD]
    assert not isinstance(ready, list)
    web(desk).answers[OLD] = [host_down(), ready]
    announce(desk, Entry(url=OLD, title="A title"), Entry(url=NEW, title="A title"))
    assert article(desk, OLD).id < article(desk, NEW).id
    assert (article(desk, OLD).outcome, article(desk, NEW).outcome) == (None, "stored")


# --- merges ---------------------------------------------------------------------------------------------------------


def test_of_two_equal_texts_the_older_article_stands(desk: Desk) -> None:
    web(desk).page(OLD, text("same"))
    web(desk).page(NEW, text("same"))
    announce(desk, Entry(url=OLD))
    outcomes = announce(desk, Entry(url=OLD), Entry(url=NEW))
    old = article(desk, OLD)
    assert Duplicate(str(old.id), Reason.SAME_TEXT) in outcomes
    assert article(desk, NEW).duplicate_of == old.id == owner(desk, NEW)
    assert got(desk, article(desk, NEW).id) == []


def test_the_older_one_stands_when_it_comes_second_and_the_sink_is_told(desk: Desk) -> None:
    younger_first(desk)
    new = article(desk, NEW)
    assert got(desk, new.id) == [(1, "new")]
    desk.settle(timedelta(minutes=2))
    old, new = article(desk, OLD), article(desk, NEW)
    assert (old.outcome, new.outcome, new.reason) == ("stored", "duplicate", Reason.SAME_TEXT)
    assert new.duplicate_of == old.id == owner(desk, NEW)
    assert got(desk, new.id) == [(1, "new"), (2, "merged")]
    assert json.loads(sink(desk).stored[f"{new.id}:2"])["merged_into"] == str(old.id)
    assert got(desk, old.id) == [(1, "new")]
    assert old.group_id is None, "with an article that it is it makes no group"
    check_quiet(desk.database, {"memory": dict.fromkeys(sink(desk).stored, 1)})


def test_what_no_sink_has_met_is_superseded_without_a_word(desk: Desk) -> None:
    with desk.database.write() as c:
        c.execute(update(sinks).values(paused=True))
    younger_first(desk)
    desk.settle(timedelta(minutes=2))
    new = article(desk, NEW)
    assert (new.outcome, new.revision) == ("duplicate", 1)
    with desk.database.read() as c:
        sent = c.execute(
            select(deliveries.c.revision, deliveries.c.outcome).where(deliveries.c.article_id == new.id)
        ).all()
    assert [tuple(row) for row in sent] == [(1, "superseded")]


def test_what_a_sink_may_have_met_goes_out_before_the_word_of_the_merge(desk: Desk) -> None:
    sink(desk).down = True
    younger_first(desk)
    desk.settle(timedelta(minutes=2))
    sink(desk).down = False
    desk.settle(timedelta(minutes=10))
    assert got(desk, article(desk, NEW).id) == [(1, "new"), (2, "merged")]


def test_a_later_revision_that_turns_out_another_article_is_merged_too(desk: Desk) -> None:
    web(desk).page(OLD, text("first"))
    web(desk).page(NEW, text("second"))
    announce(desk, Entry(url=OLD), Entry(url=NEW))
    web(desk).page(NEW, text("first"))
    desk.settle(timedelta(hours=1, minutes=10))
    old, new = article(desk, OLD), article(desk, NEW)
    assert (new.outcome, new.duplicate_of) == ("duplicate", old.id)
    assert got(desk, new.id) == [(1, "new"), (2, "merged")]
    with desk.database.read() as c:
        assert set(c.execute(select(texts.c.article_id)).scalars()) == {old.id}
        assert c.execute(select(work.c.wake_at).where(work.c.subject == new.id)).scalar_one() is None


def test_a_later_revision_of_the_older_one_takes_the_younger_one_in(desk: Desk) -> None:
    web(desk).page(OLD, text("first"))
    web(desk).page(NEW, text("second"))
    announce(desk, Entry(url=OLD), Entry(url=NEW))
    web(desk).page(OLD, text("second"))
    web(desk).answers[NEW] = host_down()
    desk.settle(timedelta(hours=1, minutes=10))
    old, new = article(desk, OLD), article(desk, NEW)
    assert (old.revision, new.outcome, new.duplicate_of) == (2, "duplicate", old.id)
    assert got(desk, old.id) == [(1, "new"), (2, "material")]
    assert got(desk, new.id) == [(1, "new"), (2, "merged")]


def test_a_page_that_names_the_address_of_another_one_is_that_one(desk: Desk) -> None:
    site = "https://paper.example/2026/11/24/o-governo-aprova-123456"
    web(desk).page(site, text("same"))
    web(desk).page(f"{site}-outra", text("same") + "\nUma linha mais.", canonical=site)
    announce(desk, Entry(url=site))
    outcomes = announce(desk, Entry(url=f"{site}-outra"))
    assert Duplicate(str(article(desk, site).id), Reason.SAME_URL) in outcomes


def test_one_canonical_address_on_all_pages_makes_them_not_one(desk: Desk) -> None:
    named = "https://paper.example/2026/11/24/o-governo-aprova-123456"
    urls = [f"https://paper.example/2026/11/24/outra-noticia-de-hoje-{n}" for n in range(100001, 100004)]
    for url in urls:
        web(desk).page(url, text(url[-6:]), title=f"Título {url[-6:]} diferente dos outros", canonical=named)
    announce(desk, *(Entry(url=url) for url in urls))
    assert [article(desk, url).outcome for url in urls] == ["stored"] * 3
    # The article that really is at that address comes last, and gets it.
    web(desk).page(named, text("real"), title="O governo aprova tudo", canonical=named)
    announce(desk, Entry(url=named + "?utm_source=rss", guid="https://paper.example/?p=123456"))
    with desk.database.read() as c:
        stored = c.execute(
            select(func.count()).select_from(articles).where(articles.c.outcome == "stored")
        ).scalar_one()
    assert stored in {3, 4}


def test_a_sighting_that_both_had_is_one_over_the_time_of_both(desk: Desk) -> None:
    younger_first(desk)
    started = desk.clock.now()
    desk.settle(timedelta(minutes=2))
    with desk.database.read() as c:
        seen = c.execute(select(sightings.c.article_id, sightings.c.url, sightings.c.first_seen_at)).all()
    assert {row.article_id for row in seen} == {article(desk, OLD).id}
    assert sorted(row.url for row in seen) == [NEW, OLD]
    assert all(row.first_seen_at < started for row in seen)


# --- groups ---------------------------------------------------------------------------------------------------------


def wire_copy(desk: Desk) -> tuple[Any, Any]:
    """The same wire copy at two outlets, a line changed."""
    web(desk).page(OLD, text("wire"), title="O parlamento votou a lei")
    web(desk).page(NEW, text("wire") + "\nLusa, com a redação do jornal.", title="Lei foi votada ontem")
    announce(desk, Entry(url=OLD), feed=FEED)
    announce(desk, Entry(url=NEW), feed=WIRE)
    return article(desk, OLD), article(desk, NEW)


def test_the_same_wire_copy_at_two_outlets_is_one_group_named_after_the_first(desk: Desk) -> None:
    old, new = wire_copy(desk)
    assert (old.outcome, new.outcome) == ("stored", "stored")
    assert old.group_id == new.group_id == old.id
    assert json.loads(sink(desk).stored[f"{new.id}:1"])["group"] == {"id": str(old.id)}


def test_the_group_of_a_younger_one_is_that_of_the_older_one_that_it_turns_out_to_be(desk: Desk) -> None:
    third = "https://third.example/3"
    web(desk).page(third, text("same") + "\nCom a redação.", title="Outro")
    announce(desk, Entry(url=third), feed=WIRE)
    younger_first(desk)
    assert article(desk, NEW).group_id == article(desk, third).id
    desk.settle(timedelta(minutes=2))
    assert article(desk, NEW).outcome == "duplicate"
    assert article(desk, OLD).group_id == article(desk, third).id


def test_other_texts_are_in_no_group(desk: Desk) -> None:
    web(desk).page(OLD, text("one"))
    web(desk).page(NEW, text("two"))
    announce(desk, Entry(url=OLD), feed=FEED)
    announce(desk, Entry(url=NEW), feed=WIRE)
    assert article(desk, OLD).group_id is article(desk, NEW).group_id is None


def test_near_texts_of_one_outlet_without_a_second_witness_are_two_articles_in_a_group(desk: Desk) -> None:
    web(desk).page(OLD, text("rain"), title="Previsão para segunda")
    web(desk).page(NEW, text("rain") + "\nMáxima de 31 graus no Porto.", title="Tempo amanhã em todo o país")
    announce(desk, Entry(url=OLD))
    announce(desk, Entry(url=NEW))
    assert article(desk, NEW).outcome == "stored"
    assert article(desk, NEW).group_id == article(desk, OLD).id


def test_near_texts_of_one_outlet_with_the_same_title_are_one_article(desk: Desk) -> None:
    web(desk).page(OLD, text("story"), title="O parlamento votou ontem a lei do prazo")
    web(desk).page(NEW, text("story") + "\ne o acordo segue", title="O parlamento votou ontem a lei do prazo")
    announce(desk, Entry(url=OLD))
    outcomes = announce(desk, Entry(url=NEW))
    assert Duplicate(str(article(desk, OLD).id), Reason.SAME_STORY) in outcomes


def test_a_full_band_is_passed_over(desk: Desk) -> None:
    wire_copy(desk)
    with desk.database.write() as c:
        crowded = c.execute(select(bands.c.band).where(bands.c.article_id == article(desk, OLD).id)).scalars().all()
        for band in crowded:
            c.execute(bands.insert(), [{"band": band, "article_id": new_id()} for _ in range(desk.near.band_members)])
    third = "https://third.example/3"
    web(desk).page(third, text("wire") + "\nMais uma linha de outro jornal.", title="Outro")
    announce(desk, Entry(url=third), feed=WIRE)
    assert article(desk, third).group_id is None


def test_a_sketch_is_looked_for_no_longer_than_its_days(desk: Desk) -> None:
    wire_copy(desk)
    later = desk.clock.now() + timedelta(days=desk.near.days)
    assert prune_sketches(desk.database, now=later, policy=desk.near) == 0
    assert prune_sketches(desk.database, now=later + timedelta(days=1), policy=desk.near) == 2
    with desk.database.read() as c:
        assert c.execute(select(func.count()).select_from(bands)).scalar_one() == 0
        assert c.execute(select(func.count()).select_from(sketches)).scalar_one() == 0


# --- splits ---------------------------------------------------------------------------------------------------------


def parted(desk: Desk, id_: UUID, named: str) -> Split:
    """Split, now."""
    return split(desk.database, id_, named, now=desk.clock.now())


def test_a_merged_article_stands_again_after_a_split_and_stays_apart(desk: Desk) -> None:
    younger_first(desk)
    desk.settle(timedelta(minutes=2))
    old, new = article(desk, OLD), article(desk, NEW)
    found = parted(desk, old.id, NEW)
    assert found == Split(str(new.id), NEW, restored=True)
    desk.settle(timedelta(minutes=2))
    assert article(desk, NEW).outcome == "stored"
    assert owner(desk, NEW) == new.id
    assert got(desk, new.id) == [(1, "new"), (2, "merged"), (3, "new")]
    # A visit brings the same text once more: that makes them one no more.
    web(desk).page(NEW, text("same") + "\nCorreção: a data estava errada, foi a 3 de maio.")
    web(desk).page(OLD, text("same") + "\nCorreção: a data estava errada, foi a 3 de maio.")
    desk.settle(timedelta(hours=3))
    assert article(desk, NEW).outcome == article(desk, OLD).outcome == "stored"
    announce(desk, Entry(url=NEW), Entry(url=OLD))
    with desk.database.read() as c:
        seen = {row.url: row.article_id for row in c.execute(select(sightings))}
    assert seen == {OLD: old.id, NEW: new.id}


def test_a_duplicate_without_a_record_is_fetched_after_a_split(desk: Desk) -> None:
    web(desk).page(OLD, text("same"))
    web(desk).page(NEW, text("same"))
    announce(desk, Entry(url=OLD), Entry(url=NEW))
    old, new = article(desk, OLD), article(desk, NEW)
    assert parted(desk, old.id, NEW) == Split(str(new.id), NEW, restored=False)
    desk.settle(timedelta(minutes=2))
    assert article(desk, NEW).outcome == "stored"
    assert got(desk, new.id) == [(1, "new")]


def test_an_alias_that_no_article_had_becomes_one(desk: Desk) -> None:
    guid = "tag:paper.example,2026:column"
    web(desk).page(OLD, text("one"), title="A coluna da semana")
    web(desk).page(NEW, text("two"), title="A coluna da semana")
    announce(desk, Entry(url=OLD, guid=guid, title="A coluna da semana"))
    announce(desk, Entry(url=NEW, guid=guid, title="A coluna da semana"))
    old = article(desk, OLD)
    assert owner(desk, NEW) == old.id
    parted(desk, old.id, NEW)
    desk.settle(timedelta(minutes=2))
    assert article(desk, NEW).outcome == "stored"
    with desk.database.read() as c:
        seen = {row.url: row.article_id for row in c.execute(select(sightings))}
    assert seen == {OLD: old.id, NEW: article(desk, NEW).id}


@pytest.mark.parametrize(
    ("named", "words"), [(OLD, "own address"), ("https://nowhere.example/x", "no key of"), ("a guid", "no key of")]
)
def test_what_is_no_alias_is_not_split(desk: Desk, named: str, words: str) -> None:
    web(desk).page(OLD, text("one"))
    announce(desk, Entry(url=OLD))
    with pytest.raises(NotApartError, match=words):
        parted(desk, article(desk, OLD).id, named)
    with pytest.raises(NotApartError, match="no article"):
        parted(desk, new_id(), OLD)


# --- what was taken down --------------------------------------------------------------------------------------------


def texts_left(desk: Desk, word: str) -> list[str]:
    """The columns of the state of record, and the bodies, in which a word stands."""
    found = []
    with desk.database.read() as c:
        for table in (articles, revisions, sightings):
            for row in c.execute(select(table)):
                found += [f"{table.name}.{name}" for name, value in row._mapping.items() if word in str(value)]
    archive = desk.archive
    return found + [key for key in archive.bodies if word in archive.get(key).decode()]  # type: ignore[attr-defined]


def test_a_forgotten_article_leaves_no_text_and_every_sink_is_told(desk: Desk) -> None:
    web(desk).page(OLD, text("secret"), title="secret title")
    announce(desk, Entry(url=OLD, guid="the-guid-1", title="secret title", content="secret"))
    web(desk).page(OLD, text("secret") + "\nCorreção: o nome secreto estava errado.", title="secret title")
    desk.settle(timedelta(hours=1, minutes=10))
    id_ = article(desk, OLD).id
    assert texts_left(desk, "secret")
    web(desk).feed(FEED)
    announce(desk)
    done = forget(desk.database, desk.archive, id_, now=desk.clock.now())
    assert (done.article, done.revisions, done.merged) == (str(id_), 2, 0)
    # The bodies of feeds are kept for as long as polls are.
    assert [place for place in texts_left(desk, "secret") if not place.startswith("pages/")] == []
    assert not any(b"secret0" in body for body in desk.archive.bodies.values())  # type: ignore[attr-defined]
    desk.settle(timedelta(hours=3))
    assert [change for _, change in got(desk, id_)] == ["new", "correction", "withdrawn"]
    last = json.loads(sink(desk).stored[f"{id_}:3"])
    assert (last["text"], last["title"], last["blocks"], last["url"]) == ("", "", [], OLD)
    assert (article(desk, OLD).outcome, article(desk, OLD).reason) == ("dropped", Reason.WITHDRAWN)


def test_it_does_not_come_back_under_its_address_nor_its_text_nor_by_hand(desk: Desk) -> None:
    web(desk).page(OLD, text("secret"), title="secret title")
    announce(desk, Entry(url=OLD, title="secret title"))
    id_ = article(desk, OLD).id
    forget(desk.database, desk.archive, id_, now=desk.clock.now())
    asked = len(web(desk).asked)
    web(desk).page(NEW, text("secret"), title="another title")
    announce(desk, Entry(url=OLD, title="secret title", content="secret words"), Entry(url=NEW))
    assert ingest(desk.database, OLD, now=desk.clock.now()).taken_down
    desk.settle(timedelta(hours=3))
    assert [request.url for request in web(desk).asked[asked:]].count(OLD) == 0
    assert (article(desk, NEW).outcome, article(desk, NEW).reason) == ("dropped", Reason.WITHDRAWN)
    with desk.database.read() as c:
        kept = c.execute(select(sightings.c.entry).where(sightings.c.article_id == id_)).scalars().all()
    assert kept
    assert not any("secret" in entry for entry in kept)


def test_a_visit_that_brings_the_text_of_one_that_was_taken_down_keeps_nothing_of_it(desk: Desk) -> None:
    web(desk).page(OLD, text("secret"))
    web(desk).page(NEW, text("open"))
    announce(desk, Entry(url=OLD), Entry(url=NEW))
    forget(desk.database, desk.archive, article(desk, OLD).id, now=desk.clock.now())
    web(desk).page(NEW, text("secret"))
    desk.settle(timedelta(hours=1, minutes=10))
    new = article(desk, NEW)
    assert (new.outcome, new.revision, new.visit_result) == ("stored", 1, "blocked")
    assert texts_left(desk, "secret0") == [new.body_key]


def test_a_merged_article_goes_with_the_one_that_stands(desk: Desk) -> None:
    younger_first(desk)
    desk.settle(timedelta(minutes=2))
    old, new = article(desk, OLD), article(desk, NEW)
    done = forget(desk.database, desk.archive, new.id, now=desk.clock.now())
    assert (done.article, done.merged) == (str(old.id), 1)
    desk.settle(timedelta(minutes=2))
    assert [change for _, change in got(desk, old.id)] == ["new", "withdrawn"]
    assert [change for _, change in got(desk, new.id)] == ["new", "merged", "withdrawn"]
    assert "same1 " not in sink(desk).stored[f"{new.id}:3"].decode()


def test_forgetting_twice_tells_once_and_what_is_not_there_is_said(desk: Desk) -> None:
    web(desk).page(OLD, text("secret"))
    announce(desk, Entry(url=OLD))
    id_ = article(desk, OLD).id
    for _ in range(2):
        forget(desk.database, desk.archive, id_, now=desk.clock.now())
        desk.settle(timedelta(minutes=2))
    assert [change for _, change in got(desk, id_)] == ["new", "withdrawn"]
    with pytest.raises(NotForgottenError, match="no article"):
        forget(desk.database, desk.archive, new_id(), now=desk.clock.now())


def test_an_article_that_is_being_fetched_is_forgotten_before_it_is_filed(desk: Desk) -> None:
    web(desk).page(OLD, text("secret"))
    web(desk).feed(FEED, Entry(url=OLD))
    calls: list[Call] = []
    with desk.database.write() as c:
        c.execute(update(work).where(work.c.stage == "poll").values(wake_at=desk.clock.now()))
        wake(c, {host_of(FEED): desk.clock.now()})
    while not calls:
        desk.dispatch()
        for call in list(desk.bell.calls):
            desk.bell.calls.remove(call)
            if call.stage == "extract":
                calls.append(call)
            else:
                desk.answer(call)
        desk.clock.move(desk.lease.tick)
    forget(desk.database, desk.archive, article(desk, OLD).id, now=desk.clock.now())
    assert [outcome.name for outcome in desk.answer(calls[0])] == ["stale"]
    assert article(desk, OLD).reason == Reason.WITHDRAWN
    with desk.database.read() as c:
        assert c.execute(select(func.count()).select_from(article_keys)).scalar_one() == 1
