"""Hosts: their gate, how they answered, and which may have something to claim.

`hosts.wake_at` is never later than the moment at which a row of the host may be claimed (docs/decisions/0002). Whoever makes a row
due calls `wake`; only a claim that has looked moves it later. Locks are taken in the order work, articles, hosts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from worker.news.host import HostState, answered, at_once, pause, rows_at_once, spacing
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.work import WEB_STAGES, Stage, Ticket
from worker.pipeline.state.web import HostAnswer
from worker.store.among import among
from worker.store.prepared import put_earlier, update_row
from worker.store.rows import Calls, put_back_row, room_left
from worker.store.schema import hosts, work

_LOCKED = select(hosts).where(hosts.c.host == bindparam("name")).with_for_update()
# A run may sleep this long for a slot at a gate; longer waiting is data.
LONGEST_SLEEP = timedelta(seconds=2)


def wake(c: Connection, times: Mapping[str, datetime]) -> None:
    """Say that hosts may have something to claim from a time on; a host that is not known yet becomes known."""
    if times:
        # In one order everywhere, so that two transactions never wait for each other.
        rows = [{"host": host, "wake_at": times[host]} for host in sorted(times)]
        c.execute(put_earlier(c.dialect.name, hosts, "host", "wake_at"), rows)


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


def free_at(gate: Row[Any], gap: timedelta, now: datetime) -> datetime:
    """When a host may be asked again: its spacing after the last request, and not while it is paused."""
    spaced = gate.asked_at + gap if gate.asked_at is not None and gap else None
    times: tuple[datetime | None, ...] = (now, spaced, gate.blocked_until)
    return max(filter(None, times))


def take_slot(
    c: Connection, ticket: Ticket, stage: Stage, host: str, *, now: datetime, policy: HostPolicy
) -> datetime | None:
    """When the run that has just begun may ask its host; None when that is too far away, and the row waits until then.

    Rows are claimed at their spacing, but stand in a queue for as long as chance has it; a host may also have been paused since.
    """
    if host in policy.own_hosts:
        return now
    gate = locked_host(c, host)
    if gate is None:
        return now
    gap = spacing(state_of(gate), policy)
    slot = free_at(gate, gap, now)
    if slot - now > LONGEST_SLEEP:
        put_back_row(c, ticket, stage, until=slot)
        wake(c, {host: slot})
        return None
    if gap:
        update_row(c, hosts, {"host": host}, {"asked_at": slot})
    return slot


def locked_host(c: Connection, host: str) -> Row[Any] | None:
    """A host's row, which nobody else changes from now on; None when it is not known."""
    return c.execute(_LOCKED, {"name": host}).one_or_none()


def leave_hosts(
    c: Connection,
    host: str,
    answers: Sequence[HostAnswer],
    calls: Calls,
    *,
    rests: Mapping[str, datetime],
    now: datetime,
    policy: HostPolicy,
    lease: LeasePolicy,
) -> None:
    """At the end of a run: note how its hosts answered, and claim the next row of each whose gate allows it.

    `host` is the one that it was claimed for; `rests` says at which hosts rows wait from now on, and until when.
    """
    names = {host, *(answer.host for answer in answers)}
    wake(c, {name: at for name, at in rests.items() if name not in names})
    for name in sorted(names):
        row = locked_host(c, name)
        if row is None:
            continue
        state = state_of(row)
        values: dict[str, Any] = {}
        for answer in answers:
            if answer.host == name:
                state, values = _noted(state, values, answer, now=now, policy=policy)
        gate = max(filter(None, (now, state.next_at, state.blocked_until)))
        if gate > now:
            values["wake_at"] = gate if row.wake_at is None else min(row.wake_at, gate)
        else:
            values |= _claimed_next(c, row, state, calls, now=now, policy=policy, lease=lease)
        if name in rests:
            values["wake_at"] = min(values["wake_at"], rests[name])
        update_row(c, hosts, {"host": name}, values)


def _noted(
    before: HostState, values: dict[str, Any], answer: HostAnswer, *, now: datetime, policy: HostPolicy
) -> tuple[HostState, dict[str, Any]]:
    """The host after an answer, and what is to be written of it; a failure pauses the whole host."""
    if answer.failed is None:
        after = answered(before, answer.seconds, policy)
        values = values | {"failures": after.failures, "mean_s": after.mean_s}
        return after, values if answer.address is None else values | {"address": answer.address}
    paused = before.blocked_until is not None and before.blocked_until > now
    if paused and answer.retry_after is None:
        # The requests that were in flight together fail together: one outage counts once.
        return before, values
    after = pause(before, now=now, roll=answer.roll, retry_after=answer.retry_after, policy=policy)
    known = {"failures": after.failures, "blocked_until": after.blocked_until, "blocked_why": answer.failed}
    return after, values | known


def _claimed_next(
    c: Connection,
    row: Row[Any],
    state: HostState,
    calls: Calls,
    *,
    now: datetime,
    policy: HostPolicy,
    lease: LeasePolicy,
) -> dict[str, Any]:
    """Claim the host's next rows at once, since its gate is open; gives what is to be written of it."""
    gap = spacing(state, policy)
    free = min(
        at_once(row.host, policy) - open_leases(c, [row.host], now=now).get(row.host, 0),
        policy.per_address - leases_at_address(c, row.address, now=now),
    )
    taken = _take(c, row.host, rows_at_once(gap, free, lease.tick), calls, now=now, lease=lease)
    next_at = now + gap * taken if taken else row.next_at
    wake_at = max(now, next_at) if taken and next_at else now + lease.tick
    earliest = wake_at if row.wake_at is None else min(wake_at, max(row.wake_at, now))
    return {"next_at": next_at, "wake_at": earliest}


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


def leases_at_address(c: Connection, address: str | None, *, now: datetime) -> int:
    """How many rows are leased at all hosts of an IP address; nobody knows of a host that never answered."""
    if address is None:
        return 0
    query = (
        select(func.count())
        .select_from(work.join(hosts, hosts.c.host == work.c.host))
        .where(work.c.claimed_at.is_not(None), work.c.stage.in_(WEB_STAGES), work.c.wake_at > now)
        .where(hosts.c.address == address)
    )
    leased: int = c.execute(query).scalar_one()
    return leased


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
