"""What robots.txt means, for how long, and what holds while it can't be had."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.policy import RobotsPolicy
from worker.news.reason import Reason
from worker.news.robots import Allowed, Ask, Forbidden, RobotsFile, Ruling, Shut, answered, failed, moved, ruling

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
POLICY = RobotsPolicy()
UNKNOWN = RobotsFile(origin="https://paper.example")
BODY = b"User-agent: *\nDisallow: /private"


def ruled(file: RobotsFile, *, now: datetime = NOW, allows: bool = True, waived: str | None = None) -> Ruling:
    return ruling(file, now=now, allows=lambda body: allows and body == BODY, waived=waived, policy=POLICY)


def failing(file: RobotsFile, *, times: int = 1, now: datetime = NOW, retry_after: float | None = None) -> RobotsFile:
    for _ in range(times):
        file = failed(file, Reason.SERVER_ERROR, now=now, roll=0.5, retry_after=retry_after, policy=POLICY)
    return file


def test_what_is_not_known_is_asked_for_first() -> None:
    assert ruled(UNKNOWN) == Ask("https://paper.example/robots.txt", 0)


def test_an_outlet_whose_robots_txt_is_waived_is_never_asked_for_it() -> None:
    found = ruled(UNKNOWN, waived="agreed with the editors")
    assert found == Allowed("not asked: agreed with the editors")


@pytest.mark.parametrize("allows", [True, False])
def test_the_rules_of_a_file_hold_for_a_day(allows: bool) -> None:
    file = answered(UNKNOWN, 200, BODY, now=NOW, policy=POLICY)
    kind = Allowed if allows else Forbidden
    assert isinstance(ruled(file, allows=allows), kind)
    assert isinstance(ruled(file, allows=allows, now=NOW + timedelta(hours=23, minutes=59)), kind)
    assert ruled(file, now=NOW + timedelta(hours=24)) == Ask("https://paper.example/robots.txt", 0)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451, 0])
def test_a_file_that_is_not_there_is_a_yes(status: int) -> None:
    file = answered(UNKNOWN, status, b"Disallow: /", now=NOW, policy=POLICY)
    found = ruled(file, allows=False)
    assert isinstance(found, Allowed)
    assert (str(status) if status else "nowhere") in found.why


def test_a_file_that_cannot_be_had_is_a_no_for_a_while() -> None:
    file = failing(UNKNOWN)
    found = ruled(file)
    assert isinstance(found, Shut)
    assert NOW + POLICY.unreachable / 2 <= found.until <= NOW + POLICY.unreachable
    assert found.why == "robots.txt: server_error"
    assert ruled(file, now=found.until) == Ask("https://paper.example/robots.txt", 0)


def test_the_file_that_was_had_before_holds_while_no_new_one_can_be_had() -> None:
    old = answered(UNKNOWN, 200, BODY, now=NOW - timedelta(days=2), policy=POLICY)
    file = failing(old)
    assert isinstance(ruled(file), Allowed)
    assert isinstance(ruled(file, allows=False), Forbidden)


def test_a_file_of_last_month_holds_no_more() -> None:
    old = answered(UNKNOWN, 200, BODY, now=NOW - POLICY.believe_old, policy=POLICY)
    assert isinstance(ruled(failing(old)), Shut)


def test_that_there_was_no_file_holds_as_well() -> None:
    old = answered(UNKNOWN, 404, b"", now=NOW - timedelta(days=2), policy=POLICY)
    assert isinstance(ruled(failing(old)), Allowed)


def test_an_answer_ends_the_failures() -> None:
    file = answered(failing(UNKNOWN, times=5), 200, BODY, now=NOW, policy=POLICY)
    assert (file.failures, file.why) == (0, "")


def test_a_file_that_moved_is_asked_for_where_it_went() -> None:
    file = moved(UNKNOWN, "https://www.paper.example/robots.txt", 1)
    assert ruled(file) == Ask("https://www.paper.example/robots.txt", 1)
    assert replace(failing(file), expires_at=None).ask_at is None, "after a failure it begins anew"


@given(times=st.integers(1, 60), roll=st.floats(0, 0.999), asked=st.none() | st.floats(0, 1e12))
def test_the_next_try_is_later_each_time_and_never_farther_than_allowed(
    times: int, roll: float, asked: float | None
) -> None:
    file = failing(UNKNOWN, times=times - 1)
    file = failed(file, Reason.TIMEOUT, now=NOW, roll=roll, retry_after=asked, policy=POLICY)
    assert file.expires_at is not None
    assert POLICY.unreachable / 2 <= file.expires_at - NOW <= POLICY.longest_unreachable
    assert file.failures == times
