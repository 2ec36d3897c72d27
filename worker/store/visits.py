"""Re-visits of a filed article: their result is their own, they never change the article's outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, update

from worker.news.page import host_of
from worker.news.record import Change
from worker.news.work import Purpose, Stage
from worker.pipeline.state.fetches import VisitEnd
from worker.store.revisions import file_again, latest_of
from worker.store.rows import Rest
from worker.store.schema import articles


def end_visit(c: Connection, article: UUID, result: str, *, now: datetime) -> None:
    """Note how a visit ended: unchanged, revised, gone, blocked or failed."""
    values = {"visit_result": result, "visited_at": now, "resume_url": None, "hops": 0, "resume_steps": None}
    c.execute(update(articles).where(articles.c.id == article).values(**values))


def tell_of_visit(c: Connection, new_id: Callable[[], UUID], article: UUID, end: VisitEnd, *, now: datetime) -> None:
    """Tell the sinks that an article's page is gone, once; and when it is there again, unchanged, that it stands."""
    if end.tell is None and end.result != "unchanged":
        return
    last = latest_of(c, article)
    told_gone = last is not None and last.change == Change.GONE
    if told_gone is (end.tell is Change.GONE):
        return
    state = latest_of(c, article, Change.GONE)
    if state is not None:
        file_again(c, new_id, state, end.tell or Change.NEW, now=now)


def visit_rest(url: str | None, next_visit: datetime | None) -> Rest:
    """The article's row until its next visit, or for good."""
    if url is None or next_visit is None:
        return final(Stage.FETCH)
    return Rest(stage=Stage.FETCH, wake_at=next_visit, host=host_of(url), purpose=Purpose.VISIT, tries=0)


def final(stage: Stage) -> Rest:
    """Nothing more is to be done."""
    return Rest(stage=stage, wake_at=None)
