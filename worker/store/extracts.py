"""The state side of extract: everything that is known of an article before, and its revision, keys and deliveries after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, select, update

from worker.news.entry import Entry
from worker.news.outcome import Dropped, Extracted, Revised, Stored, Visited
from worker.news.outlet import Outlet, OutletRules
from worker.news.page import PageMeta, host_of
from worker.news.policy import FurniturePolicy, LeasePolicy, NearPolicy
from worker.news.reason import Reason
from worker.news.record import Change, Record
from worker.news.work import Call, Purpose, Stage, Ticket
from worker.pipeline.state.extracts import BackToFetch, Before, ExtractEffect, ExtractJob, NewRevision, Sighting
from worker.pipeline.state.fetches import End, VisitEnd
from worker.store.database import Database
from worker.store.deadlock import done_again
from worker.store.furniture import count_lines, known_furniture, parted
from worker.store.groups import keep_sketch
from worker.store.hosts import wake
from worker.store.merges import TakenDownError
from worker.store.outbox import add_deliveries, is_unsent
from worker.store.outcomes import note_run, settle
from worker.store.placing import Placing
from worker.store.revisions import file_revision, latest_of
from worker.store.rows import Rest, begin_row, hold_row, rest_row
from worker.store.schema import articles, feeds, outlets, revisions, sightings
from worker.store.values import load
from worker.store.visits import end_visit, final, tell_of_visit, visit_rest


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlExtracts:
    """The `Extracts` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()
    furniture: FurniturePolicy = FurniturePolicy()
    near: NearPolicy = NearPolicy()

    def begin(self, ticket: Ticket, *, now: datetime) -> ExtractJob | None:
        """Take an article whose page is to be made a record of."""
        with self.database.write() as c:
            row = begin_row(c, ticket, Stage.EXTRACT, now=now, lease=self.lease)
            if row is None:
                return None
            query = select(articles, outlets).join(outlets, outlets.c.id == articles.c.outlet_id)
            found = c.execute(query.where(articles.c.id == row.subject)).mappings().one()
            return ExtractJob(
                ticket=ticket,
                began_at=now,
                article=str(row.subject),
                outlet=_outlet(found),
                requested=found[articles.c.url],
                body_key=found[articles.c.body_key],
                meta=load(PageMeta, found[articles.c.page]) if found[articles.c.page] else None,
                refused=Reason(found[articles.c.reason]) if found[articles.c.reason] else None,
                discovered_at=found[articles.c.discovered_at],
                sightings=_sightings(c, row.subject),
                before=_before(c, row.subject) if found[articles.c.revision] else None,
                visit=found[articles.c.outcome] is not None,
                furniture=known_furniture(c, found[outlets.c.id], self.furniture),
            )

    def finish(
        self, job: ExtractJob, effect: ExtractEffect, outcome: Extracted, *, now: datetime
    ) -> tuple[Extracted, Sequence[Call]] | None:
        """Write what a page was."""
        written = done_again(lambda: self._write(job, effect, outcome, now))
        if isinstance(effect, NewRevision) and isinstance(written, Stored | Revised):
            self._placing.look_again(job, effect, now=now)
        return None if written is None else (written, ())

    @property
    def _placing(self) -> Placing:
        return Placing(database=self.database, policy=self.near)

    def _write(self, job: ExtractJob, effect: ExtractEffect, outcome: Extracted, now: datetime) -> Extracted | None:
        article = UUID(job.article)
        with self.database.write() as c:
            if not hold_row(c, job.ticket, Stage.EXTRACT, now=now, lease=self.lease):
                return None
            rest = final(Stage.FETCH)
            match effect:
                case NewRevision():
                    outcome = self._revise(c, job, effect, outcome, now)
                    if isinstance(outcome, Stored | Revised | Visited):
                        rest = visit_rest(job.requested, effect.next_visit)
                case VisitEnd():
                    end_visit(c, article, effect.result, now=now)
                    tell_of_visit(c, self.database.new_id, article, effect, now=now)
                    rest = visit_rest(job.requested, effect.next_visit)
                case End():
                    settle(c, article, effect.outcome, reason=effect.reason, detail=effect.detail, now=now)
                case BackToFetch(wake_at=wake_at):
                    host = host_of(job.requested or "")
                    rest = Rest(stage=Stage.FETCH, wake_at=wake_at, host=host, purpose=_purpose(job))
            rest_row(c, job.ticket, Stage.EXTRACT, rest)
            note_run(c, article, Stage.EXTRACT, job.ticket, outcome, began_at=job.began_at, now=now)
            if rest.host and rest.wake_at:
                wake(c, {rest.host: rest.wake_at})
        return outcome

    def _revise(self, c: Connection, job: ExtractJob, new: NewRevision, outcome: Extracted, now: datetime) -> Extracted:
        """File the next state of the article, unless it is another one, or one that was taken down."""
        if job.visit:
            end_visit(c, UUID(job.article), "revised", now=now)
        try:
            duplicate = self._placing.place(c, job, new, file=lambda placed: self._file(c, job, placed, now), now=now)
        except TakenDownError as error:
            if job.visit:
                # A visit never changes an outcome; what it brought is not kept.
                end_visit(c, UUID(job.article), "blocked", now=now)
                return Visited("blocked", Reason.WITHDRAWN)
            dropped = Dropped(Reason.WITHDRAWN, str(error))
            settle(c, UUID(job.article), dropped.name, reason=dropped.reason, detail=dropped.detail, now=now)
            return dropped
        return duplicate or outcome

    def _file(self, c: Connection, job: ExtractJob, new: NewRevision, now: datetime) -> None:
        article, record = UUID(job.article), new.record
        coalesces = job.before is not None and _coalesces(c, article, job.before, record)
        if coalesces:
            record = _in_the_place_of_the_last(c, article, record)
        file_revision(c, record, text_hash=new.text_hash, dropped=new.dropped, now=now)
        values: dict[str, Any] = {
            "title": record.title,
            "type": record.type,
            "revision": record.revision,
            "published_at": record.published_at,
        }
        if job.visit:
            c.execute(update(articles).where(articles.c.id == article).values(**values))
        else:
            settle(c, article, "stored", now=now, **values)
        keep_sketch(c, article, new.sketch, day=now.date())
        if not coalesces:
            add_deliveries(c, self.database.new_id, record, now=now)
        if not job.visit and new.lines is not None:
            count_lines(c, job.outlet.id, new.lines, day=now.date(), policy=self.furniture)


def _coalesces(c: Connection, article: UUID, before: Before, record: Record) -> bool:
    """Whether a trifle after a trifle takes its place: only when nobody has met that one."""
    return before.change is record.change is Change.MINOR and is_unsent(c, article, before.n)


def _in_the_place_of_the_last(c: Connection, article: UUID, record: Record) -> Record:
    n = record.revision - 1
    c.execute(delete(revisions).where(revisions.c.article_id == article, revisions.c.n == n))
    return replace(record, revision=n)


def _purpose(job: ExtractJob) -> Purpose:
    return Purpose.VISIT if job.visit else Purpose.LIVE


def _before(c: Connection, article: UUID) -> Before | None:
    row = latest_of(c, article)
    if row is None:
        return None
    base = latest_of(c, article, Change.MINOR) if row.change == Change.MINOR else None
    return _state(row, base=None if base is None else _state(base))


def _state(row: Row[Any], *, base: Before | None = None) -> Before:
    record = load(Record, row.record)
    return Before(
        n=row.n,
        change=Change(row.change),
        at=row.created_at,
        url=record.urls.final,
        title=record.title,
        text=record.text,
        text_hash=bytes(row.text_hash),
        published_at=record.published_at,
        blocks=record.blocks,
        dropped=parted(row.dropped),
        base=base,
    )


def _outlet(row: Any) -> Outlet:
    return Outlet(
        id=row[outlets.c.id],
        name=row[outlets.c.name],
        country=row[outlets.c.country],
        language=row[outlets.c.language],
        homepage=row[outlets.c.homepage],
        rules=load(OutletRules, row[outlets.c.rules]),
    )


def _sightings(c: Connection, article: UUID) -> tuple[Sighting, ...]:
    query = (
        select(sightings, feeds.c.url.label("feed_url"), feeds.c.section)
        .join(feeds, feeds.c.id == sightings.c.feed_id)
        .where(sightings.c.article_id == article)
        .order_by(sightings.c.first_seen_at, sightings.c.feed_id, sightings.c.announced)
    )
    return tuple(map(_sighting, c.execute(query)))


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(
        feed_url=row.feed_url,
        section=row.section,
        entry=load(Entry, row.entry),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
    )
