"""When a filed article is looked at again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.news.policy import ArticlePolicy


def next_visit(
    *,
    published_at: datetime | None,
    discovered_at: datetime,
    fetched_at: datetime,
    liveblog: bool,
    policy: ArticlePolicy,
) -> datetime | None:
    """The next point of the plan that is later than the last fetch; None when publication is longer ago than the plan is.

    The plan counts from publication, or from discovery when that is unknown or earlier. A liveblog is visited at short
    intervals over the same time.
    """
    start = min(published_at or discovered_at, discovered_at)
    points = [start + after for after in policy.visits]
    soon = fetched_at + policy.liveblog_visit
    if liveblog and soon <= max(points, default=fetched_at):
        return soon
    return min((point for point in points if point > fetched_at), default=None)
