"""A site's home page: what it calls itself, which language it speaks, and the feeds that it links to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import html

from worker.news.policy import ReadingPolicy
from worker.reading.clean import clean_line, clean_url
from worker.reading.markup import read_markup

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_]([A-Za-z]{2,4}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a home page says of its site; `feeds` are absolute addresses in the order of the page."""

    name: str = ""
    language: str = "und"  # BCP 47; `und` when it says none
    feeds: tuple[str, ...] = ()


def read_home(body: bytes, *, url: str, content_type: str, policy: ReadingPolicy) -> Home:
    """Read a home page. Raises `Refused` (NOT_HTML, NO_TEXT) and `Broken` (UNPARSABLE, TOO_LARGE)."""
    tree = read_markup(body, content_type=content_type, policy=policy).tree
    named = tree.xpath('//meta[@property="og:site_name"]/@content')
    return Home(
        name=clean_line(str(next(iter(named), "")), at_most=policy.title),
        language=_language(tree.get("lang") or ""),
        feeds=tuple(dict.fromkeys(_feeds(tree, url))),
    )


def _feeds(tree: html.HtmlElement, url: str) -> list[str]:
    """The alternates that are feeds, but for those of comments."""
    links = tree.xpath('//link[contains(concat(" ", @rel, " "), " alternate ")][@href]')
    found = [
        clean_url(link.get("href").strip(), base=url)
        for link in links
        if (link.get("type") or "").strip().lower() in FEED_TYPES and "comment" not in link.get("href").lower()
    ]
    return [feed for feed in found if feed is not None]


def _language(spoken: str) -> str:
    found = _LANGUAGE.fullmatch(spoken.strip())
    if found is None:
        return "und"
    return f"{found[1]}-{found[2].upper()}" if found[2] else found[1]
