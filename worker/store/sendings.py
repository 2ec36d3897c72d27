"""Which sinks an article's revisions reached, and why not the others. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, or_, select

from worker.news.reason import WORDS, Reason
from worker.news.record import Record
from worker.news.subscription import objection
from worker.news.work import Again, Purpose
from worker.store.batches import gate_of
from worker.store.cursors import Cursor
from worker.store.schema import deliveries, revisions, sinks, work
from worker.store.subscribers import subscription_of
from worker.store.values import load
from worker.store.waiting import clock

# Deliveries of a sink that go first are counted no further.
MOST_BEFORE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A revision on its way to a sink; `revision` is None when nothing was ever to be sent there.

    `again` is first, retry or replay; `superseded_by` is a newer revision that the sink had when this one came, or has.
    """

    sink: str
    revision: int | None
    # delivered, dead, superseded; or open, and then why: off, paused, down, behind, sending, queued, later, due; or never.
    state: str
    words: str
    tries: int = 0
    error: str | None = None
    created_at: datetime | None = None
    settled_at: datetime | None = None
    next_at: datetime | None = None
    delivery: str | None = None
    batch: str | None = None
    again: str | None = None
    superseded_by: int | None = None


@dataclass(frozen=True, slots=True)
class _All:
    """What the words about one delivery are made of."""

    rows: Sequence[Row[Any]]
    sinks: Mapping[str, Row[Any]]
    c: Connection
    now: datetime


def sendings_of(c: Connection, article: UUID, *, filed: bool, now: datetime, skipped: bool = False) -> tuple[Sent, ...]:
    """Every delivery of an article, by sink and revision; of a filed one also the sinks that get none, or not the last.

    With `skipped` each revision that a sink does not get is named.
    """
    columns = (work.c.wake_at, work.c.claimed_at, work.c.begun_at, work.c.purpose)
    query = select(deliveries, *columns).outerjoin(work, work.c.subject == deliveries.c.id)
    rows = c.execute(
        query.where(deliveries.c.article_id == article).order_by(deliveries.c.sink_id, deliveries.c.revision)
    ).all()
    of = _All(rows, {row.id: row for row in c.execute(select(sinks))}, c, now)
    found = [_sent(row, of) for row in rows]
    if filed:
        states = _filed(c, article)
        for sink in of.sinks.values():
            if sink.enabled:
                found += _missing(sink, states, of, skipped=skipped)
    return tuple(sorted(found, key=lambda sent: (sent.revision is None, sent.sink, sent.revision or 0)))


def _sent(row: Row[Any], of: _All) -> Sent:
    state, words, next_at = _ended(row) if row.outcome else _open(row, of)
    newer = _newer(row, of.rows)
    if newer is not None:
        words += f", marked as superseded by revision {newer}"
    return Sent(
        sink=row.sink_id,
        revision=row.revision,
        state=state,
        words=words,
        tries=row.tries,
        error=row.error,
        created_at=row.created_at,
        settled_at=row.settled_at if row.outcome else None,
        next_at=next_at,
        delivery=str(row.id),
        batch=str(row.batch_id) if row.batch_id else None,
        again=Again(row.again).name.lower(),
        superseded_by=newer,
    )


def _newer(row: Row[Any], rows: Sequence[Row[Any]]) -> int | None:
    """The newest revision that the sink had already when a delivery came late, or has now while it is open."""
    on_time = row.again == Again.FIRST and row.purpose != Purpose.BACKFILL
    if on_time or row.outcome in {"dead", "superseded"}:
        return None
    there = [
        other.revision
        for other in rows
        if other.sink_id == row.sink_id and other.revision > row.revision and _was_there(other, row)
    ]
    return max(there, default=None)


def _was_there(other: Row[Any], row: Row[Any]) -> bool:
    if other.outcome == "delivered":
        return bool(row.outcome is None or other.settled_at < row.settled_at)
    return bool(other.again == Again.REPLAY)


def _ended(row: Row[Any]) -> tuple[str, str, None]:
    match row.outcome:
        case "dead":
            times = "1 try" if row.tries == 1 else f"{row.tries} tries"
            return "dead", f"given up after {times}: {error_words(row.error)}", None
        case "superseded":
            return "superseded", "not sent: its article was merged into another one, or taken down, before", None
        case _:
            late = {Again.RETRY: " (it had been dead)", Again.REPLAY: " (sent once more)"}.get(row.again, "")
            return str(row.outcome), f"{row.outcome}{late}", None


def _open(row: Row[Any], of: _All) -> tuple[str, str, datetime | None]:
    """Why a delivery has no end yet."""
    sink, now = of.sinks[row.sink_id], of.now
    times = f" (tried {'once' if row.tries == 1 else f'{row.tries} times'})" if row.tries else ""
    last = f"; last time{times}: {error_words(row.error)}" if row.error else ""
    if row.begun_at is not None:
        return "sending", f"being sent since {clock(row.begun_at, now)}", None
    if row.claimed_at is not None:
        return "queued", f"queued since {clock(row.claimed_at, now)}", None
    if not sink.enabled:
        return "off", "waits: the sink is switched off", None
    if sink.paused:
        why = f": {error_words(sink.paused_why)}" if sink.paused_why else ""
        return "paused", f"waits: the sink is paused{why}", None
    if sink.blocked_until is not None and sink.blocked_until > now:
        return "down", f"waits until {clock(sink.blocked_until, now)}: {error_words(sink.error)}", sink.blocked_until
    earlier = [other.revision for other in of.rows if _goes_first(other, row)]
    if earlier:
        return "behind", f"waits: revision {earlier[0]} goes first{last}", None
    if row.wake_at is not None and row.wake_at > now:
        return "later", f"waits: tried again at {clock(row.wake_at, now)}{last}", row.wake_at
    since = f" since {clock(row.wake_at, now)}" if row.wake_at else ""
    return "due", f"due{since}: {_before_words(row, of)}{last}", row.wake_at


def _goes_first(other: Row[Any], row: Row[Any]) -> bool:
    """Whether a delivery waits for another one, as `store.batches` has it."""
    same = other.sink_id == row.sink_id and other.outcome is None
    return bool(same and other.revision < row.revision and other.again <= row.again)


def _before_words(row: Row[Any], of: _All) -> str:
    """How many deliveries of the sink are sent before a due one."""
    sooner = or_(work.c.purpose < row.purpose, (work.c.purpose == row.purpose) & (work.c.wake_at < row.wake_at))
    ahead = select(work.c.id).where(work.c.host == gate_of(row.sink_id), work.c.wake_at <= of.now, sooner)
    counted = select(func.count()).select_from(ahead.limit(MOST_BEFORE).subquery())
    n = of.c.execute(counted).scalar_one()
    if not n:
        return "the next tick takes it"
    return (
        f"{f'{MOST_BEFORE:,} or more' if n >= MOST_BEFORE else n} of {row.sink_id} {'goes' if n == 1 else 'go'} first"
    )


def _filed(c: Connection, article: UUID) -> list[tuple[Record, datetime]]:
    query = select(revisions.c.record, revisions.c.created_at).where(revisions.c.article_id == article)
    return [(load(Record, text), at) for text, at in c.execute(query.order_by(revisions.c.n))]


def _missing(sink: Row[Any], states: Sequence[tuple[Record, datetime]], of: _All, *, skipped: bool) -> Iterator[Sent]:
    """The revisions that a sink has no delivery of: each with `skipped`, else the last one; one line when it has none at all."""
    known = {row.revision: row for row in of.rows if row.sink_id == sink.id}
    holds, why = False, ""
    for record, at in states:
        if record.revision in known:
            row = known[record.revision]
            holds |= row.outcome in {None, "delivered"} or row.again == Again.REPLAY
            continue
        why = _why_not(sink, record, at, of.now, holds=holds)
        if known and (skipped or record is states[-1][0]):
            yield Sent(sink=sink.id, revision=record.revision, state="never", words=f"not sent: {why}")
    if not known and states:
        yield Sent(sink=sink.id, revision=None, state="never", words=f"nothing was sent: {why}")


def _why_not(sink: Row[Any], record: Record, at: datetime, now: datetime, *, holds: bool) -> str:
    said = objection(subscription_of(sink.subscription), record, holds=holds)
    if said is not None:
        return said
    if sink.added_at is None or at >= sink.added_at:
        return "it was switched off, or took other articles, when it was filed; `copydesk deliveries replay` sends it"
    new = f"it is a sink since {clock(sink.added_at, now)} only"
    if sink.cursor is None:
        return f"{new}, and this was filed before; `copydesk deliveries replay` sends it"
    cursor = load(Cursor, sink.cursor)
    if at < cursor.since:
        return f"{new}, and is given what was filed since {clock(cursor.since, now)}"
    come = f": so far up to {clock(cursor.at, now)}" if cursor.at else ""
    return f"{new}, and is being given what was filed before{come}"


def error_words(error: str | None) -> str:
    """What a sink said: its reason in words, and the rest as it came."""
    reason, _, rest = (error or "").partition(": ")
    if reason not in set(Reason):
        return error or "the sink can't be reached"
    return WORDS[Reason(reason)] + (f" ({rest})" if rest else "")
