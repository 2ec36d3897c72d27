"""When a page was published and changed: every statement about it as a candidate, and the choice among them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from htmldate import find_date
from lxml import etree, html

from worker.news.entry import Entry
from worker.news.record import DatedBy, Dates
from worker.pipeline.ports import PageInput
from worker.reading.clean import clean_date, clean_line
from worker.reading.dates import read_date
from worker.reading.head import Head, Time
from worker.reading.jsonld import Stated

# Its complaints about a page would go to stderr without a handler.
logging.getLogger("htmldate").addHandler(logging.NullHandler())

# By how much they are trusted; the last ones are often the time at which the page was rendered.
_PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "article:published", "datepublished", "parsely-pub-date",
    "cxenseparse:recs:publishtime", "cxenseparse:recs:published_time", "bt:pubdate", "article.published",
    "article_date_original", "sailthru.date", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created",
    "pubdate", "pub_date", "publishdate", "publish-date", "publish_date", "published_at", "published", "pdate",
    "rnews:datepublished", "article:post_date", "article.created", "datecreated", "dc.date", "dcterms.date", "date",
)  # fmt: skip
_MODIFIED_METAS = (
    "article:modified_time", "og:article:modified_time", "article:modified", "datemodified", "og:updated_time",
    "bt:moddate", "article.updated", "article_date_updated", "dc.date.modified", "dcterms.modified", "last-modified",
)  # fmt: skip
_URL_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_.-]?)(0?[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01]|[1-9](?=/))(?!\d)")
_PUBLISHED_ROLE = re.compile(
    r"datepublished|datecreated|pubdate|publish|created|entry-date|posted|byline|timestamp|^date"
)
_MODIFIED_ROLE = re.compile(r"datemodified|modif|updat|aktualis|actuali|atualiz")
_FINER = {"second": 0, "minute": 1, "day": 2}
# A day and a time of the same moment can be this far apart, in two time zones.
_SAME_MOMENT = timedelta(hours=38)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """The chosen times, aware UTC, and all candidates."""

    published_at: datetime | None = None
    modified_at: datetime | None = None
    dates: Dates = Dates()


def read_dates(
    tree: html.HtmlElement,
    said: tuple[str, Stated, Head],
    *,
    page: PageInput,
    now: datetime,
) -> Dated:
    """Choose among an outlet's rule, JSON-LD, meta, `<time>`, the address, the feed, and last htmldate's search.

    `said` is the raw date that the outlet's rule found (or ""), the JSON-LD and the head of the page.
    """
    ruled, stated, head = said
    url = page.url
    fed = announced_dates(page.announced) if page.announced else Dates()
    published = [*_candidates([("rules", ruled), *_published(stated, head, url)], now=now), *fed.published]
    if not any(candidate.value for candidate in published):
        published += _searched(tree, now=now)
    modified = [*_candidates(_modified(stated, head), now=now), *fed.modified]
    first = _choose(published)
    last = _choose(modified)
    if last and first and last < first:
        last = None
    dates = Dates(published=tuple(published), modified=tuple(modified))
    return Dated(published_at=first, modified_at=last, dates=dates)


def _published(stated: Stated, head: Head, url: str) -> Iterable[tuple[str, str]]:
    yield "json-ld", stated.published
    for key in _PUBLISHED_METAS:
        for value in head.metas.get(key, ())[:1]:
            yield "meta", value
    yield from (("time", time.raw) for time in _times(head.times, _PUBLISHED_ROLE, unless=_MODIFIED_ROLE))
    if found := _URL_DATE.search(urlsplit(url).path):
        yield "url", f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}"
    # A bare <time> in the article is mostly its date, but may be that of a teaser.
    bare = [time.raw for time in head.times if time.in_article and not _MODIFIED_ROLE.search(time.role)]
    yield from (("time", raw) for raw in bare[:1])


def _modified(stated: Stated, head: Head) -> Iterable[tuple[str, str]]:
    yield "json-ld", stated.modified
    for key in _MODIFIED_METAS:
        for value in head.metas.get(key, ())[:1]:
            yield "meta", value
    yield from (("time", time.raw) for time in _times(head.times, _MODIFIED_ROLE))


def _times(times: Sequence[Time], role: re.Pattern[str], unless: re.Pattern[str] | None = None) -> Sequence[Time]:
    fit = [time for time in times if role.search(time.role) and not (unless and unless.search(time.role))]
    return fit[:1]


def _candidates(found: Iterable[tuple[str, str]], *, now: datetime) -> list[DatedBy]:
    candidates = []
    for source, raw in dict.fromkeys((source, raw) for source, raw in found if raw):
        read = read_date(raw, now=now)
        candidate = DatedBy(value=None, raw=clean_line(raw, at_most=200), source=source)
        if read is not None and read.value is not None:
            candidate = replace(candidate, value=read.value, precision=read.precision, tz_assumed=read.tz_assumed)
        candidates.append(candidate)
    return candidates


def announced_dates(entry: Entry) -> Dates:
    """The dates that a feed's entry names."""

    def stated(value: datetime | None) -> tuple[DatedBy, ...]:
        return (DatedBy(value=value, raw=entry.raw_date, source="feed"),) if value else ()

    return Dates(published=stated(entry.published_at), modified=stated(entry.modified_at))


def _searched(tree: html.HtmlElement, *, now: datetime) -> list[DatedBy]:
    """Htmldate's reading of the visible page, to the day; it is often wrong, and so asked last."""
    try:
        raw = find_date(tree, original_date=True, extensive_search=False, max_date=now.strftime("%Y-%m-%d"))
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, etree.LxmlError):
        return []
    value = clean_date(datetime.strptime(raw, "%Y-%m-%d").replace(tzinfo=UTC), now=now) if raw else None
    return [DatedBy(value=value, raw=raw, source="htmldate", precision="day", tz_assumed=True)] if raw else []


def _choose(candidates: Sequence[DatedBy]) -> datetime | None:
    """The best candidate's value, or that of a finer one which means the same moment."""
    known = [candidate for candidate in candidates if candidate.value is not None]
    if not known:
        return None
    best = known[0]
    for other in known[1:]:
        same = best.value is not None and other.value is not None and abs(other.value - best.value) <= _SAME_MOMENT
        if best.precision == "day" and _FINER[other.precision] < _FINER["day"] and same:
            return other.value
    return best.value
