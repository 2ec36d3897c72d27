"""When a feed is polled next, and why."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.entry import Hints
from worker.news.policy import PollPolicy
from worker.news.reason import Reason
from worker.news.schedule import (
    FeedPace,
    adopt_redirect,
    after_body,
    after_failure,
    after_gap,
    after_news,
    after_nothing,
    failure_weight,
    is_gap,
    next_poll,
    unconditional,
    wait_after_failure,
)

NOW = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)  # a Monday
POLICY = PollPolicy()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

_ROLLS = st.floats(0, 1, exclude_max=True)
_TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone comes from `timezones`
_GAPS = st.timedeltas(timedelta(0), timedelta(days=400))
_PACES = st.builds(
    FeedPace,
    arrivals=st.lists(_TIMES, max_size=20).map(lambda times: tuple(sorted(times, reverse=True))),
    last_new_at=st.none() | _TIMES,
    interval=st.timedeltas(timedelta(0), DAY),
    failures=st.floats(0, 1000),
    polls=st.integers(0, 10**6),
)
_HINTS = st.builds(
    Hints,
    max_age=st.none() | _GAPS,
    ttl=st.none() | _GAPS,
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
)


def every(gap: timedelta, *, last: timedelta = timedelta(0), count: int = 20) -> FeedPace:
    """The pace of a feed with a new entry every `gap`, the newest `last` ago."""
    newest = NOW - last
    return FeedPace(arrivals=tuple(newest - gap * n for n in range(count)), last_new_at=newest, polls=9)


@pytest.mark.parametrize(
    ("gap", "interval"),
    [(MINUTE, 5 * MINUTE), (HOUR, 0.33 * HOUR), (3 * HOUR, 0.99 * HOUR), (2 * DAY, 4 * HOUR)],
)
def test_the_interval_is_a_third_of_the_mean_gap_within_bounds(gap: timedelta, interval: timedelta) -> None:
    due = next_poll(every(gap), Hints(), now=NOW, roll=0.5, policy=POLICY)
    assert (due.interval, due.at, due.reason) == (interval, NOW + interval, "rhythm")


@pytest.mark.parametrize(
    ("last", "interval", "reason"),
    [
        (HOUR, 0.33 * HOUR, "rhythm"),
        (2 * HOUR, 0.66 * HOUR, "quiet"),
        (3 * HOUR, 0.99 * HOUR, "quiet"),
        (9 * HOUR, 0.99 * HOUR, "quiet"),
    ],
)
def test_while_nothing_comes_the_interval_grows_to_three_times_the_rhythm(
    last: timedelta, interval: timedelta, reason: str
) -> None:
    due = next_poll(every(HOUR, last=last), Hints(), now=NOW, roll=0.5, policy=POLICY)
    assert (due.interval, due.reason) == (interval, reason)


def test_a_slow_feed_that_is_quiet_is_asked_every_four_hours() -> None:
    due = next_poll(every(6 * HOUR, last=2 * DAY), Hints(), now=NOW, roll=0.5, policy=POLICY)
    assert (due.interval, due.reason) == (4 * HOUR, "quiet")


@given(_PACES, _GAPS, _GAPS)
def test_the_interval_does_not_shrink_while_nothing_comes(pace: FeedPace, one: timedelta, more: timedelta) -> None:
    first, then = (
        next_poll(pace, Hints(), now=now, roll=0.5, policy=POLICY).interval for now in (NOW + one, NOW + one + more)
    )
    assert first <= then


@pytest.mark.parametrize(
    ("quiet", "interval", "reason"),
    [
        (6 * DAY, 15 * MINUTE, "quiet"),
        (7 * DAY, 4 * HOUR, "silence"),
        (30 * DAY, 12 * HOUR, "silence"),
        (61 * DAY, DAY, "silence"),
    ],
)
def test_a_silent_feed_is_asked_less_often(quiet: timedelta, interval: timedelta, reason: str) -> None:
    due = next_poll(every(MINUTE, last=quiet), Hints(), now=NOW, roll=0.5, policy=POLICY)
    assert (due.interval, due.reason) == (interval, reason)


def test_a_feed_that_never_had_news_is_asked_less_with_every_poll() -> None:
    intervals = [
        next_poll(FeedPace(polls=n), Hints(), now=NOW, roll=0.5, policy=POLICY).interval for n in (0, 1, 3, 1000)
    ]
    assert intervals == [5 * MINUTE, 5 * MINUTE, 15 * MINUTE, 4 * HOUR]


def test_the_publishers_hint_is_a_floor_of_at_most_an_hour() -> None:
    hints = Hints(max_age=10 * MINUTE, ttl=DAY)
    due = next_poll(every(MINUTE), hints, now=NOW, roll=0.0, policy=POLICY)
    assert (due.at, due.interval, due.reason) == (NOW + HOUR, HOUR, "publisher's hint")
    assert next_poll(every(4 * HOUR), hints, now=NOW, roll=0.5, policy=POLICY).reason == "rhythm"


def test_chance_does_not_undercut_the_hint() -> None:
    due = next_poll(every(190 * MINUTE), Hints(ttl=HOUR), now=NOW, roll=0.0, policy=POLICY)
    assert (due.at, due.reason) == (NOW + HOUR, "rhythm")


def test_skipped_hours_push_the_poll_to_the_next_free_one() -> None:
    due = next_poll(every(MINUTE), Hints(skip_hours=frozenset({10, 11, 12})), now=NOW, roll=0.5, policy=POLICY)
    assert (due.at, due.reason) == (datetime(2026, 3, 2, 13, 25, tzinfo=UTC), "publisher's skipped hours")


def test_skipped_days_push_the_poll_by_a_day_at_most() -> None:
    due = next_poll(every(MINUTE), Hints(skip_days=frozenset({0, 1})), now=NOW, roll=0.5, policy=POLICY)
    assert due.at == NOW + 5 * MINUTE + DAY


@pytest.mark.parametrize("hints", [Hints(skip_hours=frozenset(range(24))), Hints(skip_days=frozenset(range(7)))])
def test_who_skips_all_is_not_believed(hints: Hints) -> None:
    assert next_poll(every(MINUTE), hints, now=NOW, roll=0.5, policy=POLICY).at == NOW + 5 * MINUTE


@given(_PACES, _HINTS, _ROLLS)
def test_the_next_poll_is_bounded_whatever_is_known(pace: FeedPace, hints: Hints, roll: float) -> None:
    due = next_poll(pace, hints, now=NOW, roll=roll, policy=POLICY)
    assert POLICY.shortest <= due.interval <= DAY
    assert 0.9 * POLICY.shortest <= due.at - NOW <= 1.1 * DAY + DAY


@given(_PACES, _ROLLS)
def test_the_jitter_is_a_tenth(pace: FeedPace, roll: float) -> None:
    due = next_poll(pace, Hints(), now=NOW, roll=roll, policy=POLICY)
    assert 0.9 * due.interval <= due.at - NOW <= 1.1 * due.interval


def test_new_arrivals_come_to_the_front_and_the_oldest_are_forgotten() -> None:
    pace = after_news(every(HOUR, last=2 * HOUR), [NOW - HOUR, NOW + DAY], now=NOW, policy=POLICY)
    assert pace.arrivals[:4] == (NOW, NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR)
    assert len(pace.arrivals) == POLICY.rhythm_of
    assert pace.last_new_at == NOW


def test_entries_within_five_minutes_are_one_arrival() -> None:
    published = [NOW - HOUR, NOW - HOUR - 4 * MINUTE, NOW - HOUR - 5 * MINUTE, NOW - 3 * HOUR, NOW - 3 * HOUR]
    pace = after_news(FeedPace(), published, now=NOW, policy=POLICY)
    assert pace.arrivals == (NOW - HOUR, NOW - HOUR - 5 * MINUTE, NOW - 3 * HOUR)


def test_what_is_dated_before_the_last_news_or_not_at_all_arrived_now() -> None:
    pace = after_news(every(HOUR, last=HOUR), [NOW - 10 * HOUR, None, NOW - HOUR], now=NOW, policy=POLICY)
    assert pace.arrivals[:3] == (NOW, NOW - HOUR, NOW - 2 * HOUR)


@given(_PACES, st.lists(st.none() | _TIMES, min_size=1, max_size=40))
def test_arrivals_are_few_apart_and_newest_first(pace: FeedPace, published: list[datetime | None]) -> None:
    arrivals = after_news(pace, published, now=NOW, policy=POLICY).arrivals
    assert 1 <= len(arrivals) <= POLICY.rhythm_of
    assert all(newer - older >= POLICY.shortest for newer, older in pairwise(arrivals))


@given(_PACES, st.lists(st.none() | _TIMES, max_size=40))
def test_the_same_news_in_another_order_is_the_same_pace(pace: FeedPace, published: list[datetime | None]) -> None:
    turned = after_news(pace, published[::-1], now=NOW, policy=POLICY)
    assert after_news(pace, published, now=NOW, policy=POLICY) == turned


def test_the_silence_of_a_dead_feed_counts_from_its_last_entry() -> None:
    pace = after_news(FeedPace(), [NOW - 90 * DAY, NOW - 100 * DAY], now=NOW, policy=POLICY)
    assert pace.last_new_at == NOW - 90 * DAY
    assert next_poll(pace, Hints(), now=NOW, roll=0.5, policy=POLICY).interval == DAY


def test_a_late_entry_with_an_old_date_ends_the_silence() -> None:
    pace = after_news(every(DAY, last=50 * DAY), [NOW - 400 * DAY], now=NOW, policy=POLICY)
    assert pace.last_new_at == NOW


def test_a_parse_without_news_changes_only_the_failures() -> None:
    before = FeedPace(arrivals=(NOW,), last_new_at=NOW, failures=3.0, polls=4)
    assert after_news(before, [], now=NOW, policy=POLICY) == FeedPace(arrivals=(NOW,), last_new_at=NOW, polls=4)


def test_an_answer_forgives_and_a_body_does_not_yet() -> None:
    before = FeedPace(failures=3.0, polls=4)
    assert after_nothing(before) == FeedPace(failures=0.0, polls=5)
    assert after_body(before) == FeedPace(failures=3.0, polls=5)


@pytest.mark.parametrize(
    ("known", "entries", "first", "gap"),
    [(0, 3, False, True), (0, 2, False, False), (1, 30, False, False), (0, 30, True, False)],
)
def test_a_poll_with_nothing_sighted_before_is_a_gap(known: int, entries: int, first: bool, gap: bool) -> None:
    assert is_gap(known, entries, first, POLICY) is gap


@pytest.mark.parametrize(
    ("pace", "interval"),
    [
        (FeedPace(interval=HOUR, arrivals=every(DAY).arrivals), 30 * MINUTE),
        (FeedPace(interval=6 * MINUTE, arrivals=every(DAY).arrivals), 5 * MINUTE),
        (FeedPace(arrivals=every(4 * HOUR).arrivals), 0.66 * HOUR),
        (FeedPace(interval=DAY, arrivals=every(MINUTE).arrivals), 5 * MINUTE),
    ],
)
def test_a_gap_halves_the_interval_at_once(pace: FeedPace, interval: timedelta) -> None:
    after, due = after_gap(pace, now=NOW, roll=0.5, policy=POLICY)
    assert (after.interval, due.interval, due.at, due.reason) == (interval, interval, NOW + interval, "gap")


def test_failures_have_weights() -> None:
    weights = {reason: failure_weight(reason) for reason in Reason}
    assert weights[Reason.DNS_TEMPORARY] == 0.25
    assert {
        weights[r] for r in (Reason.NOT_FOUND, Reason.RATE_LIMITED, Reason.SERVER_ERROR, Reason.TLS, Reason.DNS)
    } == {0.5}
    assert {weights[r] for r in (Reason.TIMEOUT, Reason.UNPARSABLE, Reason.NOT_A_FEED, Reason.BUG)} == {0.5}
    assert {weights[r] for r in (Reason.GONE, Reason.FORBIDDEN, Reason.LEGAL, Reason.BLOCKED_ADDRESS)} == {1.0}


def test_a_failure_adds_up() -> None:
    assert after_failure(FeedPace(failures=1.0, polls=2), Reason.TIMEOUT) == FeedPace(failures=1.5, polls=3)


@pytest.mark.parametrize(
    ("failures", "wait"), [(0.5, 90 * MINUTE), (1, 2 * HOUR), (23, DAY), (29.5, DAY), (30, 31 * HOUR), (1000, 7 * DAY)]
)
def test_the_wait_grows_with_the_failures_and_is_never_for_ever(failures: float, wait: timedelta) -> None:
    pace = FeedPace(interval=HOUR, failures=failures)
    due = wait_after_failure(pace, now=NOW, roll=0.5, retry_after=None, policy=POLICY)
    assert (due.at - NOW, due.interval, due.reason) == (wait, HOUR, "failures")


def test_retry_after_is_a_floor_of_at_most_a_week() -> None:
    pace = FeedPace(interval=HOUR, failures=1)
    due = wait_after_failure(pace, now=NOW, roll=0.0, retry_after=36_000, policy=POLICY)
    assert (due.at, due.reason) == (NOW + 10 * HOUR, "Retry-After")
    assert wait_after_failure(pace, now=NOW, roll=0.9, retry_after=1e300, policy=POLICY).at == NOW + 7 * DAY
    assert wait_after_failure(pace, now=NOW, roll=0.5, retry_after=60, policy=POLICY).reason == "failures"


@given(_PACES, _ROLLS, st.none() | st.floats())
def test_a_failed_feed_is_asked_again_within_a_week(pace: FeedPace, roll: float, retry_after: float | None) -> None:
    due = wait_after_failure(pace, now=NOW, roll=roll, retry_after=retry_after, policy=POLICY)
    assert 0.9 * POLICY.shortest <= due.at - NOW <= 7 * DAY
    if retry_after is not None and 0 < retry_after < 7 * 86_400:
        assert due.at - NOW >= timedelta(seconds=retry_after)


@given(_ROLLS)
def test_no_number_in_a_header_is_not_followed(roll: float) -> None:
    due = wait_after_failure(FeedPace(interval=HOUR), now=NOW, roll=roll, retry_after=math.nan, policy=POLICY)
    assert due.reason == "failures"


def test_one_poll_in_fifty_is_unconditional() -> None:
    assert sum(unconditional(n, POLICY) for n in range(500)) == 10
    assert not unconditional(0, POLICY)


def test_a_redirect_is_adopted_after_a_week_of_agreement() -> None:
    old, new = "https://a.pt/rss", "https://b.pt/rss"
    assert not adopt_redirect(None, old, new, now=NOW, policy=POLICY)
    assert not adopt_redirect(NOW - 6 * DAY, old, new, now=NOW, policy=POLICY)
    assert adopt_redirect(NOW - 7 * DAY, old, new, now=NOW, policy=POLICY)
    assert not adopt_redirect(NOW - 7 * DAY, old, old, now=NOW, policy=POLICY)


def test_only_the_same_address_with_https_is_adopted_at_once() -> None:
    assert adopt_redirect(None, "http://a.pt/rss?x=1", "https://a.pt/rss?x=1", now=NOW, policy=POLICY)
    assert not adopt_redirect(None, "http://a.pt/rss", "https://a.pt/feed", now=NOW, policy=POLICY)
    assert not adopt_redirect(None, "https://a.pt/rss", "http://a.pt/rss", now=NOW, policy=POLICY)
