"""What extract asks of the state of record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.news.entry import Entry
from worker.news.identity import Key
from worker.news.near import Sketch
from worker.news.outcome import Extracted
from worker.news.outlet import Outlet
from worker.news.page import PageMeta
from worker.news.reason import Reason
from worker.news.record import Block, Change, Line, Record
from worker.news.work import Call, Ticket
from worker.pipeline.state.fetches import End, VisitEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """In which feed an article was announced, and how."""

    feed_url: str
    section: str | None
    entry: Entry
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The revision that stands. `base` is the last one whose change was not minor, when that of this one was."""

    n: int
    change: Change
    at: datetime
    url: str | None  # where its page was
    title: str
    text: str
    text_hash: bytes
    published_at: datetime | None
    blocks: tuple[Block, ...] = ()
    dropped: frozenset[bytes] = frozenset()  # the furniture that was left out of it
    base: Before | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractJob:
    """A page (or only the feed's entry, when `meta` is None) to be made a record of."""

    ticket: Ticket
    began_at: datetime
    article: str
    outlet: Outlet
    requested: str | None
    body_key: str | None
    meta: PageMeta | None
    refused: Reason | None
    discovered_at: datetime
    sightings: tuple[Sighting, ...]
    before: Before | None
    visit: bool
    furniture: frozenset[bytes] = frozenset()  # that is known of the outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A record to be filed with its keys; `identifying` when the text is long enough to stand for the article.

    `whole_hash` is the hash of the text with the furniture that was left out: before it was known, the text had it. `lines` are
    to be counted for the outlet when the article is filed for the first time; None when it has no page of its own. `sketch` is what
    near-identical texts are found by; None when the text is too short.
    """

    record: Record
    keys: tuple[Key, ...]
    text_hash: bytes
    identifying: bool
    next_visit: datetime | None
    whole_hash: bytes | None = None
    lines: tuple[Line, ...] | None = None
    dropped: frozenset[bytes] = frozenset()
    sketch: Sketch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackToFetch:
    """The page is fetched again: the archive has no such body any more, or it only said that the real one comes later."""

    wake_at: datetime


ExtractEffect = NewRevision | VisitEnd | End | BackToFetch


class Extracts(Protocol):
    """The state side of extract."""

    def begin(self, ticket: Ticket, *, now: datetime) -> ExtractJob | None:
        """Take a page to be extracted."""

    def finish(
        self, job: ExtractJob, effect: ExtractEffect, outcome: Extracted, *, now: datetime
    ) -> tuple[Extracted, Sequence[Call]] | None:
        """As everywhere; a `NewRevision` may turn out a `Duplicate` here, or `Dropped` as one that was taken down."""
