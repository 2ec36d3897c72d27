"""Whether titles and addresses speak of one article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.identity import normalize_url
from worker.news.telling import addresses_agree, addresses_part, tell_apart, title_share, titles_alike

_PARTS = st.sampled_from(
    ["politica", "2024", "05", "12", "20240512", "202405121030", "123456", "chuva-forte-no-norte", "a", "c4gx5r0p1d2o"]
)
_ADDRESSES = st.builds(
    "//a.pt/{}{}".format, st.lists(_PARTS, max_size=5).map("/".join), st.sampled_from(["", "?id=123456", "?x"])
)


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("Chuva forte no norte", "Chuva muito forte no norte", True),
        ("CHUVA forte: no norte!", "Chuva «forte» no norte", True),
        ("Chuva forte no norte", "Eleições em toda a Europa", False),
        ("Jornada 12", "Jornada 13", False),
        ("大雨で新幹線が運転見合わせ", "大雨で新幹線が運転を見合わせ", True),
        ("大雨で新幹線が運転見合わせ", "選挙の開票が始まった", False),
        ("", "", False),
    ],
)
def test_titles_are_alike_with_half_of_their_words_and_all_of_their_numbers(a: str, b: str, alike: bool) -> None:
    assert titles_alike(a, b) is alike


def test_the_share_of_two_titles_counts_each_word_once() -> None:
    assert title_share("um dois", "um dois três um") == pytest.approx(2 / 3)
    assert title_share("", "um") == 0.0


@given(st.text(), st.text())
def test_titles_are_compared_the_same_both_ways_round(a: str, b: str) -> None:
    assert titles_alike(a, b) is titles_alike(b, a)
    assert 0.0 <= title_share(a, b) <= 1.0
    assert titles_alike(a, a) is (title_share(a, a) == 1.0)


@given(_ADDRESSES, _ADDRESSES)
def test_addresses_are_compared_the_same_both_ways_round(a: str, b: str) -> None:
    one, other = normalize_url(a), normalize_url(b)
    assert addresses_agree(one, other) is addresses_agree(other, one)
    assert addresses_part(one, other) is addresses_part(other, one)
    assert tell_apart(one, other) is tell_apart(other, one)
    assert not tell_apart(one, one)
    assert not (tell_apart(one, other) and not addresses_part(one, other))


@pytest.mark.parametrize(
    ("a", "b", "part"),
    [
        ("//a.pt/123456/x", "//a.pt/123457/x", True),
        ("//a.pt/x?cid=123456", "//a.pt/x?cid=123457", False),
        ("//a.pt/2024/05/12/x", "//a.pt/2024/05/13/x", True),
        ("//a.pt/2024/05/12/x", "//a.pt/2024-05-12/x", False),
        ("//a.pt/2024/05/12/x", "//a.pt/2024/05/x", False),
        ("//a.pt/2024/05/12/123456", "//a.pt/2024/05/13/123456", False),
        ("//a.pt/2024/05/12/x", "//a.pt/x", False),
        ("//12345.pt/x", "//67890.pt/x", False),
    ],
)
def test_addresses_part_by_the_ids_and_dates_of_their_paths(a: str, b: str, part: bool) -> None:
    assert addresses_part(a, b) is part
