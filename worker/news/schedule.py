"""When a feed is polled next, and why: rhythm, silence, the publisher's hint, gaps, failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from worker.news.reason import Reason

if TYPE_CHECKING:
    from worker.news.entry import Hints
    from worker.news.policy import PollPolicy

_DAY = timedelta(days=1)
# How much a failure weighs: an answer that will hardly change is 1, one that may is ½, a name server's hiccup ¼.
_TEMPORARY = 0.25
_SOFT = 0.5
_HARD = 1.0
_SOFT_REASONS = frozenset(
    {
        Reason.NOT_FOUND,
        Reason.RATE_LIMITED,
        Reason.SERVER_ERROR,
        Reason.TLS,
        Reason.TIMEOUT,
        Reason.DNS,
        Reason.CONNECT,
        Reason.PROTOCOL,
        Reason.CHALLENGE,
        Reason.UNPARSABLE,
        Reason.EMPTY_BODY,
        Reason.BUG,
        Reason.MEMORY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPace:
    """What is known of a feed's rhythm. `arrivals` are the times of its last new entries, newest first; aware UTC."""

    arrivals: tuple[datetime, ...] = ()
    last_new_at: datetime | None = None
    interval: timedelta = timedelta(0)
    failures: float = 0.0
    polls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next poll: when, after which interval (without jitter), and why in words."""

    at: datetime
    interval: timedelta
    reason: str


def next_poll(pace: FeedPace, hints: Hints, *, now: datetime, roll: float, policy: PollPolicy) -> Due:
    """When to poll after a poll that went well: the longer of rhythm and silence, not before the publisher's hint."""
    rhythm, silence = _rhythm(pace, policy), _silence(pace, now, policy)
    interval, reason = (silence, "silence") if silence > rhythm else (rhythm, "rhythm")
    hint = _hint(hints, policy)
    if hint > interval:
        interval, reason = hint, "publisher's hint"
    at = now + _jittered(interval, roll, policy)
    allowed = _allowed(at, hints)
    return Due(at=allowed, interval=interval, reason=reason if allowed == at else "publisher's skipped hours")


def _rhythm(pace: FeedPace, policy: PollPolicy) -> timedelta:
    """Half the mean gap between the last new entries; with fewer than two, the shortest that is allowed."""
    if len(pace.arrivals) < 2:  # noqa: PLR2004 - a gap has two ends
        return policy.shortest
    span = pace.arrivals[0] - pace.arrivals[-1]
    return min(max(span / (len(pace.arrivals) - 1) / 2, policy.shortest), policy.longest)


def _silence(pace: FeedPace, now: datetime, policy: PollPolicy) -> timedelta:
    if pace.last_new_at is None:
        return timedelta(0)
    quiet = now - pace.last_new_at
    return max((interval for since, interval in policy.silence if quiet >= since), default=timedelta(0))


def _hint(hints: Hints, policy: PollPolicy) -> timedelta:
    named = [hint for hint in (hints.max_age, hints.ttl) if hint is not None]
    return min(max(named, default=timedelta(0)), policy.hint_at_most)


def _jittered(interval: timedelta, roll: float, policy: PollPolicy) -> timedelta:
    return interval * (1 + policy.jitter * (2 * roll - 1))


def _allowed(at: datetime, hints: Hints) -> datetime:
    """The next hour that the publisher does not skip, at most a day later; who skips all hours is not believed."""
    for hours in range(25):
        hour = at if hours == 0 else at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
        if hour.hour not in hints.skip_hours and hour.weekday() not in hints.skip_days:
            return hour
    return at


def after_news(pace: FeedPace, published: Sequence[datetime | None], *, now: datetime, policy: PollPolicy) -> FeedPace:
    """The rhythm after a parse: the times of its new entries come to the front; an unknown or future one counts as now."""
    times = sorted((min(at, now) if at else now for at in published), reverse=True)
    arrivals = tuple(sorted((*times, *pace.arrivals), reverse=True)[: policy.rhythm_of])
    return replace(pace, arrivals=arrivals, last_new_at=now if times else pace.last_new_at, failures=0.0)


def after_nothing(pace: FeedPace) -> FeedPace:
    """The rhythm after an answer."""
    return replace(pace, polls=pace.polls + 1, failures=0.0)


def is_gap(known: int, entries: int, first_poll: bool, policy: PollPolicy) -> bool:  # noqa: FBT001 - a fact, not a switch
    """Whether items may have been lost: none of the entries had been sighted before, and it is not the first poll."""
    return not first_poll and known == 0 and entries >= policy.gap_needs


def after_gap(pace: FeedPace, *, now: datetime, roll: float, policy: PollPolicy) -> tuple[FeedPace, Due]:
    """After a gap the interval halves at once, hint or no hint."""
    before = pace.interval or _rhythm(pace, policy)
    interval = max(before / 2, policy.shortest)
    pace = replace(pace, interval=interval)
    return pace, Due(at=now + _jittered(interval, roll, policy), interval=interval, reason="gap")


def failure_weight(reason: Reason) -> float:
    """How much a failure counts."""
    if reason is Reason.DNS_TEMPORARY:
        return _TEMPORARY
    return _SOFT if reason in _SOFT_REASONS else _HARD


def after_failure(pace: FeedPace, reason: Reason) -> FeedPace:
    """The pace after a failed poll or parse."""
    return replace(pace, failures=pace.failures + failure_weight(reason), polls=pace.polls + 1)


def wait_after_failure(
    pace: FeedPace, *, now: datetime, roll: float, retry_after: float | None, policy: PollPolicy
) -> Due:
    """When to poll after a failure: interval × (1 + failures), not before Retry-After (seconds). A feed is never given up."""
    interval = max(pace.interval, _rhythm(pace, policy))
    many = pace.failures > policy.many_failures
    longest = policy.many_failures_wait_at_most if many else policy.failures_wait_at_most
    wait = min(interval * (1 + pace.failures), longest)
    reason = "failures"
    asked = min(timedelta(seconds=retry_after or 0), policy.many_failures_wait_at_most)
    if asked > wait:
        return Due(at=now + asked * (1 + policy.jitter * roll), interval=interval, reason="Retry-After")
    return Due(at=now + _jittered(wait, roll, policy), interval=interval, reason=reason)


def unconditional(polls: int, policy: PollPolicy) -> bool:
    """Whether this poll asks for the whole body whatever the validators: validators lie."""
    return polls % policy.unconditional_every == policy.unconditional_every - 1


def adopt_redirect(since: datetime | None, old: str, new: str, *, now: datetime, policy: PollPolicy) -> bool:
    """Whether a permanent redirect becomes the feed's address: http→https of the same at once, else after days of agreement."""
    if old.startswith("http://") and new == "https://" + old.removeprefix("http://"):
        return True
    return since is not None and now - since >= policy.adopt_redirect_after
