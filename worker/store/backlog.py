"""What was filed before, on its way to one sink: all of it to a new one, some of it once more. In slices, behind live traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, case, func, or_, select, update

from worker.news.record import Record
from worker.news.subscription import NEWS_OF_IT, Subscription, objection
from worker.news.work import Again, Purpose
from worker.store.batches import gate_of
from worker.store.cursors import LATEST, Cursor, Step, after, next_rows
from worker.store.database import Database
from worker.store.deadlock import done_again
from worker.store.outbox import arrived, put_out
from worker.store.schema import deliveries, jobs, sinks, work
from worker.store.subscribers import subscription_of
from worker.store.values import dump, load

# Revisions that one transaction looks at, and slices that one tick does.
SLICE = 100
SLICES_A_TICK = 10
# A sink that has so many of these before it gets no more for now: the outbox is no place to keep a year in.
ENOUGH = 2000
REPLAY = "replay"
OPEN, DONE, STOPPED = "open", "done", "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """An order to send again what one sink was sent; kept in `jobs.arguments`."""

    sink: str
    since: datetime
    until: datetime
    outlets: tuple[str, ...] = ()


def order_replay(database: Database, replay: Replay, *, now: datetime) -> UUID:
    """Note an order; the tick does it."""
    cursor = Cursor(since=replay.since, until=replay.until, outlets=replay.outlets)
    id_ = database.new_id()
    values = {"kind": REPLAY, "arguments": dump(replay), "cursor": dump(cursor), "state": OPEN}
    with database.write() as c:
        c.execute(jobs.insert().values(id=id_, created_at=now, updated_at=now, **values))
    return id_


def advance(database: Database, *, now: datetime) -> int:
    """Put the next slices of every order into the outbox; gives how many deliveries that are."""
    with database.read() as c:
        filling = c.execute(select(sinks.c.id).where(sinks.c.enabled, sinks.c.cursor.is_not(None))).scalars().all()
        orders = c.execute(select(jobs.c.id).where(jobs.c.kind == REPLAY, jobs.c.state == OPEN)).scalars().all()
    steps: list[Callable[[], int | None]] = [
        *(_stepping(database, _fill, sink, now) for sink in filling),
        *(_stepping(database, _replay, order, now) for order in orders),
    ]
    return sum(_steps(step) for step in steps)


def _stepping(
    database: Database, step: Callable[..., int | None], subject: str | UUID, now: datetime
) -> Callable[[], int | None]:
    def transaction() -> int | None:
        with database.write() as c:
            return step(c, database.new_id, subject, now)

    return lambda: done_again(transaction)


def _steps(step: Callable[[], int | None]) -> int:
    """Do some slices of one order; None says that there is nothing to do now."""
    sent = 0
    for _ in range(SLICES_A_TICK):
        more = step()
        if more is None:
            return sent
        sent += more
    return sent


def _fill(c: Connection, new_id: Callable[[], UUID], sink: str, now: datetime) -> int | None:
    """One slice of what a new sink is given. The sink's row is not locked against those who file something for it meanwhile."""
    row = c.execute(
        select(sinks).where(sinks.c.id == sink).with_for_update(skip_locked=True, key_share=True)
    ).one_or_none()
    if row is None or row.cursor is None or _has_enough(c, sink):
        return None
    cursor = load(Cursor, row.cursor)
    # Until then a transaction that has not met the sink may still file something, dated when it began: the walk stays behind that.
    settled = now >= cursor.until
    found = next_rows(c, cursor if settled else replace(cursor, until=cursor.until - 2 * LATEST), most=SLICE)
    sent = _send_missing(c, new_id, row, found, now)
    over = len(found) < SLICE and settled
    left = None if over else dump(after(cursor, found[-1]) if found else cursor)
    c.execute(update(sinks).where(sinks.c.id == sink).values(cursor=left))
    return sent if len(found) == SLICE else None


def _replay(c: Connection, new_id: Callable[[], UUID], order: UUID, now: datetime) -> int | None:
    """One slice of what is sent once more."""
    job = c.execute(select(jobs).where(jobs.c.id == order).with_for_update(skip_locked=True)).one_or_none()
    if job is None or job.state != OPEN:
        return None
    wanted = load(Replay, job.arguments)
    if _has_enough(c, wanted.sink):
        return None
    sink = c.execute(select(sinks).where(sinks.c.id == wanted.sink)).one()
    cursor = load(Cursor, job.cursor)
    found = next_rows(c, cursor, most=SLICE)
    again = _send_again(c, sink.id, found, now)
    sent = again + _send_missing(c, new_id, sink, found, now)
    values = {"state": OPEN if len(found) == SLICE else DONE, "updated_at": now}
    moved = dump(after(cursor, found[-1]) if found else cursor)
    c.execute(update(jobs).where(jobs.c.id == order).values(cursor=moved, **values))
    return sent if len(found) == SLICE else None


def _has_enough(c: Connection, sink: str) -> bool:
    waiting = (
        select(work.c.id)
        .where(work.c.host == gate_of(sink), work.c.purpose == Purpose.BACKFILL, work.c.wake_at.is_not(None))
        .limit(ENOUGH)
        .subquery()
    )
    return bool(c.execute(select(func.count()).select_from(waiting)).scalar_one() >= ENOUGH)


def _send_missing(
    c: Connection, new_id: Callable[[], UUID], sink: Row[Any], found: Sequence[Step], now: datetime
) -> int:
    """Put those on their way that the sink takes and has no delivery of."""
    wanted = subscription_of(sink.subscription)
    held = _held(c, sink.id, {row.article_id for row in found})
    missing: dict[UUID, list[tuple[str, int]]] = {}
    for row in found:
        known = held.setdefault(row.article_id, {})
        if row.n not in known and _takes(wanted, row, known):
            known[row.n] = True
            missing.setdefault(row.article_id, []).append((sink.id, row.n))
    for article, chosen in missing.items():
        put_out(c, new_id, article, chosen, purpose=Purpose.BACKFILL, now=now)
    return sum(map(len, missing.values()))


def _takes(wanted: Subscription, row: Step, known: dict[int, bool]) -> bool:
    holds = any(n < row.n and there for n, there in known.items())
    record = load(Record, row.record)
    if row.outcome != "stored" and record.change not in NEWS_OF_IT:
        # It was merged into another one, or taken down: nobody is told what it said before.
        return False
    return objection(wanted, record, holds=holds) is None


def _held(c: Connection, sink: str, of: set[UUID]) -> dict[UUID, dict[int, bool]]:
    """The deliveries of some articles to a sink: of each revision whether it is there, or will be."""
    there = or_(deliveries.c.outcome.is_(None), arrived())
    query = select(deliveries.c.article_id, deliveries.c.revision, there).where(
        deliveries.c.article_id.in_(sorted(of)), deliveries.c.sink_id == sink
    )
    found: dict[UUID, dict[int, bool]] = {}
    for article, n, is_there in c.execute(query):
        found.setdefault(article, {})[n] = bool(is_there)
    return found


def _send_again(c: Connection, sink: str, found: Sequence[Step], now: datetime) -> int:
    """Open the deliveries of some revisions that had an end; what was never to be sent stays so, and what was dead was never there."""
    pairs = {(row.article_id, row.n) for row in found}
    query = select(deliveries.c.id, deliveries.c.article_id, deliveries.c.revision, deliveries.c.outcome).where(
        deliveries.c.sink_id == sink,
        deliveries.c.article_id.in_(sorted({article for article, _ in pairs})),
        deliveries.c.outcome.in_(["delivered", "dead"]),
    )
    # Locked: somebody may open a dead one by hand at this very moment.
    rows = c.execute(query.order_by(deliveries.c.id).with_for_update())
    ended = [row for row in rows if (row.article_id, row.revision) in pairs]
    for outcome, again in (("delivered", Again.REPLAY), ("dead", Again.RETRY)):
        ids = [row.id for row in ended if row.outcome == outcome]
        reopen(c, ids, again=again, purpose=Purpose.BACKFILL, now=now)
    return len(ended)


def reopen(c: Connection, ids: Sequence[UUID], *, again: Again, purpose: Purpose, now: datetime) -> None:
    """Put deliveries that have an end on their way again, each with as many tries as a new one.

    What was dead when it was to be sent once more is still that. What had arrived keeps its time: it may be taken back.
    """
    if not ids:
        return
    once_more = deliveries.c.again == Again.REPLAY
    fresh: dict[str, Any] = {"outcome": None, "batch_id": None, "tries": 0, "error": None}
    if again is Again.REPLAY:
        fresh["again"] = again
    else:
        fresh["again"] = case((once_more, deliveries.c.again), else_=again)
        fresh["settled_at"] = case((once_more, deliveries.c.settled_at), else_=None)
    c.execute(update(deliveries).where(deliveries.c.id.in_(ids), deliveries.c.outcome.is_not(None)).values(**fresh))
    due = {"wake_at": now, "purpose": purpose, "tries": 0, "crashes": 0}
    c.execute(update(work).where(work.c.subject.in_(ids), work.c.wake_at.is_(None)).values(**due))
