"""Outlets and feeds, as the catalog names them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FeedKind(StrEnum):
    """What a feed is expected to be; its content decides."""

    FEED = "feed"
    SITEMAP = "sitemap"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSource:
    """A feed of an outlet as its file names it."""

    url: str
    kind: FeedKind = FeedKind.FEED
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """Where an outlet's pages keep what, as CSS selectors; `None` leaves it to the reader."""

    body: str | None = None
    remove: tuple[str, ...] = ()
    author: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A news publisher: slug id, ISO 3166-1 alpha-2 country, BCP 47 language."""

    id: str
    name: str
    country: str
    language: str
    homepage: str
    enabled: bool = False
    feeds: tuple[FeedSource, ...] = ()
    rules: PageRules = PageRules()
