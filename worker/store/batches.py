"""The claim of deliveries: one batch a message, of one sink, sticky until it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import ColumnElement, Connection, Row, exists, func, or_, select, update

from worker.news.policy import DeliveryPolicy, LeasePolicy
from worker.news.work import Call, Stage
from worker.store.hosts import lease_rows
from worker.store.schema import deliveries, sinks, work
from worker.store.subscribers import subscription_of

# Any constant of our own: two claims of one sink at a time would hold parts of the same batches.
_ADVISORY = 0x73696E6B


@dataclass(slots=True)
class _Batch:
    """A batch that is about to be claimed; `id` is None for one that is new."""

    id: UUID | None
    rows: list[Row[Any]] = field(default_factory=list)


def gate_of(sink: str) -> str:
    """What stands in `work.host` for the deliveries of a sink."""
    return f"sink:{sink}"


def claim_batches(
    c: Connection, new_id: Callable[[], UUID], *, lease: LeasePolicy, policy: DeliveryPolicy, now: datetime
) -> Sequence[Call]:
    """Claim what is due at each sink that is open."""
    calls: list[Call] = []
    for sink in c.execute(_open(now).order_by(sinks.c.id)).all():
        calls += _claim(c, new_id, sink, lease=lease, policy=policy, now=now)
    return calls


def claim_more(
    c: Connection, new_id: Callable[[], UUID], sink: str, *, lease: LeasePolicy, policy: DeliveryPolicy, now: datetime
) -> Sequence[Call]:
    """Claim what is due at one sink, when it is open: whoever has done a batch need not wait for the next tick."""
    row = c.execute(_open(now).where(sinks.c.id == sink)).one_or_none()
    return _claim(c, new_id, row, lease=lease, policy=policy, now=now) if row is not None else ()


def _open(now: datetime) -> Any:
    return select(sinks.c.id, sinks.c.failures, sinks.c.subscription).where(
        sinks.c.enabled, ~sinks.c.paused, or_(sinks.c.blocked_until.is_(None), sinks.c.blocked_until <= now)
    )


def _claim(
    c: Connection,
    new_id: Callable[[], UUID],
    sink: Row[Any],
    *,
    lease: LeasePolicy,
    policy: DeliveryPolicy,
    now: datetime,
) -> list[Call]:
    if not _alone(c, sink.id):
        return []
    own = subscription_of(sink.subscription).policy(policy)
    # A sink that is down is asked with one batch, until it takes one.
    room = (1 if sink.failures else own.in_flight) - _in_flight(c, sink.id, now)
    if room <= 0:
        return []
    batches = _batches(c, _due(c, sink.id, room * own.batch, now), own, now=now)[:room]
    return [_called(c, new_id, batch, lease=lease, now=now) for batch in batches]


def _alone(c: Connection, sink: str) -> bool:
    """Whether nobody else claims for a sink now; on SQLite there is one writer."""
    if c.dialect.name != "postgresql":
        return True
    key = crc32(sink.encode()) - (1 << 31)
    return bool(c.execute(select(func.pg_try_advisory_xact_lock(_ADVISORY, key))).scalar_one())


def _in_flight(c: Connection, sink: str, now: datetime) -> int:
    """How many batches of a sink are under way; a lease that is over holds no room."""
    query = (
        select(func.count(deliveries.c.batch_id.distinct()))
        .select_from(work)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(work.c.stage == Stage.DELIVER, work.c.host == gate_of(sink))
        .where(work.c.claimed_at.is_not(None), work.c.wake_at > now)
    )
    return int(c.execute(query).scalar_one())


def waits_for_earlier() -> ColumnElement[bool]:
    """Whether a delivery waits for an earlier revision of its article that is open at its sink.

    What is sent once more waits for what is sent for the first time, and not the other way round.
    """
    earlier = deliveries.alias("earlier")
    return exists().where(
        earlier.c.article_id == deliveries.c.article_id,
        earlier.c.sink_id == deliveries.c.sink_id,
        earlier.c.revision < deliveries.c.revision,
        earlier.c.outcome.is_(None),
        earlier.c.again <= deliveries.c.again,
    )


def _due(c: Connection, sink: str, most: int, now: datetime) -> Sequence[Row[Any]]:
    """What is due at a sink, in order per article."""
    query = (
        select(work.c.id, deliveries.c.id.label("delivery"), deliveries.c.batch_id, deliveries.c.created_at)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(work.c.host == gate_of(sink), work.c.wake_at <= now, work.c.begun_at.is_(None))
        .where(~waits_for_earlier())
        .order_by(work.c.purpose, work.c.wake_at, work.c.id)
        .limit(most)
    )
    rows: Sequence[Row[Any]] = c.execute(query.with_for_update(of=work, skip_locked=True)).all()  # type: ignore[assignment]
    return rows


def _batches(c: Connection, due: Sequence[Row[Any]], policy: DeliveryPolicy, *, now: datetime) -> list[_Batch]:
    """The batches of what is due, the longest due first: old ones whole and unchanged, new ones of what has none."""
    found: list[_Batch] = []
    known: set[UUID] = set()
    fresh: _Batch | None = None
    for row in due:
        if row.batch_id is None:
            if fresh is None or len(fresh.rows) == policy.batch:
                fresh = _Batch(None)
                found.append(fresh)
            fresh.rows.append(row)
        elif row.batch_id not in known:
            known.add(row.batch_id)
            found.append(_Batch(row.batch_id, _members(c, row.batch_id, now)))
    return [batch for batch in found if batch.rows and not _lingers(batch, policy, now)]


def _lingers(batch: _Batch, policy: DeliveryPolicy, now: datetime) -> bool:
    """Whether a new batch that is not full still waits for more."""
    if batch.id is not None or len(batch.rows) >= policy.batch:
        return False
    return bool(min(row.created_at for row in batch.rows) > now - policy.linger)


def _members(c: Connection, batch: UUID, now: datetime) -> list[Row[Any]]:
    """The rows of an old batch, or none while one of them is still in somebody's hands."""
    query = (
        select(work.c.id, work.c.wake_at, work.c.begun_at, deliveries.c.id.label("delivery"))
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(deliveries.c.batch_id == batch, deliveries.c.outcome.is_(None))
    )
    rows: Sequence[Row[Any]] = c.execute(query.order_by(work.c.id).with_for_update(of=work)).all()  # type: ignore[assignment]
    free = all(row.begun_at is None and row.wake_at is not None and row.wake_at <= now for row in rows)
    return list(rows) if free else []


def _called(c: Connection, new_id: Callable[[], UUID], batch: _Batch, *, lease: LeasePolicy, now: datetime) -> Call:
    if batch.id is None:
        name_batch(c, [row.delivery for row in batch.rows], new_id())
    claimed = lease_rows(c, [row.id for row in batch.rows], now=now, lease=lease)
    return Call(Stage.DELIVER, tuple(ticket for _, ticket in claimed))


def name_batch(c: Connection, ids: Sequence[UUID], batch: UUID | None) -> None:
    """Make some deliveries one batch, or of none."""
    c.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(batch_id=batch))
