"""What parse asks of the state of record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from worker.news.entry import Entry, Hints
from worker.news.identity import Key
from worker.news.outcome import Outcome
from worker.news.outlet import FeedKind
from worker.news.page import Validators
from worker.news.reason import Reason
from worker.news.schedule import Due, FeedPace
from worker.news.work import Call, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseJob:
    """A feed body to be parsed. `polled_at` tells what this body brought from what was there before."""

    ticket: Ticket
    began_at: datetime
    feed: str
    outlet: str
    url: str
    feed_url: str
    kind: FeedKind
    content_type: str
    body_key: str
    body_hash: bytes
    polled_at: datetime
    validators: Validators
    max_age: timedelta | None
    first_poll: bool
    pace: FeedPace
    redirect_to: str | None
    redirect_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An entry with its keys, sorted; `drop` when it ends here."""

    entry: Entry
    keys: tuple[Key, ...]
    drop: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """The article of each announcement of a slice, and which of these this body brought."""

    articles: tuple[str, ...]
    new: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedBody:
    """All entries are in: the feed's validators are adopted and the next poll is set."""

    title: str
    hints: Hints
    entries: int
    new: int
    truncated: int
    gap: bool
    due: Due
    pace: FeedPace
    adopt_url: str | None
    redirect_to: str | None
    redirect_since: datetime | None
    # The parts of a sitemap index: they become feeds of the outlet.
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenBody:
    """The body could not be read: it is remembered by its hash, its validators are not adopted."""

    reason: Reason
    detail: str
    due: Due
    pace: FeedPace


@dataclass(frozen=True, slots=True, kw_only=True)
class LostBody:
    """The archive has no such body any more: the feed is polled again at once."""


ParseEffect = ParsedBody | BrokenBody | LostBody


class Parses(Protocol):
    """The state side of parse."""

    def begin(self, ticket: Ticket, *, now: datetime) -> ParseJob | None:
        """Take a body to be parsed."""

    def sight(self, job: ParseJob, announcements: Sequence[Announcement], *, now: datetime) -> Sighted | None:
        """File one slice in one transaction, and hold the lease a while longer; filing it again changes nothing."""

    def finish(self, job: ParseJob, effect: ParseEffect, outcome: Outcome, *, now: datetime) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""
