"""The outbox: a delivery for every enabled sink, in the transaction of the revision; and what goes out no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, or_, select, update

from worker.news.work import Kind, Purpose, Stage
from worker.store.batches import gate_of
from worker.store.schema import deliveries, sinks, work


def add_deliveries(
    c: Connection,
    new_id: Callable[[], UUID],
    article: UUID,
    revision: int,
    *,
    to: Sequence[str] | None = None,
    now: datetime,
) -> None:
    """Put a revision on its way to the enabled sinks (of those in `to`); the tick takes it from there, in batches."""
    enabled = select(sinks.c.id).where(sinks.c.enabled)
    if to is not None:
        enabled = enabled.where(sinks.c.id.in_(to))
    targets = c.execute(enabled.order_by(sinks.c.id)).scalars().all()
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


def sinks_reached(c: Connection, article: UUID) -> Sequence[str]:
    """The sinks that may hold something of an article: what was ever in a batch may have arrived."""
    met = or_(deliveries.c.outcome == "delivered", deliveries.c.batch_id.is_not(None), deliveries.c.tries > 0)
    query = select(deliveries.c.sink_id).where(deliveries.c.article_id == article, met)
    return c.execute(query.distinct().order_by(deliveries.c.sink_id)).scalars().all()


def supersede(c: Connection, article: UUID, *, now: datetime) -> None:
    """Take an article's open deliveries off the list. What was ever in a batch may be on the wire and goes out with it, whole; what
    follows it says more.
    """
    waiting = (
        select(work.c.id, work.c.subject)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(deliveries.c.article_id == article, deliveries.c.outcome.is_(None))
        .where(deliveries.c.batch_id.is_(None), work.c.claimed_at.is_(None))
    )
    rows = c.execute(waiting.order_by(work.c.id).with_for_update(of=work)).all()
    if not rows:
        return
    gone = deliveries.c.id.in_([row.subject for row in rows])
    c.execute(update(deliveries).where(gone).values(outcome="superseded", settled_at=now, error=None))
    off = work.c.id.in_([row.id for row in rows])
    c.execute(update(work).where(off).values(wake_at=None, claim=work.c.claim + 1))


def is_unsent(c: Connection, article: UUID, revision: int) -> bool:
    """Whether no sink has met a revision, nor will before this transaction ends."""
    query = (
        select(work.c.claimed_at, deliveries.c.batch_id, deliveries.c.tries, deliveries.c.outcome)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(deliveries.c.article_id == article, deliveries.c.revision == revision)
        .order_by(work.c.id)
    )
    rows = c.execute(query.with_for_update(of=work)).all()
    return all((row.claimed_at, row.batch_id, row.tries, row.outcome) == (None, None, 0, None) for row in rows)
