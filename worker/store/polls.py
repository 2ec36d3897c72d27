"""The state side of poll: which feed, what it answered, when it is due again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, case, select, update

from worker.news.entry import Hints
from worker.news.outcome import Outcome
from worker.news.page import Validators, host_of
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.schedule import FeedPace
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.state import FailedPoll, FreshBody, HostAnswer, PollEffect, PollJob, QuietPoll
from worker.store.database import Database
from worker.store.hosts import claim_next, note_answer, wake
from worker.store.ledger import count_poll, fail_feed, feed_rest, note_poll
from worker.store.rows import Calls, Rest, begin_row, hand_over, rest_row
from worker.store.schema import feeds
from worker.store.values import Pending, dump, load


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlPolls:
    """The `Polls` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()
    host: HostPolicy = HostPolicy()

    def begin(self, ticket: Ticket, *, now: datetime) -> PollJob | None:
        """Take a feed to be polled."""
        with self.database.write() as c:
            row = begin_row(c, ticket, Stage.POLL, now=now, lease=self.lease)
            if row is None:
                return None
            feed = c.execute(select(feeds).where(feeds.c.id == row.subject)).one()
            if not feed.enabled:
                # It was disabled while it was under way: nothing is planned for it any more.
                rest_row(c, ticket, Stage.POLL, Rest(stage=Stage.POLL, wake_at=None, host=row.host))
                return None
        return _job(ticket, feed, now)

    def finish(
        self, job: PollJob, effect: PollEffect, outcome: Outcome, *, host: HostAnswer, now: datetime
    ) -> Sequence[Call] | None:
        """Write what a poll brought."""
        calls = Calls()
        with self.database.write() as c:
            if not self._write(c, job, effect, outcome, calls, now):
                return None
            note_answer(c, host, now=now, policy=self.host)
            claim_next(c, host_of(job.url), calls, now=now, policy=self.host, lease=self.lease)
        return calls.messages()

    def _write(
        self, c: Connection, job: PollJob, effect: PollEffect, outcome: Outcome, calls: Calls, now: datetime
    ) -> bool:
        feed = UUID(job.feed)
        match effect:
            case FreshBody():
                if not hand_over(c, job.ticket, Stage.POLL, Stage.PARSE, calls, now=now, lease=self.lease):
                    return False
                _keep_pending(c, feed, effect, now)
            case QuietPoll():
                if not rest_row(c, job.ticket, Stage.POLL, feed_rest(job.url, effect.due)):
                    return False
                _quiet(c, feed, effect, now)
                count_poll(c, feed, now=now, nothing_new=1)
                wake(c, {host_of(job.url): effect.due.at})
            case FailedPoll():
                if not rest_row(c, job.ticket, Stage.POLL, feed_rest(job.url, effect.due)):
                    return False
                c.execute(update(feeds).where(feeds.c.id == feed).values(polls=feeds.c.polls + 1, polled_at=now))
                fail_feed(c, feed, effect.reason, effect.detail, pace=effect.pace, why=effect.due.reason, now=now)
                count_poll(c, feed, now=now, failures=1)
                note_poll(c, feed, outcome, now=now)
                wake(c, {host_of(job.url): effect.due.at})
        return True


def _job(ticket: Ticket, feed: Row[Any], now: datetime) -> PollJob:
    return PollJob(
        ticket=ticket,
        began_at=now,
        feed=str(feed.id),
        url=feed.url,
        validators=Validators(etag=feed.etag, last_modified=feed.last_modified),
        distrusted=feed.distrusted,
        body_hash=feed.body_hash,
        broken_hash=feed.broken_hash,
        pace=load(FeedPace, feed.pace),
        hints=load(Hints, feed.hints),
        redirect_to=feed.redirect_to,
        redirect_since=feed.redirect_since,
    )


def _keep_pending(c: Connection, feed: UUID, body: FreshBody, now: datetime) -> None:
    pending = Pending(
        url=body.url,
        content_type=body.content_type,
        body_hash=body.body_hash.hex(),
        validators=body.validators,
        max_age=body.max_age,
        redirect_to=body.redirect_to,
    )
    values: dict[str, Any] = {
        "pending_body": body.body_key,
        "pending": dump(pending),
        "pending_at": now,
        "polled_at": now,
        "polls": feeds.c.polls + 1,
        "pace": dump(body.pace),
    }
    if body.distrust:
        values |= {"distrusted": True, "etag": None, "last_modified": None}
    c.execute(update(feeds).where(feeds.c.id == feed).values(**values))


def _quiet(c: Connection, feed: UUID, quiet: QuietPoll, now: datetime) -> None:
    values: dict[str, Any] = {
        "polls": feeds.c.polls + 1,
        "polled_at": now,
        "answered_at": now,
        "failures": 0,
        "pace": dump(quiet.pace),
        "next_why": quiet.due.reason,
        # A body that is known to be broken is an answer, and no good news.
        "error": case((feeds.c.broken_hash.is_not(None), feeds.c.error), else_=None),
        "error_detail": case((feeds.c.broken_hash.is_not(None), feeds.c.error_detail), else_=None),
        "error_since": case((feeds.c.broken_hash.is_not(None), feeds.c.error_since), else_=None),
    }
    if quiet.validators is not None:
        values |= {"etag": quiet.validators.etag, "last_modified": quiet.validators.last_modified}
    if quiet.distrust:
        values |= {"distrusted": True, "etag": None, "last_modified": None}
    c.execute(update(feeds).where(feeds.c.id == feed).values(**values))
