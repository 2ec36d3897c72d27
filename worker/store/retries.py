"""What people have go on by hand: dead deliveries are sent again, sinks are paused and resumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, exists, func, select, update

from worker.news.work import Again, Purpose
from worker.store.backlog import reopen
from worker.store.batches import gate_of
from worker.store.database import Database
from worker.store.deadlock import done_again
from worker.store.explanations import deliveries_named
from worker.store.outgoing import hold
from worker.store.schema import articles, deliveries, sinks, work
from worker.store.sendings import error_words
from worker.store.sinkstates import DEAD

# Deliveries that one transaction opens.
SLICE = 500


class NotDoneError(Exception):
    """What was asked for can't be done, and why, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """A delivery that was given up."""

    delivery: str
    key: str
    sink: str
    outlet: str
    title: str
    tries: int
    error: str
    dead_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead deliveries: of a sink, or all; of outlets, or all; and only these, when there are any."""

    sink: str | None = None
    outlets: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Retried:
    """How many dead deliveries were opened, and how many of these go out marked as superseded by what the sink has already."""

    opened: int
    superseded: int

    def __add__(self, other: Retried) -> Retried:
        return Retried(self.opened + other.opened, self.superseded + other.superseded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A sink that was paused or resumed: how it stood before, and how many deliveries wait for it."""

    sink: str
    was_paused: bool
    was_down: bool
    enabled: bool
    waiting: int


def known_sink(c: Connection, name: str) -> Row[Any]:
    """A sink by its name. Raises `NotDoneError`."""
    row = c.execute(select(sinks).where(sinks.c.id == name)).one_or_none()
    if row is None:
        names = c.execute(select(sinks.c.id).order_by(sinks.c.id)).scalars().all()
        raise NotDoneError(f"there is no sink {name!r}; there are {', '.join(names) or 'none yet: `copydesk migrate`'}")
    return row


def dead_ones(database: Database, wanted: Wanted, *, most: int) -> list[Dead]:
    """The dead deliveries of each sink, the newest first. Raises `NotDoneError`."""
    with database.read() as c:
        if wanted.sink is not None:
            known_sink(c, wanted.sink)
        columns = (articles.c.title, articles.c.outlet_id)
        query = _dead(wanted, select(deliveries, *columns).join(articles, articles.c.id == deliveries.c.article_id))
        rows = c.execute(query.order_by(deliveries.c.settled_at.desc(), deliveries.c.id).limit(most)).all()
    return [
        Dead(
            delivery=str(row.id),
            key=f"{row.article_id}:{row.revision}",
            sink=row.sink_id,
            outlet=row.outlet_id,
            title=row.title,
            tries=row.tries,
            error=error_words(row.error),
            dead_at=row.settled_at,
        )
        for row in rows
    ]


def _dead(wanted: Wanted, query: Select[Any]) -> Select[Any]:
    query = query.where(DEAD)
    if wanted.sink is not None:
        query = query.where(deliveries.c.sink_id == wanted.sink)
    if wanted.outlets:
        of_outlets = select(articles.c.id).where(articles.c.outlet_id.in_(wanted.outlets))
        query = query.where(deliveries.c.article_id.in_(of_outlets))
    return query.where(deliveries.c.id.in_(wanted.ids)) if wanted.ids else query


def named(database: Database, words: Sequence[str], *, sink: str | None, now: datetime) -> Wanted:
    """The dead deliveries of keys, of ids of deliveries, batches or articles. Raises `NotDoneError` for a word that names no dead one."""
    found: dict[UUID, None] = {}
    with database.read() as c:
        if sink is not None:
            known_sink(c, sink)
        for word in words:
            rows = [row for row in _named(c, word, now) if sink in {None, row.sink_id}]
            if not rows:
                raise NotDoneError(
                    f"there is no delivery {word}; `copydesk deliveries list --dead` names the dead ones"
                )
            dead = [row.id for row in rows if row.outcome == "dead"]
            if not dead:
                raise NotDoneError(f"nothing of {word} is dead; `copydesk deliveries explain {word}` tells where it is")
            found.update(dict.fromkeys(dead))
    return Wanted(sink=sink, ids=tuple(found))


def _named(c: Connection, word: str, now: datetime) -> Sequence[Row[Any]]:
    rows = deliveries_named(c, word, now=now)
    if rows:
        return rows
    try:
        return c.execute(select(deliveries).where(deliveries.c.article_id == UUID(word))).all()
    except ValueError:
        return ()


def retry(database: Database, wanted: Wanted, *, now: datetime) -> Iterator[Retried]:
    """Open dead deliveries again, each with as many tries as a new one; gives a sum for each slice. What dies meanwhile stays dead.

    Raises `NotDoneError` at the first slice.
    """
    if wanted.sink is not None:
        with database.read() as c:
            known_sink(c, wanted.sink)
    while True:

        def transaction() -> Retried:
            with database.write() as c:
                return _retry(c, wanted, now)

        done = done_again(transaction)
        if done.opened:
            yield done
        if done.opened < SLICE:
            return


def _retry(c: Connection, wanted: Wanted, now: datetime) -> Retried:
    query = _dead(wanted, select(deliveries.c.id)).where(deliveries.c.settled_at <= now)
    rows = query.order_by(deliveries.c.settled_at, deliveries.c.id).limit(SLICE).with_for_update(of=deliveries)
    ids = c.execute(rows).scalars().all()
    newer = deliveries.alias("newer")
    is_late = exists().where(
        newer.c.article_id == deliveries.c.article_id,
        newer.c.sink_id == deliveries.c.sink_id,
        newer.c.revision > deliveries.c.revision,
        newer.c.outcome == "delivered",
    )
    late = c.execute(select(func.count()).where(deliveries.c.id.in_(ids), is_late)).scalar_one()
    reopen(c, ids, again=Again.RETRY, purpose=Purpose.MANUAL, now=now)
    return Retried(len(ids), late)


def pause(database: Database, sink: str, *, because: str | None, now: datetime) -> Held:
    """Send a sink nothing more, until it is resumed; a batch that is on its way goes on. Raises `NotDoneError`."""
    with database.write() as c:
        before = known_sink(c, sink)
        hold(c, sink, because=because or None, now=now)
        return _held(c, before)


def resume(database: Database, sink: str, *, now: datetime) -> Held:
    """Have a sink that was paused, or is down, tried at once, with all that waits for it. Raises `NotDoneError`."""
    well = {
        "paused": False,
        "paused_why": None,
        "down_since": None,
        "blocked_until": None,
        "failures": 0,
        "error": None,
    }

    def transaction() -> Held:
        with database.write() as c:
            before = known_sink(c, sink)
            later = update(work).where(work.c.host == gate_of(sink), work.c.claimed_at.is_(None), work.c.wake_at > now)
            c.execute(later.values(wake_at=now))
            c.execute(update(sinks).where(sinks.c.id == sink).values(**well))
            return _held(c, before)

    return done_again(transaction)


def _held(c: Connection, before: Row[Any]) -> Held:
    waiting = select(func.count()).where(work.c.host == gate_of(before.id), work.c.wake_at.is_not(None))
    return Held(
        sink=before.id,
        was_paused=before.paused,
        was_down=bool(before.failures),
        enabled=before.enabled,
        waiting=c.execute(waiting).scalar_one(),
    )
