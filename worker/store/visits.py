"""Re-visits of a filed article: their result is their own, they never change the article's outcome."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, update

from worker.news.page import host_of
from worker.news.work import Purpose, Stage
from worker.store.rows import Rest
from worker.store.schema import articles


def end_visit(c: Connection, article: UUID, result: str, *, now: datetime) -> None:
    """Note how a visit ended: unchanged, revised, gone, blocked or failed."""
    values = {"visit_result": result, "visited_at": now, "resume_url": None, "hops": 0, "resume_steps": None}
    c.execute(update(articles).where(articles.c.id == article).values(**values))


def visit_rest(url: str | None, next_visit: datetime | None) -> Rest:
    """The article's row until its next visit, or for good."""
    if url is None or next_visit is None:
        return final(Stage.FETCH)
    return Rest(stage=Stage.FETCH, wake_at=next_visit, host=host_of(url), purpose=Purpose.VISIT, tries=0)


def final(stage: Stage) -> Rest:
    """Nothing more is to be done."""
    return Rest(stage=stage, wake_at=None)
