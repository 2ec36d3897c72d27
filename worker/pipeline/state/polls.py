"""What poll asks of the state of record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from worker.news.entry import Hints
from worker.news.outcome import Outcome
from worker.news.page import Validators
from worker.news.reason import Reason
from worker.news.schedule import Due, FeedPace
from worker.news.work import Call, Ticket
from worker.pipeline.state.web import HostAnswer, Place, Resume


@dataclass(frozen=True, slots=True, kw_only=True)
class PollJob:
    """A feed to be polled."""

    ticket: Ticket
    began_at: datetime
    feed: str
    url: str
    validators: Validators
    distrusted: bool
    body_hash: bytes | None
    broken_hash: bytes | None
    pace: FeedPace
    hints: Hints
    redirect_to: str | None
    redirect_since: datetime | None
    host: str  # whose slot it holds,
    slot: datetime  # and when that is
    robots_waived: str | None
    resume: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietPoll:
    """Nothing new: when to come back."""

    due: Due
    pace: FeedPace
    validators: Validators | None = None
    distrust: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshBody:
    """A new body for parse, kept in the archive."""

    body_key: str
    body_hash: bytes
    url: str
    content_type: str
    validators: Validators
    max_age: timedelta | None
    redirect_to: str | None  # where a permanent redirect led
    pace: FeedPace
    # Validators that held while the body changed: they lie.
    distrust: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPoll:
    """No body, or a broken one: when to try again."""

    reason: Reason
    detail: str
    due: Due
    pace: FeedPace


PollEffect = QuietPoll | FreshBody | FailedPoll | Resume


class Polls(Protocol):
    """The state side of poll."""

    def begin(self, ticket: Ticket, *, now: datetime) -> PollJob | None:
        """Take a feed to be polled."""

    def finish(
        self, job: PollJob, effect: PollEffect, outcome: Outcome, *, answers: Sequence[HostAnswer], now: datetime
    ) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""
