"""What publishers say of the use of their pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.policy import RightsPolicy
from worker.news.record import Rights
from worker.news.rights import MOST_DIRECTIVES, both, reserved, rights_of

AGENT = "Copydesk"


def directives(value: str) -> tuple[str, ...]:
    return rights_of({"x-robots-tag": value}, agent=AGENT).directives


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", ()),
        ("noarchive", ("noarchive",)),
        (" NoArchive , nosnippet,noarchive", ("noarchive", "nosnippet")),
        ("googlebot: noarchive", ()),
        ("googlebot: noarchive, nosnippet", ()),
        ("copydesk: noarchive, nosnippet", ("noarchive", "nosnippet")),
        ("googlebot: noindex, COPYDESK: noarchive", ("noarchive",)),
        ("max-snippet: 50, noai", ("max-snippet: 50", "noai")),
        ("unavailable_after: 25 Jun 2027 15:00:00 PST", ("unavailable_after: 25 jun 2027 15:00:00 pst",)),
        ("max-image-preview:large", ("max-image-preview:large",)),
        (",,, ,", ()),
    ],
)
def test_directives_for_all_and_for_us_are_kept(value: str, found: tuple[str, ...]) -> None:
    assert directives(value) == found


@pytest.mark.parametrize(("value", "found"), [("1", True), (" 0 ", False), ("", None), ("yes", None), ("11", None)])
def test_a_tdm_reservation_is_a_yes_a_no_or_nothing(value: str, found: bool | None) -> None:
    assert rights_of({"tdm-reservation": value}, agent=AGENT).tdm_reserved is found


def test_the_page_is_nearer_than_its_header() -> None:
    header = Rights(directives=("noai", "noarchive"), tdm_reserved=True, tdm_policy="https://a.example/terms")
    page = Rights(directives=("noarchive", "nosnippet"), tdm_reserved=False)
    assert both(header, page) == Rights(
        directives=("noai", "noarchive", "nosnippet"), tdm_reserved=False, tdm_policy="https://a.example/terms"
    )
    assert both(header, Rights()) == header
    assert both(Rights(), page) == page


@pytest.mark.parametrize(
    ("rights", "drop", "word"),
    [
        (Rights(directives=("noarchive",), tdm_reserved=True), (), None),
        (Rights(directives=("noarchive",)), ("noarchive",), "noarchive"),
        (Rights(directives=("noarchive",)), ("noai", "tdm"), None),
        (Rights(tdm_reserved=True), ("noarchive", "tdm"), "tdm"),
        (Rights(tdm_reserved=False), ("tdm",), None),
        (Rights(directives=("none",)), ("noindex",), "noindex"),
    ],
)
def test_what_is_reserved_is_dropped_where_the_settings_say_so(
    rights: Rights, drop: tuple[str, ...], word: str | None
) -> None:
    assert reserved(rights, RightsPolicy(drop=drop)) == word


@given(st.dictionaries(st.sampled_from(["x-robots-tag", "tdm-reservation", "tdm-policy"]), st.text(max_size=9000)))
def test_nothing_that_is_said_is_an_error_or_without_bounds(said: dict[str, str]) -> None:
    rights = rights_of(said, agent=AGENT)
    assert len(rights.directives) <= MOST_DIRECTIVES
    assert all(0 < len(word) <= 100 for word in rights.directives)
    assert len(rights.tdm_policy or "") <= 2048


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (" https://paper.example/terms ", "https://paper.example/terms"),
        ("javascript:alert(1)", None),
        ("https://paper.example/a b", None),
        ("https://paper.example/\x1b[2J", None),
        ("/terms", None),
        ("", None),
    ],
)
def test_a_tdm_policy_is_a_web_address_or_nothing(said: str, kept: str | None) -> None:
    assert rights_of({"tdm-policy": said}, agent=AGENT).tdm_policy == kept


def test_directives_hold_nothing_that_a_database_refuses() -> None:
    assert directives("no\x00archive, \x1bnoai, a\ud800b") == ("noarchive", "noai", "ab")
