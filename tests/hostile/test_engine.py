"""The engine over hostile feeds and pages, with the real readers: what is healthy in the same feed is stored, in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.doubles import ListSink, ScriptedWeb
from tests.harness import Desk, outlet
from tests.hostile.bodies import AFTER, BEFORE, FEEDS, JSON, PAGES, SENTENCE, attributes, item, rss
from tests.hostile.cell import Alarm
from tests.invariants import check, check_quiet
from worker.clock import new_id
from worker.news.page import Held, Page
from worker.news.reason import Reason
from worker.reading.feeds import FeedparserReader
from worker.reading.pages import TrafilaturaReader
from worker.store.database import open_database
from worker.store.schema import articles, polls

FEED = "https://paper.example/feed"
HTML = "text/html; charset=utf-8"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine with the real readers over a web in which only the healthy pages are."""
    database = open_database(database_url, new_id=new_id)
    web = ScriptedWeb()
    for n, url in enumerate((BEFORE, AFTER)):
        text = "".join(f"<p>{SENTENCE.format(i + 100 * n) * 3}</p>" for i in range(4))
        body = f"<html><head><title>Story {n}</title></head><body><article>{text}</article></body></html>".encode()
        web.answers[url] = Page(url=url, status=200, body=Held(body), content_type=HTML)
    made = Desk(database, web, feed_reader=FeedparserReader(), page_reader=TrafilaturaReader())
    made.open(outlet(FEED))
    yield made
    check(database)
    database.close()


def ended(desk: Desk, feed: bytes, **pages: bytes) -> dict[str | None, tuple[str | None, str | None]]:
    """Outcome and reason of each address, when the engine has read a feed and its pages."""
    assert isinstance(desk.web, ScriptedWeb)
    desk.web.answers[FEED] = Page(url=FEED, status=200, body=Held(feed), content_type="text/xml")
    for name, body in pages.items():
        url = f"https://paper.example/{name}"
        desk.web.answers[url] = Page(url=url, status=200, body=Held(body), content_type=HTML)
    desk.settle(timedelta(minutes=4))
    with desk.database.read() as c:
        return {row.url: (row.outcome, row.reason) for row in c.execute(select(articles))}


# Each takes the parsers another way; the whole list is read by test_parsers.
_FEEDS = {
    **{
        name: FEEDS[name]
        for name in (
            "a billion laughs",
            "comments that begin, as they are",
            "an address of dots as author",
            "marks without end on a letter",
            "NUL, controls and line ends",
            "members that are text",
        )
    },
    **{
        f"JSON: {name}": JSON[name]
        for name in ("a member nested 100,000 deep", "lone surrogates", "members of wrong kinds")
    },
}


@pytest.mark.parametrize("name", _FEEDS)
def test_the_healthy_entries_of_a_hostile_feed_are_stored(desk: Desk, alarm: Alarm, name: str) -> None:
    found = ended(desk, _FEEDS[name].body(alarm.trap))
    assert found[BEFORE] == found[AFTER] == ("stored", None)
    assert {reason for _, reason in found.values()} <= {None, *Reason}
    assert alarm.heard() == []


def test_an_item_that_costs_too_much_is_counted_and_the_others_are_stored(desk: Desk) -> None:
    hostile = item("<a>x</a>" * 20_000) + item(f"<x {attributes(20_000)}/>", "https://paper.example/attributes")
    found = ended(desk, rss(hostile * 2 + item("<d>" * 200_000)))
    assert found[BEFORE] == found[AFTER] == ("stored", None)
    with desk.database.read() as c:
        assert c.execute(select(func.max(polls.c.truncated))).scalar_one() > 0


_PAGES = {
    "NUL, surrogates and escapes": "stored",
    "addresses that are no web's": "stored",
    "absurd dates of a page": "stored",
    "rights that are none": "stored",
    "references in references": "stored",
    "JSON-LD of wrong kinds": "stored",
    "marks by their numbers": "stored",
    "an author of 90000 letters that never ends": "stored",
    "<div> nested 100,000 deep": "quarantined",
    "compressed bytes": "dropped",
}


def test_a_hostile_page_takes_no_other_one_along(desk: Desk, alarm: Alarm) -> None:
    # Each has words of its own, or it would be a duplicate.
    pages = {
        f"p{n}": PAGES[name].body(alarm.trap).replace(b"bridge", f"dam{n}".encode()) for n, name in enumerate(_PAGES)
    }
    found = ended(desk, rss("".join(item("", f"https://paper.example/{name}") for name in pages)), **pages)
    assert found.pop(BEFORE) == found.pop(AFTER) == ("stored", None)
    ends = {name: found[f"https://paper.example/p{n}"][0] for n, name in enumerate(_PAGES)}
    assert ends == _PAGES
    check_quiet(desk.database, {})
    sink = desk.sinks["memory"]
    assert isinstance(sink, ListSink)
    assert len(sink.stored) == 2 + list(_PAGES.values()).count("stored")
