"""What both web stages ask of the state of record: the gates of hosts, what is known of robots.txt, and where a run stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from worker.news.page import Steps
from worker.news.reason import Reason
from worker.news.robots import RobotsFile
from worker.news.work import Stage, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run stands: the address that it asks for next, and the redirects that led there."""

    url: str
    hops: int = 0
    steps: Steps = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on from a place when the gate of `host` opens, and not before `until`; `reason` when somebody said so."""

    place: Place
    host: str
    until: datetime | None = None
    reason: Reason | None = None
    detail: str = ""


class Gates(Protocol):
    """The hosts' gates, for a run that is under way."""

    def enter(self, ticket: Ticket, stage: Stage, host: str, *, now: datetime) -> datetime | None:
        """Take a slot for one more request, to this host, if one is free within two seconds, and say when it is.

        The run then counts as one of that host.
        """

    def is_open(self, host: str, *, now: datetime) -> bool:
        """Whether a host is not paused."""


class RobotsFiles(Protocol):
    """What is known of robots.txt files, shared by all processes."""

    def find(self, origin: str, *, now: datetime) -> RobotsFile:
        """What is known of an origin's; an empty one when that is nothing."""

    def keep(self, file: RobotsFile, *, delay: timedelta | None, now: datetime) -> None:
        """Keep what was learnt, and the time that the file wants between two requests to its host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswer:
    """How a host answered: after `seconds`, from `address`; or it failed and is to be left alone for a while."""

    host: str
    seconds: float = 0.0
    address: str | None = None
    failed: Reason | None = None
    retry_after: float | None = None
    roll: float = 0.5
