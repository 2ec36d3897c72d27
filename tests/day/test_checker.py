"""The checker finds each fault in a small log, and none in a clean one: what it does not find in a day is not there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.day.checker import HostRules, Line, complaints

HOST = "paper"
FRESH = ('"1"', None)
RULES = {
    HOST: HostRules(closed=("/private/",), robots=("/robots.txt", "/real.txt"), feeds=frozenset({"/feed"})),
    **{f"shared-{i}": HostRules(feeds=frozenset({"/feed"})) for i in range(9)},
    "burner": HostRules(spacing=0.25, at_once=4, feeds=frozenset({"/feed"})),
}


def line(at: float, path: str = "/feed", *, seconds: float = 0.5, host: str = HOST, **more: object) -> Line:
    """A request that was answered after some seconds."""
    made = Line(at=at, until=at + seconds, host=host, address=f"{host}'s", path=path, status=200)
    return replace(made, **more)  # type: ignore[arg-type]


ROBOTS = line(2, "/robots.txt")


def shared(i: int, at: float) -> Line:
    """A slow request to one of nine hosts at one address."""
    return line(at, host=f"shared-{i}", address="one", seconds=10)


def found(*log: Line, kills: tuple[float, ...] = ()) -> list[str]:
    """The first words of the complaints."""
    return [complaint.partition(":")[0] for complaint in complaints(log, RULES, kills=kills)]


def test_a_good_guest_is_not_complained_of() -> None:
    log = [
        line(0, given=FRESH),
        ROBOTS,
        line(4, "/a", seconds=9),
        line(6, "/b", in_flight=2),
        line(8, sent=FRESH, status=304, in_flight=2),
        line(10, "/c", status=429, retry_after=60, in_flight=2),
        line(70.5, "/c"),
        line(0, host="burner", seconds=2),
        line(0.25, host="burner", in_flight=2),
        *(shared(i, 0) for i in range(9)),
        *(shared(i, 20) for i in range(8)),
        shared(8, 30),
    ]
    assert found(*log) == []


def test_requests_that_are_too_close_are_found() -> None:
    assert found(line(0), line(1.9)) == ["too soon"]


def test_a_robots_file_counts_as_a_request() -> None:
    assert found(line(0.5), ROBOTS, line(3.9, "/a")) == ["too soon", "too soon"]


def test_the_own_spacing_of_a_host_is_held() -> None:
    assert found(line(0, host="burner"), line(0.2, host="burner")) == ["too soon"]


def test_a_crawl_delay_holds_from_the_answer_that_told_it() -> None:
    told = replace(ROBOTS, delay=10.0)
    assert found(line(0), told, line(12, "/a")) == []
    assert found(line(0), told, line(11, "/a")) == ["too soon"]


def test_a_crawl_delay_is_believed_up_to_a_minute() -> None:
    told = replace(ROBOTS, delay=120.0)
    assert found(told, line(62, "/a")) == []
    assert found(told, line(61, "/a")) == ["too soon"]


def test_the_latest_robots_file_holds() -> None:
    log = [replace(ROBOTS, delay=10.0), line(20, "/robots.txt"), line(22, "/a")]
    assert found(*log) == []


def test_three_requests_at_once_are_found() -> None:
    assert found(line(0, seconds=9), line(2, seconds=9), line(4)) == ["too many at once"]


def test_what_the_server_counted_is_believed() -> None:
    assert found(line(0, in_flight=3)) == ["too many at once"]


def test_a_request_whose_client_was_killed_is_over() -> None:
    log = [line(0, seconds=1, broken=True), line(2, seconds=9), line(4, in_flight=2)]
    assert found(*log, kills=(1.0,)) == []


def test_a_disallowed_path_is_found() -> None:
    assert found(ROBOTS, line(4, "/private/1")) == ["disallowed"]


@pytest.mark.parametrize(
    "before", [[], [replace(ROBOTS, status=500)], [replace(ROBOTS, until=5.0)], [replace(ROBOTS, broken=True)]]
)
def test_a_page_before_robots_was_answered_is_found(before: list[Line]) -> None:
    assert found(*before, line(4, "/a")) == ["before robots.txt"]


@pytest.mark.parametrize("status", [301, 404])
def test_a_robots_file_that_is_elsewhere_or_nowhere_is_an_answer(status: int) -> None:
    assert found(replace(ROBOTS, status=status), line(4, "/real.txt"), line(6, "/a")) == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asked_for_quiet_and_did_not_get_it_is_found(status: int) -> None:
    assert found(line(0, status=status, retry_after=60), line(60, "/feed")) == ["not left alone"]


def test_a_request_that_was_under_way_when_quiet_was_asked_for_is_none_of_it() -> None:
    assert found(line(0, status=429, retry_after=60, seconds=3), line(2, in_flight=2)) == []


def test_a_call_for_quiet_that_nobody_lived_to_read_is_no_call() -> None:
    assert found(line(0, status=429, retry_after=60), line(30), kills=(0.5,)) == []


def test_a_poll_that_sends_no_validators_back_is_found() -> None:
    assert found(line(0, given=FRESH), line(10)) == ["unconditional"]


def test_a_poll_that_sends_old_validators_back_is_found() -> None:
    newer = ('"2"', None)
    log = [line(0, given=FRESH), line(10, sent=FRESH, given=newer), line(20, sent=FRESH)]
    assert found(*log) == ["unconditional"]


def test_validators_that_nobody_lived_to_read_need_not_be_sent() -> None:
    assert found(line(0, given=FRESH), line(10), kills=(0.5,)) == []


def test_one_poll_in_fifty_may_be_unconditional() -> None:
    log = [line(0, given=FRESH), *(line(10.0 * i, sent=FRESH, status=304) for i in range(1, 49))]
    assert found(*log, line(1000, given=FRESH)) == []
    assert found(*log, line(1000, given=FRESH), line(1010, given=FRESH)) == ["unconditional"]


def test_a_ninth_request_to_one_address_is_found() -> None:
    log = [shared(i, 0) for i in range(9)]
    assert found(*log, *(shared(i, 20) for i in range(9))) == ["too many at one address"]


def test_nobody_knows_the_address_of_a_host_that_never_answered() -> None:
    assert found(*(shared(i, 0) for i in range(9))) == []
