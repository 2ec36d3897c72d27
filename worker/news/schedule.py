"""When a feed is polled next, and why: rhythm, quiet, silence, the publisher's hint, gaps, failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from worker.news.reason import Reason

if TYPE_CHECKING:
    from worker.news.entry import Hints
    from worker.news.policy import PollPolicy

_ALL_HOURS = 24
_ALL_DAYS = 7
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
        Reason.ENCODING,
        Reason.UNPARSABLE,
        Reason.NOT_A_FEED,
        Reason.EMPTY_BODY,
        # Ours, not the feed's.
        Reason.BUG,
        Reason.MEMORY,
        Reason.KILLED,
        Reason.NO_BODY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPace:
    """What is known of a feed's rhythm. `arrivals` are the times at which its last news came, newest first; aware UTC."""

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
    """When to poll after a poll that went well: the longest of rhythm, quiet and silence, not before the publisher's hint."""
    rhythm, hint = _rhythm(pace, policy), _hint(hints, policy)
    asked = (
        (rhythm, "rhythm"),
        (_quiet(pace, rhythm, now, policy), "quiet"),
        (_silence(pace, now, policy), "silence"),
        (hint, "publisher's hint"),
    )
    # Of equals the first.
    interval, reason = max(asked, key=itemgetter(0))
    wait = hint * (1 + policy.jitter * roll) if hint == interval else max(_jittered(interval, roll, policy), hint)
    at = now + wait
    allowed = _allowed(at, hints)
    return Due(at=allowed, interval=interval, reason=reason if allowed == at else "publisher's skipped hours")


def _rhythm(pace: FeedPace, policy: PollPolicy) -> timedelta:
    """A share of the mean gap between the last arrivals; while fewer than two are known, longer with every poll."""
    if len(pace.arrivals) < 2:  # noqa: PLR2004 - a gap has two ends
        return min(policy.shortest * max(1, pace.polls), policy.longest)
    span = pace.arrivals[0] - pace.arrivals[-1]
    return min(max(span / (len(pace.arrivals) - 1) * policy.share, policy.shortest), policy.longest)


def _quiet(pace: FeedPace, rhythm: timedelta, now: datetime, policy: PollPolicy) -> timedelta:
    """The same share of the time since the last news, so that nights cost little; a few rhythms at most, for the morning."""
    if pace.last_new_at is None:
        return timedelta(0)
    return min((now - pace.last_new_at) * policy.share, rhythm * policy.quiet_at_most, policy.longest)


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
    """The first hour from `at` on that the publisher does not skip, at most a day later; who skips all is not believed.

    The minute stays, so that feeds which skip the same hours do not come back in the same moment.
    """
    if len(hints.skip_hours) >= _ALL_HOURS or len(hints.skip_days) >= _ALL_DAYS:
        return at
    later = (at + timedelta(hours=hours) for hours in range(_ALL_HOURS))
    free = (t for t in later if t.hour not in hints.skip_hours and t.weekday() not in hints.skip_days)
    return next(free, at + timedelta(hours=_ALL_HOURS))


def after_news(pace: FeedPace, published: Sequence[datetime | None], *, now: datetime, policy: PollPolicy) -> FeedPace:
    """The rhythm after a parse, given when its new entries were published; an unknown or future time counts as now.

    The first news of a feed may be years old: its silence counts from then. Later ones came after the news before them,
    whatever their date: an older one counts as now.
    """
    if not published:
        return replace(pace, failures=0.0)
    before = pace.last_new_at
    times = [min(at, now) if at and (before is None or at > before) else now for at in published]
    arrivals = _apart((*times, *pace.arrivals), policy)
    last_new_at = now if before else max(times)
    return replace(pace, arrivals=arrivals, last_new_at=last_new_at, failures=0.0)


def _apart(times: Sequence[datetime], policy: PollPolicy) -> tuple[datetime, ...]:
    """The newest arrivals, newest first: entries closer together than two polls can be are one arrival."""
    kept: list[datetime] = []
    for at in sorted(times, reverse=True):
        if not kept or kept[-1] - at >= policy.shortest:
            kept.append(at)
    return tuple(kept[: policy.rhythm_of])


def after_nothing(pace: FeedPace) -> FeedPace:
    """The pace after an answer that says that all is well."""
    return replace(pace, polls=pace.polls + 1, failures=0.0)


def after_body(pace: FeedPace) -> FeedPace:
    """The pace after a new body: failures stay until parse has shown that it is good."""
    return replace(pace, polls=pace.polls + 1)


def is_gap(known: int, entries: int, first_poll: bool, policy: PollPolicy) -> bool:  # noqa: FBT001 - a fact, not a switch
    """Whether items may have been lost: none of the entries had been sighted before, and it is not the first poll."""
    return not first_poll and known == 0 and entries >= policy.gap_needs


def after_gap(pace: FeedPace, *, now: datetime, roll: float, policy: PollPolicy) -> tuple[FeedPace, Due]:
    """After a gap the interval halves at once, hint or no hint; it is no longer than what the new entries show."""
    rhythm = _rhythm(pace, policy)
    interval = max(min((pace.interval or rhythm) / 2, rhythm), policy.shortest)
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
    many = pace.failures >= policy.many_failures
    longest = policy.many_failures_wait_at_most if many else policy.failures_wait_at_most
    wait = min(_jittered(interval * (1 + pace.failures), roll, policy), longest)
    asked = _asked(retry_after, policy)
    if asked > wait:
        spread = min(asked * (1 + policy.jitter * roll), policy.many_failures_wait_at_most)
        return Due(at=now + spread, interval=interval, reason="Retry-After")
    return Due(at=now + wait, interval=interval, reason="failures")


def _asked(retry_after: float | None, policy: PollPolicy) -> timedelta:
    # Bounded before it becomes a timedelta, which can't hold what a header can say; NaN falls to 0.
    return timedelta(seconds=max(0.0, min(retry_after or 0.0, policy.many_failures_wait_at_most.total_seconds())))


def unconditional(polls: int, policy: PollPolicy) -> bool:
    """Whether this poll asks for the whole body whatever the validators: validators lie."""
    return polls % policy.unconditional_every == policy.unconditional_every - 1


def adopt_redirect(since: datetime | None, old: str, new: str, *, now: datetime, policy: PollPolicy) -> bool:
    """Whether a permanent redirect becomes the feed's address: http→https of the same at once, else after days of agreement.

    `since` is when the redirect was first seen to lead there.
    """
    if old.startswith("http://") and new == "https://" + old.removeprefix("http://"):
        return True
    return old != new and since is not None and now - since >= policy.adopt_redirect_after
