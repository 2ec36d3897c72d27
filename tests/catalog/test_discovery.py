"""From an address to an outlet with its feeds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.doubles import ScriptedWeb, host_down
from worker.catalog.discovery import NothingFoundError, check_feed, discover
from worker.news.errors import HostDown
from worker.news.outlet import FeedKind, FeedSource
from worker.news.page import Held, Moved, Page
from worker.reading.feeds import FeedparserReader

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Paper</title>
<item><title>a</title><link>https://www.paper.pt/a</link><pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate></item>
<item><title>b</title><link>https://www.paper.pt/b</link><pubDate>Tue, 24 Nov 2026 11:00:00 GMT</pubDate></item>
</channel></rss>"""
SITEMAP = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://www.paper.pt/a</loc><news:news>
<news:publication_date>2026-11-24T10:00:00Z</news:publication_date><news:title>a</news:title></news:news></url></urlset>"""
HOME = b"""<!DOCTYPE html><html lang="pt-pt"><head><title>x</title><meta property="og:site_name" content="O Jornal">
<link rel="alternate" type="application/rss+xml" href="/feed"><link rel="alternate" type="application/rss+xml" href="/comments/feed">
<link rel="alternate" type="application/atom+xml" href="https://www.paper.pt/broken"><link rel="alternate" hreflang="en" href="/en">
</head><body>news</body></html>"""


def page(url: str, body: bytes, content_type: str) -> Page:
    return Page(url=url, status=200, body=Held(body), content_type=content_type)


@pytest.fixture
def web() -> ScriptedWeb:
    """A site with a home page, two linked feeds of which one is broken, and a news sitemap in robots.txt."""
    site = "https://www.paper.pt"
    robots = f"User-agent: *\nSitemap: {site}/sitemap.xml\nSitemap: {site}/news-sitemap.xml\n".encode()
    return ScriptedWeb(
        {
            "https://paper.pt/": Moved(url=f"{site}/", status=301, hops=1),
            f"{site}/": page(f"{site}/", HOME, "text/html"),
            f"{site}/feed": page(f"{site}/feed", RSS, "application/rss+xml"),
            f"{site}/broken": page(f"{site}/broken", b"<html>no</html>", "text/html"),
            f"{site}/robots.txt": page(f"{site}/robots.txt", robots, "text/plain"),
            f"{site}/news-sitemap.xml": page(f"{site}/news-sitemap.xml", SITEMAP, "application/xml"),
        }
    )


def test_a_site_becomes_an_outlet(web: ScriptedWeb) -> None:
    outlet, checked = discover("https://paper.pt/", web=web, reader=FeedparserReader(), now=lambda: NOW)
    assert (outlet.id, outlet.name, outlet.country, outlet.language) == ("paper", "O Jornal", "PT", "pt-PT")
    assert outlet.homepage == "https://www.paper.pt/"
    assert [(feed.url, feed.kind) for feed in outlet.feeds] == [
        ("https://www.paper.pt/feed", FeedKind.FEED),
        ("https://www.paper.pt/news-sitemap.xml", FeedKind.SITEMAP),
    ]
    assert "linked on https://www.paper.pt/" in {feed.known_from for feed in outlet.feeds}
    assert [how.url for how in checked if how.problem] == ["https://www.paper.pt/broken"]


def test_a_feed_is_taken_as_it_is(web: ScriptedWeb) -> None:
    outlet, _ = discover(
        "https://www.paper.pt/feed", web=web, reader=FeedparserReader(), now=lambda: NOW, country="es", language="es"
    )
    assert [feed.url for feed in outlet.feeds] == ["https://www.paper.pt/feed"]
    assert (outlet.name, outlet.country, outlet.language) == ("The Paper", "ES", "es")


def test_a_site_without_feeds_is_an_error_in_words(web: ScriptedWeb) -> None:
    web.answers["https://none.example/"] = page("https://none.example/", b"<html><body>no</body></html>", "text/html")
    with pytest.raises(NothingFoundError, match="no feed was found"):
        discover("https://none.example/", web=web, reader=FeedparserReader(), now=lambda: NOW)


def test_a_site_that_is_down_is_an_error(web: ScriptedWeb) -> None:
    web.answers["https://down.example/"] = host_down()
    with pytest.raises(HostDown):
        discover("https://down.example/", web=web, reader=FeedparserReader(), now=lambda: NOW)


def test_a_checked_feed_says_what_it_holds(web: ScriptedWeb) -> None:
    how = check_feed(web, FeedparserReader(), "paper", FeedSource(url="https://www.paper.pt/feed"), now=lambda: NOW)
    assert (how.problem, how.entries, how.title) == ("", 2, "The Paper")
    assert how.newest == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://www.paper.pt/missing", "HTTP 404"),
        ("https://www.paper.pt/broken", "it is no feed"),
        ("https://www.paper.pt/empty", "it has no entries"),
        ("https://www.paper.pt/down", "no connection to the host (as scripted)"),
        ("https://www.paper.pt/loop", "too many redirects"),
    ],
)
def test_a_checked_feed_says_what_is_wrong(web: ScriptedWeb, url: str, problem: str) -> None:
    empty = b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>'
    web.answers["https://www.paper.pt/empty"] = page("https://www.paper.pt/empty", empty, "application/rss+xml")
    web.answers["https://www.paper.pt/down"] = host_down()
    web.answers["https://www.paper.pt/loop"] = Moved(url="https://www.paper.pt/loop", status=302, hops=1)
    how = check_feed(web, FeedparserReader(), "paper", FeedSource(url=url), now=lambda: NOW)
    assert how.problem.startswith(problem)
