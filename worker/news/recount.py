"""When the funnel is counted again from the articles, and which of its days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

# Every night at this time (UTC), when the desks are quiet.
NIGHT = time(3, 30)
# Older days are left alone.
DAYS_BACK = 35
# A run writes its outcome a while after the moment that it gives it.
LATE = timedelta(hours=1)


def recount_due(last: datetime | None, *, now: datetime) -> bool:
    """Whether the last night's count is still to be done; `last` is when the last one was. A night that was missed is made up for."""
    night = datetime.combine(now.date(), NIGHT, tzinfo=UTC)
    if night > now:
        night -= timedelta(days=1)
    return last is None or last < night


def days_to_look_at(wrong: frozenset[date], *, now: datetime) -> tuple[date, ...]:
    """The last days, oldest first and today last; and older ones that did not add up."""
    recent = {now.date() - timedelta(days=back) for back in range(DAYS_BACK)}
    return tuple(sorted(recent | {day for day in wrong if day <= now.date()}))


def settled_for_good(day: date, checked_at: datetime) -> bool:
    """Whether a day was over when it was counted, so that only what changed since then can have changed it."""
    return checked_at >= day_begins(day + timedelta(days=1)) + LATE


def day_begins(day: date) -> datetime:
    """The first moment of a day (UTC)."""
    return datetime.combine(day, time(0), tzinfo=UTC)
