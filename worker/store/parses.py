"""The state side of parse: entries become articles and sightings, slice by slice; then the feed's validators are adopted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, case, select, update

from worker.news.outcome import Outcome
from worker.news.outlet import FeedKind
from worker.news.page import host_of
from worker.news.policy import ArticlePolicy, LeasePolicy
from worker.news.schedule import FeedPace
from worker.news.work import Call, Purpose, Stage, Ticket
from worker.pipeline.state.parses import Announcement, BrokenBody, LostBody, ParsedBody, ParseEffect, ParseJob, Sighted
from worker.store.database import Database
from worker.store.hosts import wake
from worker.store.ledger import count_poll, fail_feed, note_poll
from worker.store.outlets import add_parts
from worker.store.rows import Rest, begin_row, hold_row, rest_row
from worker.store.schema import feeds
from worker.store.sightings import file_slice
from worker.store.values import Pending, dump, load


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlParses:
    """The `Parses` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()
    article: ArticlePolicy = ArticlePolicy()

    def begin(self, ticket: Ticket, *, now: datetime) -> ParseJob | None:
        """Take a feed body to be parsed."""
        with self.database.write() as c:
            row = begin_row(c, ticket, Stage.PARSE, now=now, lease=self.lease)
            if row is None:
                return None
            feed = c.execute(select(feeds).where(feeds.c.id == row.subject)).one()
        pending = load(Pending, feed.pending)
        return ParseJob(
            ticket=ticket,
            began_at=now,
            feed=str(feed.id),
            outlet=feed.outlet_id,
            url=pending.url,
            feed_url=feed.url,
            kind=FeedKind(feed.kind),
            content_type=pending.content_type,
            body_key=feed.pending_body,
            body_hash=bytes.fromhex(pending.body_hash),
            polled_at=feed.pending_at,
            validators=pending.validators,
            max_age=pending.max_age,
            first_poll=feed.answered_at is None,
            pace=load(FeedPace, feed.pace),
            redirect_to=pending.redirect_to,
            redirect_since=feed.redirect_since if feed.redirect_to == pending.redirect_to else None,
        )

    def sight(self, job: ParseJob, announcements: Sequence[Announcement], *, now: datetime) -> Sighted | None:
        """File one slice of entries."""
        with self.database.write() as c:
            if not hold_row(c, job.ticket, Stage.PARSE, now=now, lease=self.lease):
                return None
            return file_slice(c, self.database.new_id, job, announcements, policy=self.article, now=now)

    def finish(self, job: ParseJob, effect: ParseEffect, outcome: Outcome, *, now: datetime) -> Sequence[Call] | None:
        """Write what the body was, and when the feed is polled next."""
        feed = UUID(job.feed)
        with self.database.write() as c:
            url = _address(c, job, effect)
            due = now if isinstance(effect, LostBody) else effect.due.at
            rest = Rest(stage=Stage.POLL, wake_at=due, host=host_of(url), purpose=Purpose.LIVE, tries=0)
            if not rest_row(c, job.ticket, Stage.PARSE, rest):
                return None
            values: dict[str, Any] = {"pending_body": None, "pending": None, "pending_at": None}
            match effect:
                case ParsedBody():
                    values |= _adopted(job, effect, url, now)
                    count_poll(c, feed, now=now, entries=effect.entries, new=effect.new, truncated=effect.truncated)
                    note_poll(c, feed, outcome, now=now, entries=effect.entries, gap=effect.gap, body_key=job.body_key)
                    add_parts(c, self.database.new_id, feed, effect.children, now=now)
                case BrokenBody():
                    values["broken_hash"] = job.body_hash
                    fail_feed(c, feed, effect.reason, effect.detail, pace=effect.pace, why=effect.due.reason, now=now)
                    count_poll(c, feed, now=now, failures=1)
                    note_poll(c, feed, outcome, now=now, body_key=job.body_key)
                case LostBody():
                    pass
            c.execute(update(feeds).where(feeds.c.id == feed).values(**values))
            wake(c, {host_of(url): due})
        return ()


def _address(c: Connection, job: ParseJob, effect: ParseEffect) -> str:
    """The feed's address from now on: where a redirect leads, unless another feed of the outlet is there already."""
    adopted = effect.adopt_url if isinstance(effect, ParsedBody) else None
    if adopted is None:
        return job.feed_url
    taken = select(feeds.c.id).where(feeds.c.outlet_id == job.outlet, feeds.c.url == adopted)
    return job.feed_url if c.execute(taken).first() else adopted


def _adopted(job: ParseJob, parsed: ParsedBody, url: str, now: datetime) -> dict[str, Any]:
    return {
        "url": url,
        "title": parsed.title,
        "etag": case((feeds.c.distrusted, None), else_=job.validators.etag),
        "last_modified": case((feeds.c.distrusted, None), else_=job.validators.last_modified),
        "body_hash": job.body_hash,
        "broken_hash": None,
        "hints": dump(parsed.hints),
        "pace": dump(parsed.pace),
        "answered_at": now,
        "failures": 0,
        "error": None,
        "error_detail": None,
        "error_since": None,
        "next_why": parsed.due.reason,
        "redirect_to": parsed.redirect_to,
        "redirect_since": parsed.redirect_since,
    }
