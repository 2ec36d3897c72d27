"""The engines that are measured, each behind the same call: a page in, what it found out.

Copydesk needs nothing that the service does not need. The others are optional: newspaper4k and readability-lxml come with
`pip install -e '.[bench]'`. All but Copydesk get the page as they like it best: bytes, or text that resiliparse decoded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module

import trafilatura
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from trafilatura.settings import Document

from bench.limits import OutOfTime, no_network, time_limit
from worker.news.policy import Quality, ReadingPolicy
from worker.pipeline.ports import PageInput
from worker.reading.pages import TrafilaturaReader

LONGEST = 60.0  # seconds a page
COPYDESK, BARE = "copydesk", "trafilatura_metadata"
TEXT, TITLE, DAY, AUTHORS, LANGUAGE = "text", "title", "day", "authors", "language"
# No recorded page is younger: dates after it are in the future.
_NOW = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an engine gets to see: nothing of the truth."""

    url: str
    body: bytes
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an engine makes of a page. `raw_date` is what `published_at` was read from, `note` is for people."""

    text: str = ""
    title: str = ""
    authors: Sequence[str] = ()
    published_at: datetime | None = None
    raw_date: str = ""
    language: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine by its name in JSON and in tables, with what it can tell of a page."""

    name: str
    label: str
    tells: frozenset[str]
    read: Callable[[Page], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One page read by one engine. `found` is None where it refused, failed, ran out of time or found no text."""

    found: Found | None
    milliseconds: float  # of CPU
    error: str = ""


def attempt(engine: Engine, page: Page, *, seconds: float = LONGEST) -> Attempt:
    """Let an engine read a page, off the network and within a time."""
    found, error = None, ""
    began = time.process_time()
    try:
        with no_network(), time_limit(seconds):
            found = engine.read(page)
    # No engine promises anything about its exceptions, and a page that fails is a result.
    except (Exception, OutOfTime) as problem:  # noqa: BLE001
        error = f"{type(problem).__name__}: {problem}"
    taken = (time.process_time() - began) * 1000
    if found is not None and not found.text.strip():
        found, error = None, "no text"
    return Attempt(found=found, milliseconds=taken, error=error)


def engines(wanted: Sequence[str], *, quality: Quality) -> tuple[list[Engine], list[str]]:
    """Those of the wanted engines that are installed, and the names of those that are not."""
    there, missing = [], []
    for name in wanted:
        try:
            there.append(copydesk(quality) if name == COPYDESK else OTHERS[name]())
        except ImportError:
            missing.append(name)
    return there, missing


def copydesk(quality: Quality = Quality.NORMAL) -> Engine:
    """Our own, as for a page of an outlet that nothing is known of: no feed, no rules, no language."""
    reader = TrafilaturaReader(policy=ReadingPolicy(quality=quality))

    def read(page: Page) -> Found:
        given = PageInput(body=page.body, url=page.url, content_type=page.content_type, language="")
        reading = reader.read(given, now=_NOW)
        dated = next((by for by in reading.dates.published if by.value == reading.published_at), None)
        return Found(
            text=reading.text,
            title=reading.title,
            authors=reading.authors,
            published_at=reading.published_at,
            raw_date=dated.raw if dated else "",
            language=reading.language.code if reading.language else None,
            note=f"{reading.extraction.engine} {reading.extraction.sources}",
        )

    tells = frozenset({TEXT, TITLE, DAY, AUTHORS, LANGUAGE})
    return Engine(name=COPYDESK, label=f"Copydesk ({quality})", tells=tells, read=read)


def trafilatura_text() -> Engine:
    """The text of trafilatura alone, without comments."""

    def read(page: Page) -> Found:
        document = _bare(page, with_metadata=False)
        return Found(text=document.text or "") if document else Found()

    return Engine(name="trafilatura", label="trafilatura", tells=frozenset({TEXT}), read=read)


def trafilatura_metadata() -> Engine:
    """Plain trafilatura as a service would run it: the text, and all the metadata that it knows."""

    def read(page: Page) -> Found:
        document = _bare(page, with_metadata=True)
        if document is None:
            return Found()
        return Found(
            text=document.text or "",
            title=document.title or "",
            authors=[name for name in (document.author or "").split("; ") if name],
            published_at=datetime.fromisoformat(document.date).replace(tzinfo=UTC) if document.date else None,
            raw_date=document.date or "",
        )

    return Engine(name=BARE, label="trafilatura, metadata", tells=frozenset({TEXT, TITLE, DAY, AUTHORS}), read=read)


def _bare(page: Page, *, with_metadata: bool) -> Document | None:
    document = trafilatura.bare_extraction(page.body, url=page.url, include_comments=False, with_metadata=with_metadata)
    return document if isinstance(document, Document) else None


def newspaper4k() -> Engine:
    """newspaper4k; it is given the page, and its pictures are not looked at."""
    newspaper = import_module("newspaper")

    def read(page: Page) -> Found:
        article = newspaper.Article(page.url, fetch_images=False)
        article.download(input_html=_decoded(page.body))
        article.parse()
        published = article.publish_date
        if not isinstance(published, datetime):
            published = None
        elif published.tzinfo is None:
            published = published.replace(tzinfo=UTC)
        return Found(
            text=article.text or "",
            title=article.title or "",
            authors=article.authors or (),
            published_at=published and published.astimezone(UTC),
            # The day as the page has it counts as well.
            raw_date=published.isoformat() if published else "",
            language=article.meta_lang or None,
        )

    tells = frozenset({TEXT, TITLE, DAY, AUTHORS, LANGUAGE})
    return Engine(name="newspaper4k", label="newspaper4k", tells=tells, read=read)


def readability() -> Engine:
    """readability-lxml, and the text of the HTML that it returns."""
    document = import_module("readability").Document

    def read(page: Page) -> Found:
        summary = document(_decoded(page.body), url=page.url or None).summary(html_partial=True)
        return Found(text=extract_plain_text(summary, list_bullets=False, alt_texts=False))

    return Engine(name="readability", label="readability-lxml", tells=frozenset({TEXT}), read=read)


def resiliparse() -> Engine:
    """The main content that resiliparse finds."""

    def read(page: Page) -> Found:
        text = extract_plain_text(_decoded(page.body), main_content=True, list_bullets=False, alt_texts=False)
        return Found(text=text)

    return Engine(name="resiliparse", label="resiliparse", tells=frozenset({TEXT}), read=read)


def _decoded(body: bytes) -> str:
    return bytes_to_str(body, detect_encoding(body, from_html_meta=True) or "utf-8")


OTHERS: Mapping[str, Callable[[], Engine]] = {
    "trafilatura": trafilatura_text,
    BARE: trafilatura_metadata,
    "newspaper4k": newspaper4k,
    "readability": readability,
    "resiliparse": resiliparse,
}
NAMES = (COPYDESK, *OTHERS)
