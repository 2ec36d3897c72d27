"""The state side of deliver: a batch is begun and finished as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from worker.news.outcome import Outcome
from worker.news.policy import LeasePolicy
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.ports import Parcel
from worker.pipeline.state.deliveries import BatchDone, DeliverEffect, DeliverJob, Retry, SinkUnreachable
from worker.store.database import Database
from worker.store.rows import lock_batch
from worker.store.schema import deliveries, revisions, sinks, work


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlDeliveries:
    """The `Deliveries` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()

    def begin(self, tickets: Sequence[Ticket], *, now: datetime) -> DeliverJob | None:
        """Take a batch; None when it is not wholly ours, or not one batch."""
        with self.database.write() as c:
            subjects = lock_batch(c, tickets, Stage.DELIVER, begun=False)
            job = _job(c, subjects, now) if subjects else None
            if job is not None:
                ids = [ticket.work for ticket in tickets]
                c.execute(update(work).where(work.c.id.in_(ids)).values(begun_at=now, wake_at=now + self.lease.work))
        return job

    def finish(
        self, job: DeliverJob, effect: DeliverEffect, outcome: Outcome, *, now: datetime
    ) -> Sequence[Call] | None:
        """Write how a batch went; the deliveries themselves are its history."""
        del outcome
        with self.database.write() as c:
            subjects = lock_batch(c, job.tickets, Stage.DELIVER, begun=True)
            if subjects is None:
                return None
            match effect:
                case BatchDone():
                    _done(c, job, effect, now)
                case SinkUnreachable():
                    _rest(c, job.tickets, effect.until)
                    values = {"failures": sinks.c.failures + 1, "blocked_until": effect.until, "error": effect.detail}
                    c.execute(update(sinks).where(sinks.c.id == job.sink).values(**values))
        return ()


def _job(c: Connection, subjects: dict[UUID, Ticket], now: datetime) -> DeliverJob | None:
    query = (
        select(deliveries, revisions.c.record, sinks.c.failures)
        .join(revisions, (revisions.c.article_id == deliveries.c.article_id) & (revisions.c.n == deliveries.c.revision))
        .join(sinks, sinks.c.id == deliveries.c.sink_id)
        .where(deliveries.c.id.in_(list(subjects)))
        .order_by(deliveries.c.id)
    )
    rows = c.execute(query).all()
    if len({row.batch_id for row in rows}) != 1:
        return None
    return DeliverJob(
        tickets=tuple(subjects[row.id] for row in rows),
        began_at=now,
        sink=rows[0].sink_id,
        batch=str(rows[0].batch_id),
        deliveries=tuple(str(row.id) for row in rows),
        parcels=tuple(map(_parcel, rows)),
        tries={_key(row): row.tries for row in rows},
        sink_failures=rows[0].failures,
    )


def _key(row: Row[Any]) -> str:
    return f"{row.article_id}:{row.revision}"


def _parcel(row: Row[Any]) -> Parcel:
    return Parcel(key=_key(row), article=str(row.article_id), revision=row.revision, body=row.record.encode())


def _done(c: Connection, job: DeliverJob, done: BatchDone, now: datetime) -> None:
    back = {retry.parcel.key: retry for retry in done.retries}
    sent = list(zip(job.tickets, job.deliveries, job.parcels, strict=True))
    taken = [(ticket, delivery) for ticket, delivery, parcel in sent if parcel.key not in back]
    _rest(c, [ticket for ticket, _ in taken], None)
    values = {"outcome": "delivered", "settled_at": now, "error": None, "tries": deliveries.c.tries + 1}
    c.execute(update(deliveries).where(deliveries.c.id.in_([UUID(id_) for _, id_ in taken])).values(**values))
    for ticket, delivery, parcel in sent:
        if parcel.key in back:
            _return(c, ticket, UUID(delivery), back[parcel.key], now)
    c.execute(update(sinks).where(sinks.c.id == job.sink).values(failures=0, blocked_until=None, error=None))


def _return(c: Connection, ticket: Ticket, delivery: UUID, retry: Retry, now: datetime) -> None:
    _rest(c, [ticket], retry.wake_at)
    error = f"{retry.parcel.reason}: {retry.parcel.detail}"
    values: dict[str, Any] = {"tries": deliveries.c.tries + 1, "error": error}
    # It leaves its batch: the batch that went out is done, and must not come again with fewer parcels.
    values |= {"batch_id": None} if retry.wake_at else {"outcome": "dead", "settled_at": now}
    c.execute(update(deliveries).where(deliveries.c.id == delivery).values(**values))


def _rest(c: Connection, tickets: Sequence[Ticket], wake_at: datetime | None) -> None:
    """Let rows that this transaction has locked wait, or be final."""
    values = {"wake_at": wake_at, "claimed_at": None, "begun_at": None, "crashes": 0}
    c.execute(update(work).where(work.c.id.in_([ticket.work for ticket in tickets])).values(**values))
