"""The state side of deliver: a batch is begun and finished as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, case, func, literal, select, update

from worker.news.outcome import Outcome
from worker.news.policy import DeliveryPolicy, LeasePolicy
from worker.news.work import Call, Stage, Ticket
from worker.pipeline.state.deliveries import (
    BatchDone,
    BatchHalved,
    DeliverEffect,
    DeliverJob,
    Retry,
    SinkPaused,
    SinkUnreachable,
)
from worker.store.batches import claim_more, name_batch
from worker.store.database import Database
from worker.store.parcels import key_of, parcels_of
from worker.store.rows import lock_batch
from worker.store.schema import deliveries, revisions, sinks, work
from worker.store.subscribers import subscription_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlDeliveries:
    """The `Deliveries` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()
    policy: DeliveryPolicy = DeliveryPolicy()

    def begin(self, tickets: Sequence[Ticket], *, now: datetime) -> DeliverJob | None:
        """Take a batch; None when it is not wholly ours, or not one whole batch."""
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
        """Write how a batch went, and claim what is due at its sink; the deliveries themselves are its history."""
        del outcome
        with self.database.write() as c:
            if lock_batch(c, job.tickets, Stage.DELIVER, begun=True) is None:
                return None
            match effect:
                case BatchDone():
                    _done(c, job, effect, now)
                case SinkUnreachable():
                    _rest(c, job.tickets, effect.until, tries=work.c.tries + 1)
                    _down(c, job, effect, now)
                case SinkPaused():
                    _rest(c, job.tickets, now)
                    hold(c, job.sink, because=effect.detail, now=now)
                case BatchHalved():
                    _rest(c, job.tickets, effect.until, tries=work.c.tries + 1)
                    self._halve(c, job)
            return claim_more(c, self.database.new_id, job.sink, lease=self.lease, policy=self.policy, now=now)

    def _halve(self, c: Connection, job: DeliverJob) -> None:
        ids = [UUID(id_) for id_ in job.deliveries]
        middle = len(ids) // 2
        for half in (ids[:middle], ids[middle:]):
            name_batch(c, half, self.database.new_id())


def _job(c: Connection, subjects: dict[UUID, Ticket], now: datetime) -> DeliverJob | None:
    query = (
        select(deliveries, revisions.c.record, sinks.c.failures, sinks.c.subscription)
        .add_columns(work.c.purpose, work.c.tries.label("failed"))
        .join(work, work.c.subject == deliveries.c.id)
        .join(revisions, (revisions.c.article_id == deliveries.c.article_id) & (revisions.c.n == deliveries.c.revision))
        .join(sinks, sinks.c.id == deliveries.c.sink_id)
        .where(deliveries.c.id.in_(list(subjects)))
        .order_by(deliveries.c.id)
    )
    rows = c.execute(query).all()
    if len({row.batch_id for row in rows}) != 1 or _size(c, rows[0].batch_id) != len(rows):
        return None
    subscription = subscription_of(rows[0].subscription)
    return DeliverJob(
        tickets=tuple(subjects[row.id] for row in rows),
        began_at=now,
        sink=rows[0].sink_id,
        batch=str(rows[0].batch_id),
        deliveries=tuple(str(row.id) for row in rows),
        parcels=parcels_of(c, rows, subscription.duplicates),
        tries={key_of(row): row.tries for row in rows},
        failed=min(row.failed for row in rows),
        sink_failures=rows[0].failures,
        subscription=subscription,
    )


def _size(c: Connection, batch: UUID) -> int:
    whole = select(func.count()).where(deliveries.c.batch_id == batch, deliveries.c.outcome.is_(None))
    return int(c.execute(whole).scalar_one())


def _done(c: Connection, job: DeliverJob, done: BatchDone, now: datetime) -> None:
    back = {retry.parcel.key: retry for retry in done.retries}
    rest = set(done.rest)
    sent = list(zip(job.tickets, job.deliveries, job.parcels, strict=True))
    taken = [(ticket, UUID(id_)) for ticket, id_, parcel in sent if parcel.key not in back and parcel.key not in rest]
    _rest(c, [ticket for ticket, _ in taken], None)
    values = {"outcome": "delivered", "settled_at": now, "error": None, "tries": deliveries.c.tries + 1}
    c.execute(update(deliveries).where(deliveries.c.id.in_([id_ for _, id_ in taken])).values(**values))
    for ticket, id_, parcel in sent:
        if parcel.key in back:
            _return(c, ticket, UUID(id_), back[parcel.key], now)
    _leave(c, [(ticket, UUID(id_)) for ticket, id_, parcel in sent if parcel.key in rest], done.rest_at)
    _up(c, job.sink, len(taken), now)


def _return(c: Connection, ticket: Ticket, delivery: UUID, retry: Retry, now: datetime) -> None:
    _rest(c, [ticket], retry.wake_at, tries=work.c.tries + 1 if retry.alone else 0)
    error = f"{retry.parcel.reason}: {retry.parcel.detail}"
    values: dict[str, Any] = {"tries": deliveries.c.tries + 1, "error": error}
    if retry.wake_at is None:
        values |= {"outcome": "dead", "settled_at": now}
    elif not retry.alone:
        # It leaves its batch: the batch that went out is done, and must not come again with fewer parcels.
        values["batch_id"] = None
    c.execute(update(deliveries).where(deliveries.c.id == delivery).values(**values))


def _leave(c: Connection, rest: Sequence[tuple[Ticket, UUID]], until: datetime | None) -> None:
    """Have what the sink did not get to come again in another batch."""
    if rest:
        _rest(c, [ticket for ticket, _ in rest], until)
        name_batch(c, [id_ for _, id_ in rest], None)


def _up(c: Connection, sink: str, taken: int, now: datetime) -> None:
    # A sink that was paused while a batch was on its way stays so.
    since = case((sinks.c.paused, sinks.c.down_since), else_=None)
    well: dict[str, Any] = {"failures": 0, "blocked_until": None, "error": None, "down_since": since}
    if taken:
        well |= {"delivered": sinks.c.delivered + taken, "delivered_at": now}
    c.execute(update(sinks).where(sinks.c.id == sink).values(**well))


def _down(c: Connection, job: DeliverJob, effect: SinkUnreachable, now: datetime) -> None:
    values = {"failures": sinks.c.failures + 1, "blocked_until": effect.until, "error": effect.detail}
    c.execute(update(sinks).where(sinks.c.id == job.sink).values(down_since=_since(now), **values))


def hold(c: Connection, sink: str, *, because: str | None, now: datetime) -> None:
    """Send a sink nothing more, until somebody resumes it; a batch that is on its way goes on."""
    values = {"paused": True, "paused_why": because, "down_since": _since(now)}
    c.execute(update(sinks).where(sinks.c.id == sink).values(**values))


def _since(now: datetime) -> Any:
    return func.coalesce(sinks.c.down_since, literal(now, sinks.c.down_since.type))


def _rest(c: Connection, tickets: Sequence[Ticket], wake_at: datetime | None, *, tries: Any = 0) -> None:
    """Let rows that this transaction has locked wait, or be final."""
    values = {"wake_at": wake_at, "claimed_at": None, "begun_at": None, "crashes": 0, "tries": tries}
    c.execute(update(work).where(work.c.id.in_([ticket.work for ticket in tickets])).values(**values))
