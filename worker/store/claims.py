"""The claim of the tick: what is due, lane by lane, as messages; and the sweep of rows whose worker died."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from worker.news.policy import ArticlePolicy, DeliveryPolicy, HostPolicy, LeasePolicy, PollPolicy
from worker.news.reason import Reason
from worker.news.work import CPU_STAGES, WEB_STAGES, Call, Lane, Stage, Ticket
from worker.store.backlog import advance
from worker.store.batches import claim_batches
from worker.store.database import Database
from worker.store.endings import give_up
from worker.store.hosts import wake
from worker.store.lane import claim_lane
from worker.store.rows import put_back_row
from worker.store.schema import work
from worker.store.web import claim_web

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
            capped = c.execute(late.values(wake_at=longest).returning(work.c.host, work.c.stage)).all()
            wake(c, {row.host: longest for row in capped if row.stage in WEB_STAGES})
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
        if lane is Lane.DELIVER:
            advance(self.database, now=now)
        with self.database.write() as c:
            if self.database.is_postgres and not _alone(c, lane):
                return ()
            match lane:
                case Lane.WEB:
                    claimed = claim_web(c, lease=self.lease, policy=self.host, now=now)
                    return self._messages(claimed)
                case Lane.DELIVER:
                    return claim_batches(c, self.database.new_id, lease=self.lease, policy=self.delivery, now=now)
                case _:
                    return self._messages(claim_lane(c, Stage(lane.value), lease=self.lease, now=now))

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

    def put_back(self, stage: Stage, tickets: Sequence[Ticket], *, until: datetime) -> None:
        """Let begun rows wait as if they had not begun."""
        waiting: dict[str, datetime] = {}
        with self.database.write() as c:
            for ticket in sorted(tickets, key=lambda ticket: ticket.work):
                host = put_back_row(c, ticket, stage, until=until)
                if host and stage in WEB_STAGES:
                    waiting[host] = until
            wake(c, waiting)

    def _messages(self, claimed: Sequence[tuple[Stage, Ticket]]) -> Sequence[Call]:
        by_stage: dict[Stage, list[Ticket]] = defaultdict(list)
        for stage, ticket in claimed:
            by_stage[stage].append(ticket)
        calls: list[Call] = []
        for stage, tickets in by_stage.items():
            size = max(1, min(self.lease.batch, ceil(len(tickets) / SPREAD[stage])))
            calls.extend(Call(stage, tuple(tickets[i : i + size])) for i in range(0, len(tickets), size))
        return calls


def _alone(c: Connection, lane: Lane) -> bool:
    key = list(Lane).index(lane)
    taken: bool = c.execute(select(func.pg_try_advisory_xact_lock(_ADVISORY, key))).scalar_one()
    return taken
