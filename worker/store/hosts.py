"""Hosts: their gate, how they answered, and which may have something to claim.

`hosts.wake_at` is never later than the moment at which a row of the host may be claimed (docs/decisions/0002). Whoever makes a row
due calls `wake`; only a claim that has looked moves it later. Locks are taken in the order work, articles, hosts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, case, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from worker.news.host import HostState, answered, pause, rows_at_once, spacing
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.work import WEB_STAGES, Stage, Ticket
from worker.pipeline.state import HostAnswer
from worker.store.among import among
from worker.store.rows import Calls, room_left
from worker.store.schema import hosts, work
from worker.store.upsert import insert_into


def wake(c: Connection, times: Mapping[str, datetime]) -> None:
    """Say that hosts may have something to claim from a time on; a host that is not known yet becomes known."""
    if not times:
        return
    insert = insert_into(c, hosts)
    earlier = case(
        (or_(hosts.c.wake_at.is_(None), insert.excluded.wake_at < hosts.c.wake_at), insert.excluded.wake_at),
        else_=hosts.c.wake_at,
    )
    # In one order everywhere, so that two transactions never wait for each other.
    rows = [{"host": host, "wake_at": times[host]} for host in sorted(times)]
    c.execute(insert.on_conflict_do_update(index_elements=["host"], set_={"wake_at": earlier}), rows)


def state_of(row: Row[Any]) -> HostState:
    """The part of a host's row that decisions are made of."""
    own = timedelta(seconds=row.spacing_s) if row.spacing_s is not None else None
    return HostState(
        host=row.host,
        next_at=row.next_at,
        blocked_until=row.blocked_until,
        failures=row.failures,
        mean_s=row.mean_s,
        spacing=own,
    )


def note_answer(c: Connection, answer: HostAnswer, *, now: datetime, policy: HostPolicy) -> None:
    """Write down how a host answered; a failure pauses the whole host."""
    row = c.execute(select(hosts).where(hosts.c.host == answer.host).with_for_update()).one_or_none()
    if row is None:
        return
    before = state_of(row)
    if answer.failed is None:
        after = answered(before, answer.seconds, policy)
        values: dict[str, Any] = {"failures": after.failures, "mean_s": after.mean_s}
    else:
        after = pause(before, now=now, roll=answer.roll, retry_after=answer.retry_after, policy=policy)
        values = {"failures": after.failures, "blocked_until": after.blocked_until, "blocked_why": answer.failed}
        paused = before.blocked_until is not None and before.blocked_until > now
        if paused and answer.retry_after is None:
            # The requests that were in flight together fail together: one outage counts once.
            return
    c.execute(update(hosts).where(hosts.c.host == answer.host).values(**values))


def open_leases(c: Connection, names: list[str], *, now: datetime) -> dict[str, int]:
    """How many rows of each host are leased, counted from `work`; a lease that is over holds no room."""
    query = (
        select(work.c.host, func.count())
        .where(
            work.c.claimed_at.is_not(None),
            work.c.stage.in_(WEB_STAGES),
            among(c, work.c.host, names),
            work.c.wake_at > now,
        )
        .group_by(work.c.host)
    )
    return dict(c.execute(query).all())


def claim_next(
    c: Connection, host: str, calls: Calls, *, now: datetime, policy: HostPolicy, lease: LeasePolicy
) -> None:
    """After a row of a host was finished: claim the host's next one at once when its gate allows it."""
    row = c.execute(select(hosts).where(hosts.c.host == host).with_for_update()).one_or_none()
    if row is None:
        return
    gate = max(filter(None, (row.next_at, row.blocked_until)), default=now)
    if gate > now:
        wake(c, {host: gate})
        return
    state = state_of(row)
    gap = spacing(state, policy)
    room = rows_at_once(gap, open_leases(c, [host], now=now).get(host, 0), policy, lease.tick)
    taken = _take(c, host, room, calls, now=now, lease=lease)
    next_at = now + gap * taken if taken else row.next_at
    wake_at = max(now, next_at) if taken and next_at else now + lease.tick
    earliest = wake_at if row.wake_at is None else min(wake_at, max(row.wake_at, now))
    c.execute(update(hosts).where(hosts.c.host == host).values(next_at=next_at, wake_at=earliest))


def _take(c: Connection, host: str, room: int, calls: Calls, *, now: datetime, lease: LeasePolicy) -> int:
    stages = [stage for stage, left in room_left(c, *WEB_STAGES, lease=lease, now=now).items() if left > 0]
    if room <= 0 or not stages:
        return 0
    due = (
        select(work.c.id)
        .where(work.c.host == host, work.c.wake_at <= now, work.c.begun_at.is_(None), work.c.stage.in_(stages))
        .order_by(work.c.purpose, work.c.wake_at)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    ids = list(c.execute(due).scalars())
    for stage, ticket in lease_rows(c, ids, now=now, lease=lease):
        calls.add(stage, ticket)
    return len(ids)


_LEASE = (
    "UPDATE work SET claim = claim + 1, claimed_at = :now, wake_at = :until WHERE id {among} AND wake_at <= :now "
    "AND begun_at IS NULL RETURNING id, claim, stage"
)
_TIMES = (bindparam("now", type_=work.c.wake_at.type), bindparam("until", type_=work.c.wake_at.type))
_LEASES = {
    "postgresql": text(_LEASE.format(among="= ANY(:ids)")).bindparams(
        *_TIMES, bindparam("ids", type_=ARRAY(BigInteger()))
    ),
    "sqlite": text(_LEASE.format(among="IN (SELECT value FROM json_each(:ids))")).bindparams(*_TIMES),
}


def lease_rows(c: Connection, ids: list[int], *, now: datetime, lease: LeasePolicy) -> list[tuple[Stage, Ticket]]:
    """Claim rows that this transaction holds: the fence goes up by one, the queue lease begins."""
    if not ids:
        return []
    dialect = c.dialect.name
    listed: Any = ids if dialect == "postgresql" else json.dumps(ids)
    claimed = c.execute(_LEASES[dialect], {"ids": listed, "now": now, "until": now + lease.queue})
    return sorted((Stage(stage), Ticket(id_, claim)) for id_, claim, stage in claimed)
