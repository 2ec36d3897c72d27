"""What a feed announces: entries, and the document they stand in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item announced by a feed, as plain clean text. `url` is absolute http(s), or None when there is no usable link."""

    url: str | None = None
    raw_link: str = ""  # as announced, for `why`, when `url` is None
    guid: str | None = None
    title: str = ""
    summary: str = ""  # plain text
    content: str = ""  # plain text of content:encoded, atom:content, content_html; paragraphs apart by one newline
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    published_at: datetime | None = None  # aware UTC, within [1990, now + 24 h], else None
    modified_at: datetime | None = None
    raw_date: str = ""  # as announced


def without_words(entry: Entry) -> Entry:
    """An entry of which only its address, guid and date are kept."""
    return Entry(url=entry.url, guid=entry.guid, raw_link=entry.raw_link, published_at=entry.published_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a publisher says of when to come back."""

    max_age: timedelta | None = None  # Cache-Control
    ttl: timedelta | None = None  # RSS ttl, sy:updatePeriod / updateFrequency
    skip_hours: frozenset[int] = frozenset()  # 0..23, UTC
    skip_days: frozenset[int] = frozenset()  # 0 = Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """One parsed feed body: entries in document order."""

    format: str  # rss, atom, rdf, json, sitemap, sitemap-index
    title: str = ""
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    children: tuple[str, ...] = ()  # URLs of further documents, of a sitemap index
    truncated: int = 0  # items beyond the cap, and those that cost too much to read or could not be
    hints: Hints = field(default_factory=Hints)
    warnings: tuple[str, ...] = ()
