"""What fetch asks of the state of record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.news.outcome import FetchedPage
from worker.news.page import PageMeta, Validators
from worker.news.reason import Reason
from worker.news.record import Change
from worker.news.work import Call, Ticket
from worker.pipeline.state.web import HostAnswer, Place, Resume


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchJob:
    """An article whose page is to be fetched; `visit` when it is filed already and is looked at again."""

    ticket: Ticket
    began_at: datetime
    article: str
    requested: str
    homepage: str  # of its outlet
    start: Place
    host: str  # whose slot it holds,
    slot: datetime  # and when that is
    robots_waived: str | None
    tries: int
    visit: bool
    validators: Validators
    discovered_at: datetime
    published_at: datetime | None
    liveblog: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageArrived:
    """A page in the archive, for extract."""

    body_key: str
    meta: PageMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPage:
    """The outlet refused the page; extract tries the feed's own text and drops it for this reason if that is too short."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Try again later: `tried` when the world answered about this very page."""

    wake_at: datetime
    reason: Reason
    detail: str = ""
    tried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnd:
    """A visit is over without a new page: unchanged, gone, blocked, failed, or too soon. `tell` is what the sinks are told of it."""

    result: str
    next_visit: datetime | None
    tell: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The article's outcome is reached: dropped or quarantined."""

    outcome: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameAs:
    """Redirects led to the address of an article that is filed already: this one is its duplicate."""

    of: str
    place: Place


FetchEffect = PageArrived | NoPage | Wait | Resume | VisitEnd | End | SameAs


class Fetches(Protocol):
    """The state side of fetch."""

    def begin(self, ticket: Ticket, *, now: datetime) -> FetchJob | None:
        """Take an article to be fetched."""

    def twin(self, job: FetchJob, url: str) -> str | None:
        """The stored article, older than the job's, that has an address among its keys."""

    def finish(
        self, job: FetchJob, effect: FetchEffect, outcome: FetchedPage, *, answers: Sequence[HostAnswer], now: datetime
    ) -> tuple[FetchedPage, Sequence[Call]] | None:
        """Write what came of it; returns that and what to ring for. A `Duplicate` is `Postponed` when its twin does not stand any more."""
