"""The state side of fetch: which page, what came, and what is next for the article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select

from worker.news.identity import Witness, url_key
from worker.news.outcome import FetchedPage, Postponed
from worker.news.page import PageMeta, Steps, Validators, host_of
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.reason import Reason
from worker.news.record import ArticleType
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.state.fetches import End, FetchEffect, FetchJob, NoPage, PageArrived, SameAs, VisitEnd, Wait
from worker.pipeline.state.web import HostAnswer, Place, Resume
from worker.store.database import Database
from worker.store.hosts import leave_hosts, take_slot
from worker.store.merges import are_apart, lock_all, merge_into
from worker.store.outcomes import note_run, settle
from worker.store.prepared import update_row
from worker.store.rows import Calls, Rest, begin_row, hand_over, hold_row, rest_row
from worker.store.schema import article_keys, articles, outlets
from worker.store.values import dump, load
from worker.store.visits import end_visit, final, tell_of_visit, visit_rest

_ARTICLE = (
    select(articles, outlets.c.ignore_robots, outlets.c.homepage)
    .join(outlets, outlets.c.id == articles.c.outlet_id)
    .where(articles.c.id == bindparam("article"))
)
_TWIN = (
    select(articles.c.id)
    .join(article_keys, article_keys.c.article_id == articles.c.id)
    .where(
        article_keys.c.hash == bindparam("hash"), articles.c.id < bindparam("article"), articles.c.outcome == "stored"
    )
)


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
            slot = take_slot(c, ticket, Stage.FETCH, row.host or "", now=now, policy=self.host)
            if slot is None:
                return None
            article = c.execute(_ARTICLE, {"article": row.subject}).one()
        return _job(ticket, article, row, slot, now)

    def twin(self, job: FetchJob, url: str) -> str | None:
        """The stored article, older than the job's, that has an address among its keys."""
        key, article = url_key(url, Witness.REDIRECT), UUID(job.article)
        with self.database.read() as c:
            found = c.execute(_TWIN, {"hash": key.hash, "article": article}).scalar_one_or_none()
            return None if found is None or are_apart(c, article, found) else str(found)

    def finish(
        self, job: FetchJob, effect: FetchEffect, outcome: FetchedPage, *, answers: Sequence[HostAnswer], now: datetime
    ) -> tuple[FetchedPage, Sequence[Call]] | None:
        """Write what came of a fetch."""
        calls = Calls()
        with self.database.write() as c:
            if isinstance(effect, SameAs):
                if not hold_row(c, job.ticket, Stage.FETCH, now=now, lease=self.lease):
                    return None
                if not _lock_twins(c, UUID(job.article), UUID(effect.of)):
                    # It was merged or withdrawn a moment ago: who has the address now is looked up again.
                    effect, outcome = Resume(place=effect.place, host=host_of(effect.place.url)), Postponed()
            rests: dict[str, datetime] = {}
            if isinstance(effect, PageArrived | NoPage):
                held = hand_over(c, job.ticket, Stage.FETCH, Stage.EXTRACT, calls, now=now, lease=self.lease)
            else:
                rest = _rest(job, effect, now)
                held = rest_row(c, job.ticket, Stage.FETCH, rest)
                rests = {rest.host: rest.wake_at} if rest.host and rest.wake_at else {}
            if not held:
                return None
            self._write(c, job, effect, now)
            note_run(c, UUID(job.article), Stage.FETCH, job.ticket, outcome, began_at=job.began_at, now=now)
            leave_hosts(c, job.host, answers, calls, rests=rests, now=now, policy=self.host, lease=self.lease)
        return outcome, calls.messages()

    def _write(self, c: Connection, job: FetchJob, effect: FetchEffect, now: datetime) -> None:
        article = UUID(job.article)
        values: dict[str, Any] = {"resume_url": None, "hops": 0, "resume_steps": None}
        match effect:
            case PageArrived():
                values |= {"body_key": effect.body_key, "page": dump(effect.meta)}
            case NoPage():
                values |= {"body_key": None, "page": None, "reason": effect.reason}
            case Wait():
                values |= {} if job.visit else {"reason": effect.reason, "detail": effect.detail}
            case Resume(place=place):
                if place.hops:
                    values |= {"resume_url": place.url, "hops": place.hops, "resume_steps": dump(place.steps)}
                if effect.reason is not None:
                    values |= {"reason": effect.reason, "detail": effect.detail}
            case VisitEnd():
                end_visit(c, article, effect.result, now=now)
                tell_of_visit(c, self.database.new_id, article, effect, now=now)
            case End():
                settle(c, article, effect.outcome, reason=effect.reason, detail=effect.detail, now=now)
            case SameAs():
                merge_into(c, self.database.new_id, article, UUID(effect.of), Reason.SAME_URL, held=True, now=now)
        if values:
            update_row(c, articles, {"id": article}, values)


def _lock_twins(c: Connection, article: UUID, twin: UUID) -> bool:
    """Lock an article and its twin; whether the twin is still stored."""
    return bool(lock_all(c, [article, twin])[twin].outcome == "stored")


def _rest(job: FetchJob, effect: Wait | Resume | VisitEnd | End | SameAs, now: datetime) -> Rest:
    match effect:
        case Wait():
            tries = job.tries + 1 if effect.tried else job.tries
            return Rest(stage=Stage.FETCH, wake_at=effect.wake_at, host=host_of(job.requested), tries=tries)
        case Resume():
            return Rest(stage=Stage.FETCH, wake_at=max(now, effect.until or now), host=effect.host)
        case VisitEnd():
            return visit_rest(job.requested, effect.next_visit)
        case End() | SameAs():
            return final(Stage.FETCH)


def _job(ticket: Ticket, article: Row[Any], row: Row[Any], slot: datetime, now: datetime) -> FetchJob:
    visit = article.outcome is not None
    before = load(PageMeta, article.page) if visit and article.page else None
    return FetchJob(
        ticket=ticket,
        began_at=now,
        article=str(article.id),
        requested=article.url,
        homepage=article.homepage,
        start=_start(article),
        host=row.host or "",
        slot=slot,
        robots_waived=article.ignore_robots,
        tries=row.tries,
        visit=visit,
        validators=before.validators if before else Validators(),
        discovered_at=article.discovered_at,
        published_at=article.published_at,
        liveblog=article.type == ArticleType.LIVEBLOG,
    )


def _start(article: Row[Any]) -> Place:
    """Where to go on: where redirects led before, or the article's own address."""
    if article.resume_url is None:
        return Place(url=article.url)
    steps = load(Steps, article.resume_steps) if article.resume_steps else ()
    return Place(url=article.resume_url, hops=article.hops, steps=steps)
