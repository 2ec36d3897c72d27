"""How politely a host is treated: spacing, requests at a time, pauses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from worker.news.backoff import wait_after

if TYPE_CHECKING:
    from worker.news.policy import HostPolicy

# Weight of the newest answer in the moving average: the last ten or so decide.
NEWEST_WEIGHT = 0.2
# robots.txt may ask for more; nobody means an hour.
LONGEST_SPACING = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is known of a host. `mean_s` is the moving average of its answer times; `spacing` its own wish (Crawl-delay)."""

    host: str = ""
    next_at: datetime | None = None
    blocked_until: datetime | None = None
    failures: int = 0
    mean_s: float | None = None
    spacing: timedelta | None = None


def spacing(state: HostState, policy: HostPolicy) -> timedelta:
    """The least time between two requests: ours, the host's wish, or what a slow host takes to answer, whichever is longest.

    Hosts of one's own have none.
    """
    if state.host in policy.own_hosts:
        return timedelta(0)
    rule = _rules(policy.hosts).get(state.host)
    ours = policy.spacing if rule is None else timedelta(seconds=rule[0])
    wish = min(state.spacing or timedelta(0), LONGEST_SPACING)
    mean = timedelta(seconds=min(state.mean_s or 0.0, LONGEST_SPACING.total_seconds()))
    return max(ours, wish, mean if mean > policy.slow else timedelta(0))


def at_once(host: str, policy: HostPolicy) -> int:
    """How many requests to a host may be under way at a time."""
    rule = _rules(policy.hosts).get(host)
    return policy.per_host if rule is None else rule[1]


@cache
def _rules(listed: tuple[tuple[str, float, int], ...]) -> dict[str, tuple[float, int]]:
    return {host: (spacing_s, most) for host, spacing_s, most in listed}


def rows_at_once(gap: timedelta, room: int, tick: timedelta) -> int:
    """How many rows of a host one claim may take: as many as it has room for, and no more than its spacing lets through a tick."""
    if gap <= timedelta(0):
        return max(0, room)
    return min(max(0, room), max(1, tick // gap))


def pause(state: HostState, *, now: datetime, roll: float, retry_after: float | None, policy: HostPolicy) -> HostState:
    """The host failed: leave it alone with equal jitter, longer each time; Retry-After (seconds) is a floor."""
    wait = wait_after(state.failures, first=policy.pause, longest=policy.longest_pause, roll=roll)
    # Bounded before it becomes a timedelta, which can't hold what a header can say; NaN falls to 0.
    asked = timedelta(seconds=max(0.0, min(retry_after or 0.0, policy.retry_after_at_most.total_seconds())))
    until = now + max(wait, asked)
    if state.blocked_until is not None:
        until = max(until, state.blocked_until)
    return replace(state, blocked_until=until, failures=state.failures + 1)


def answered(state: HostState, seconds: float, policy: HostPolicy) -> HostState:  # noqa: ARG001 - one signature for both ends
    """The host answered after so many seconds: its failures are forgotten, its speed is remembered."""
    # A clock that was set back in between makes no host fast.
    seconds = max(0.0, seconds)
    mean = seconds if state.mean_s is None else state.mean_s + NEWEST_WEIGHT * (seconds - state.mean_s)
    return replace(state, failures=0, mean_s=mean)
