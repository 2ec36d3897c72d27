"""What dispatch asks of the state of record, and where a bug is written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from worker.news.reason import Reason
from worker.news.work import Call, Lane, Stage, Ticket


class WorkQueue(Protocol):
    """All that is to be done."""

    def sweep(self, *, now: datetime, roll: float) -> int:
        """Take back the rows whose worker died: `crashes + 1`; at the limit a CPU row is quarantined. Returns how many."""

    def claim(self, lane: Lane, *, now: datetime) -> Sequence[Call]:
        """Claim what is due in a lane, as messages to send after this has returned (and so committed)."""

    def release(self, calls: Sequence[Call], *, now: datetime) -> None:
        """Make rows due again whose message could not be sent."""

    def put_back(self, stage: Stage, tickets: Sequence[Ticket], *, until: datetime) -> None:
        """Let begun rows wait as if they had not begun: what stopped them was trouble of our own, and counts for nothing."""


class Failures(Protocol):
    """Where an error that no stage expected is written down."""

    def record(
        self, stage: Stage, tickets: Sequence[Ticket], *, reason: Reason, detail: str, now: datetime, roll: float
    ) -> None:
        """End the rows of a failed run: an article is quarantined, a feed or a delivery waits and is tried again."""
