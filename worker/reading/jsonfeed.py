"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from worker.news.entry import Entry, FeedDocument
from worker.news.errors import Broken
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.clean import clean_line, clean_url
from worker.reading.dates import read_date
from worker.reading.plain import plain_line, plain_text

# No entry needs more.
_MOST_AUTHORS, _MOST_TOPICS = 30, 50
_LONGEST_LANGUAGE = 35
_LONGEST_NUMBER = 40
# A string is one token, closed or not, so that what is in it does not count.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_DEEPEST = 64


def read_json_feed(text: str, *, url: str, now: datetime, policy: ReadingPolicy) -> FeedDocument:
    """Read a JSON Feed. Raises `Broken` (UNPARSABLE, NOT_A_FEED)."""
    found = _load(text)
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise Broken(Reason.NOT_A_FEED, "JSON without a list of items")
    listed = [item for item in items if isinstance(item, dict)]
    return FeedDocument(
        format="json",
        title=clean_line(_text(found, "title"), at_most=policy.title),
        language=clean_line(_text(found, "language"), at_most=_LONGEST_LANGUAGE) or None,
        entries=tuple(_entry(item, url=url, now=now, policy=policy) for item in listed[: policy.max_entries]),
        truncated=max(0, len(listed) - policy.max_entries),
        warnings=("odd items",) if len(listed) < len(items) else (),
    )


def _load(text: str) -> Any:
    """Read JSON, however deep: what is nested deeper than any feed is left out, and what stands beside it is kept."""
    for attempt in (str, _shallow):
        try:
            return json.loads(attempt(text), parse_int=_number)
        except RecursionError:
            continue
        except ValueError as error:
            raise Broken(Reason.UNPARSABLE, f"JSON: {error}") from error
    raise Broken(Reason.UNPARSABLE, "JSON: nested too deep")


def _number(digits: str) -> int | str:
    """An id that is a number; one of thousands of digits is left as it stands, for the library refuses it (CVE-2020-10735)."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _shallow(text: str) -> str:
    """The same document with `null` for all that is nested too deep."""
    kept: list[str] = []
    depth = at = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _DEEPEST:
                kept.append(text[at : token.start()])
        elif token[0] in "]}":
            if depth == _DEEPEST:
                kept.append("null")
                at = token.end()
            depth -= 1
    return "".join([*kept, text[at:] if depth < _DEEPEST else ""])


def _entry(item: Mapping[str, Any], *, url: str, now: datetime, policy: ReadingPolicy) -> Entry:
    link = _text(item, "url") or _text(item, "external_url")
    raw_date = _text(item, "date_published") or _text(item, "date_modified")
    published, modified = read_date(raw_date, now=now), read_date(_text(item, "date_modified"), now=now)
    content = _text(item, "content_html") or _text(item, "content_text")
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    names = (_text(author, "name") for author in authors or [] if isinstance(author, dict))
    tags = item.get("tags") if isinstance(item.get("tags"), list) else []
    return Entry(
        url=clean_url(link, base=url) if link else None,
        raw_link=clean_line(link, at_most=policy.url),
        guid=clean_line(_text(item, "id"), at_most=policy.url) or None,
        title=plain_line(_text(item, "title"), at_most=policy.title),
        summary=plain_text(_text(item, "summary"), at_most=policy.text),
        content=plain_text(content, at_most=policy.text),
        authors=_few((clean_line(name, at_most=policy.author) for name in names), _MOST_AUTHORS),
        topics=_few(
            (clean_line(tag, at_most=policy.author) for tag in tags or [] if isinstance(tag, str)), _MOST_TOPICS
        ),
        image=clean_url(_text(item, "image") or _text(item, "banner_image"), base=url),
        language=clean_line(_text(item, "language"), at_most=_LONGEST_LANGUAGE) or None,
        published_at=published.value if published else None,
        modified_at=modified.value if modified else None,
        raw_date=clean_line(raw_date, at_most=100),
    )


def _few(words: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(islice((word for word in words if word), most))


def _text(item: Mapping[str, Any], name: str) -> str:
    """A member as text: ids are numbers now and then."""
    value = item.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
