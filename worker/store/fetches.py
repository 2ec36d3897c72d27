"""The state side of fetch: which page, what came, and what is next for the article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from worker.news.host import rows_at_once, spacing
from worker.news.outcome import Outcome
from worker.news.page import PageMeta, Validators, host_of
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.record import ArticleType
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.state import (
    End,
    FetchEffect,
    FetchJob,
    HostAnswer,
    NoPage,
    PageArrived,
    Resume,
    VisitEnd,
    Wait,
)
from worker.store.database import Database
from worker.store.hosts import claim_next, note_answer, open_leases, state_of, wake
from worker.store.outcomes import note_run, settle
from worker.store.rows import Calls, Rest, begin_row, hand_over, rest_row
from worker.store.schema import articles, hosts
from worker.store.values import dump, load
from worker.store.visits import end_visit, final, visit_rest

# A worker may wait this long for a slot at the gate of the host that a redirect leads to; longer waiting is data.
LONGEST_RESERVATION = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFetches:
    """The `Fetches` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()
    host: HostPolicy = HostPolicy()

    def begin(self, ticket: Ticket, *, now: datetime) -> FetchJob | None:
        """Take an article whose page is to be fetched."""
        with self.database.write() as c:
            row = begin_row(c, ticket, Stage.FETCH, now=now, lease=self.lease)
            if row is None:
                return None
            article = c.execute(select(articles).where(articles.c.id == row.subject)).one()
        return _job(ticket, article, row.tries, now)

    def reserve(self, host: str, *, now: datetime) -> bool:
        """Take a slot at another host's gate, when one is free within two seconds."""
        with self.database.write() as c:
            wake(c, {host: now})
            row = c.execute(select(hosts).where(hosts.c.host == host).with_for_update()).one()
            gap = spacing(state_of(row), self.host)
            free_at = max(filter(None, (row.next_at, row.blocked_until)), default=now)
            busy = open_leases(c, [host], now=now).get(host, 0)
            if free_at - now > LONGEST_RESERVATION or not rows_at_once(gap, busy, self.host, self.lease.tick):
                return False
            c.execute(update(hosts).where(hosts.c.host == host).values(next_at=max(now, free_at) + gap))
            return True

    def finish(
        self, job: FetchJob, effect: FetchEffect, outcome: Outcome, *, answers: Sequence[HostAnswer], now: datetime
    ) -> Sequence[Call] | None:
        """Write what came of a fetch."""
        calls = Calls()
        with self.database.write() as c:
            if not self._move_row(c, job, effect, calls, now):
                return None
            _write(c, job, effect, now)
            note_run(c, UUID(job.article), Stage.FETCH, job.ticket, outcome, began_at=job.began_at, now=now)
            for answer in answers:
                note_answer(c, answer, now=now, policy=self.host)
            for name in sorted({host_of(job.url), *(answer.host for answer in answers)}):
                claim_next(c, name, calls, now=now, policy=self.host, lease=self.lease)
        return calls.messages()

    def _move_row(self, c: Connection, job: FetchJob, effect: FetchEffect, calls: Calls, now: datetime) -> bool:
        match effect:
            case PageArrived() | NoPage():
                return hand_over(c, job.ticket, Stage.FETCH, Stage.EXTRACT, calls, now=now, lease=self.lease)
            case Wait():
                tries = job.tries + 1 if effect.tried else job.tries
                rest = Rest(stage=Stage.FETCH, wake_at=effect.wake_at, host=host_of(job.url), tries=tries)
            case Resume():
                rest = Rest(stage=Stage.FETCH, wake_at=now, host=host_of(effect.url))
            case VisitEnd():
                rest = visit_rest(job.requested, effect.next_visit)
            case End():
                rest = final(Stage.FETCH)
        if not rest_row(c, job.ticket, Stage.FETCH, rest):
            return False
        if rest.wake_at is not None and rest.host:
            wake(c, {rest.host: rest.wake_at})
        return True


def _job(ticket: Ticket, article: Row[Any], tries: int, now: datetime) -> FetchJob:
    visit = article.outcome is not None
    before = load(PageMeta, article.page) if visit and article.page else None
    return FetchJob(
        ticket=ticket,
        began_at=now,
        article=str(article.id),
        url=article.resume_url or article.url,
        requested=article.url,
        hops=article.hops if article.resume_url else 0,
        tries=tries,
        visit=visit,
        validators=before.validators if before else Validators(),
        discovered_at=article.discovered_at,
        published_at=article.published_at,
        liveblog=article.type == ArticleType.LIVEBLOG,
    )


def _write(c: Connection, job: FetchJob, effect: FetchEffect, now: datetime) -> None:
    article = UUID(job.article)
    values: dict[str, Any] = {"resume_url": None, "hops": 0}
    match effect:
        case PageArrived():
            values |= {"body_key": effect.body_key, "page": dump(effect.meta)}
        case NoPage():
            values |= {"body_key": None, "page": None, "reason": effect.reason}
        case Wait():
            values = {} if job.visit else {"reason": effect.reason, "detail": effect.detail}
        case Resume():
            values = {"resume_url": effect.url, "hops": effect.hops}
        case VisitEnd():
            end_visit(c, article, effect.result, now=now)
        case End():
            settle(c, article, effect.outcome, reason=effect.reason, detail=effect.detail, now=now)
    if values:
        c.execute(update(articles).where(articles.c.id == article).values(**values))
