"""When a run ended as no stage planned: by a bug, for want of memory, or because the row killed its worker again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from worker.news.outcome import PollFailed, Quarantined
from worker.news.page import host_of
from worker.news.policy import PollPolicy
from worker.news.reason import WORDS, Reason
from worker.news.schedule import Due, FeedPace, after_failure, wait_after_failure
from worker.news.work import Kind, Stage, Ticket
from worker.store.database import Database
from worker.store.hosts import wake
from worker.store.ledger import count_poll, fail_feed, feed_rest, note_poll
from worker.store.outcomes import note_run, settle
from worker.store.schema import articles, deliveries, feeds, work
from worker.store.values import Pending, load
from worker.store.visits import end_visit

# A delivery whose run broke by a bug of ours is tried again after this; its sink is not to blame.
DELIVERY_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFailures:
    """The `Failures` port on SQL."""

    database: Database
    poll: PollPolicy = PollPolicy()

    def record(
        self, stage: Stage, tickets: Sequence[Ticket], *, reason: Reason, detail: str, now: datetime, roll: float
    ) -> None:
        """End the rows of a failed run that are still its own."""
        claims = {ticket.work: ticket.claim for ticket in tickets}
        query = select(work).where(work.c.id.in_(list(claims)), work.c.stage == stage, work.c.claimed_at.is_not(None))
        with self.database.write() as c:
            for row in c.execute(query.order_by(work.c.id).with_for_update()).all():
                if row.claim == claims[row.id]:
                    give_up(c, row, reason, detail, policy=self.poll, now=now, roll=roll)


def give_up(
    c: Connection, row: Row[Any], reason: Reason, detail: str, *, policy: PollPolicy, now: datetime, roll: float
) -> None:
    """End a row of `work` that this transaction holds: an article is quarantined, anything else is tried later."""
    detail = detail or WORDS[reason]
    values: dict[str, Any] = {"claimed_at": None, "begun_at": None, "crashes": 0, "wake_at": None}
    match Kind(row.kind):
        case Kind.ARTICLE:
            _end_article(c, row, reason, detail, now)
        case Kind.FEED:
            values |= _put_off_feed(c, row, reason, detail, policy=policy, now=now, roll=roll)
        case Kind.DELIVERY:
            c.execute(update(deliveries).where(deliveries.c.id == row.subject).values(error=f"{reason}: {detail}"))
            values["wake_at"] = now + DELIVERY_WAIT
    c.execute(update(work).where(work.c.id == row.id).values(**values))
    if row.kind == Kind.FEED:
        wake(c, {values["host"]: values["wake_at"]})


def _end_article(c: Connection, row: Row[Any], reason: Reason, detail: str, now: datetime) -> None:
    outcome = c.execute(select(articles.c.outcome).where(articles.c.id == row.subject)).scalar_one()
    if outcome is None:
        settle(c, row.subject, "quarantined", reason=reason, detail=detail, now=now)
    else:
        # A visit never changes an outcome.
        end_visit(c, row.subject, "failed", now=now)
    note_run(
        c,
        row.subject,
        Stage(row.stage),
        Ticket(row.id, row.claim),
        Quarantined(reason, detail),
        began_at=row.begun_at or now,
        now=now,
    )


def _put_off_feed(
    c: Connection, row: Row[Any], reason: Reason, detail: str, *, policy: PollPolicy, now: datetime, roll: float
) -> dict[str, Any]:
    """The feed's body is forgotten, but remembered as broken, and the feed is polled again when its failures allow it."""
    feed = c.execute(select(feeds).where(feeds.c.id == row.subject)).one()
    pace = after_failure(load(FeedPace, feed.pace), reason)
    due: Due = wait_after_failure(pace, now=now, roll=roll, retry_after=None, policy=policy)
    outcome = PollFailed(reason, detail)
    fail_feed(c, feed.id, reason, detail, pace=pace, why=due.reason, now=now)
    count_poll(c, feed.id, now=now, failures=1)
    note_poll(c, feed.id, outcome, now=now, body_key=feed.pending_body)
    broken = bytes.fromhex(load(Pending, feed.pending).body_hash) if feed.pending else feed.broken_hash
    forgotten = {"pending_body": None, "pending": None, "pending_at": None, "broken_hash": broken}
    c.execute(update(feeds).where(feeds.c.id == feed.id).values(**forgotten))
    rest = feed_rest(feed.url, due)
    return {"stage": rest.stage, "wake_at": rest.wake_at, "host": host_of(feed.url), "purpose": rest.purpose}
