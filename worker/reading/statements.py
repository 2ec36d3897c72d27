"""Where a page states its dates, as raw words with their source, the most trusted first; nothing is read or judged here."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from worker.reading.head import Head, Time
from worker.reading.jsonld import Stated

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
# One element that is both, as blogging systems write it for an article that was never changed, is the publication.
_BOTH_ROLES = re.compile(r"datepublished|(?<![-\w])(?:published|entry-date|pubdate)(?![-\w])")


class Statement(NamedTuple):
    """What is said of a date; `weak` when it may be about something else."""

    source: str  # as in the record
    raw: str
    weak: bool = False


def published_statements(stated: Stated, head: Head, url: str) -> list[Statement]:
    """All that is said of the publication."""
    found = [Statement("json-ld", stated.published)]
    found += [Statement("meta", value) for key in _PUBLISHED_METAS for value in head.metas.get(key, ())[:1]]
    found += [Statement("time", time.raw) for time in head.times if _is_published(time)][:1]
    if dated := _URL_DATE.search(urlsplit(url).path):
        found.append(Statement("url", f"{dated[1]}-{int(dated[3]):02}-{int(dated[4]):02}"))
    # A bare <time> in the article is mostly its date, but may be that of a teaser.
    bare = [time.raw for time in head.times if time.in_article and not _MODIFIED_ROLE.search(time.role)]
    return [*found, *(Statement("time", raw, weak=True) for raw in bare[:1])]


def modified_statements(stated: Stated, head: Head) -> list[Statement]:
    """All that is said of a change."""
    found = [Statement("json-ld", stated.modified)]
    found += [Statement("meta", value) for key in _MODIFIED_METAS for value in head.metas.get(key, ())[:1]]
    changed = (time.raw for time in head.times if _MODIFIED_ROLE.search(time.role) and not _is_published(time))
    return [*found, *(Statement("time", raw) for raw in list(changed)[:1])]


def _is_published(time: Time) -> bool:
    if not _PUBLISHED_ROLE.search(time.role):
        return False
    if not _MODIFIED_ROLE.search(time.role):
        return True
    return bool(_BOTH_ROLES.search(time.role)) and ("datemodified" not in time.role or "datepublished" in time.role)
