"""Where an article is now, and when it is looked at again and why, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from worker.store.feedlives import reason_words
from worker.store.waiting import Cause, Waiting, clock

_HOUR = 60  # minutes


def article_now(row: Row[Any], waits: Waiting | None, now: datetime) -> str:
    """Its outcome or what it waits for, and what is next."""
    words = reason_words(row.reason, row.detail)
    if row.outcome is None:
        if waits is not None and waits.reason is not None and waits.reason == row.reason:
            # What the host is paused for is what this article met there: once is enough.
            words = row.detail or ""
        return f"waiting: {waits.words if waits else 'nothing is planned'}" + (f"; {words}" if words else "")
    if row.outcome == "duplicate":
        when = f", since {clock(row.settled_at, now)}" if row.settled_at else ""
        return f"duplicate of {row.duplicate_of}{when}: {words}"
    if row.outcome == "stored":
        return f"stored, revision {row.revision}; {_visits(row, waits, now)}"
    return f"{row.outcome}: {words}"


def _visits(row: Row[Any], waits: Waiting | None, now: datetime) -> str:
    last = f"last visit: {row.visit_result}, {clock(row.visited_at, now)}; " if row.visited_at else ""
    if waits is None or waits.cause is Cause.NOTHING:
        return f"{last}no more visits are planned"
    if waits.cause is Cause.TIME and waits.until is not None:
        return f"{last}next visit {clock(waits.until, now)}, {next_why(row, waits)}"
    return f"{last}{waits.words}"


def next_why(row: Row[Any], waits: Waiting | None) -> str | None:
    """Why an article is looked at again when it is."""
    if waits is None or waits.cause is Cause.NOTHING:
        return None
    if waits.purpose == "manual":
        return "asked for by hand"
    if row.outcome is None:
        return reason_words(row.reason, None) or "it was discovered"
    if waits.until is None or waits.cause is not Cause.TIME:
        return "a visit"
    start = min(row.published_at or row.discovered_at, row.discovered_at)
    since = "published" if row.published_at and row.published_at <= row.discovered_at else "discovered"
    return f"{_span(waits.until - start)} after it was {since}"


def _span(time: timedelta) -> str:
    hours, minutes = divmod(round(time.total_seconds() / 60), _HOUR)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
