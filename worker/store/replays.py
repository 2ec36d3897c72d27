"""Orders to send a sink once more what was filed in a time: they are noted, listed and stopped here, and carried out by the ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, select, update

from worker.news.work import Again, Purpose
from worker.store.backlog import OPEN, REPLAY, STOPPED, Replay, order_replay
from worker.store.batches import gate_of
from worker.store.cursors import Cursor
from worker.store.database import Database
from worker.store.outbox import take_back
from worker.store.retries import SLICE, NotDoneError, known_sink
from worker.store.schema import articles, deliveries, jobs, revisions, work
from worker.store.sinkstates import Order, order_of
from worker.store.values import load

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A replay that was ordered; `revisions` is how many were filed in that time, at those outlets."""

    id: str
    sink: str
    since: datetime
    until: datetime
    outlets: tuple[str, ...]
    revisions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replay that was ordered, and how far it is; `state` is open, done (all of it is on its way) or stopped, since `updated_at`.

    `waiting` is how many deliveries of what was filed before wait at its sink, for whatever order.
    """

    state: str
    updated_at: datetime
    waiting: int
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A replay that was stopped; `taken_back` is how many deliveries waited to be sent once more, and do so no longer."""

    id: str
    sink: str
    taken_back: int


def replay(
    database: Database,
    sink: str,
    *,
    since: datetime | None,
    until: datetime | None,
    outlets: Sequence[str],
    everything: bool = False,
    now: datetime,
) -> Ordered:
    """Order that a sink is sent once more what was filed in a time; it never reaches into the future.

    Raises `NotDoneError`, also when all that was ever filed is meant and `everything` does not say so.
    """
    if not (since or until or outlets or everything):
        raise NotDoneError(
            "say what is sent once more: since when, until when, or of which outlet; --all is all that was ever filed"
        )
    begin, end = since or BEGINNING, min(until or now, now)
    if begin >= end:
        raise NotDoneError(f"no time lies between {begin:%Y-%m-%d %H:%M:%S} and {end:%Y-%m-%d %H:%M:%S} UTC")
    many = select(func.count()).where(revisions.c.created_at >= begin, revisions.c.created_at < end)
    if outlets:
        many = many.where(revisions.c.article_id == articles.c.id, articles.c.outlet_id.in_(outlets))
    with database.read() as c:
        known_sink(c, sink)
        n = c.execute(many).scalar_one()
    order = Replay(sink=sink, since=begin, until=end, outlets=tuple(outlets))
    id_ = order_replay(database, order, now=now)
    return Ordered(id=str(id_), sink=sink, since=begin, until=end, outlets=order.outlets, revisions=n)


def read_time(text: str | None) -> datetime | None:
    """A time in ISO 8601, which is UTC unless it says otherwise; None when nothing is said. Raises `NotDoneError`."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotDoneError(f"{text!r} is no time; write it as 2026-11-01 or 2026-11-01T12:30:00") from None


def replays(database: Database) -> list[Replayed]:
    """All replays that were ever ordered, the newest first."""
    with database.read() as c:
        rows = c.execute(select(jobs).where(jobs.c.kind == REPLAY).order_by(jobs.c.id.desc())).all()
        named = [load(Replay, row.arguments).sink for row in rows]
        waiting = {sink: c.execute(_waiting(sink)).scalar_one() for sink in set(named)}
    return [
        Replayed(
            state=row.state,
            updated_at=row.updated_at,
            waiting=waiting[sink],
            order=order_of(sink, str(row.id), load(Cursor, row.cursor), row.created_at),
        )
        for row, sink in zip(rows, named, strict=True)
    ]


def _waiting(sink: str) -> Select[int]:
    at_sink = work.c.host == gate_of(sink)
    return select(func.count()).where(at_sink, work.c.purpose == Purpose.BACKFILL, work.c.wake_at.is_not(None))


def stop_replay(database: Database, word: str, *, now: datetime) -> Stopped:
    """End a replay; what waits to be sent once more is taken back, unless another replay of the sink may want it. Raises `NotDoneError`.

    One that is done has all on its way, and what still waits is taken back as well.
    """
    with database.write() as c:
        job = _named(c, word)
        sink = load(Replay, job.arguments).sink
        c.execute(update(jobs).where(jobs.c.id == job.id).values(state=STOPPED, updated_at=now))
        orders = c.execute(select(jobs.c.arguments).where(jobs.c.kind == REPLAY, jobs.c.state == OPEN)).scalars()
        alone = sink not in {load(Replay, arguments).sink for arguments in orders}
        taken = _take_back(c, sink) if alone else 0
        if not taken and job.state != OPEN:
            raise NotDoneError(f"the replay {word} is {job.state}, and nothing of it waits any more")
    more = taken
    while more == SLICE:
        with database.write() as c:
            more = _take_back(c, sink)
        taken += more
    return Stopped(id=word, sink=sink, taken_back=taken)


def _named(c: Connection, word: str) -> Row[Any]:
    """The row of a replay, locked. Raises `NotDoneError`."""
    try:
        same = (jobs.c.id == UUID(word)) & (jobs.c.kind == REPLAY)
    except ValueError:
        raise NotDoneError(f"{word} is no id; `copydesk deliveries replay --list` names those of the replays") from None
    job = c.execute(select(jobs).where(same).with_for_update()).one_or_none()
    if job is None:
        raise NotDoneError(f"there is no replay {word}; `copydesk deliveries replay --list` names them")
    return job


def _take_back(c: Connection, sink: str) -> int:
    """One slice of what waits to be sent once more, and is in no batch."""
    waiting = (
        select(work.c.id, work.c.subject)
        .join(deliveries, deliveries.c.id == work.c.subject)
        .where(work.c.host == gate_of(sink), work.c.purpose == Purpose.BACKFILL, work.c.wake_at.is_not(None))
        .where(work.c.claimed_at.is_(None), deliveries.c.batch_id.is_(None), deliveries.c.outcome.is_(None))
        .where(deliveries.c.again == Again.REPLAY)
    )
    rows = c.execute(waiting.order_by(work.c.id).limit(SLICE).with_for_update(of=work, skip_locked=True)).all()
    take_back(c, rows)
    return len(rows)
