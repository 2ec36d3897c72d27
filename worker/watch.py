"""Whether this process may work beside the others: its clock is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.pipeline.ports import Clock
from worker.store.database import Database

# Leases are moments of our clock; a process whose clock is off would end the leases of others, or never its own.
LONGEST_SKEW = timedelta(seconds=2)
CLOCK_CHECK_EVERY = timedelta(minutes=1)


class NotFitError(Exception):
    """A process that can't work as the others do, and why."""


@dataclass(slots=True)
class ClockWatch:
    """Compares our clock with the database's, once a minute: leases would mean other moments than for the others."""

    database: Database
    clock: Clock
    checked_at: datetime | None = None

    def check(self) -> None:
        """Raises `NotFitError` when the clock is off, each time until it is right again; SQLite has no clock but ours."""
        now = self.clock.now()
        if self.checked_at is not None and timedelta(0) <= now - self.checked_at < CLOCK_CHECK_EVERY:
            return
        theirs = self.database.now()
        skew = timedelta(0) if theirs is None else abs(self.clock.now() - theirs)
        if skew > LONGEST_SKEW:
            raise NotFitError(
                f"this machine's clock is {skew.total_seconds():.1f} s off the database's; set it and start again"
            )
        self.checked_at = now
