"""From the address of a site to an outlet with its feeds: what its home page links to, and what its robots.txt names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from worker.catalog.opml import slug
from worker.news.entry import FeedDocument
from worker.news.errors import Broken, CopydeskError, Refused
from worker.news.outlet import FeedKind, FeedSource, Outlet
from worker.news.page import Accept, Moved, Page, Request, host_of
from worker.news.policy import ReadingPolicy
from worker.news.reason import WORDS
from worker.pipeline.ports import FeedReader, PageFetcher
from worker.reading.home import Home, read_home

MOST_FEEDS = 20
_HOPS = 5
_SITEMAP = re.compile(r"^\s*sitemap:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_COUNTRY = re.compile(r"\.([a-z]{2})(?::\d+)?$")


class NothingFoundError(Exception):
    """No feed was found at an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How a feed answered. `problem` is empty when it was read; `newest` is the date of its newest entry."""

    outlet: str
    url: str
    problem: str = ""
    format: str = ""
    entries: int = 0
    newest: datetime | None = None
    title: str = ""


def fetch(web: PageFetcher, url: str, accept: Accept) -> Page:
    """Fetch an address, over redirects to other hosts. Raises `CopydeskError`."""
    request = Request(url=url, accept=accept)
    for _ in range(_HOPS + 1):
        answer = web.fetch(request)
        if isinstance(answer, Page):
            return answer
        assert isinstance(answer, Moved)  # noqa: S101 - the port gives one of the two
        request = Request(url=answer.url, accept=accept, hops=answer.hops)
    message = "too many redirects"
    raise NothingFoundError(message)


def check_feed(
    web: PageFetcher, reader: FeedReader, outlet: str, feed: FeedSource, *, now: Callable[[], datetime]
) -> Checked:
    """Ask a feed once, and read it."""
    try:
        page = fetch(web, feed.url, Accept.FEED)
        if page.status != 200:  # noqa: PLR2004 - OK
            return Checked(outlet=outlet, url=feed.url, problem=f"HTTP {page.status}")
        document = reader.read(
            page.body.read(), url=page.url, content_type=page.content_type, kind=feed.kind, now=now()
        )
    except CopydeskError as error:
        detail = f" ({error.detail})" if error.detail else ""
        return Checked(outlet=outlet, url=feed.url, problem=f"{WORDS[error.reason]}{detail}")
    except NothingFoundError as error:
        return Checked(outlet=outlet, url=feed.url, problem=str(error))
    return Checked(
        outlet=outlet,
        url=feed.url,
        format=document.format,
        entries=len(document.entries),
        newest=_newest(document),
        title=document.title,
        problem="" if document.entries or document.children else "it has no entries",
    )


def _newest(document: FeedDocument) -> datetime | None:
    return max((entry.published_at for entry in document.entries if entry.published_at), default=None)


def discover(
    url: str,
    *,
    web: PageFetcher,
    reader: FeedReader,
    now: Callable[[], datetime],
    country: str | None = None,
    language: str | None = None,
) -> tuple[Outlet, list[Checked]]:
    """The outlet at an address, with the feeds that could be read. Raises `NothingFoundError` and `CopydeskError`."""
    page = fetch(web, url, Accept.PAGE)
    home, found = _feeds_at(url, page, web=web, reader=reader, now=now)
    checked = {feed: check_feed(web, reader, "", feed, now=now) for feed in found[:MOST_FEEDS]}
    good = tuple(feed for feed, how in checked.items() if not how.problem)
    if not good:
        message = f"no feed was found at {url}: the page links to none, and robots.txt names no news sitemap"
        raise NothingFoundError(message)
    host = re.sub(r"^www\.", "", host_of(page.url))
    guessed = _COUNTRY.search(host)
    titles = (home.name, *(how.title for how in checked.values()), host)
    outlet = Outlet(
        id=slug(host),
        name=next(title for title in titles if title),
        country=(country or (guessed[1] if guessed else "ZZ")).upper(),
        language=language or home.language,
        homepage=f"{page.url.split('/')[0]}//{host_of(page.url)}/",
        enabled=True,
        feeds=good,
    )
    return outlet, list(checked.values())


def _feeds_at(
    url: str, page: Page, *, web: PageFetcher, reader: FeedReader, now: Callable[[], datetime]
) -> tuple[Home, list[FeedSource]]:
    """The address itself when it is a feed; else what the page links to, and what robots.txt names."""
    direct = FeedSource(url=url, known_from="given by hand")
    if not check_feed(web, reader, "", direct, now=now).problem:
        return Home(), [direct]
    try:
        home = read_home(page.body.read(), url=page.url, content_type=page.content_type, policy=ReadingPolicy())
    except (Refused, Broken):
        return Home(), []
    linked = [FeedSource(url=feed, known_from=f"linked on {page.url}") for feed in home.feeds]
    named = [sitemap for sitemap in _news_sitemaps(web, page.url) if sitemap.url not in home.feeds]
    return home, linked + named


def _news_sitemaps(web: PageFetcher, base: str) -> list[FeedSource]:
    robots = urljoin(base, "/robots.txt")
    try:
        page = fetch(web, robots, Accept.ROBOTS)
    except (CopydeskError, NothingFoundError):
        return []
    if page.status != 200:  # noqa: PLR2004 - OK
        return []
    named = _SITEMAP.findall(page.body.read().decode("utf-8", "replace"))
    return [
        FeedSource(url=url, kind=FeedKind.SITEMAP, known_from=f"named in {robots}")
        for url in dict.fromkeys(named)
        if "news" in url.lower() and url.startswith(("http://", "https://"))
    ]
