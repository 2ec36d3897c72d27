"""The outbox: a delivery for every sink that takes a revision, in its transaction; and what goes out no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update

from worker.news.record import Change, Record
from worker.news.subscription import NEWS_OF_IT, Subscription, objection
from worker.news.work import Again, Kind, Purpose, Stage
from worker.store.batches import gate_of
from worker.store.cursors import Cursor
from worker.store.schema import deliveries, revisions, sinks, work
from worker.store.subscribers import enabled_sinks, subscription_of
from worker.store.values import load

# After these nobody is told what the article said before.
_ENDS = frozenset({Change.MERGED, Change.WITHDRAWN})


def add_deliveries(
    c: Connection, new_id: Callable[[], UUID], record: Record, *, to: Collection[str] | None = None, now: datetime
) -> None:
    """Put a revision on its way to the enabled sinks that take it (of those in `to`); the tick takes it from there, in batches.

    A sink that is still being given what was filed before gets the earlier revisions of the article now: they go first.
    """
    article = UUID(record.id)
    holders = set(sinks_holding(c, article)) if record.revision > 1 else set()
    if record.change in NEWS_OF_IT:
        holders.update(sinks_reached(c, article))
    chosen: list[tuple[str, int]] = []
    for sink in enabled_sinks(c):
        if to is not None and sink.id not in to:
            continue
        wanted = subscription_of(sink.subscription)
        if sink.cursor is not None and record.revision > 1 and record.change not in _ENDS:
            earlier = _missed(c, sink, wanted, record)
            chosen += [(sink.id, n) for n in earlier]
            holders |= {sink.id} if earlier else set()
        if objection(wanted, record, holds=sink.id in holders) is None:
            chosen.append((sink.id, record.revision))
    put_out(c, new_id, article, chosen, purpose=Purpose.LIVE, now=now)


def _missed(c: Connection, sink: Row[Any], wanted: Subscription, record: Record) -> list[int]:
    """Which earlier revisions of an article a sink that is being filled takes, and has no delivery of yet."""
    of_sink = and_(
        deliveries.c.article_id == revisions.c.article_id,
        deliveries.c.sink_id == sink.id,
        deliveries.c.revision == revisions.c.n,
    )
    earlier = (
        select(revisions.c.n, revisions.c.record, deliveries.c.id, or_(deliveries.c.outcome.is_(None), arrived()))
        .outerjoin(deliveries, of_sink)
        .where(revisions.c.article_id == UUID(record.id), revisions.c.n < record.revision)
        .where(revisions.c.created_at >= load(Cursor, sink.cursor).since)
    )
    found: list[int] = []
    holds = False
    for n, text, delivery, there in c.execute(earlier.order_by(revisions.c.n)):
        if delivery is not None:
            holds |= there
        elif objection(wanted, load(Record, text), holds=holds) is None:
            found.append(n)
            holds = True
    return found


def put_out(
    c: Connection,
    new_id: Callable[[], UUID],
    article: UUID,
    chosen: Sequence[tuple[str, int]],
    *,
    purpose: Purpose,
    now: datetime,
) -> None:
    """Put revisions of an article on their way: pairs of sink and revision that have no delivery yet."""
    if not chosen:
        return
    ids = [new_id() for _ in chosen]
    c.execute(
        deliveries.insert(),
        [
            {"id": id_, "sink_id": sink, "article_id": article, "revision": n, "created_at": now}
            for id_, (sink, n) in zip(ids, chosen, strict=True)
        ],
    )
    c.execute(
        work.insert(),
        [
            {
                "kind": Kind.DELIVERY,
                "subject": id_,
                "stage": Stage.DELIVER,
                "purpose": purpose,
                "host": gate_of(sink),
                "wake_at": now,
            }
            for id_, (sink, _) in zip(ids, chosen, strict=True)
        ],
    )


def arrived() -> ColumnElement[bool]:
    """Whether a sink has what a delivery brings: what is sent once more had arrived, whatever became of it then."""
    return or_(deliveries.c.outcome == "delivered", deliveries.c.again == Again.REPLAY)


def sinks_holding(c: Connection, article: UUID) -> Sequence[str]:
    """The sinks that have something of an article, or will have."""
    there = or_(deliveries.c.outcome.is_(None), arrived())
    return (
        c.execute(select(deliveries.c.sink_id).where(deliveries.c.article_id == article, there).distinct())
        .scalars()
        .all()
    )


def sinks_reached(c: Connection, article: UUID) -> Sequence[str]:
    """The sinks that may hold something of an article: what was ever in a batch may have arrived."""
    met = or_(
        deliveries.c.outcome == "delivered",
        deliveries.c.batch_id.is_not(None),
        deliveries.c.tries > 0,
        deliveries.c.again != Again.FIRST,
    )
    query = select(deliveries.c.sink_id).where(deliveries.c.article_id == article, met)
    return c.execute(query.distinct().order_by(deliveries.c.sink_id)).scalars().all()


def supersede(c: Connection, article: UUID, *, now: datetime) -> None:
    """Take an article's open deliveries off the list. What was ever in a batch may be on the wire and goes out with it, whole; what
    follows it says more.
    """
    waiting = (
        select(work.c.id, work.c.subject, deliveries.c.again)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(deliveries.c.article_id == article, deliveries.c.outcome.is_(None))
        .where(deliveries.c.batch_id.is_(None), work.c.claimed_at.is_(None))
    )
    rows = c.execute(waiting.order_by(work.c.id).with_for_update(of=work)).all()
    take_back(c, [row for row in rows if row.again == Again.REPLAY])
    unsent = [row for row in rows if row.again != Again.REPLAY]
    _end(c, unsent, {"outcome": "superseded", "settled_at": now, "error": None})


def take_back(c: Connection, rows: Sequence[Any]) -> None:
    """Let deliveries that had arrived, and wait to be sent once more, be as they were: rows of `work` that this transaction has locked."""
    _end(c, rows, {"outcome": "delivered", "again": Again.FIRST, "error": None})


def _end(c: Connection, rows: Sequence[Any], values: dict[str, Any]) -> None:
    if rows:
        c.execute(update(deliveries).where(deliveries.c.id.in_([row.subject for row in rows])).values(**values))
        off = work.c.id.in_([row.id for row in rows])
        c.execute(update(work).where(off).values(wake_at=None, claim=work.c.claim + 1))


def is_unsent(c: Connection, article: UUID, revision: int) -> bool:
    """Whether no sink has met a revision, nor will before this transaction ends, nor walks towards it to be filled."""
    filled = select(exists().where(sinks.c.enabled, sinks.c.cursor.is_not(None)))
    if c.execute(filled).scalar_one():
        return False
    query = (
        select(work.c.claimed_at, deliveries.c.batch_id, deliveries.c.tries, deliveries.c.outcome, deliveries.c.again)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(deliveries.c.article_id == article, deliveries.c.revision == revision)
        .order_by(work.c.id)
    )
    rows = c.execute(query.with_for_update(of=work)).all()
    fresh = (None, None, 0, None, Again.FIRST)
    return all((row.claimed_at, row.batch_id, row.tries, row.outcome, row.again) == fresh for row in rows)
