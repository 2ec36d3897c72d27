"""Whether a difference is one."""

from __future__ import annotations

import random

import pytest

from bench.bootstrap import Difference, paired_difference
from bench.scoring import Overlap, set_f1


def _pages(number: int, mean: float, seed: int) -> list[Overlap]:
    chance = random.Random(seed)
    return [
        Overlap(both, (1 - both) / 2, (1 - both) / 2)
        for both in (chance.uniform(mean - 0.1, mean) for _ in range(number))
    ]


def _difference(ours: list[Overlap], theirs: list[Overlap]) -> Difference:
    found = paired_difference(ours, theirs, resamples=1000)
    assert found is not None
    return found


def test_a_clear_difference_is_found() -> None:
    ours, theirs = _pages(60, 0.95, 1), _pages(60, 0.85, 2)
    found = _difference(ours, theirs)
    assert found.mean == pytest.approx(set_f1(ours)[0] - set_f1(theirs)[0])
    assert 0 < found.low < found.mean < found.high
    assert found.p == pytest.approx(2 / 1001)


def test_the_other_side_is_ahead_by_as_much() -> None:
    ours, theirs = _pages(60, 0.95, 1), _pages(60, 0.85, 2)
    there, back = _difference(ours, theirs), _difference(theirs, ours)
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))
    assert back.p == there.p


def test_equal_texts_do_not_differ() -> None:
    pages = _pages(60, 0.95, 1)
    found = _difference(pages, list(pages))
    assert (found.mean, found.low, found.high) == pytest.approx((0, 0, 0))
    assert found.p == 1.0


def test_chance_is_no_difference() -> None:
    found = _difference(_pages(60, 0.9, 1), _pages(60, 0.9, 2))
    assert found.low < 0 < found.high
    assert found.p > 0.05


def test_the_pages_are_compared_in_pairs() -> None:
    """Every page a little better is a difference, however much the pages themselves differ."""
    theirs = _pages(30, 0.5, 1) + _pages(30, 0.98, 2)
    ours = [Overlap(page.both + 0.01, page.found_only - 0.005, page.expected_only - 0.005) for page in theirs]
    assert _difference(ours, theirs).low > 0


def test_the_same_pages_give_the_same_numbers() -> None:
    ours, theirs = _pages(20, 0.95, 1), _pages(20, 0.9, 2)
    assert _difference(ours, theirs) == _difference(ours, theirs)


def test_one_page_tells_nothing() -> None:
    assert paired_difference(_pages(1, 0.9, 1), _pages(1, 0.5, 2)) is None
