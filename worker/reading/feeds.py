"""Feeds: bytes in, entries out. What the body holds decides its form, never its label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from worker.news.entry import Entry, FeedDocument, Hints
from worker.news.errors import Broken
from worker.news.outlet import FeedKind
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.charset import decode
from worker.reading.clean import clean_line, clean_url
from worker.reading.compressed import unpacked
from worker.reading.dates import read_date
from worker.reading.jsonfeed import read_json_feed
from worker.reading.plain import plain_line, plain_text
from worker.reading.sitemaps import read_sitemap
from worker.reading.trim import Trimmed, fit, trim
from worker.reading.xmlfeed import Parts, parse_xml
from worker.reading.zones import Habits, habits_of

_FIRST_ELEMENT = re.compile(r"<([A-Za-z][\w:.-]{0,60})")
_SKIPPED = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
# How far into a body its first element may stand.
_PROLOGUE = 65_536
_FORMATS = {
    "rss": "rss",
    "feed": "atom",
    "rdf": "rdf",
    "channel": "rss",
    "urlset": "sitemap",
    "sitemapindex": "sitemap",
}
_HTML = frozenset({"html", "head", "body", "meta", "title", "div", "script"})
_SKIP_HOURS = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.DOTALL | re.IGNORECASE)
_SKIP_DAYS = re.compile(r"<skipDays>(.{0,2000}?)</skipDays>", re.DOTALL | re.IGNORECASE)
# How much of a feed is looked through for when to come back; it stands before the items, or behind them.
_HINTS_WITHIN = 65_536
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
# RSS 2.0 has an author's name in brackets behind an address, which is none of it.
_BRACKETED = re.compile(r"^\((.*)\)$")
# No entry needs more.
MOST_AUTHORS, MOST_TOPICS = 30, 50


@dataclass(frozen=True, slots=True)
class FeedparserReader:
    """The `FeedReader` port: RSS 0.9x to 2.0, Atom 0.3 and 1.0, RDF, JSON Feed, sitemaps and their indexes."""

    policy: ReadingPolicy = ReadingPolicy()

    def read(self, body: bytes, *, url: str, content_type: str, kind: FeedKind, now: datetime) -> FeedDocument:
        """Parse a feed; see the port."""
        del kind
        policy = self.policy
        body = unpacked(body, at_most=policy.feed_bytes)
        text = decode(body[: policy.feed_bytes], content_type).strip().lstrip("\ufeff")
        if not text:
            raise Broken(Reason.EMPTY_BODY)
        if text[0] in "{[":
            return read_json_feed(text, url=url, now=now, policy=policy)
        form, start = _form(text)
        if form == "sitemap":
            return read_sitemap(fit(text[start:]), url=url, now=now, policy=policy)
        trimmed = trim(text[start:], most=policy.max_entries)
        return self._read_xml(trimmed, parse_xml(trimmed, head=fit(text[: min(start, _PROLOGUE)])), form, url, now)

    def _read_xml(self, trimmed: Trimmed, found: Parts, form: str, url: str, now: datetime) -> FeedDocument:
        if not found.entries and not found.version:
            raise Broken(
                Reason.UNPARSABLE if found.complaint else Reason.NOT_A_FEED,
                found.complaint or "neither entries nor a version",
            )
        base = _base(found.feed, form, url)
        language = clean_line(str(found.feed.get("language") or ""), at_most=35)
        habits = habits_of(country="", language=language, url=base)
        warnings = [*(["cut off"] if trimmed.cut_off else []), *([found.complaint] if found.complaint else [])]
        return FeedDocument(
            format=form,
            title=plain_line(str(found.feed.get("title") or ""), at_most=self.policy.title),
            language=language or None,
            entries=tuple(
                self._entry(entry, base=base, habits=habits, now=now)
                for entry in found.entries[: self.policy.max_entries]
            ),
            truncated=trimmed.truncated + found.lost + max(0, len(found.entries) - self.policy.max_entries),
            hints=_hints(found.feed, trimmed.text),
            warnings=tuple(warnings),
        )

    def _entry(self, entry: Any, *, base: str, habits: Habits, now: datetime) -> Entry:
        policy = self.policy
        raw_link = _link(entry)
        told = str(dict.get(entry, "published") or dict.get(entry, "created") or dict.get(entry, "updated") or "")
        changed = str(dict.get(entry, "updated") or "")
        published, modified = read_date(told, now=now, habits=habits), read_date(changed, now=now, habits=habits)
        content = max((str(part.get("value") or "") for part in _listed(entry, "content")), key=len, default="")
        inner = _detail(entry, "title", "base") or _detail(entry, "summary", "base")
        return Entry(
            url=clean_url(raw_link, base=urljoin(base, inner) if inner else base) if raw_link else None,
            raw_link=clean_line(raw_link, at_most=policy.url),
            guid=clean_line(str(dict.get(entry, "id") or ""), at_most=policy.url) or None,
            title=plain_line(str(entry.get("title") or ""), at_most=policy.title),
            summary=plain_text(str(dict.get(entry, "summary") or ""), at_most=policy.text),
            content=plain_text(content, at_most=policy.text),
            authors=tuple(_authors(entry, policy)),
            topics=tuple(_topics(entry, policy)),
            image=next((image for raw in _images(entry) if (image := clean_url(raw, base=base))), None),
            language=clean_line(_detail(entry, "title", "language"), at_most=35) or None,
            published_at=published.value if published else None,
            modified_at=modified.value if modified else None,
            raw_date=clean_line(told, at_most=100),
        )


def _form(text: str) -> tuple[str, int]:
    """The form of an XML body by its first element, and where that begins. Raises `Broken` (NOT_A_FEED) for HTML and for no markup."""
    at = 0
    while at < _PROLOGUE and (skipped := _SKIPPED.match(text, at)):
        at = skipped.end()
    first = _FIRST_ELEMENT.match(text, at) or _FIRST_ELEMENT.search(text, at, at + _PROLOGUE)
    if first is None:
        raise Broken(Reason.NOT_A_FEED, clean_line(text[:80], at_most=80))
    name = first[1].lower().rpartition(":")[2]
    if name in _HTML or text[at : at + 14].lower() == "<!doctype html":
        raise Broken(Reason.NOT_A_FEED, f"HTML: <{first[1]}>")
    return _FORMATS.get(name, "rss"), first.start()


def _base(feed: Any, form: str, url: str) -> str:
    """What relative links are relative to: the channel's link in RSS, the document in Atom (RFC 4287 §2)."""
    site = str(feed.get("link") or "") if form != "atom" else ""
    return clean_url(site, base=url) or url


def _link(entry: Any) -> str:
    """The address of an entry; FeedBurner keeps the real one apart."""
    original = str(dict.get(entry, "feedburner_origlink") or "")
    if original:
        return original
    link = str(dict.get(entry, "link") or "").strip()
    guid = str(dict.get(entry, "id") or "").strip()
    # feedparser takes a guid for the link when there is none; a name is no address.
    if link == guid and not re.match(r"(?i)https?://", link) and not link.startswith("/"):
        return ""
    return link


def _detail(entry: Any, name: str, member: str) -> str:
    detail = dict.get(entry, f"{name}_detail")
    return str(detail.get(member) or "") if isinstance(detail, dict) else ""


def _listed(entry: Any, name: str) -> list[Any]:
    """The dictionaries under a name; an element of that very name, which no format has, puts its text there instead."""
    found = dict.get(entry, name)
    return [member for member in found if isinstance(member, dict)] if isinstance(found, list) else []


def _authors(entry: Any, policy: ReadingPolicy) -> Iterator[str]:
    named = [str(author.get("name") or "") for author in _listed(entry, "authors")]
    for name in list(dict.fromkeys(named if any(named) else [str(dict.get(entry, "author") or "")]))[:MOST_AUTHORS]:
        if clean := _BRACKETED.sub(r"\1", plain_line(name, at_most=policy.author).strip(" ,;")):
            yield clean


def _topics(entry: Any, policy: ReadingPolicy) -> Iterator[str]:
    # A label is for people, a term for machines (RFC 4287 §4.2.2).
    terms = (str(tag.get("label") or tag.get("term") or "") for tag in _listed(entry, "tags"))
    found = dict.fromkeys(term for raw in terms if (term := plain_line(raw, at_most=policy.author)))
    yield from list(found)[:MOST_TOPICS]


def _images(entry: Any) -> Iterator[str]:
    for media in [*_listed(entry, "media_content"), *_listed(entry, "media_thumbnail")]:
        if media.get("url") and str(media.get("medium") or media.get("type") or "image").startswith("image"):
            yield str(media["url"])
    for link in _listed(entry, "links"):
        if link.get("rel") == "enclosure" and str(link.get("type") or "").startswith("image"):
            yield str(link.get("href") or "")


def _hints(feed: Any, text: str) -> Hints:
    """When the publisher says to come back (RSS 2.0 ttl, skipHours, skipDays; RSS 1.0 syndication module)."""
    text = text if len(text) <= 2 * _HINTS_WITHIN else text[:_HINTS_WITHIN] + text[-_HINTS_WITHIN:]
    hours, days = _SKIP_HOURS.search(text), _SKIP_DAYS.search(text)
    hints = Hints(
        skip_hours=frozenset(int(n) % 24 for n in re.findall(r"\d{1,2}", hours[1])) if hours else frozenset(),
        skip_days=frozenset(i for i, day in enumerate(_DAYS) if days and day in days[1].lower()),
    )
    ttl = str(feed.get("ttl") or "").strip()
    if ttl.isascii() and ttl.isdigit():
        return replace(hints, ttl=timedelta(minutes=min(int(ttl[:6]), 10_000)))
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    times = str(feed.get("sy_updatefrequency") or "1").strip()
    if period is None or not (times.isascii() and times.isdigit()):
        return hints
    return replace(hints, ttl=timedelta(hours=period) / max(1, int(times[:4])))
