"""Sitemaps, news sitemaps and sitemap indexes (sitemaps.org; Google's news and image extensions)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from worker.news.entry import Entry, FeedDocument
from worker.news.errors import Broken
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.clean import clean_line, clean_url
from worker.reading.dates import read_date

# The newest parts of an index that are polled: outlets keep decades in the others.
MOST_CHILDREN = 20


def read_sitemap(text: str, *, url: str, now: datetime, policy: ReadingPolicy) -> FeedDocument:
    """Read a sitemap or an index of sitemaps. Raises `Broken` (UNPARSABLE)."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, remove_comments=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise Broken(Reason.UNPARSABLE, str(error)) from error
    if root is None:
        raise Broken(Reason.UNPARSABLE, "no element")
    warnings = tuple(f"line {error.line}: {error.message}" for error in parser.error_log[:1])
    if _name(root) == "sitemapindex":
        children = tuple(_children(root, url=url, now=now))
        kept = children[:MOST_CHILDREN]
        return FeedDocument(
            format="sitemap-index", children=kept, truncated=len(children) - len(kept), warnings=warnings
        )
    listed = [element for element in root if _name(element) == "url"]
    entries = tuple(_entry(element, url=url, now=now, policy=policy) for element in listed[: policy.max_entries])
    truncated = max(0, len(listed) - policy.max_entries)
    return FeedDocument(format="sitemap", entries=entries, truncated=truncated, warnings=warnings)


def _children(root: etree._Element, *, url: str, now: datetime) -> Iterator[str]:
    """The parts of an index, newest first; those without a date keep their order at the end."""
    dated: list[tuple[float, str]] = []
    for element in root:
        child = clean_url(_below(element, "loc"), base=url)
        if child is not None:
            changed = read_date(_below(element, "lastmod"), now=now)
            dated.append((-changed.value.timestamp() if changed else 0.0, child))
    yield from dict.fromkeys(child for _, child in sorted(dated, key=lambda pair: pair[0]))


def _entry(element: etree._Element, *, url: str, now: datetime, policy: ReadingPolicy) -> Entry:
    link = _below(element, "loc")
    raw_date = _below(element, "publication_date") or _below(element, "lastmod")
    published, modified = read_date(raw_date, now=now), read_date(_below(element, "lastmod"), now=now)
    keywords = _below(element, "keywords")
    image = next((clean_url(_text(loc), base=url) for loc in element.iter("{*}loc") if "image" in loc.tag), None)
    return Entry(
        url=clean_url(link, base=url) if link else None,
        raw_link=clean_line(link, at_most=policy.url),
        title=clean_line(_below(element, "title"), at_most=policy.title),
        topics=tuple(word for raw in keywords.split(",") if (word := clean_line(raw, at_most=policy.author))),
        image=image,
        language=clean_line(_below(element, "language"), at_most=35) or None,
        published_at=published.value if published else None,
        modified_at=modified.value if modified else None,
        raw_date=clean_line(raw_date, at_most=100),
    )


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _below(element: etree._Element, name: str) -> str:
    """The text of the first element of a name, at any depth."""
    found = next(element.iter(f"{{*}}{name}"), None)
    return "" if found is None else _text(found)


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()
