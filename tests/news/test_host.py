"""How politely a host is treated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.host import HostState, answered, at_once, pause, rows_at_once, spacing
from worker.news.policy import HostPolicy

NOW = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)
POLICY = HostPolicy()
TICK = timedelta(seconds=2)


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


@pytest.mark.parametrize(
    ("state", "gap"),
    [
        (HostState(), 2),
        (HostState(spacing=seconds(10)), 10),
        (HostState(spacing=seconds(0.5)), 2),
        (HostState(spacing=timedelta(days=1)), 60),
        (HostState(mean_s=1.5), 2),
        (HostState(mean_s=7), 7),
        (HostState(mean_s=1e12), 60),
        (HostState(mean_s=7, spacing=seconds(9)), 9),
    ],
)
def test_the_longest_of_our_own_spacing_its_wish_and_its_slowness_counts(state: HostState, gap: float) -> None:
    assert spacing(state, POLICY) == seconds(gap)


def test_a_host_of_ones_own_has_no_spacing_whatever_it_wishes() -> None:
    own = replace(POLICY, own_hosts=("127.0.0.1:8642",))
    assert spacing(HostState(host="127.0.0.1:8642", spacing=seconds(9), mean_s=7), own) == timedelta(0)
    assert spacing(HostState(host="127.0.0.1"), own) == POLICY.spacing


def test_a_slow_host_never_shortens_our_own_spacing() -> None:
    assert spacing(HostState(mean_s=100), HostPolicy(spacing=seconds(90))) == seconds(90)


@pytest.mark.parametrize(
    ("gap", "open_leases", "rows"),
    [(2, 0, 1), (2, 1, 1), (2, 2, 0), (2, 3, 0), (60, 0, 1), (0.5, 0, 2), (0, 0, 2), (0, 1, 1), (0, 2, 0)],
)
def test_a_claim_takes_what_spacing_and_the_bound_in_flight_allow(gap: float, open_leases: int, rows: int) -> None:
    assert rows_at_once(seconds(gap), at_once("a", POLICY) - open_leases, TICK) == rows


def test_more_in_flight_let_more_rows_through_a_tick() -> None:
    assert rows_at_once(seconds(0.5), 9, TICK) == 4


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_half_fixed_and_bounded(failures: int, roll: float) -> None:
    after = pause(HostState(failures=failures), now=NOW, roll=roll, retry_after=None, policy=POLICY)
    full = min(POLICY.pause * 2 ** min(failures, 20), POLICY.longest_pause)
    assert after.blocked_until is not None
    assert full / 2 <= after.blocked_until - NOW <= full
    assert after.failures == failures + 1


@pytest.mark.parametrize(
    ("asked", "wait"), [(3600, 3600), (1e300, 7 * 86_400), (-5, 30), (float("nan"), 30), (None, 30)]
)
def test_retry_after_is_a_floor_of_at_most_a_week(asked: float | None, wait: float) -> None:
    after = pause(HostState(), now=NOW, roll=0.0, retry_after=asked, policy=POLICY)
    assert after.blocked_until == NOW + seconds(wait)


def test_a_second_failure_never_shortens_a_pause() -> None:
    until = NOW + timedelta(hours=5)
    assert (
        pause(HostState(blocked_until=until), now=NOW, roll=0.5, retry_after=None, policy=POLICY).blocked_until == until
    )


def test_an_answer_forgets_failures_and_remembers_speed() -> None:
    first = answered(HostState(failures=4), 2.0, POLICY)
    assert (first.failures, first.mean_s) == (0, 2.0)
    assert answered(first, 7.0, POLICY).mean_s == pytest.approx(3.0)


def test_a_clock_that_was_set_back_makes_no_host_fast() -> None:
    assert answered(HostState(), -3.0, POLICY).mean_s == 0.0


@given(st.lists(st.floats(0, 100), min_size=1))
def test_the_mean_lies_between_the_fastest_and_the_slowest_answer(times: list[float]) -> None:
    state = HostState()
    for time in times:
        state = answered(state, time, POLICY)
    assert state.mean_s is not None
    assert min(times) - 1e-9 <= state.mean_s <= max(times) + 1e-9
