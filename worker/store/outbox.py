"""The outbox: a delivery for every enabled sink, in the transaction of the revision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from worker.news.work import Kind, Purpose, Stage
from worker.store.batches import gate_of
from worker.store.schema import deliveries, sinks, work


def add_deliveries(c: Connection, new_id: Callable[[], UUID], article: UUID, revision: int, *, now: datetime) -> None:
    """Put a revision on its way to every enabled sink; the tick takes it from there, in batches."""
    targets = c.execute(select(sinks.c.id).where(sinks.c.enabled).order_by(sinks.c.id)).scalars().all()
    if not targets:
        return
    ids = {sink: new_id() for sink in targets}
    c.execute(
        deliveries.insert(),
        [
            {"id": ids[sink], "sink_id": sink, "article_id": article, "revision": revision, "created_at": now}
            for sink in targets
        ],
    )
    c.execute(
        work.insert(),
        [
            {
                "kind": Kind.DELIVERY,
                "subject": ids[sink],
                "stage": Stage.DELIVER,
                "purpose": Purpose.LIVE,
                "host": gate_of(sink),
                "wake_at": now,
            }
            for sink in targets
        ],
    )
