"""When the funnel is counted again, and which days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.news.recount import DAYS_BACK, days_to_look_at, recount_due, settled_for_good

NIGHT = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def test_it_is_due_when_it_was_never_done() -> None:
    assert recount_due(None, now=NIGHT)


def test_it_is_due_at_half_past_three_and_not_again_before_the_next_night() -> None:
    last = NIGHT - timedelta(days=1)
    assert not recount_due(last, now=NIGHT - timedelta(seconds=1))
    assert recount_due(last, now=NIGHT)
    assert not recount_due(NIGHT, now=NIGHT + timedelta(hours=23, minutes=59))


@given(times, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_night_that_was_missed_is_made_up_for_whenever_it_is_asked_next(last: datetime, away: timedelta) -> None:
    assert recount_due(last, now=last + away) or away < timedelta(days=1)


def test_the_last_days_are_looked_at_and_older_ones_that_did_not_add_up() -> None:
    old, coming = date(2026, 3, 1), date(2026, 12, 24)
    days = days_to_look_at(frozenset({old, coming}), now=NIGHT)
    assert (days[0], days[1], days[-1]) == (old, date(2026, 10, 21), date(2026, 11, 24))
    assert len(days) == DAYS_BACK + 1


def test_a_day_that_was_counted_while_it_lasted_may_have_got_more_articles() -> None:
    day = date(2026, 11, 23)
    assert not settled_for_good(day, datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    assert settled_for_good(day, NIGHT)
