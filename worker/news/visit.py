"""When a filed article is looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.news.policy import ArticlePolicy

_DAY = timedelta(days=1)


def next_visit(
    *,
    published_at: datetime | None,
    discovered_at: datetime,
    fetched_at: datetime,
    liveblog: bool,
    policy: ArticlePolicy,
) -> datetime | None:
    """The next point of the plan that is later than the last fetch; None when publication is more than a day ago.

    The plan counts from publication, or from discovery when that is unknown. A liveblog is visited at short intervals.
    """
    start = min(published_at or discovered_at, discovered_at)
    end = start + _DAY
    if liveblog and fetched_at + policy.liveblog_visit <= end:
        return fetched_at + policy.liveblog_visit
    if fetched_at > end:
        return None
    return next((start + after for after in policy.visits if start + after > fetched_at), None)
