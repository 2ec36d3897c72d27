"""What PostgreSQL and a reader downstream can take: asked of all that comes out of the readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ADDRESSES = frozenset(
    {"url", "image", "canonical", "amp", "href", "live_blog", "feeds", "children", "feed", "home", "tdm_policy"}
)
_LINES = frozenset(
    {
        *("title", "authors", "topics", "guid", "raw_link", "raw_date", "section", "language", "name", "code"),
        *("directives", "raw", "warnings"),
    }
)
_LONGEST = {
    "title": 1000,
    "authors": 500,
    "topics": 500,
    "guid": 2048,
    "raw_link": 2048,
    "language": 35,
    "raw_date": 100,
}
_MOST = {
    "authors": 200,
    "topics": 200,
    "images": 100,
    "entries": 2000,
    "children": 20,
    "links": 10_000,
    "related": 10_000,
}
_LONGEST_TEXT = 1_000_000


def unfit(value: object, name: str = "") -> Iterator[str]:
    """What is wrong with a value and all that is in it."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from unfit(getattr(value, field.name), field.name)
    elif isinstance(value, (tuple, list)):
        if len(value) > _MOST.get(name, 200_000):
            yield f"{name}: {len(value)} of them"
        for member in value:
            yield from unfit(member, name)
    elif isinstance(value, str):
        yield from (f"{name}: {what}: {value[:80]!r}" for what in _unfit_text(value, name))
    elif (
        isinstance(value, datetime) and not (value.tzinfo is not None and EARLIEST <= value <= NOW + timedelta(days=1))
    ) or (isinstance(value, int) and abs(value) >= 1 << 31):
        yield f"{name}: {value}"


def _unfit_text(text: str, name: str) -> Iterator[str]:
    if _CONTROLS.search(text):
        yield "a control character"
    if name in _LINES and "\n" in text:
        yield "a line end"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        yield "a lone surrogate"
    if len(text) > _LONGEST.get(name, _LONGEST_TEXT):
        yield f"{len(text)} letters"
    if name in _ADDRESSES:
        yield from _unfit_address(text)


def _unfit_address(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield "no web address"
    if "@" in parts.netloc:
        yield "a user"
    if len(url) > 2048 or not url.isascii() or " " in url:
        yield "not as addresses are sent"
