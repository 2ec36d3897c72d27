"""What a row of `work` waits for, and until when: a worker, a tick, its host's gate, or its time. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, exists, func, or_, select

from worker.news.reason import WORDS, Reason
from worker.news.work import WEB_STAGES, Purpose
from worker.store.schema import hosts, work

# The tick comes every two seconds; what was not taken for so long is not taken.
TICKS_MISSED = timedelta(minutes=1)
# Rows that go first are counted no further.
MOST_BEFORE = 1000


class Cause(StrEnum):
    """What is waited for."""

    NOTHING = "nothing"  # nothing is planned
    WORKER = "worker"  # it is in a worker's hands
    LOST_WORKER = "lost_worker"  # it was, and the worker is gone
    MESSAGE = "message"  # it is in a queue
    PAUSE = "pause"  # its host is left alone
    GATE = "gate"  # others of its host go first, or its host was asked a moment ago
    TICK = "tick"  # it is due
    TIME = "time"  # it is not due yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Where a row is. `before` counts the rows of its host that go first."""

    stage: str
    purpose: str
    cause: Cause
    host: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0
    tries: int = 0
    crashes: int = 0
    reason: str | None = None
    words: str = ""


def waiting_of(c: Connection, task: Row[Any], *, now: datetime) -> Waiting:
    """What a row waits for."""
    known = {
        "stage": task.stage,
        "purpose": Purpose(task.purpose).name.lower(),
        "host": task.host,
        "tries": task.tries,
        "crashes": task.crashes,
    }
    found = _planned(c, task, now)
    more = "".join(
        f"; {n} {one if n == 1 else many}"
        for n, one, many in (
            (task.tries, "try so far", "tries so far"),
            (task.crashes, "worker died with it", "workers died with it"),
        )
        if n and found["cause"] is not Cause.NOTHING
    )
    return Waiting(**known, **{**found, "words": found["words"] + more})


def _planned(c: Connection, task: Row[Any], now: datetime) -> dict[str, Any]:
    stage, until = task.stage, task.wake_at
    if until is None:
        return {"cause": Cause.NOTHING, "words": "nothing is planned"}
    if task.begun_at is not None:
        since = f"in {stage} since {clock(task.begun_at, now)}"
        if until <= now:
            words = f"{since}, but its worker was not heard of any more: the next tick takes it back"
            return {"cause": Cause.LOST_WORKER, "since": task.begun_at, "until": until, "words": words}
        words = f"{since}, held by a worker until {clock(until, now)} at the latest"
        return {"cause": Cause.WORKER, "since": task.begun_at, "until": until, "words": words}
    if task.claimed_at is not None:
        again = f"handed out again at {clock(until, now)} if no worker takes it"
        words = f"queued for {stage} since {clock(task.claimed_at, now)}; {again}"
        return {"cause": Cause.MESSAGE, "since": task.claimed_at, "until": until, "words": words}
    gate = c.execute(select(hosts).where(hosts.c.host == (task.host or ""))).one_or_none()
    if gate is not None and gate.blocked_until and gate.blocked_until > max(now, until):
        why = Reason(gate.blocked_why) if gate.blocked_why else None
        words = (
            f"{stage} waits for {task.host} until {clock(gate.blocked_until, now)}: {WORDS[why] if why else 'paused'}"
        )
        return {"cause": Cause.PAUSE, "since": until, "until": gate.blocked_until, "reason": why, "words": words}
    if until > now:
        return {"cause": Cause.TIME, "until": until, "words": f"next {stage} {clock(until, now)}{_asked_by(task)}"}
    return _due(c, task, gate, now)


def _due(c: Connection, task: Row[Any], gate: Row[Any] | None, now: datetime) -> dict[str, Any]:
    since = f"due for {task.stage} since {clock(task.wake_at, now)}"
    before = _before(c, task, now) if task.host else 0
    found: dict[str, Any] = {"since": task.wake_at, "before": before}
    if now - task.wake_at > TICKS_MISSED and _is_left_alone(c, task, gate, now):
        words = f"{since}: no tick took it; `copydesk status` tells whether workers run"
        return found | {"cause": Cause.TICK, "words": words}
    opens = gate.next_at if gate is not None and gate.next_at and gate.next_at > now else None
    if before or opens:
        first = f"{before} of {task.host} {'goes' if before == 1 else 'go'} first" if before else ""
        asked = f"{task.host} is asked again at {clock(opens, now)}" if opens else ""
        words = f"{since}: {', '.join(filter(None, (first, asked)))}"
        return found | {"cause": Cause.GATE, "until": opens, "words": words}
    return found | {"cause": Cause.TICK, "words": f"{since}: the next tick takes it"}


def _is_left_alone(c: Connection, task: Row[Any], gate: Row[Any] | None, now: datetime) -> bool:
    """Whether nothing was asked of its host for a while, nor is now, though it might have been."""
    if gate is not None and gate.next_at is not None and now - gate.next_at <= TICKS_MISSED:
        return False
    busy = select(exists().where(work.c.host == (task.host or ""), work.c.claimed_at.is_not(None)))
    return not c.execute(busy).scalar_one()


def _before(c: Connection, task: Row[Any], now: datetime) -> int:
    """How many due rows of its host are claimed before it."""
    sooner = or_(
        work.c.purpose < task.purpose,
        (work.c.purpose == task.purpose) & (work.c.wake_at < task.wake_at),
        (work.c.purpose == task.purpose) & (work.c.wake_at == task.wake_at) & (work.c.id < task.id),
    )
    ahead = (
        select(work.c.id)
        .where(work.c.host == task.host, work.c.stage.in_(WEB_STAGES), work.c.wake_at <= now)
        .where(work.c.begun_at.is_(None), sooner, work.c.id != task.id)
        .limit(MOST_BEFORE)
        .subquery()
    )
    n: int = c.execute(select(func.count()).select_from(ahead)).scalar_one()
    return n


def _asked_by(task: Row[Any]) -> str:
    return ", asked for by hand" if task.purpose == Purpose.MANUAL else ""


def clock(at: datetime, now: datetime) -> str:
    """A time as a person reads it: today's without the day."""
    return f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M:%S} UTC"
