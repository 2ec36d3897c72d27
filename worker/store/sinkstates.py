"""How each sink stands, in words, by indexes alone: never by a count of all deliveries. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, literal_column, select

from worker.news.policy import DeliveryPolicy
from worker.news.work import Again, Purpose, Stage
from worker.store.backlog import OPEN, REPLAY, Replay
from worker.store.batches import gate_of, waits_for_earlier
from worker.store.cursors import Cursor
from worker.store.schema import deliveries, jobs, sinks, work
from worker.store.sendings import error_words
from worker.store.subscribers import subscription_of
from worker.store.values import load
from worker.store.waiting import TICKS_MISSED, clock

# The rate is that of the last minutes.
RATE_OVER = timedelta(minutes=10)
# What is due for longer, at a sink that is neither down nor paused, is late.
BEHIND_AFTER = timedelta(minutes=5)
_NOBODY = "nobody sends what is due; `copydesk status` tells whether workers run"
# The index of the dead ones is found by these very words.
DEAD = deliveries.c.outcome == literal_column("'dead'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was filed before, on its way to a sink; `at` says how far it has come. `id` is None for what a new sink is given."""

    sink: str
    id: str | None
    since: datetime
    until: datetime
    outlets: tuple[str, ...]
    at: datetime | None
    ordered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkState:
    """A sink as it stands. `words` say why it is in its state, since when is in `since`, and `next_at` is when it is tried again."""

    sink: str
    kind: str
    state: str  # working, idle, behind, filling, replaying, down, paused, off
    words: str
    since: datetime | None
    next_at: datetime | None
    waiting: int  # deliveries without an end
    background: int  # of these, those that were filed before and go behind live traffic
    oldest_s: float  # that the oldest of those waits that go out for the first time
    per_minute: float  # delivered, in the last 10 minutes
    dead: int
    delivered: int  # in all, with those that were sent once more
    delivered_at: datetime | None
    error: str | None
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the words about a sink are made of. `late_since` is when the first row became due that should have gone by now."""

    row: Row[Any]
    now: datetime
    waiting: int
    per_minute: float
    in_flight: bool
    late_since: datetime | None
    orders: Sequence[Order]


def sink_states(c: Connection, *, now: datetime, policy: DeliveryPolicy) -> tuple[SinkState, ...]:
    """Every sink that the database names, in the order of the names; `policy` is what `[delivery]` says."""
    rows = c.execute(select(sinks).order_by(sinks.c.id)).all()
    waiting = _waiting(c, [row.id for row in rows])
    found = orders_open(c, rows)
    return tuple(_state(c, row, waiting[row.id], found[row.id], now, policy) for row in rows)


def orders_open(c: Connection, rows: Sequence[Row[Any]]) -> Mapping[str, Sequence[Order]]:
    """The walks over what was filed before that are not over, by their sink."""
    found: dict[str, list[Order]] = defaultdict(list)
    for row in rows:
        if row.cursor is not None:
            found[row.id].append(order_of(row.id, None, load(Cursor, row.cursor), row.added_at))
    query = select(jobs).where(jobs.c.kind == REPLAY, jobs.c.state == OPEN).order_by(jobs.c.id)
    for job in c.execute(query):
        sink = load(Replay, job.arguments).sink
        found[sink].append(order_of(sink, str(job.id), load(Cursor, job.cursor), job.created_at))
    return found


def order_of(sink: str, id_: str | None, cursor: Cursor, ordered_at: datetime | None) -> Order:
    """A walk over what was filed before, as far as it has come."""
    return Order(
        sink=sink,
        id=id_,
        since=cursor.since,
        until=cursor.until,
        outlets=cursor.outlets,
        at=cursor.at,
        ordered_at=ordered_at,
    )


def _waiting(c: Connection, ids: Sequence[str]) -> Mapping[str, Mapping[int, int]]:
    """How many deliveries of each sink have no end, by purpose."""
    gates = {gate_of(id_): id_ for id_ in ids}
    query = select(work.c.host, work.c.purpose, func.count()).where(
        work.c.host.in_(list(gates)), work.c.wake_at.is_not(None)
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for host, purpose, n in c.execute(query.group_by(work.c.host, work.c.purpose)):
        found[gates[host]][purpose] = n
    return found


def _state(
    c: Connection,
    row: Row[Any],
    waiting: Mapping[int, int],
    orders: Sequence[Order],
    now: datetime,
    policy: DeliveryPolicy,
) -> SinkState:
    oldest = c.execute(_oldest(row.id)).scalar_one_or_none() if waiting else None
    late = BEHIND_AFTER + subscription_of(row.subscription).policy(policy).linger
    due = c.execute(_due_since(row.id, now - late)).scalar_one_or_none() if waiting.get(Purpose.LIVE) else None
    facts = _Facts(
        row=row,
        now=now,
        waiting=sum(waiting.values()),
        per_minute=round(c.execute(_lately(row.id, now)).scalar_one() / (RATE_OVER / timedelta(minutes=1)), 1),
        in_flight=bool(waiting) and bool(c.execute(_in_flight(row.id, now)).scalar_one()),
        late_since=due,
        orders=orders,
    )
    state, words, since, next_at = _told(facts)
    return SinkState(
        sink=row.id,
        kind=row.kind,
        state=state,
        words=words,
        since=since,
        next_at=next_at,
        waiting=facts.waiting,
        background=waiting.get(Purpose.BACKFILL, 0),
        oldest_s=0.0 if oldest is None else round((now - oldest).total_seconds(), 1),
        per_minute=facts.per_minute,
        dead=c.execute(select(func.count()).where(deliveries.c.sink_id == row.id, DEAD)).scalar_one(),
        delivered=row.delivered,
        delivered_at=row.delivered_at,
        error=row.error,
        orders=tuple(orders),
    )


def _oldest(sink: str) -> Select[datetime]:
    """When the delivery came up that waits longest; what is sent again came up long ago, and says nothing."""
    of_sink = select(deliveries.c.created_at).where(deliveries.c.sink_id == sink, deliveries.c.outcome.is_(None))
    return of_sink.where(deliveries.c.again == Again.FIRST).order_by(deliveries.c.created_at).limit(1)


def _due_since(sink: str, before: datetime) -> Select[datetime]:
    """When the live delivery became due that should have gone first, if that was before a time."""
    query = select(work.c.wake_at).join(deliveries, deliveries.c.id == work.c.subject)
    due = query.where(work.c.host == gate_of(sink), work.c.purpose == Purpose.LIVE, work.c.wake_at <= before)
    return due.where(work.c.claimed_at.is_(None), ~waits_for_earlier()).order_by(work.c.wake_at).limit(1)


def _lately(sink: str, now: datetime) -> Select[int]:
    settled = select(func.count()).where(deliveries.c.sink_id == sink, deliveries.c.settled_at > now - RATE_OVER)
    return settled.where(deliveries.c.outcome == "delivered")


def _in_flight(sink: str, now: datetime) -> Select[bool]:
    claimed = exists().where(
        work.c.stage == Stage.DELIVER, work.c.host == gate_of(sink), work.c.claimed_at.is_not(None)
    )
    return select(claimed.where(work.c.wake_at > now))


def _told(facts: _Facts) -> tuple[str, str, datetime | None, datetime | None]:
    """The state of a sink, the words, since when, and when it is tried again: what a person must see first goes first."""
    row = facts.row
    if not row.enabled:
        holds = "what it has still to get is kept" if facts.waiting else "nothing waits for it"
        return "off", f"it is switched off, or no longer in the settings; {holds}", None, None
    if row.paused:
        why = error_words(row.paused_why) if row.paused_why else "by hand"
        return "paused", f"{why}; `copydesk deliveries resume {row.id}` goes on", row.down_since, None
    if row.failures:
        when, again = _tried_again(facts)
        return "down", f"{error_words(row.error)}; {when}", row.down_since, again
    if facts.late_since is not None:
        return "behind", _behind(facts), facts.late_since, None
    return _well(facts)


def _tried_again(facts: _Facts) -> tuple[str, datetime | None]:
    """When a sink that is down is tried again, in words too."""
    at, now = facts.row.blocked_until, facts.now
    if at is None or facts.in_flight or not facts.waiting:
        return "it is being tried again" if facts.waiting else "it is tried when something is to be sent", None
    if now - at > TICKS_MISSED:
        return f"it was to be tried again at {clock(at, now)}, and {_NOBODY}", at
    return f"tried again at {clock(at, now)}", at


def _behind(facts: _Facts) -> str:
    if facts.in_flight or facts.per_minute:
        return f"more comes in than the {facts.per_minute:g} a minute that it takes"
    return _NOBODY


def _well(facts: _Facts) -> tuple[str, str, datetime | None, None]:
    if facts.orders:
        first = facts.orders[0]
        state = "replaying" if first.id else "filling"
        return state, "; ".join(_far(order, facts.now) for order in facts.orders), first.ordered_at, None
    if facts.waiting:
        return "working", f"it takes {facts.per_minute:g} a minute", None, None
    return "idle", "nothing to send", facts.row.delivered_at, None


def _far(order: Order, now: datetime) -> str:
    what = f"replay {order.id}" if order.id else "given what was filed before it was there"
    of = f" of {', '.join(order.outlets)}" if order.outlets else ""
    come = f"so far up to {clock(order.at, now)}" if order.at else "not begun"
    return f"{what}{of}: {come}, of what was filed until {clock(order.until, now)}"
