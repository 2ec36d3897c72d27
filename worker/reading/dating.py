"""When a page was published and changed: every statement about it as a candidate with its source, and the choice among them.

In order of trust: the outlet's rule, JSON-LD, `<meta>`, `<time>` with a role, the address, a bare `<time>` of the article, the
feed; for a page that states no time, the line that shows a date beside the headline; last, htmldate. What is done when they
contradict each other stands in `conflicts`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from htmldate import find_date
from lxml import etree, html

from worker.news.entry import Entry
from worker.news.record import DatedBy, Dates
from worker.pipeline.ports import PageInput
from worker.reading.clean import clean_date, clean_line
from worker.reading.conflicts import Said, choose_first, choose_last, settled
from worker.reading.dates import read_date
from worker.reading.head import Head
from worker.reading.jsonld import Stated
from worker.reading.statements import Statement, modified_statements, published_statements
from worker.reading.visible import shown_date
from worker.reading.zones import NO_HABITS, Habits, habits_of

# Its complaints about a page would go to stderr without a handler.
logging.getLogger("htmldate").addHandler(logging.NullHandler())

# htmldate looks at a page again and again: only at one that is no larger.
_MOST_SEARCHED = 8000  # elements


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """The chosen times, aware UTC, all candidates, and by field (`published_at`) which source the choice is from."""

    published_at: datetime | None = None
    modified_at: datetime | None = None
    dates: Dates = Dates()
    sources: dict[str, str] = field(default_factory=dict)


def read_dates(
    tree: html.HtmlElement,
    said: tuple[str, Stated, Head],
    *,
    page: PageInput,
    now: datetime,
) -> Dated:
    """Choose among all that is said of a page's dates.

    `said` is the raw date that the outlet's rule found (or ""), the JSON-LD and the head of the page.
    """
    ruled, stated, head = said
    habits = habits_of(country=page.country, language=_language(page.language, stated, head), url=page.url)
    fed, fed_changes = _announced(page.announced or Entry(), habits, now=now)
    published = _read([Statement("rules", ruled), *published_statements(stated, head, page.url)], habits, now=now)
    published += fed
    if all(one.by.value is None or one.by.precision == "day" for one in published):
        titles = (head.title, stated.headline, head.first("og:title", "twitter:title"), *head.headings[:1])
        published += _shown(tree, titles, habits=habits, now=now)
    if not any(one.by.value for one in published):
        published += _searched(tree, now=now)
    modified = _read(modified_statements(stated, head), habits, now=now) + fed_changes
    return _dated(published, modified, habits, now=now)


def _language(outlet: str, stated: Stated, head: Head) -> str:
    """The outlet's language, with the region that the page gives it; else the page's."""
    own = [code for code in (head.language, stated.language) if code]
    regional = (code for code in own if outlet and code.lower().startswith(f"{outlet.lower()}-"))
    return next(regional, outlet or next(iter(own), ""))


@dataclass(frozen=True, slots=True)
class _Candidate:
    by: DatedBy
    other: datetime | None = None
    weak: bool = False


def _read(found: Iterable[Statement], habits: Habits, *, now: datetime) -> list[_Candidate]:
    """All statements as candidates, each once, those that can't be read as well."""
    candidates: dict[tuple[str, str], _Candidate] = {}
    for source, raw, weak in found:
        if not raw or (source, raw) in candidates:
            continue
        read = read_date(raw, now=now, habits=habits)
        by = DatedBy(value=None, raw=clean_line(raw, at_most=200), source=source)
        if read is not None:
            by = replace(by, value=read.value, precision=read.precision, tz_assumed=read.tz_assumed)
        candidates[source, raw] = _Candidate(by, read.other if read else None, weak)
    return list(candidates.values())


def read_announced_dates(entry: Entry, *, language: str, url: str, now: datetime) -> Dated:
    """The dates of an article of which only the feed is known; `language` is the outlet's, `url` the article's."""
    published, modified = _announced(entry, habits_of(country="", language=language, url=url), now=now)
    return _dated(published, modified, NO_HABITS, now=now)


def _dated(published: Sequence[_Candidate], modified: Sequence[_Candidate], habits: Habits, *, now: datetime) -> Dated:
    known, changes = settled(_known(published)), settled(_known(modified))
    first = choose_first(known, changes, habits=habits, now=now)
    last = choose_last(changes, first, habits=habits, now=now)
    chosen = {"published_at": first, "modified_at": last}
    return Dated(
        published_at=first.value if first else None,
        modified_at=last.value if last else None,
        dates=Dates(published=_in_place(published, known), modified=_in_place(modified, changes)),
        sources={name: choice.by.source for name, choice in chosen.items() if choice},
    )


def _announced(entry: Entry, habits: Habits, *, now: datetime) -> tuple[list[_Candidate], list[_Candidate]]:
    """What a feed says of publication and change; its words are read again by the outlet's habits, which it did not know."""
    changes = [_Candidate(DatedBy(value=entry.modified_at, raw="", source="feed"))] if entry.modified_at else []
    if entry.published_at is None and not entry.raw_date:
        return [], changes
    again = read_date(entry.raw_date, now=now, habits=habits)
    by = DatedBy(value=entry.published_at, raw=entry.raw_date, source="feed")
    if again is None:
        return [_Candidate(by)], changes
    by = replace(by, value=again.value, precision=again.precision, tz_assumed=again.tz_assumed)
    return [_Candidate(by, again.other)], changes


def _shown(tree: html.HtmlElement, titles: Sequence[str], *, habits: Habits, now: datetime) -> list[_Candidate]:
    shown = shown_date(tree, titles, habits=habits, now=now)
    if shown is None:
        return []
    raw, read = clean_line(shown[0], at_most=200), shown[1]
    by = DatedBy(value=read.value, raw=raw, source="text", precision=read.precision, tz_assumed=read.tz_assumed)
    return [_Candidate(by, read.other, weak=True)]


def _searched(tree: html.HtmlElement, *, now: datetime) -> list[_Candidate]:
    """Htmldate's reading of the visible page, to the day; it is often wrong, and so asked last."""
    if sum(1 for _ in islice(tree.iter(), _MOST_SEARCHED + 1)) > _MOST_SEARCHED:
        return []
    try:
        raw = find_date(tree, original_date=True, extensive_search=False, max_date=now.strftime("%Y-%m-%d"))
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, etree.LxmlError):
        return []
    if not raw:
        return []
    value = clean_date(datetime.strptime(raw, "%Y-%m-%d").replace(tzinfo=UTC), now=now)
    by = DatedBy(value=value, raw=raw, source="htmldate", precision="day", tz_assumed=True)
    return [_Candidate(by, weak=True)]


def _known(candidates: Sequence[_Candidate]) -> list[Said]:
    return [Said(one.by, one.by.value, one.other, one.weak) for one in candidates if one.by.value is not None]


def _in_place(candidates: Sequence[_Candidate], known: Sequence[Said]) -> tuple[DatedBy, ...]:
    """All candidates, with the readings that were settled on."""
    read = iter(known)
    return tuple(one.by if one.by.value is None else next(read).by for one in candidates)
