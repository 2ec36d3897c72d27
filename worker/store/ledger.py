"""The ledger of polls, by poll where there is news and by day where there is none; and the feed's row between two polls."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, literal, update

from worker.news.outcome import Outcome
from worker.news.page import host_of
from worker.news.reason import Reason
from worker.news.schedule import Due, FeedPace
from worker.news.work import Purpose, Stage
from worker.store.prepared import add_up
from worker.store.rows import Rest
from worker.store.schema import feed_days, feeds, polls
from worker.store.types import UtcTime
from worker.store.values import dump


def feed_rest(url: str, due: Due) -> Rest:
    """A feed's row until its next poll; whatever it was polled for, the next time is the ordinary one."""
    return Rest(stage=Stage.POLL, wake_at=due.at, host=host_of(url), purpose=Purpose.LIVE, tries=0)


def fail_feed(
    c: Connection, feed: UUID, reason: Reason, detail: str, *, pace: FeedPace, why: str, now: datetime
) -> None:
    """Note on the feed that it failed, and since when it has been failing."""
    c.execute(
        update(feeds)
        .where(feeds.c.id == feed)
        .values(
            failures=pace.failures,
            pace=dump(pace),
            error=reason,
            error_detail=detail,
            error_since=func.coalesce(feeds.c.error_since, literal(now, UtcTime)),
            next_why=why,
        )
    )


def count_poll(c: Connection, feed: UUID, *, now: datetime, **counts: int) -> None:
    """Add a poll to its day."""
    statement = add_up(c.dialect.name, feed_days, ("feed_id", "day"), ("polls", *counts))
    c.execute(statement, {"feed_id": feed, "day": now.date(), "polls": 1, **counts})


def note_poll(
    c: Connection,
    feed: UUID,
    outcome: Outcome,
    *,
    now: datetime,
    entries: int = 0,
    gap: bool = False,
    body_key: str | None = None,
) -> None:
    """Write a poll into the ledger: one with news, a failure or a gap."""
    c.execute(
        polls.insert().values(
            feed_id=feed,
            at=now,
            outcome=outcome.name,
            reason=getattr(outcome, "reason", None),
            detail=str(getattr(outcome, "detail", "")),
            entries=entries,
            new=getattr(outcome, "new", 0),
            truncated=getattr(outcome, "truncated", 0),
            gap=gap,
            body_key=body_key,
        )
    )
