"""Exponential back-off with equal jitter: half of the wait is fixed, half is chance, so that waiters spread and none hurries."""

from __future__ import annotations

from datetime import timedelta

# Beyond this the doubling is past any limit in use, and a float would overflow.
MOST_DOUBLINGS = 20


def wait_after(failures: int, *, first: timedelta, longest: timedelta, roll: float) -> timedelta:
    """How long to wait after so many failures before this one; `roll` is from [0, 1)."""
    doubled: timedelta = first * 2 ** min(failures, MOST_DOUBLINGS)
    full = min(doubled, longest)
    return full / 2 + full / 2 * roll
