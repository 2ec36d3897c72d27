"""Sitemaps, news sitemaps and sitemap indexes (sitemaps.org; Google's news and image extensions)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from lxml import etree

from worker.news.entry import Entry, FeedDocument
from worker.news.errors import Broken
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.clean import clean_line, clean_url
from worker.reading.dates import read_date

# The newest parts of an index that are polled: outlets keep decades in the others.
MOST_CHILDREN = 20
# A sitemap, or an index of them, has no more (sitemaps.org).
_MOST_LISTED = 50_000
_MOST_TOPICS = 50


def read_sitemap(text: str, *, url: str, now: datetime, policy: ReadingPolicy) -> FeedDocument:
    """Read a sitemap or an index of sitemaps. Raises `Broken` (UNPARSABLE)."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, remove_comments=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise Broken(Reason.UNPARSABLE, clean_line(str(error), at_most=200)) from error
    if root is None:
        raise Broken(Reason.UNPARSABLE, "no element")
    complaints = [f"line {error.line}: {error.message}" for error in parser.error_log[:1]]
    warnings = tuple(clean_line(complaint, at_most=200) for complaint in complaints)
    if _name(root) == "sitemapindex":
        children = tuple(_children(root, url=url, now=now))
        kept = children[:MOST_CHILDREN]
        return FeedDocument(
            format="sitemap-index",
            children=kept,
            truncated=len(children) - len(kept) + max(0, len(root) - _MOST_LISTED),
            warnings=warnings,
        )
    listed = [element for element in root if _name(element) == "url"]
    entries = tuple(_entry(element, url=url, now=now, policy=policy) for element in listed[: policy.max_entries])
    truncated = max(0, len(listed) - policy.max_entries)
    return FeedDocument(format="sitemap", entries=entries, truncated=truncated, warnings=warnings)


def _children(root: etree._Element, *, url: str, now: datetime) -> Iterator[str]:
    """The parts of an index, newest first; those without a date keep their order at the end."""
    dated: list[tuple[float, str]] = []
    for element in islice(root, _MOST_LISTED):
        child = clean_url(_below(element, "loc"), base=url)
        if child is not None:
            changed = read_date(_below(element, "lastmod"), now=now)
            dated.append((-changed.value.timestamp() if changed else 0.0, child))
    yield from dict.fromkeys(child for _, child in sorted(dated, key=lambda pair: pair[0]))


def _entry(element: etree._Element, *, url: str, now: datetime, policy: ReadingPolicy) -> Entry:
    # Pictures and videos of the page have places, titles and dates of their own.
    news = _child(element, "news")
    link, changed = _below(element, "loc"), _below(element, "lastmod")
    raw_date = _below(news, "publication_date") or changed
    published, modified = read_date(raw_date, now=now), read_date(changed, now=now)
    image = _below(_child(element, "image"), "loc")
    return Entry(
        url=clean_url(link, base=url) if link else None,
        raw_link=clean_line(link, at_most=policy.url),
        title=clean_line(_below(news, "title"), at_most=policy.title),
        topics=tuple(
            word
            for raw in _below(news, "keywords").split(",", maxsplit=_MOST_TOPICS)[:_MOST_TOPICS]
            if (word := clean_line(raw, at_most=policy.author))
        ),
        image=clean_url(image, base=url),
        language=clean_line(_below(_child(news, "publication"), "language"), at_most=35) or None,
        published_at=published.value if published else None,
        modified_at=modified.value if modified else None,
        raw_date=clean_line(raw_date, at_most=100),
    )


def _name(element: etree._Element) -> str:
    """The name without its namespace or its prefix, declared or not; of what is no element, none."""
    tag: Any = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    """The first child of a name, in whatever namespace."""
    return None if element is None else next((child for child in element if _name(child) == name), None)


def _below(element: etree._Element | None, name: str) -> str:
    """The text of the first child of a name."""
    found = _child(element, name)
    return "" if found is None else (found.text or "").strip()
