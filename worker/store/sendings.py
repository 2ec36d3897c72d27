"""Which sinks an article's revisions reached, and why not the others. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from worker.news.reason import WORDS, Reason
from worker.store.schema import deliveries, sinks, work
from worker.store.waiting import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A revision on its way to a sink; `revision` is None when nothing was ever to be sent there."""

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


def sendings_of(c: Connection, article: UUID, *, filed: bool, now: datetime) -> tuple[Sent, ...]:
    """Every delivery of an article, by sink and revision; of a filed one also the sinks that get none."""
    columns = (work.c.wake_at, work.c.claimed_at, work.c.begun_at)
    query = select(deliveries, *columns).outerjoin(work, work.c.subject == deliveries.c.id)
    rows = c.execute(
        query.where(deliveries.c.article_id == article).order_by(deliveries.c.sink_id, deliveries.c.revision)
    ).all()
    named = {row.id: row for row in c.execute(select(sinks))}
    found = [_sent(row, named[row.sink_id], rows, now) for row in rows]
    reached = {row.sink_id for row in rows}
    if filed:
        never = "nothing was sent: it was no sink yet, or was switched off, when the revisions were filed"
        found += [
            Sent(sink=id_, revision=None, state="never", words=never)
            for id_, row in sorted(named.items())
            if row.enabled and id_ not in reached
        ]
    return tuple(found)


def _sent(row: Row[Any], sink: Row[Any], rows: Sequence[Row[Any]], now: datetime) -> Sent:
    state, words, next_at = _ended(row) if row.outcome else _open(row, sink, rows, now)
    return Sent(
        sink=row.sink_id,
        revision=row.revision,
        state=state,
        words=words,
        tries=row.tries,
        error=row.error,
        created_at=row.created_at,
        settled_at=row.settled_at,
        next_at=next_at,
    )


def _ended(row: Row[Any]) -> tuple[str, str, None]:
    match row.outcome:
        case "dead":
            times = "1 try" if row.tries == 1 else f"{row.tries} tries"
            return "dead", f"given up after {times}: {error_words(row.error)}", None
        case "superseded":
            return "superseded", "not sent: its article was merged into another one, or taken down, before", None
        case _:
            return str(row.outcome), str(row.outcome), None


def _open(row: Row[Any], sink: Row[Any], rows: Sequence[Row[Any]], now: datetime) -> tuple[str, str, datetime | None]:
    """Why a delivery has no end yet."""
    times = f" (tried {'once' if row.tries == 1 else f'{row.tries} times'})" if row.tries else ""
    last = f"; last time{times}: {error_words(row.error)}" if row.error else ""
    if row.begun_at is not None:
        return "sending", f"being sent since {clock(row.begun_at, now)}", None
    if row.claimed_at is not None:
        return "queued", f"queued since {clock(row.claimed_at, now)}", None
    if not sink.enabled:
        return "off", "waits: the sink is switched off", None
    if sink.paused:
        return "paused", "waits: the sink is paused", None
    if sink.blocked_until is not None and sink.blocked_until > now:
        return "down", f"waits until {clock(sink.blocked_until, now)}: {error_words(sink.error)}", sink.blocked_until
    earlier = [
        other.revision
        for other in rows
        if other.sink_id == row.sink_id and other.revision < row.revision and other.outcome is None
    ]
    if earlier:
        return "behind", f"waits: revision {earlier[0]} goes first{last}", None
    if row.wake_at is not None and row.wake_at > now:
        return "later", f"waits: tried again at {clock(row.wake_at, now)}{last}", row.wake_at
    since = f" since {clock(row.wake_at, now)}" if row.wake_at else ""
    return "due", f"due{since}: the next tick takes it{last}", row.wake_at


def error_words(error: str | None) -> str:
    """What a sink said: its reason in words, and the rest as it came."""
    reason, _, rest = (error or "").partition(": ")
    if reason not in set(Reason):
        return error or "the sink can't be reached"
    return WORDS[Reason(reason)] + (f" ({rest})" if rest else "")
