"""The state side of poll: which feed, what it answered, when it is due again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select

from worker.news.entry import Hints
from worker.news.outcome import Outcome
from worker.news.page import Validators
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.schedule import FeedPace
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.state.polls import FailedPoll, FreshBody, PollEffect, PollJob, QuietPoll
from worker.pipeline.state.web import HostAnswer, Place, Resume
from worker.store.database import Database
from worker.store.hosts import leave_hosts, take_slot
from worker.store.ledger import count_poll, fail_feed, feed_rest, note_poll
from worker.store.prepared import update_row
from worker.store.rows import Calls, Rest, begin_row, hand_over, rest_row
from worker.store.schema import feeds, outlets
from worker.store.values import Pending, dump, load

_FEED = (
    select(feeds, outlets.c.ignore_robots)
    .join(outlets, outlets.c.id == feeds.c.outlet_id)
    .where(feeds.c.id == bindparam("feed"))
)


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
            feed = c.execute(_FEED, {"feed": row.subject}).one()
            if not feed.enabled:
                # It was disabled while it was under way: nothing is planned for it any more.
                rest_row(c, ticket, Stage.POLL, Rest(stage=Stage.POLL, wake_at=None, host=row.host))
                return None
            slot = take_slot(c, ticket, Stage.POLL, row.host or "", now=now, policy=self.host)
            if slot is None:
                return None
        return _job(ticket, feed, row.host or "", slot, now)

    def finish(
        self, job: PollJob, effect: PollEffect, outcome: Outcome, *, answers: Sequence[HostAnswer], now: datetime
    ) -> Sequence[Call] | None:
        """Write what a poll brought."""
        calls, feed = Calls(), UUID(job.feed)
        with self.database.write() as c:
            rests: dict[str, datetime] = {}
            if isinstance(effect, FreshBody):
                held = hand_over(c, job.ticket, Stage.POLL, Stage.PARSE, calls, now=now, lease=self.lease)
            else:
                rest = _rest(job, effect, now)
                held = rest_row(c, job.ticket, Stage.POLL, rest)
                rests = {rest.host: rest.wake_at} if rest.host and rest.wake_at else {}
            if not held:
                return None
            _write(c, feed, job, effect, outcome, now)
            leave_hosts(c, job.host, answers, calls, rests=rests, now=now, policy=self.host, lease=self.lease)
        return calls.messages()


def _rest(job: PollJob, effect: QuietPoll | FailedPoll | Resume, now: datetime) -> Rest:
    if isinstance(effect, Resume):
        return Rest(stage=Stage.POLL, wake_at=max(now, effect.until or now), host=effect.host)
    return feed_rest(job.url, effect.due)


def _write(c: Connection, feed: UUID, job: PollJob, effect: PollEffect, outcome: Outcome, now: datetime) -> None:
    """Write what a poll brought into the feed's row and the ledger."""
    match effect:
        case FreshBody():
            _keep_pending(c, feed, effect, now)
        case QuietPoll():
            _quiet(c, feed, job, effect, now)
            count_poll(c, feed, now=now, nothing_new=1)
        case FailedPoll():
            polled = {"polls": effect.pace.polls, "polled_at": now, "resume": None}
            update_row(c, feeds, {"id": feed}, polled)
            fail_feed(c, feed, effect.reason, effect.detail, pace=effect.pace, why=effect.due.reason, now=now)
            count_poll(c, feed, now=now, failures=1)
            note_poll(c, feed, outcome, now=now)
        case Resume(place=place):
            update_row(c, feeds, {"id": feed}, {"resume": dump(place) if place.hops else None})


def _job(ticket: Ticket, feed: Row[Any], host: str, slot: datetime, now: datetime) -> PollJob:
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
        host=host,
        slot=slot,
        robots_waived=feed.ignore_robots,
        resume=load(Place, feed.resume) if feed.resume else None,
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
        "polls": body.pace.polls,
        "pace": dump(body.pace),
        "resume": None,
    }
    if body.distrust:
        values |= {"distrusted": True, "etag": None, "last_modified": None}
    update_row(c, feeds, {"id": feed}, values)


def _quiet(c: Connection, feed: UUID, job: PollJob, quiet: QuietPoll, now: datetime) -> None:
    values: dict[str, Any] = {
        "polls": quiet.pace.polls,
        "polled_at": now,
        "answered_at": now,
        "failures": 0,
        "pace": dump(quiet.pace),
        "resume": None,
        "next_why": quiet.due.reason,
    }
    # A body that is known to be broken is an answer, and no good news.
    if job.broken_hash is None:
        values |= {"error": None, "error_detail": None, "error_since": None}
    if quiet.validators is not None:
        values |= {"etag": quiet.validators.etag, "last_modified": quiet.validators.last_modified}
    if quiet.distrust:
        values |= {"distrusted": True, "etag": None, "last_modified": None}
    update_row(c, feeds, {"id": feed}, values)
