"""The errors that stages handle, in three families, and one that none of them handles; anything else is a bug of ours.

CopydeskError
├── Transient           the world may change: wait and try again
│   ├── HostDown        the whole host: name, connection, TLS, timeout, 5xx, 429, a challenge
│   └── SinkDown        a downstream store that can't be reached now
├── Refused             the answer is no: drop
└── Broken              we could not understand what came: quarantine, with the body

ArchiveDown             our own archive fails, as on a full disk: the run is put back as if it had not begun
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.news.reason import Reason


@dataclass
class CopydeskError(Exception):
    """A named failure: `reason` is its label, `detail` says it in words for a person."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


class Transient(CopydeskError):
    """The world may change: wait."""


@dataclass
class HostDown(Transient):
    """The host itself failed; what was asked of it proves nothing. `retry_after` is what it asked for, in seconds."""

    retry_after: float | None = None


@dataclass
class SinkDown(Transient):
    """The sink can't be reached now; its deliveries wait. `retry_after` is what it asked for, in seconds.

    With the reason SINK_GONE it said that it wants nothing any more, and is paused.
    """

    retry_after: float | None = None


class Refused(CopydeskError):
    """The answer is no, and it will stay no."""


class Broken(CopydeskError):
    """What came could not be understood."""


class ArchiveDown(Exception):
    """Our own archive can't be written or read now. It proves nothing about what was being done."""
