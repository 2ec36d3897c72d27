"""The values that stages hand on: words for people, addresses of hosts, errors, back-off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news import outcome
from worker.news.backoff import wait_after
from worker.news.errors import Broken, HostDown
from worker.news.outlet import FeedSource, Outlet
from worker.news.page import host_of, origin_of
from worker.news.reason import WORDS, Reason
from worker.news.record import Change
from worker.news.work import CPU_STAGES, WEB_STAGES, Purpose, Ticket


def test_every_reason_has_its_words() -> None:
    assert set(WORDS) == set(Reason)


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (outcome.Stale(), "stale"),
        (outcome.Stored(), "stored"),
        (outcome.NothingNew(), "nothing_new"),
        (outcome.Parsed(new=3, known=1), "parsed: 3 new"),
        (outcome.Revised(2, Change.MINOR), "revised: 2 minor"),
        (outcome.Visited("unchanged"), "visited: unchanged"),
        (outcome.Delivered("files", 10, 3), "delivered: 7 of 10 to files"),
        (outcome.PollFailed(Reason.TLS), "failed: tls"),
        (outcome.Dropped(Reason.NOT_FOUND), "dropped: not_found"),
        (outcome.Quarantined(Reason.KILLED), "quarantined: killed"),
        (outcome.Duplicate("id", Reason.SAME_TEXT), "duplicate: same_text"),
        (outcome.FeedTextOnly(Reason.PAYWALL), "feed_text: paywall"),
        (outcome.Postponed(Reason.TIMEOUT), "waiting: timeout"),
        (outcome.Postponed(), "waiting"),
    ],
)
def test_an_outcome_is_read_in_words(ended: outcome.Outcome, words: str) -> None:
    assert outcome.in_words(ended) == words


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.A.pt./x", "www.a.pt"),
        ("http://a.pt:80/", "a.pt"),
        ("http://a.pt:8080/", "a.pt:8080"),
        ("urn:x", ""),
    ],
)
def test_a_host_is_its_name_without_a_default_port(url: str, host: str) -> None:
    assert host_of(url) == host


def test_an_error_says_its_reason_and_its_detail() -> None:
    assert str(Broken(Reason.UNPARSABLE)) == "unparsable"
    assert str(HostDown(Reason.TLS, "expired")) == "tls: expired"


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_half_fixed_and_never_longer_than_the_longest(failures: int, roll: float) -> None:
    first, longest = timedelta(seconds=10), timedelta(hours=1)
    wait = wait_after(failures, first=first, longest=longest, roll=roll)
    assert first / 2 <= wait <= longest


def test_live_work_goes_before_manual_before_backfill_before_visits_before_reprocessing() -> None:
    assert sorted(Purpose) == [Purpose.LIVE, Purpose.MANUAL, Purpose.BACKFILL, Purpose.VISIT, Purpose.REPROCESS]


def test_no_stage_is_both_on_the_web_and_on_the_processor() -> None:
    assert not set(WEB_STAGES) & set(CPU_STAGES)


def test_a_ticket_of_an_earlier_claim_is_another_ticket() -> None:
    assert Ticket(1, 1) < Ticket(1, 2) < Ticket(2, 1)


def test_an_outlet_is_disabled_until_somebody_enables_it() -> None:
    named = Outlet(
        id="a",
        name="A",
        country="PT",
        language="pt",
        homepage="https://a.pt/",
        feeds=(FeedSource(url="https://a.pt/rss"),),
    )
    assert not named.enabled


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("https://Paper.Example./a", "paper.example", "https://paper.example"),
        ("https://paper.example:443/a", "paper.example", "https://paper.example"),
        ("http://paper.example:443/a", "paper.example", "http://paper.example:443"),
        ("http://paper.example:8080/", "paper.example:8080", "http://paper.example:8080"),
        ("http://[::1]:8080/", "[::1]:8080", "http://[::1]:8080"),
        ("http://[2001:DB8::1]/", "[2001:db8::1]", "http://[2001:db8::1]"),
    ],
)
def test_a_gate_is_of_a_host_and_robots_txt_of_an_origin(url: str, host: str, origin: str) -> None:
    assert (host_of(url), origin_of(url)) == (host, origin)
