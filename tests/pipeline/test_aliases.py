"""One article under many addresses and guids, and the traps: what looks like an alias and is none. Through the whole engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.doubles import ScriptedWeb
from tests.harness import Desk, outlet
from tests.invariants import check
from worker.clock import new_id
from worker.news.entry import Entry
from worker.news.outcome import Duplicate, Outcome, Parsed, Postponed, Revised, Visited
from worker.news.page import Held, Moved, Page, host_of
from worker.news.policy import ArticlePolicy
from worker.news.reason import Reason
from worker.news.work import Stage, Ticket
from worker.pipeline.state.fetches import SameAs
from worker.pipeline.state.web import Place
from worker.store.database import open_database
from worker.store.hosts import wake
from worker.store.outcomes import settle
from worker.store.schema import articles, hosts, runs, sightings, work

SITE = "https://paper.example"
FEED = "https://feeds.example/paper"
PAGE = f"{SITE}/2026/11/24/governo-aprova-novo-pacote-123456"
SHORT = "https://short.example/AbC"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine with one outlet, whose feed another host serves; no visit is planned."""
    database = open_database(database_url, new_id=new_id)
    made = Desk(database, ScriptedWeb(), article=ArticlePolicy(visits=()))
    made.open(outlet(FEED))
    yield made
    check(database)
    database.close()


def web(desk: Desk) -> ScriptedWeb:
    """The scripted web of an engine."""
    assert isinstance(desk.web, ScriptedWeb)
    return desk.web


def text(name: str, words: int = 60) -> str:
    """A text that has no word in common with another one."""
    return " ".join(f"{name}{number}" for number in range(words))


def announce(desk: Desk, *entries: Entry, within: timedelta = timedelta(minutes=1)) -> list[Outcome]:
    """Publish a feed, have it polled now, and do what follows."""
    names = ("url", "guid", "title", "summary", "content", "raw_date")
    body = json.dumps([{name: getattr(entry, name) for name in names} for entry in entries])
    web(desk).answers[FEED] = Page(url=FEED, status=200, body=Held(body.encode()), content_type="application/json")
    now = desk.clock.now()
    with desk.database.write() as c:
        c.execute(update(work).where(work.c.kind == "feed").values(wake_at=now))
        wake(c, {host_of(FEED): now})
    return desk.settle(within)


def publish(desk: Desk, url: str, name: str, *, title: str = "", canonical: str | None = None) -> None:
    """Publish a page with a text of its own."""
    web(desk).page(url, text(name), title=title or f"About {name}", canonical=canonical)


def found(desk: Desk) -> list[Any]:
    """All articles, oldest first."""
    with desk.database.read() as c:
        return list(c.execute(select(articles).order_by(articles.c.id)))


def ends(desk: Desk) -> list[str | None]:
    """How all articles ended, oldest first."""
    return [row.outcome for row in found(desk)]


def asked(desk: Desk, url: str) -> int:
    """How often a page was asked for."""
    return [request.url for request in web(desk).asked].count(url)


def known_by(desk: Desk) -> list[int]:
    """How many announcements each standing article has, oldest first."""
    with desk.database.read() as c:
        owners = list(c.execute(select(sightings.c.article_id)).scalars())
    return [owners.count(row.id) for row in found(desk) if row.outcome == "stored"]


# Addresses of one article.


def test_variants_of_an_address_are_one_article_and_one_request(desk: Desk) -> None:
    publish(desk, PAGE, "one")
    variants = [
        PAGE,
        PAGE.replace("https", "http"),
        PAGE.replace("//", "//www."),
        PAGE.replace("//", "//m."),
        PAGE.replace("//", "//amp."),
        f"{PAGE}/amp",
        f"{PAGE}?utm_source=rss&fbclid=1",
        f"{PAGE}/#comments",
    ]
    announce(desk, *(Entry(url=url, title="One") for url in variants))
    assert ends(desk) == ["stored"]
    assert known_by(desk) == [len(variants)]
    assert sum(not request.url.endswith(("paper", "robots.txt")) for request in web(desk).asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("short", [SHORT, "https://feedproxy.example/~r/paper/~3/x1/"])
def test_a_short_address_that_leads_to_a_stored_article_ends_before_its_page_is_asked_for(
    desk: Desk, status: int, short: str
) -> None:
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, title="One"))
    web(desk).answers[short] = Moved(url=f"{PAGE}?utm_source=short", status=status, hops=1)
    outcomes = announce(desk, Entry(url=short, title="One"))
    first = found(desk)[0]
    assert Duplicate(str(first.id), Reason.SAME_URL) in outcomes
    assert (asked(desk, short), asked(desk, PAGE), asked(desk, f"{PAGE}?utm_source=short")) == (1, 1, 0)
    assert known_by(desk) == [2]
    announce(desk, Entry(url=short, title="One"), Entry(url=f"{SITE}/other"))
    assert asked(desk, short) == 1, "the short address is a key of the article from then on"


def test_a_redirect_that_waited_for_its_host_ends_when_the_article_is_stored_meanwhile(desk: Desk) -> None:
    publish(desk, PAGE, "one")
    web(desk).answers[SHORT] = Moved(url=PAGE, status=301, hops=1)
    blocked_until = desk.clock.now() + timedelta(minutes=2)
    with desk.database.write() as c:
        c.execute(hosts.insert().values(host="paper.example", blocked_until=blocked_until))
    outcomes = announce(desk, Entry(url=PAGE, title="One"), Entry(url=SHORT, title="One"))
    assert any(isinstance(outcome, Postponed) for outcome in outcomes)
    first, second = found(desk)
    with desk.database.write() as c:
        c.execute(update(work).where(work.c.subject == second.id).values(wake_at=blocked_until + timedelta(minutes=1)))
    outcomes = desk.settle(timedelta(minutes=4))
    assert Duplicate(str(first.id), Reason.SAME_URL) in outcomes
    assert (asked(desk, SHORT), asked(desk, PAGE)) == (1, 1)
    assert found(desk)[1].resume_url is None


def test_an_older_article_that_leads_to_a_younger_one_goes_on_to_its_page(desk: Desk) -> None:
    web(desk).answers[SHORT] = [Page(url=SHORT, status=404), Moved(url=PAGE, status=301, hops=1)]
    announce(desk, Entry(url=SHORT, title="One"))
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, title="One"))
    assert ends(desk) == [None, "stored"]
    desk.settle(timedelta(hours=2))
    assert asked(desk, PAGE) == 2
    assert sorted(map(str, ends(desk))) == ["duplicate", "stored"]


def test_a_twin_that_stands_no_more_when_the_run_ends_is_looked_up_again(desk: Desk) -> None:
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, title="One"))
    first = found(desk)[0]
    web(desk).answers[SHORT] = Moved(url=PAGE, status=301, hops=1)
    announce(desk, Entry(url=SHORT, title="One"), within=timedelta(seconds=-1))
    fetches, now = desk.fetch.fetches, desk.clock.now()
    with desk.database.write() as c:
        # As if it was claimed: the stages are taken in the test's own hands.
        second = found(desk)[1]
        row = c.execute(update(work).where(work.c.subject == second.id).values(claimed_at=now).returning(work)).one()
        c.execute(update(articles).where(articles.c.id == first.id).values(outcome="quarantined"))
    job = fetches.begin(Ticket(row.id, row.claim), now=now)
    assert job is not None
    place = Place(url=PAGE, hops=1, steps=((301, PAGE),))
    effect, outcome = SameAs(of=str(first.id), place=place), Duplicate(str(first.id), Reason.SAME_URL)
    assert fetches.finish(job, effect, outcome, answers=[], now=now) == (Postponed(), ())
    assert fetches.finish(job, effect, outcome, answers=[], now=now) is None, "the claim is over"
    assert found(desk)[1].resume_url == PAGE
    with desk.database.write() as c:
        c.execute(update(articles).where(articles.c.id == first.id).values(outcome="stored"))
    assert outcome in desk.settle()
    assert asked(desk, PAGE) == 1


@pytest.mark.parametrize(
    "end",
    [
        f"{SITE}/",
        f"{SITE}/politica",
        f"{SITE}/login",
        f"{SITE}/conta/sign-in?next=77",
        f"{SITE}/404.html",
        "https://consent.example/collect?session=1",
    ],
)
@pytest.mark.parametrize("status", [301, 302])
def test_many_articles_that_lead_to_one_home_page_or_login_are_not_one_article(
    desk: Desk, end: str, status: int
) -> None:
    urls = [f"{SITE}/2026/11/24/uma-noticia-de-hoje-10000{n}" for n in range(3)]
    for url in urls:
        web(desk).answers[url] = Moved(url=end, status=status, hops=1)
    pages: list[Any] = []
    for name in ("one", "two", "three"):
        publish(desk, end, name)
        pages.append(web(desk).answers[end])
    web(desk).answers[end] = pages
    for url in urls:
        announce(desk, Entry(url=url, title=f"About {url}"))
    assert ends(desk) == ["stored"] * 3


@pytest.mark.parametrize("between", [f"{SITE}/login", "https://consent.example/collect"])
def test_a_page_that_all_are_led_through_for_good_is_nobodys_address(desk: Desk, between: str) -> None:
    urls = [f"{SITE}/2026/11/24/uma-noticia-de-hoje-10000{n}" for n in range(2)]
    web(desk).answers[between] = [Moved(url=f"{url}/full", status=302, hops=2) for url in urls]
    for n, url in enumerate(urls):
        web(desk).answers[url] = Moved(url=between, status=301, hops=1)
        publish(desk, f"{url}/full", f"story{n}x")
        announce(desk, Entry(url=url, title=f"About {url}"))
    assert ends(desk) == ["stored"] * 2


def test_a_visit_that_is_led_to_another_article_asks_for_its_page_and_leaves_both_as_they_are(desk: Desk) -> None:
    other = f"{SITE}/2026/11/24/uma-outra-noticia-de-hoje-777777"
    publish(desk, other, "other")
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=other, title="Other"), Entry(url=PAGE, title="One"))
    web(desk).answers[PAGE] = Moved(url=other, status=302, hops=1)
    web(desk).answers[other] = Page(url=other, status=403)
    desk.clock.move(timedelta(minutes=10))
    outcomes = announce(desk, Entry(url=other, title="Other"), Entry(url=PAGE, title="One, changed"))
    assert asked(desk, other) == 2
    assert Visited("blocked", Reason.FORBIDDEN) in outcomes
    assert ends(desk) == ["stored", "stored"]


@pytest.mark.parametrize(("canonical", "reason"), [(True, Reason.SAME_URL), (False, Reason.SAME_TEXT)])
def test_slugs_that_the_server_ignores_are_one_article(desk: Desk, canonical: bool, reason: Reason) -> None:
    own, other = f"{SITE}/123456/governo-aprova-pacote", f"{SITE}/123456/pacote-passou-hoje"
    for url in (own, other):
        publish(desk, url, "one", canonical=own if canonical else None)
    announce(desk, Entry(url=own, title="One"))
    outcomes = announce(desk, Entry(url=other, title="Another title"))
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Duplicate)] == [reason]
    assert known_by(desk) == [2]


# Canonical links.


@pytest.mark.parametrize(
    "canonical",
    [
        f"{SITE}/",
        f"{SITE}/politica",
        f"{SITE}/2026/11",
        "https://agency.example/2026/11/24/governo-aprova-novo-pacote-123456",
        "/2026/11/24/governo-aprova-novo-pacote-123456",
        f"{SITE}/login?next=5",
    ],
)
def test_a_canonical_link_to_a_home_page_a_section_or_another_site_makes_no_duplicate(
    desk: Desk, canonical: str
) -> None:
    urls = [f"{SITE}/2026/11/24/uma-noticia-de-hoje-10000{n}" for n in range(3)]
    for url in urls:
        publish(desk, url, f"story{url[-1]}x", canonical=canonical)
    for url in urls:
        announce(desk, Entry(url=url, title=f"About {url}"))
    assert ends(desk) == ["stored"] * 3


def test_a_template_that_names_one_article_on_all_pages_makes_no_duplicates(desk: Desk) -> None:
    subjects = ["chuva-forte-no-norte", "eleicoes-em-toda-a-europa", "jogo-acaba-sem-golos"]
    urls = [f"{SITE}/{subject}-{200000 + n}" for n, subject in enumerate(subjects)]
    for n, url in enumerate([PAGE, *urls]):
        # So short that the texts could not speak against the link.
        web(desk).page(url, text(f"story{n}x", words=20), title=f"About {n}", canonical=PAGE)
        announce(desk, Entry(url=url, title=f"About {url}"))
    assert ends(desk) == ["stored"] * 4


# Guids.


def test_the_same_guid_on_several_entries_names_none_of_them(desk: Desk) -> None:
    urls = [f"{SITE}/noticia-{name}" for name in ("a", "b", "c")]
    for url in urls:
        publish(desk, url, f"story{url[-1]}x")
    announce(desk, *(Entry(url=url, guid="one-for-all", title=f"About {url}") for url in urls))
    assert ends(desk) == ["stored"] * 3


@pytest.mark.parametrize("guid", ["one-for-all", FEED, "10001"])
def test_one_guid_for_all_entries_loses_none_though_each_document_has_one(desk: Desk, guid: str) -> None:
    subjects = ["chuva-forte-no-norte", "eleicoes-na-europa", "jogo-sem-golos"]
    for name in subjects:
        publish(desk, f"{SITE}/{name}", name.replace("-", ""), title=name.replace("-", " "))
        announce(desk, Entry(url=f"{SITE}/{name}", guid=guid, title=name.replace("-", " ")))
    assert ends(desk) == ["stored"] * 3
    first, second, third = (row.id for row in found(desk))
    with desk.database.read() as c:
        query = select(runs.c.subject, runs.c.detail).where(runs.c.stage == "parse", runs.c.outcome == "new")
        noted = dict(c.execute(query).all())
    assert set(noted) == {second, third}
    assert all(f"its guid is that of {first}" in words for words in noted.values()), "the guid stays with the first"


def test_a_guid_that_is_used_again_leads_to_the_article_whose_title_it_comes_with(desk: Desk) -> None:
    for name in ("one", "two"):
        publish(desk, f"{SITE}/{name}", name)
    announce(desk, Entry(url=f"{SITE}/one", guid="item-1", title="Chuva forte no norte do país"))
    announce(desk, Entry(url=f"{SITE}/two", guid="item-1", title="Eleições em toda a Europa"))
    outcomes = announce(desk, Entry(url=f"{SITE}/moved/one", guid="item-1", title="Chuva muito forte no norte do país"))
    assert Parsed(0, 1) in outcomes
    assert known_by(desk) == [2, 1]


def test_a_guid_that_changes_with_an_edit_is_the_same_article(desk: Desk) -> None:
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, guid="urn:1:first", title="One"))
    announce(desk, Entry(url=f"{PAGE}?utm_source=x", guid="urn:1:second", title="Something else altogether"))
    assert ends(desk) == ["stored"]
    assert known_by(desk) == [2]


def test_a_guid_is_believed_at_a_new_address_with_the_same_id(desk: Desk) -> None:
    publish(desk, f"{SITE}/123456/governo-aprova-pacote", "one")
    announce(desk, Entry(url=f"{SITE}/123456/governo-aprova-pacote", guid="urn:1", title="Governo aprova pacote"))
    outcomes = announce(desk, Entry(url=f"{SITE}/123456/votos-contra", guid="urn:1", title="Oposição contra"))
    assert Parsed(0, 1) in outcomes
    assert known_by(desk) == [2]


@pytest.mark.parametrize(
    ("title", "articles_found"), [("O governo aprova o novo pacote", 1), ("Outra coisa de todo", 2)]
)
def test_a_guid_is_believed_without_its_host_when_a_site_moves_and_the_title_agrees(
    desk: Desk, title: str, articles_found: int
) -> None:
    moved = "https://new.paper.example/politica/governo-aprova"
    publish(desk, PAGE, "one", title="O governo aprova o novo pacote")
    publish(desk, moved, "two", title=title)
    announce(desk, Entry(url=PAGE, guid="https://old.example/?p=98765", title="O governo aprova o novo pacote"))
    announce(desk, Entry(url=moved, guid="https://new.paper.example/?p=98765", title=title))
    assert len(found(desk)) == articles_found
    assert asked(desk, moved) == articles_found - 1


@pytest.mark.parametrize("guid", [None, "weekly-quiz"])
def test_a_title_that_comes_back_each_week_with_another_text_is_another_article(desk: Desk, guid: str | None) -> None:
    for day in (10, 17, 24):
        url = f"{SITE}/2026/11/{day}/quiz-da-semana"
        publish(desk, url, f"quiz{day}x", title="O quiz da semana")
        announce(desk, Entry(url=url, guid=guid, title="O quiz da semana"))
    assert ends(desk) == ["stored"] * 3


def test_of_two_feeds_that_file_one_guid_at_the_same_moment_none_loses_its_article(desk: Desk) -> None:
    if not desk.database.is_postgres:
        pytest.skip("SQLite has one writer at a time")
    publish(desk, f"{SITE}/one", "one")
    publish(desk, f"{SITE}/two", "two")
    second = "https://feeds.example/second"
    desk.open(outlet(FEED, second))
    web(desk).feed(second, Entry(url=f"{SITE}/two", guid="item-1", title="Eleições em toda a Europa"))
    between: list[Outcome] = []

    def file_the_second_first() -> Any:
        # The first has looked whose the guid is, and has not said yet that it is its own.
        while desk.bell.calls and desk.bell.calls[0].stage is Stage.PARSE:
            between.extend(desk.answer(desk.bell.calls.pop(0)))
        return new_id()

    object.__setattr__(desk.database, "new_id", file_the_second_first)
    announce(desk, Entry(url=f"{SITE}/one", guid="item-1", title="Chuva forte no norte do país"))
    assert between == [Parsed(1, 0)]
    assert ends(desk) == ["stored", "stored"]


# Entries that change.


def changed(desk: Desk, after: timedelta, entry: Entry) -> list[Outcome]:
    """File one article, and announce it again after some time."""
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, guid="g-1234", title="One", summary="Há 3 feridos.", content="Um texto."))
    desk.clock.move(after)
    publish(desk, PAGE, "one", title="Another headline")
    return announce(desk, entry)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(url=PAGE, guid="g-1234", title="Two", summary="Há 3 feridos.", content="Um texto."),
        Entry(url=PAGE, guid="g-1234", title="One", summary="Há 4 feridos.", content="Um texto."),
        Entry(url=PAGE, guid="g-1234", title="One", summary="Há 3 feridos.", content="Um texto. E mais."),
        Entry(url=f"{PAGE}?utm_source=rss", guid="g-1234", title="Two", summary="Há 3 feridos.", content="Um texto."),
        Entry(url=PAGE, guid="another", title="Two", summary="Há 3 feridos.", content="Um texto."),
    ],
)
def test_an_entry_that_changed_leads_to_one_request_at_once_and_to_a_revision(desk: Desk, entry: Entry) -> None:
    outcomes = changed(desk, timedelta(minutes=30), entry)
    assert asked(desk, PAGE) == 2
    assert any(isinstance(outcome, Revised) for outcome in outcomes)
    assert found(desk)[0].revision == 2
    announce(desk, entry, Entry(url=f"{SITE}/new"))
    assert asked(desk, PAGE) == 2, "what was announced twice changed once"


@pytest.mark.parametrize(
    "entry",
    [
        Entry(url=PAGE, guid="g-1234", title="One", summary="Há 3 feridos.", content="Um texto.", raw_date="today"),
        Entry(url=f"{PAGE}?utm_source=rss", guid="g-1234", title="One", summary="Há 3 feridos.", content="Um texto."),
        Entry(url=PAGE, guid="g-1234", title="ONE", summary="Há  3 feridos", content="Um texto."),
        Entry(url=PAGE, guid="g-1234", title="One", summary="Há 3 feridos.\n12 comments", content="Um texto."),
        Entry(url=PAGE, guid="g-1234", title="One", summary="", content="Um texto."),
    ],
)
def test_an_entry_with_only_another_date_address_or_counter_leads_to_no_request(desk: Desk, entry: Entry) -> None:
    changed(desk, timedelta(minutes=30), entry)
    assert asked(desk, PAGE) == 1


def test_a_feed_that_churns_costs_a_request_each_five_minutes_and_no_more(desk: Desk) -> None:
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, title="Title 0"))
    times = []
    for n in range(1, 20):
        desk.clock.move(timedelta(minutes=1))
        before = asked(desk, PAGE)
        outcomes = announce(desk, Entry(url=PAGE, title=f"Title {n}"), within=timedelta(0))
        times += [desk.clock.now()] * (asked(desk, PAGE) - before)
        assert not any(isinstance(outcome, Visited) for outcome in outcomes) or asked(desk, PAGE) > before
    assert 2 <= len(times) <= 4
    assert min(b - a for a, b in pairwise(times)) >= timedelta(minutes=5)


def test_a_change_right_after_the_fetch_is_visited_five_minutes_after_it(desk: Desk) -> None:
    changed(desk, timedelta(0), Entry(url=PAGE, guid="g-1234", title="Two"))
    assert asked(desk, PAGE) == 1
    assert any(isinstance(outcome, Revised) for outcome in desk.settle(timedelta(minutes=6)))
    assert asked(desk, PAGE) == 2


def test_a_new_entry_does_not_wait_for_the_visit_of_one_that_changed_at_its_host(desk: Desk) -> None:
    publish(desk, f"{SITE}/new", "new")
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, guid="g-1234", title="One"))
    announce(desk, Entry(url=PAGE, guid="g-1234", title="Two"), Entry(url=f"{SITE}/new", title="New"))
    assert (asked(desk, f"{SITE}/new"), asked(desk, PAGE)) == (1, 1)


def test_a_planned_visit_comes_sooner_when_the_entry_changed(database_url: str) -> None:
    database = open_database(database_url, new_id=new_id)
    desk = Desk(database, ScriptedWeb())
    desk.open(outlet(FEED))
    changed(desk, timedelta(minutes=10), Entry(url=PAGE, guid="g-1234", title="Two"))
    assert asked(desk, PAGE) == 2
    check(database)
    database.close()


def test_a_changed_entry_of_an_article_that_was_never_stored_asks_for_nothing(desk: Desk) -> None:
    web(desk).page(PAGE, "")
    announce(desk, Entry(url=PAGE, title="One"))
    assert ends(desk) == ["dropped"]
    desk.clock.move(timedelta(minutes=30))
    announce(desk, Entry(url=PAGE, title="Two"))
    assert asked(desk, PAGE) == 1


def test_a_page_that_is_missing_once_is_not_asked_for_sooner_because_its_entry_changed(desk: Desk) -> None:
    publish(desk, PAGE, "one")
    announce(desk, Entry(url=PAGE, title="One"))
    web(desk).answers[PAGE] = Page(url=PAGE, status=404)
    desk.clock.move(timedelta(minutes=10))
    announce(desk, Entry(url=PAGE, title="Two"))
    assert asked(desk, PAGE) == 2
    desk.clock.move(timedelta(minutes=10))
    announce(desk, Entry(url=PAGE, title="Three"))
    assert asked(desk, PAGE) == 2, "the second 404 has to come an hour after the first"


def test_an_article_that_was_taken_down_is_not_asked_for_and_nothing_of_its_entry_is_kept(desk: Desk) -> None:
    web(desk).page(PAGE, "")
    announce(desk, Entry(url=PAGE, title="One", summary="Said", content="More"))
    with desk.database.write() as c:
        settle(c, found(desk)[0].id, "dropped", reason=Reason.WITHDRAWN, now=desk.clock.now())
    desk.clock.move(timedelta(minutes=30))
    announce(desk, Entry(url=PAGE, title="Two", summary="Said again", content="And more"))
    assert asked(desk, PAGE) == 1
    with desk.database.read() as c:
        entry = json.loads(c.execute(select(sightings.c.entry)).scalar_one())
    assert (entry["title"], entry["summary"], entry["content"], entry["url"]) == ("", "", "", PAGE)
