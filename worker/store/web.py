"""The claim of the lane web: hosts that may have something, their gates, and the rows that pass them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Text, TextClause, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from worker.news.host import HostState, at_once, rows_at_once, spacing
from worker.news.policy import HostPolicy, LeasePolicy
from worker.news.work import WEB_STAGES, Stage, Ticket
from worker.store.among import among
from worker.store.hosts import lease_rows, state_of
from worker.store.rows import room_of
from worker.store.schema import work

# How many hosts one tick looks at; they go round, so that none starves.
HOSTS_A_TICK = 512

# What is under way: it fills the stages, and the hosts. A lease that is over holds no room.
_LEASED = (
    "SELECT w.stage, w.host, h.address, count(*) FROM work w{hint} LEFT JOIN hosts h ON h.host = w.host "
    "WHERE w.stage IN ('poll', 'fetch') AND w.claimed_at IS NOT NULL AND w.wake_at > :now GROUP BY w.stage, w.host, h.address"
)
_HOSTS = "SELECT host, next_at, blocked_until, failures, spacing_s, mean_s, address FROM hosts WHERE wake_at <= :now ORDER BY wake_at LIMIT :hosts"
_FIRST = (
    "SELECT {columns} FROM work w WHERE w.host = h.host AND w.wake_at <= :now AND w.begun_at IS NULL "
    "AND w.stage IN (:stage, :other) ORDER BY w.purpose, w.wake_at LIMIT :most"
)
_ROW = "w.purpose, w.wake_at, w.id, w.stage"
_STATE = "h.host, h.next_at, h.blocked_until, h.failures, h.spacing_s, h.mean_s, h.address"
# One look a tick: the hosts, and the first rows that are due at each.
_LOOK = {
    "postgresql": f"WITH h AS MATERIALIZED ({_HOSTS} FOR UPDATE SKIP LOCKED) SELECT {_ROW}, {_STATE} "
    f"FROM h LEFT JOIN LATERAL ({_FIRST.format(columns=_ROW)} FOR UPDATE SKIP LOCKED) w ON true",
    "sqlite": f"SELECT {_ROW}, {_STATE} FROM ({_HOSTS}) h LEFT JOIN work w ON w.id IN ({_FIRST.format(columns='w.id')})",
}
_MOVE = {
    "postgresql": "UPDATE hosts SET next_at = m.next_at, wake_at = m.wake_at FROM "
    "unnest(:hosts, :next_ats, :wake_ats) AS m (host, next_at, wake_at) WHERE hosts.host = m.host",
    "sqlite": "UPDATE hosts SET next_at = :next_at, wake_at = :wake_at WHERE host = :host",
}
_TIME = work.c.wake_at.type


def _timed(query: str, *names: str) -> TextClause:
    return text(query).bindparams(*(bindparam(name, type_=_TIME) for name in names))


_LEASES = {
    "postgresql": _timed(_LEASED.format(hint=""), "now"),
    # SQLite would walk all that waits in the stage to find the few that are leased.
    "sqlite": _timed(_LEASED.format(hint=" INDEXED BY ix_work_claimed"), "now"),
}
_LOOKS = {
    dialect: _timed(query, "now").columns(next_at=_TIME, blocked_until=_TIME, wake_at=_TIME)
    for dialect, query in _LOOK.items()
}
_MOVES = {
    "postgresql": text(_MOVE["postgresql"]).bindparams(
        bindparam("hosts", type_=ARRAY(Text())),
        bindparam("next_ats", type_=ARRAY(_TIME)),
        bindparam("wake_ats", type_=ARRAY(_TIME)),
    ),
    "sqlite": _timed(_MOVE["sqlite"], "next_at", "wake_at"),
}


@dataclass(slots=True)
class _Seen:
    """A host that was looked at: what is known of it, its spacing, how many rows it may have, and those that are due."""

    state: HostState
    gap: timedelta
    allowance: int
    address: str | None
    due: list[tuple[int, datetime, int, str]] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)


def claim_web(
    c: Connection, *, lease: LeasePolicy, policy: HostPolicy, now: datetime
) -> Sequence[tuple[Stage, Ticket]]:
    """Claim what is due in the web stages, as far as the gates of the hosts and the room of the stages allow."""
    rooms = {stage: room_of(stage, lease) for stage in WEB_STAGES}
    busy: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for at, host, address, leased in c.execute(_LEASES[c.dialect.name], {"now": now}):
        rooms[Stage(at)] -= leased
        busy[host] += leased
        there[address] += leased
    open_stages = [stage for stage, room in rooms.items() if room > 0]
    if not open_stages:
        return ()
    seen = _look(c, open_stages, busy, lease=lease, policy=policy, now=now)
    if not seen:
        return ()
    _choose(seen, rooms, there, policy.per_address)
    claimed = lease_rows(c, [id_ for host in seen.values() for id_ in host.taken], now=now, lease=lease)
    _move_hosts(c, seen, lease=lease, now=now)
    return claimed


def _look(
    c: Connection,
    stages: list[Stage],
    busy: Mapping[str, int],
    *,
    lease: LeasePolicy,
    policy: HostPolicy,
    now: datetime,
) -> dict[str, _Seen]:
    most = max(policy.per_host, *(rule[2] for rule in policy.hosts), 0)
    arguments = {"stage": stages[0], "other": stages[-1], "most": most, "hosts": HOSTS_A_TICK, "now": now}
    seen: dict[str, _Seen] = {}
    for row in c.execute(_LOOKS[c.dialect.name], arguments).all():
        purpose, wake_at, id_, stage, name = row[:5]
        host = seen.get(name)
        if host is None:
            state = state_of(row)
            gap = spacing(state, policy)
            closed = _gate(state, now) > now
            room = at_once(name, policy) - busy.get(name, 0)
            allowance = 0 if closed else rows_at_once(gap, room, lease.tick)
            host = seen[name] = _Seen(state, gap, allowance, row.address)
        if id_ is not None:
            host.due.append((purpose, wake_at, id_, stage))
    return seen


def _gate(state: HostState, now: datetime) -> datetime:
    return max(filter(None, (state.next_at, state.blocked_until)), default=now)


def _choose(seen: Mapping[str, _Seen], rooms: Mapping[Stage, int], there: Counter[str], per_address: int) -> None:
    """Take as many rows of a host as its gate and its IP address allow, and of a stage as it has room for; the most urgent first."""
    left = dict(rooms)
    offered = ((*row, name) for name, host in seen.items() for row in host.due)
    for _, _, id_, at, name in sorted(offered):
        host, stage = seen[name], Stage(at)
        crowded = host.address is not None and there[host.address] >= per_address
        if len(host.taken) < host.allowance and left[stage] > 0 and not crowded:
            host.taken.append(id_)
            left[stage] -= 1
            there[host.address or ""] += 1


def _move_hosts(c: Connection, seen: Mapping[str, _Seen], *, lease: LeasePolicy, now: datetime) -> None:
    """Say when each host is to be looked at again, and when its gate opens."""
    idle = [name for name, host in seen.items() if not (host.due and host.allowance)]
    earliest = _earliest(c, idle)
    # In one order everywhere, so that two transactions never wait for each other.
    moves = [_moved(name, seen[name], earliest.get(name), lease=lease, now=now) for name in sorted(seen)]
    if c.dialect.name == "postgresql":
        columns = {f"{name}s": [move[name] for move in moves] for name in ("host", "next_at", "wake_at")}
        c.execute(_MOVES["postgresql"], columns)
    else:
        c.execute(_MOVES["sqlite"], moves)


def _moved(name: str, host: _Seen, earliest: datetime | None, *, lease: LeasePolicy, now: datetime) -> dict[str, Any]:
    next_at = now + host.gap * len(host.taken) if host.taken else host.state.next_at
    gate = max(filter(None, (next_at, host.state.blocked_until)), default=now)
    if host.taken:
        # There may be more.
        wake_at: datetime | None = max(gate, now)
    elif host.due and host.allowance:
        # Its stage is full: it goes behind the others.
        wake_at = now + lease.tick
    else:
        wake_at = _next_look(earliest, gate, now=now, tick=lease.tick)
    return {"host": name, "next_at": next_at, "wake_at": wake_at}


def _earliest(c: Connection, names: list[str]) -> dict[str, datetime]:
    """When the next row of each host is due, or its lease ends."""
    if not names:
        return {}
    query = (
        select(work.c.host, func.min(work.c.wake_at, type_=_TIME))
        .where(among(c, work.c.host, names), work.c.wake_at.is_not(None))
        .group_by(work.c.host)
    )
    return dict(c.execute(query).all())


def _next_look(earliest: datetime | None, gate: datetime, *, now: datetime, tick: timedelta) -> datetime | None:
    """When to look at a host again that gave nothing."""
    if earliest is None:
        return None
    at = max(earliest, gate)
    # A row that is due and was not found is in somebody else's hands for a moment, or its host has enough in flight.
    return at if at > now else now + tick
