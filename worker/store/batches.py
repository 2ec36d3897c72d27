"""The claim of deliveries: one batch a message, of one sink, sticky until it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, or_, select, update

from worker.news.policy import DeliveryPolicy, LeasePolicy
from worker.news.work import Call, Stage
from worker.store.hosts import lease_rows
from worker.store.rows import room_left
from worker.store.schema import deliveries, sinks, work

# A sink with a long backlog must not fill the stage in one tick.
BATCHES_A_TICK = 4


def gate_of(sink: str) -> str:
    """What stands in `work.host` for the deliveries of a sink."""
    return f"sink:{sink}"


def claim_batches(
    c: Connection, new_id: Callable[[], UUID], *, lease: LeasePolicy, policy: DeliveryPolicy, now: datetime
) -> Sequence[Call]:
    """Claim what is due at each sink that is open."""
    calls: list[Call] = []
    room = room_left(c, Stage.DELIVER, lease=lease, now=now)[Stage.DELIVER]
    ready = select(sinks.c.id).where(
        sinks.c.enabled, ~sinks.c.paused, or_(sinks.c.blocked_until.is_(None), sinks.c.blocked_until <= now)
    )
    for sink in c.execute(ready.order_by(sinks.c.id)).scalars().all():
        if room <= 0:
            break
        most = min(room, policy.batch * BATCHES_A_TICK)
        for ids in _batches(c, _due(c, sink, most, now), new_id, size=policy.batch, now=now):
            tickets = tuple(ticket for _, ticket in lease_rows(c, ids, now=now, lease=lease))
            calls.append(Call(Stage.DELIVER, tickets))
            room -= len(tickets)
    return calls


def _due(c: Connection, sink: str, most: int, now: datetime) -> Sequence[Row[Any]]:
    """What is due at a sink, first deliveries in order per article: nothing while an earlier revision is open."""
    earlier = deliveries.alias("earlier")
    waits_for_earlier = exists().where(
        earlier.c.article_id == deliveries.c.article_id,
        earlier.c.sink_id == deliveries.c.sink_id,
        earlier.c.revision < deliveries.c.revision,
        earlier.c.outcome.is_(None),
    )
    query = (
        select(work.c.id, deliveries.c.id.label("delivery"), deliveries.c.batch_id)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(work.c.host == gate_of(sink), work.c.wake_at <= now, work.c.begun_at.is_(None))
        .where(~waits_for_earlier)
        .order_by(work.c.purpose, work.c.wake_at, work.c.id)
        .limit(most)
    )
    rows: Sequence[Row[Any]] = c.execute(query.with_for_update(of=work, skip_locked=True)).all()  # type: ignore[assignment]
    return rows


def _batches(
    c: Connection, due: Sequence[Row[Any]], new_id: Callable[[], UUID], *, size: int, now: datetime
) -> list[list[int]]:
    """Old batches whole and unchanged, then new ones of what has none."""
    whole = [_members(c, batch, now) for batch in dict.fromkeys(row.batch_id for row in due if row.batch_id)]
    loose = [row for row in due if row.batch_id is None]
    fresh = [loose[i : i + size] for i in range(0, len(loose), size)]
    for rows in fresh:
        ids = [row.delivery for row in rows]
        c.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(batch_id=new_id()))
    return [ids for ids in whole if ids] + [[row.id for row in rows] for rows in fresh]


def _members(c: Connection, batch: UUID, now: datetime) -> list[int]:
    """The rows of an old batch, or none while one of them is still in somebody's hands."""
    query = (
        select(work.c.id, work.c.wake_at, work.c.begun_at)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(deliveries.c.batch_id == batch, deliveries.c.outcome.is_(None))
    )
    rows = c.execute(query.with_for_update(of=work)).all()
    free = all(row.begun_at is None and row.wake_at is not None and row.wake_at <= now for row in rows)
    return [row.id for row in rows] if free else []
