"""The hosts' gates for a run that is under way: one more request, to the same host or to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from worker.news.host import at_once, spacing
from worker.news.policy import HostPolicy
from worker.news.work import Stage, Ticket
from worker.store.database import Database
from worker.store.hosts import LONGEST_SLEEP, free_at, leases_at_address, open_leases, state_of, wake
from worker.store.schema import hosts, work


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlGates:
    """The `Gates` port on SQL."""

    database: Database
    host: HostPolicy = HostPolicy()

    def enter(self, ticket: Ticket, stage: Stage, host: str, *, now: datetime) -> datetime | None:
        """Take a slot at a host's gate when one is free soon; the row is moved to that host, where it is counted from then on."""
        ours = (
            (work.c.id == ticket.work)
            & (work.c.stage == stage)
            & (work.c.claim == ticket.claim)
            & work.c.begun_at.is_not(None)
        )
        with self.database.write() as c:
            row = c.execute(select(work.c.host).where(ours).with_for_update()).one_or_none()
            if row is None:
                return None
            wake(c, {host: now})
            gate = c.execute(select(hosts).where(hosts.c.host == host).with_for_update()).one()
            gap = spacing(state_of(gate), self.host)
            slot: datetime = max(free_at(gate, gap, now), gate.next_at or now)
            if slot - now > LONGEST_SLEEP:
                return None
            elsewhere = row.host != host
            busy = open_leases(c, [host], now=now).get(host, 0) - (not elsewhere)
            if busy >= at_once(host, self.host):
                return None
            if elsewhere and leases_at_address(c, gate.address, now=now) >= self.host.per_address:
                return None
            c.execute(update(work).where(ours).values(host=host))
            c.execute(update(hosts).where(hosts.c.host == host).values(next_at=slot + gap, asked_at=slot))
            return slot

    def is_open(self, host: str, *, now: datetime) -> bool:
        """Whether a host is not paused."""
        with self.database.read() as c:
            until = c.execute(select(hosts.c.blocked_until).where(hosts.c.host == host)).scalar_one_or_none()
        return until is None or until <= now
