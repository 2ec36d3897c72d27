"""What robots.txt means for one address (RFC 9309), and for how long it is kept. Who matches its rules is no concern of this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from worker.news.backoff import wait_after
from worker.news.reason import Reason

if TYPE_CHECKING:
    from worker.news.policy import RobotsPolicy

_OK = range(200, 300)
SHORTEST_KEEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """What is known of an origin's robots.txt. `body` is the last one that was had, None when there never was one.

    `status` is its answer: an HTTP status, or 0 when a redirect of it led nowhere. `failures` counts the answers in a row
    that were none; `ask_at` is where a redirect of it leads, which is asked next.
    """

    origin: str
    status: int | None = None
    body: bytes | None = None
    fetched_at: datetime | None = None
    expires_at: datetime | None = None
    failures: int = 0
    why: str = ""  # of the last failure
    ask_at: str | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on. `why` is kept with the page."""

    why: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A rule says no."""

    why: str


@dataclass(frozen=True, slots=True)
class Shut:
    """Nobody can say, which is a no until then."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """robots.txt has to be asked for first."""

    url: str
    hops: int


Ruling = Allowed | Forbidden | Shut | Ask


def ruling(
    file: RobotsFile, *, now: datetime, allows: Callable[[bytes], bool], waived: str | None, policy: RobotsPolicy
) -> Ruling:
    """What the file says of an address; `allows` matches the address with the rules of a body.

    `waived` is the reason for which the outlet's robots.txt is not asked.
    """
    if waived is not None:
        return Allowed(f"not asked: {waived}")
    fresh = file.expires_at is not None and now < file.expires_at
    if not fresh:
        return Ask(file.ask_at or f"{file.origin}/robots.txt", file.hops)
    if file.failures and not _old_holds(file, now, policy):
        return Shut(file.expires_at or now, f"robots.txt: {file.why}")
    if file.body is None:
        return Allowed(f"there is no robots.txt: {_answer(file)}")
    age = f", as of {file.fetched_at:%Y-%m-%d %H:%M} UTC" if file.fetched_at else ""
    if allows(file.body):
        return Allowed(f"robots.txt allows it{age}")
    return Forbidden(f"robots.txt of {file.origin}{age}")


def _old_holds(file: RobotsFile, now: datetime, policy: RobotsPolicy) -> bool:
    """Whether what was had before holds while the file can't be had (RFC 9309 §2.3.1.4)."""
    return file.status is not None and file.fetched_at is not None and now - file.fetched_at < policy.believe_old


def _answer(file: RobotsFile) -> str:
    return f"HTTP {file.status}" if file.status else "a redirect of it leads nowhere"


def answered(file: RobotsFile, status: int, body: bytes, *, now: datetime, policy: RobotsPolicy) -> RobotsFile:
    """The file after an answer of its host. What is no success is no file, and everything is allowed (§2.3.1.3)."""
    return RobotsFile(
        origin=file.origin,
        status=status,
        body=body if status in _OK else None,
        fetched_at=now,
        # Who asks for it is to be able to go on.
        expires_at=now + max(policy.keep, SHORTEST_KEEP),
    )


def moved(file: RobotsFile, to: str, hops: int) -> RobotsFile:
    """The file after a redirect: it is asked for there, by the next one who needs it."""
    return replace(file, ask_at=to, hops=hops)


def failed(
    file: RobotsFile, reason: Reason, *, now: datetime, roll: float, retry_after: float | None, policy: RobotsPolicy
) -> RobotsFile:
    """The file after no answer (§2.3.1.4): it is asked for again from the beginning, later each time."""
    wait = wait_after(file.failures, first=policy.unreachable, longest=policy.longest_unreachable, roll=roll)
    asked = timedelta(seconds=max(0.0, min(retry_after or 0.0, policy.longest_unreachable.total_seconds())))
    return replace(
        file, failures=file.failures + 1, why=str(reason), expires_at=now + max(wait, asked), ask_at=None, hops=0
    )
