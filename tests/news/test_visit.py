"""When a filed article is looked at again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.policy import ArticlePolicy
from worker.news.visit import next_visit

NOW = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)
POLICY = ArticlePolicy()


def visit(
    published: float | None, fetched: float, *, liveblog: bool = False, policy: ArticlePolicy = POLICY
) -> float | None:
    """The next visit, in minutes after discovery; so are the arguments."""
    at = next_visit(
        published_at=None if published is None else NOW + timedelta(minutes=published),
        discovered_at=NOW,
        fetched_at=NOW + timedelta(minutes=fetched),
        liveblog=liveblog,
        policy=policy,
    )
    return None if at is None else (at - NOW) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("fetched", "at"),
    [(0, 30), (29, 30), (30, 120), (119, 120), (121, 480), (480, 1440), (1439, 1440), (1440, None), (5000, None)],
)
def test_the_next_visit_is_the_first_point_of_the_plan_after_the_last_fetch(fetched: float, at: float | None) -> None:
    assert visit(0, fetched) == at


def test_the_plan_counts_from_publication() -> None:
    assert visit(-60, 1) == 60


def test_an_article_of_yesterday_is_not_visited() -> None:
    assert visit(-1441, 0) is None


def test_an_unknown_or_future_date_counts_from_discovery() -> None:
    assert visit(None, 1) == visit(600, 1) == 30


def test_a_liveblog_is_visited_every_quarter_of_an_hour_while_it_lives() -> None:
    assert visit(0, 100, liveblog=True) == 115
    assert visit(0, 1430, liveblog=True) == 1440
    assert visit(0, 1441, liveblog=True) is None


def test_without_a_plan_nothing_is_visited() -> None:
    assert visit(0, 0, policy=ArticlePolicy(visits=())) is None
    assert visit(0, 0, liveblog=True, policy=ArticlePolicy(visits=())) is None


@given(st.none() | st.floats(-5000, 5000), st.floats(0, 5000), st.booleans())
def test_a_visit_lies_after_the_fetch_and_within_a_day_of_discovery(
    published: float | None, fetched: float, liveblog: bool
) -> None:
    at = visit(published, fetched, liveblog=liveblog)
    assert at is None or fetched < at <= 1440
