"""Bad input end to end, through the real readers: a table of input × expected reason; nothing else in the same feed is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.doubles import ScriptedWeb
from tests.harness import Desk, outlet
from tests.invariants import check, check_quiet
from worker.clock import new_id
from worker.news.page import Held, Page
from worker.news.reason import Reason
from worker.reading.feeds import FeedparserReader
from worker.reading.pages import TrafilaturaReader
from worker.store.database import open_database
from worker.store.schema import articles, feeds, revisions

FEED = "https://paper.example/feed"
GOOD = "https://paper.example/2026/11/24/good-story"
SENTENCE = (
    "The council met on Monday to decide about the old bridge over the river, and it took them {} hours to agree. "
)


def item(link: str | None = GOOD, *, guid: str = "", title: str = "A story", more: str = "") -> str:
    """One RSS item."""
    parts = [f"<title>{title}</title>", more]
    if link is not None:
        parts.append(f"<link>{link}</link>")
    if guid:
        parts.append(f'<guid isPermaLink="false">{guid}</guid>')
    return f"<item>{''.join(parts)}</item>"


def rss(*items: str) -> bytes:
    """A feed of these items, and of one good one at the end."""
    body = "".join([*items, item(title="The good one")])
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>{body}</channel></rss>'.encode()


def html(text: str, head: str = "") -> bytes:
    """A page with a text."""
    paragraphs = "".join(f"<p>{line}</p>" for line in text.splitlines())
    title = "A story about a bridge"
    return f"<html lang=en><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>".encode(
        "utf-8", "surrogatepass"
    )


def story(n: int = 3) -> str:
    """Enough text for an article."""
    return "\n".join(SENTENCE.format(i + n) * 3 for i in range(4))


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An engine with the real readers, on either database."""
    database = open_database(database_url, new_id=new_id)
    web = ScriptedWeb()
    web.answers[GOOD] = Page(url=GOOD, status=200, body=Held(html(story())), content_type="text/html; charset=utf-8")
    made = Desk(database, web, feed_reader=FeedparserReader(), page_reader=TrafilaturaReader())
    made.open(outlet(FEED))
    yield made
    check(database)
    database.close()


def publish(desk: Desk, url: str, body: bytes, content_type: str) -> None:
    """Put a body on the web."""
    assert isinstance(desk.web, ScriptedWeb)
    desk.web.answers[url] = Page(url=url, status=200, body=Held(body), content_type=content_type)


FEEDS = {
    "empty": (b"", Reason.EMPTY_BODY),
    "blank": (b" \n\t ", Reason.EMPTY_BODY),
    "HTML instead of XML": (b"<!DOCTYPE html><html><body>Our feeds moved</body></html>", Reason.NOT_A_FEED),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(200), Reason.NOT_A_FEED),
    "JSON that is no feed": (b'{"error": "no such feed"}', Reason.NOT_A_FEED),
    "broken JSON": (b'{"items": [', Reason.UNPARSABLE),
    "XML that is no feed": (b"<?xml version='1.0'?><catalog><book/></catalog>", Reason.NOT_A_FEED),
}


@pytest.mark.parametrize("case", FEEDS)
def test_a_body_that_is_no_feed_is_named(desk: Desk, case: str) -> None:
    body, reason = FEEDS[case]
    publish(desk, FEED, body, "text/xml")
    desk.settle(timedelta(minutes=1))
    with desk.database.read() as c:
        assert c.execute(select(feeds.c.error)).scalar_one() == reason


ENTRIES: dict[str, tuple[list[str], dict[str, int]]] = {
    "no link": ([item(None)], {"no_link": 1}),
    "an empty link": ([item("")], {"no_link": 1}),
    "a javascript link": ([item("javascript:alert(1)")], {"bad_link": 1}),
    "a mailto link": ([item("mailto:a@b.example")], {"bad_link": 1}),
    "a data link": ([item("data:text/html,hello")], {"bad_link": 1}),
    "a link with no host": ([item("http://")], {"bad_link": 1}),
    "a relative link": ([item("/2026/11/24/other")], {"not_found": 1}),
    "ten equal guids, ten links": (
        [item(f"https://paper.example/other-{n}", guid="same-guid") for n in range(10)],
        {"not_found": 10},
    ),
    "ten equal guids, no links": ([item(None, guid="same-guid", title=f"t{n}") for n in range(10)], {"no_link": 10}),
    "a date in 1970": (
        [item("https://paper.example/o", more="<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>")],
        {"not_found": 1},
    ),
    "a date in 2099": (
        [item("https://paper.example/o", more="<pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate>")],
        {"not_found": 1},
    ),
    "a date of nonsense": (
        [item("https://paper.example/o", more="<pubDate>yesterday, +99:99</pubDate>")],
        {"not_found": 1},
    ),
    "NUL and controls": ([item("https://paper.example/o", title="a\x00b\x1b[31m\x0cc")], {"not_found": 1}),
    "impossible references": (
        [item("https://paper.example/o", title="a&#0;&#xD800;&#99999999999;b")],
        {"not_found": 1},
    ),
    "an endless title": ([item("https://paper.example/o", title="x" * 200_000)], {"not_found": 1}),
    "an endless link": ([item("https://paper.example/" + "x" * 5000)], {"bad_link": 1}),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_a_bad_entry_is_named_and_nothing_else_in_its_feed_is_lost(desk: Desk, case: str) -> None:
    items, expected = ENTRIES[case]
    publish(desk, FEED, rss(*items), "application/rss+xml")
    desk.settle(timedelta(hours=2))
    with desk.database.read() as c:
        rows = c.execute(select(articles.c.url, articles.c.outcome, articles.c.reason)).all()
    assert Counter(row.reason for row in rows if row.outcome != "stored") == expected
    assert [row.url for row in rows if row.outcome == "stored"] == [GOOD]


PAGES: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "text/html", "no_text"),
    "a shell": (b"<html><body><div id=app></div></body></html>", "text/html", "empty_shell"),
    "a PDF": (b"%PDF-1.7 ...", "application/pdf", "not_html"),
    "a PDF that says HTML": (b"%PDF-1.7 ...", "text/html", "not_html"),
    "JSON": (b'{"a": 1}', "application/json", "not_html"),
    "10 MB": (html(story()) + b"<p>" + b"x" * 10_000_000, "text/html", "too_large"),
    "elements without end": (html(story()) + b"<br>" * 60_000, "text/html", "too_large"),
    "a wrong charset": (html(story().replace("o", "ö")), "text/html; charset=utf-7", "stored"),
    "another charset than it says": (
        html(story().replace("o", "ö")).decode().encode("cp1252"),
        "text/html; charset=utf-8",
        "stored",
    ),
    "NUL": (html(story()).replace(b"bridge", b"bri\x00dge"), "text/html", "stored"),
    "lone surrogates": (html(story().replace("bridge", "bri\ud800dge&#xDFFF;")), "text/html", "stored"),
    "controls in the title": (
        html(story(), "<meta property=og:title content='a&#x1b;[31mb&#0;'>"),
        "text/html",
        "stored",
    ),
    "a hostile JSON-LD": (
        html(story(), '<script type="application/ld+json">{"author":"' + 'a\\"' * 30_000 + "</script>"),
        "text/html",
        "stored",
    ),
    "nesting without end": (b"<html><body>" + b"<div>" * 100_000 + b"text", "text/html", "too_large"),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_bad_page_ends_with_its_reason(desk: Desk, case: str) -> None:
    body, content_type, expected = PAGES[case]
    publish(desk, FEED, rss(item("https://paper.example/2026/11/24/odd")), "application/rss+xml")
    # Its text must be its own, or it would be a duplicate of the good one.
    own = body.replace(b"council", b"parish council").replace(b"river", b"railway")
    publish(desk, "https://paper.example/2026/11/24/odd", own, content_type)
    desk.settle(timedelta(minutes=4))
    with desk.database.read() as c:
        rows = {row.url: row for row in c.execute(select(articles))}
        texts = c.execute(select(revisions.c.record)).scalars().all()
    odd = rows["https://paper.example/2026/11/24/odd"]
    assert (odd.reason or odd.outcome) == expected
    assert odd.reason is None or odd.reason in set(Reason)
    assert rows[GOOD].outcome == "stored"
    assert all("\x00" not in text and "\\u0000" not in text for text in texts)
    check_quiet(desk.database, {})


def test_a_huge_feed_is_read_to_its_cap_and_the_rest_is_counted(desk: Desk, tmp_path: Path) -> None:
    del tmp_path
    publish(desk, FEED, rss(*(item(f"https://paper.example/n/{n}") for n in range(2500))), "text/xml")
    desk.dispatch()
    for _ in range(2):
        desk.answer(desk.bell.calls.pop(0))
    with desk.database.read() as c:
        assert len(c.execute(select(articles.c.id)).all()) == 2000
