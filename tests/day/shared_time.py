"""One time for all processes of a simulated day: a number in a file that they share, moved by one of them alone."""

from __future__ import annotations

import mmap
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SharedTime:
    """Microseconds since the day began, in a file."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 8)
        # One machine word: who reads it sees the old time or the new one.
        self._word = memoryview(self._map).cast("q")

    def now(self) -> datetime:
        """The time, aware UTC."""
        return BEGAN + self._word[0] * _MICROSECOND

    def set(self, at: datetime) -> None:
        """Move the time, forward."""
        assert at >= self.now()
        self._word[0] = (at - BEGAN) // _MICROSECOND

    @property
    def seconds(self) -> float:
        """Seconds since the day began."""
        return self._word[0] / 1e6


def seconds_of(at: datetime) -> float:
    """A moment as seconds since the day began."""
    return (at - BEGAN).total_seconds()


def moment(seconds: float) -> datetime:
    """Seconds since the day began as a moment, in whole microseconds."""
    return BEGAN + round(seconds * 1e6) * _MICROSECOND
