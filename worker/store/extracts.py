"""The state side of extract: everything that is known of an article before, and its revision, keys and deliveries after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from worker.news.entry import Entry
from worker.news.outcome import Duplicate, Extracted
from worker.news.outlet import Outlet, OutletRules
from worker.news.page import PageMeta, host_of
from worker.news.policy import FurniturePolicy, LeasePolicy
from worker.news.reason import Reason
from worker.news.record import Record
from worker.news.work import Call, Purpose, Stage, Ticket
from worker.pipeline.state.extracts import BackToFetch, Before, ExtractEffect, ExtractJob, NewRevision, Sighting
from worker.pipeline.state.fetches import End, VisitEnd
from worker.store.database import Database
from worker.store.furniture import count_lines, joined, known_furniture, parted
from worker.store.hosts import wake
from worker.store.merges import find_twin, merge_into
from worker.store.outbox import add_deliveries
from worker.store.outcomes import note_run, settle
from worker.store.rows import Rest, begin_row, hold_row, rest_row
from worker.store.schema import articles, feeds, outlets, revisions, sightings
from worker.store.values import dump, load
from worker.store.visits import end_visit, final, visit_rest


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlExtracts:
    """The `Extracts` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()
    furniture: FurniturePolicy = FurniturePolicy()

    def begin(self, ticket: Ticket, *, now: datetime) -> ExtractJob | None:
        """Take an article whose page is to be made a record of."""
        with self.database.write() as c:
            row = begin_row(c, ticket, Stage.EXTRACT, now=now, lease=self.lease)
            if row is None:
                return None
            query = select(articles, outlets).join(outlets, outlets.c.id == articles.c.outlet_id)
            found = c.execute(query.where(articles.c.id == row.subject)).mappings().one()
            before = _before(c, row.subject) if found[articles.c.revision] else None
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
                before=before,
                visit=found[articles.c.outcome] is not None,
                furniture=known_furniture(c, found[outlets.c.id], self.furniture),
            )

    def finish(
        self, job: ExtractJob, effect: ExtractEffect, outcome: Extracted, *, now: datetime
    ) -> tuple[Extracted, Sequence[Call]] | None:
        """Write what a page was."""
        article = UUID(job.article)
        with self.database.write() as c:
            if not hold_row(c, job.ticket, Stage.EXTRACT, now=now, lease=self.lease):
                return None
            rest = final(Stage.FETCH)
            match effect:
                case NewRevision():
                    duplicate = None if job.visit else _file_as_duplicate(c, job, effect, now)
                    if duplicate is None:
                        self._file(c, job, effect, now)
                        rest = visit_rest(job.requested, effect.next_visit)
                    else:
                        outcome = duplicate
                case VisitEnd():
                    end_visit(c, article, effect.result, now=now)
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
        return outcome, ()

    def _file(self, c: Connection, job: ExtractJob, new: NewRevision, now: datetime) -> None:
        article, record = UUID(job.article), new.record
        c.execute(
            revisions.insert().values(
                article_id=article,
                n=record.revision,
                created_at=now,
                change=record.change,
                text_hash=new.text_hash,
                engine=record.extraction.engine,
                engine_version=record.extraction.version,
                record=dump(record),
                dropped=joined(new.dropped),
            )
        )
        values: dict[str, Any] = {
            "title": record.title,
            "type": record.type,
            "revision": record.revision,
            "published_at": record.published_at,
        }
        if job.visit:
            end_visit(c, article, "revised", now=now)
            c.execute(update(articles).where(articles.c.id == article).values(**values))
        else:
            settle(c, article, "stored", now=now, **values)
        add_deliveries(c, self.database.new_id, article, record.revision, now=now)
        if not job.visit and new.lines is not None:
            count_lines(c, job.outlet.id, new.lines, day=now.date(), policy=self.furniture)


def _file_as_duplicate(c: Connection, job: ExtractJob, new: NewRevision, now: datetime) -> Duplicate | None:
    article = UUID(job.article)
    twin = find_twin(c, article, job.outlet.id, new)
    if twin is None:
        return None
    of, reason = twin
    merge_into(c, article, of, reason, now=now)
    return Duplicate(of=str(of), reason=reason)


def _purpose(job: ExtractJob) -> Purpose:
    return Purpose.VISIT if job.visit else Purpose.LIVE


def _before(c: Connection, article: UUID) -> Before:
    query = select(revisions).where(revisions.c.article_id == article).order_by(revisions.c.n.desc()).limit(1)
    row = c.execute(query).one()
    record = load(Record, row.record)
    return Before(
        n=row.n,
        title=record.title,
        text=record.text,
        text_hash=bytes(row.text_hash),
        published_at=record.published_at,
        blocks=record.blocks,
        dropped=parted(row.dropped),
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
