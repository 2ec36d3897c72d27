"""The one door for time and chance."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from uuid import UUID

import uuid6


class SystemClock:
    """The `Clock` port: this machine's clock and generator."""

    def now(self) -> datetime:
        """The time, aware UTC."""
        return datetime.now(UTC)

    def roll(self) -> float:
        """A number from [0, 1)."""
        return random.random()

    def sleep(self, until: datetime) -> None:
        """Return at a time, which is near or past."""
        time.sleep(max(0.0, (until - self.now()).total_seconds()))


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): sorted by the time of its making, so that indexes grow at one end."""
    return UUID(int=uuid6.uuid7().int)
