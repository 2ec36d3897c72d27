"""All that speaks of an article beside its text, and values with the name of who said them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from lxml import html

from worker.pipeline.ports import PageInput
from worker.reading.head import Head
from worker.reading.jsonld import Stated

# Where a field is from, as the record names it.
JSON_LD, META, MICRODATA, HEADING, DOCUMENT = "json-ld", "meta", "microdata", "heading", "document title"
BYLINE, FEED, RULE, FIGURE = "byline", "feed", "rules", "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that speaks of an article beside its text."""

    tree: html.HtmlElement
    stated: Stated
    head: Head
    page: PageInput
    names: tuple[str, ...]  # of the outlet


_Value_co = TypeVar("_Value_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[_Value_co]):
    """A value and where it is from; the source is empty when there is none."""

    value: _Value_co
    source: str


def outlet_names(stated: Stated, head: Head, url: str) -> tuple[str, ...]:
    """What an outlet calls itself on a page, its host and the name in it."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names = [stated.publisher, head.first("og:site_name"), head.first("application-name", "apple-mobile-web-app-title")]
    labels = host.split(".")
    return tuple(name for name in (*names, host, labels[-2] if len(labels) > 1 else "") if name)
