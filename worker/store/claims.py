"""The claim of the tick: what is due, lane by lane, as messages; and the sweep of rows whose worker died."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, update

from worker.news.host import rows_at_once, spacing
from worker.news.policy import ArticlePolicy, DeliveryPolicy, HostPolicy, LeasePolicy, PollPolicy
from worker.news.reason import Reason
from worker.news.work import CPU_STAGES, WEB_STAGES, Call, Lane, Purpose, Stage, Ticket
from worker.store.among import among
from worker.store.batches import claim_batches
from worker.store.database import Database
from worker.store.endings import give_up
from worker.store.hosts import lease_rows, open_leases, state_of, wake
from worker.store.rows import leased, room_of
from worker.store.schema import hosts, work

# How many hosts one tick looks at; they go round, so that none starves.
HOSTS_A_TICK = 512
SWEEP_AT_ONCE = 200
# Messages of a stage go to at least this many workers before they grow beyond one row.
SPREAD = {Stage.POLL: 16, Stage.FETCH: 16, Stage.PARSE: 2, Stage.EXTRACT: 2}
# Any constant of our own; two ticks of one lane at a time would only count the same room twice.
_ADVISORY = 0x636F7079


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlWorkQueue:
    """The `WorkQueue` port on SQL."""

    database: Database
    lease: LeasePolicy = LeasePolicy()
    host: HostPolicy = HostPolicy()
    article: ArticlePolicy = ArticlePolicy()
    delivery: DeliveryPolicy = DeliveryPolicy()
    poll: PollPolicy = PollPolicy()

    def sweep(self, *, now: datetime, roll: float) -> int:
        """Take back the rows of dead workers, and cap leases that a clock stepping back has put far away."""
        longest = now + self.lease.queue
        with self.database.write() as c:
            late = update(work).where(work.c.claimed_at.is_not(None), work.c.wake_at > longest)
            c.execute(late.values(wake_at=longest))
            query = select(work).where(work.c.begun_at.is_not(None), work.c.wake_at <= now).limit(SWEEP_AT_ONCE)
            dead = c.execute(query.with_for_update(skip_locked=True)).all()
            for row in dead:
                self._take_back(c, row, now, roll)
        return len(dead)

    def _take_back(self, c: Connection, row: Row[Any], now: datetime, roll: float) -> None:
        crashes = row.crashes + 1
        stage = Stage(row.stage)
        if stage in CPU_STAGES and crashes >= self.article.crashes:
            give_up(c, row, Reason.KILLED, "", policy=self.poll, now=now, roll=roll)
            return
        longest = self.lease.longest_crash_wait
        wait = min(self.lease.crash_wait * crashes, longest) if stage in WEB_STAGES else timedelta(0)
        values = {"crashes": crashes, "claimed_at": None, "begun_at": None, "wake_at": now + wait}
        c.execute(update(work).where(work.c.id == row.id).values(**values))
        if stage in WEB_STAGES:
            wake(c, {row.host: now + wait})

    def claim(self, lane: Lane, *, now: datetime) -> Sequence[Call]:
        """Claim what is due in a lane."""
        with self.database.write() as c:
            if self.database.is_postgres and not _alone(c, lane):
                return ()
            match lane:
                case Lane.WEB:
                    return self._claim_web(c, now)
                case Lane.DELIVER:
                    return claim_batches(c, self.database.new_id, lease=self.lease, policy=self.delivery, now=now)
                case _:
                    return self._claim_stage(c, Stage(lane.value), now)

    def release(self, calls: Sequence[Call], *, now: datetime) -> None:
        """Make rows due again whose message could not be sent; a row that was begun after all is left alone."""
        with self.database.write() as c:
            freed: dict[str, datetime] = {}
            for call in calls:
                for ticket in call.tickets:
                    host = c.execute(
                        update(work)
                        .where(work.c.id == ticket.work, work.c.claim == ticket.claim, work.c.begun_at.is_(None))
                        .where(work.c.claimed_at.is_not(None))
                        .values(claimed_at=None, wake_at=now)
                        .returning(work.c.host)
                    ).scalar_one_or_none()
                    if host and call.stage in WEB_STAGES:
                        freed[host] = now
            wake(c, freed)

    def _claim_stage(self, c: Connection, stage: Stage, now: datetime) -> Sequence[Call]:
        room = room_of(stage, self.lease) - leased(c, stage, self.lease, now=now)
        ids: list[int] = []
        for purpose in Purpose:
            if len(ids) >= room:
                break
            due = (
                select(work.c.id)
                .where(work.c.stage == stage, work.c.purpose == purpose, work.c.wake_at <= now)
                .where(work.c.begun_at.is_(None))
                .order_by(work.c.wake_at)
                .limit(room - len(ids))
            )
            ids.extend(c.execute(due.with_for_update(skip_locked=True)).scalars())
        return self._messages(lease_rows(c, ids, now=now, lease=self.lease))

    def _claim_web(self, c: Connection, now: datetime) -> Sequence[Call]:
        rooms = {stage: room_of(stage, self.lease) - leased(c, stage, self.lease, now=now) for stage in WEB_STAGES}
        open_stages = [stage for stage, room in rooms.items() if room > 0]
        if not open_stages:
            return ()
        query = select(hosts).where(hosts.c.wake_at <= now).order_by(hosts.c.wake_at).limit(HOSTS_A_TICK)
        seen = c.execute(query.with_for_update(skip_locked=True)).all()
        if not seen:
            return ()
        busy = open_leases(c, [row.host for row in seen], now=now)
        take = {row.host: self._allowance(row, busy.get(row.host, 0), now) for row in seen}
        due = self._due_rows(c, [row for row in seen if take[row.host]], max(take.values()), open_stages, now)
        chosen = _choose(due, take, rooms)
        claimed = lease_rows(c, [id_ for ids in chosen.values() for id_ in ids], now=now, lease=self.lease)
        self._move_hosts(c, seen, chosen, {row.host for row in due}, now)
        return self._messages(claimed)

    def _allowance(self, row: Row[Any], busy: int, now: datetime) -> int:
        if any(time is not None and time > now for time in (row.next_at, row.blocked_until)):
            return 0
        return rows_at_once(spacing(state_of(row), self.host), busy, self.host, self.lease.tick)

    def _due_rows(
        self, c: Connection, rows: list[Row[Any]], most: int, stages: list[Stage], now: datetime
    ) -> Sequence[Row[Any]]:
        """The first due rows of each host; the rows stay locked."""
        if not rows:
            return ()
        names = [row.host for row in rows]
        arguments = {"most": most, **{f"s{i}": stage for i, stage in enumerate(stages)}}
        listed = ", ".join(f":s{i}" for i in range(len(stages)))
        first = _FIRST_ROWS.format(stages=listed)
        if self.database.is_postgres:
            query = f"SELECT d.* FROM unnest(CAST(:hosts AS text[])) h(host) CROSS JOIN LATERAL ({first} FOR UPDATE SKIP LOCKED) d"
            return c.execute(text(query), {**arguments, "hosts": names, "now": now}).all()
        query = (
            "SELECT w.id, w.stage, w.host, w.purpose, w.wake_at FROM json_each(:hosts) h JOIN work w ON w.id IN "
            f"(SELECT id FROM ({first.replace('h.host', 'h.value')}))"
        )
        micros = work.c.wake_at.type.process_bind_param(now, c.dialect)  # type: ignore[attr-defined]
        return c.execute(text(query), {**arguments, "hosts": json.dumps(names), "now": micros}).all()

    def _move_hosts(
        self, c: Connection, seen: Sequence[Row[Any]], chosen: dict[str, list[int]], due: set[str], now: datetime
    ) -> None:
        moves: dict[tuple[datetime | None, datetime | None], list[str]] = defaultdict(list)
        idle = [row.host for row in seen if row.host not in due]
        earliest = _earliest(c, idle)
        for row in seen:
            taken = len(chosen.get(row.host, ()))
            next_at = now + spacing(state_of(row), self.host) * taken if taken else row.next_at
            gate = max(filter(None, (next_at, row.blocked_until)), default=now)
            if row.host in due:
                # There may be more; a host whose stage is full goes behind the others.
                wake_at: datetime | None = max(gate, now) if taken else now + self.lease.tick
            else:
                wake_at = _next_look(earliest.get(row.host), gate, now=now, tick=self.lease.tick)
            moves[next_at, wake_at].append(row.host)
        for (next_at, wake_at), names in moves.items():
            c.execute(update(hosts).where(among(c, hosts.c.host, names)).values(next_at=next_at, wake_at=wake_at))

    def _messages(self, claimed: Sequence[tuple[Stage, Ticket]]) -> Sequence[Call]:
        by_stage: dict[Stage, list[Ticket]] = defaultdict(list)
        for stage, ticket in claimed:
            by_stage[stage].append(ticket)
        calls: list[Call] = []
        for stage, tickets in by_stage.items():
            size = max(1, min(self.lease.batch, ceil(len(tickets) / SPREAD[stage])))
            calls.extend(Call(stage, tuple(tickets[i : i + size])) for i in range(0, len(tickets), size))
        return calls


_FIRST_ROWS = (
    "SELECT w.id, w.stage, w.host, w.purpose, w.wake_at FROM work w WHERE w.host = h.host AND w.wake_at <= :now "
    "AND w.begun_at IS NULL AND w.stage IN ({stages}) ORDER BY w.purpose, w.wake_at LIMIT :most"
)


def _alone(c: Connection, lane: Lane) -> bool:
    key = list(Lane).index(lane)
    taken: bool = c.execute(select(func.pg_try_advisory_xact_lock(_ADVISORY, key))).scalar_one()
    return taken


def _choose(due: Sequence[Row[Any]], take: dict[str, int], rooms: dict[Stage, int]) -> dict[str, list[int]]:
    """Which of the due rows are taken: as many of a host as its gate allows, as many of a stage as it has room for."""
    left = dict(rooms)
    chosen: dict[str, list[int]] = defaultdict(list)
    for row in sorted(due, key=lambda row: (row.purpose, row.wake_at)):
        stage = Stage(row.stage)
        if len(chosen[row.host]) < take[row.host] and left.get(stage, 0) > 0:
            chosen[row.host].append(row.id)
            left[stage] -= 1
    return chosen


def _earliest(c: Connection, names: list[str]) -> dict[str, datetime]:
    """When the next row of each host is due, or its lease ends."""
    if not names:
        return {}
    query = (
        select(work.c.host, func.min(work.c.wake_at, type_=work.c.wake_at.type))
        .where(among(c, work.c.host, names), work.c.wake_at.is_not(None))
        .group_by(work.c.host)
    )
    return dict(c.execute(query).all())


def _next_look(earliest: datetime | None, gate: datetime, *, now: datetime, tick: timedelta) -> datetime | None:
    """When to look at a host again that gave nothing."""
    if earliest is None:
        return None
    at = max(earliest, gate)
    # A row that is due and was not found is in somebody else's hands for a moment, or its stage is full.
    return at if at > now else now + tick
