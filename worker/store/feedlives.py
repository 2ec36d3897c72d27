"""The life of a feed: how its polls went, what they brought, and when it is polled next. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from worker.news.reason import WORDS, Reason
from worker.store.schema import feed_days, polls

POLLS_SHOWN = 20
DAYS_SHOWN = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PollLine:
    """One poll of the ledger: one with news, a failure or a gap."""

    at: datetime
    outcome: str
    reason: str | None
    entries: int
    new: int
    truncated: int
    gap: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDay:
    """All polls of a day (UTC), added up."""

    day: date
    polls: int
    nothing_new: int
    failures: int
    entries: int
    new: int
    truncated: int


def polls_of(c: Connection, feed: Row[Any]) -> tuple[PollLine, ...]:
    """The last polls that are told one by one, oldest first."""
    query = select(polls).where(polls.c.feed_id == feed.id).order_by(polls.c.at.desc(), polls.c.id.desc())
    return tuple(reversed([_line(row) for row in c.execute(query.limit(POLLS_SHOWN))]))


def _line(row: Row[Any]) -> PollLine:
    return PollLine(
        at=row.at,
        outcome=row.outcome,
        reason=row.reason,
        entries=row.entries,
        new=row.new,
        truncated=row.truncated,
        gap=row.gap,
        words=_poll_words(row),
    )


def _poll_words(row: Row[Any]) -> str:
    if row.outcome == "parsed":
        gap = "; a gap: items may have been lost" if row.gap else ""
        cut = f"; {row.truncated} beyond the cap were not read" if row.truncated else ""
        return f"polled: {row.entries} entries, {row.new} new{gap}{cut}"
    return f"poll {row.outcome}: {reason_words(row.reason, row.detail)}"


def days_of(c: Connection, feed: Row[Any], *, now: datetime) -> tuple[FeedDay, ...]:
    """The last days, oldest first; a day without a poll is not there."""
    since = now.date() - timedelta(days=DAYS_SHOWN - 1)
    query = select(feed_days).where(feed_days.c.feed_id == feed.id, feed_days.c.day >= since)
    return tuple(
        FeedDay(
            day=row.day,
            polls=row.polls,
            nothing_new=row.nothing_new,
            failures=row.failures,
            entries=row.entries,
            new=row.new,
            truncated=row.truncated,
        )
        for row in c.execute(query.order_by(feed_days.c.day))
    )


def reason_words(reason: str | None, detail: str | None) -> str:
    """Why, in words; the detail stands in brackets, of a traceback what it says last."""
    words = WORDS[Reason(reason)] if reason else ""
    detail = detail.strip().rsplit("\n", 1)[-1].strip() if detail else None
    return f"{words} ({detail})" if words and detail else words or detail or ""
