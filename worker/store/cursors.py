"""How far a walk over all revisions, in the order in which they were filed, has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, or_, select

from worker.store.schema import articles, revisions

# A transaction that files a revision and has not met a new sink is over after this: by then the walk has come to it.
LATEST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A walk over what was filed from `since` until before `until`, at some outlets (none: at all), and its last step."""

    since: datetime
    until: datetime
    outlets: tuple[str, ...] = ()
    at: datetime | None = None
    article: UUID | None = None
    n: int = 0


def next_rows(c: Connection, cursor: Cursor, *, most: int) -> Sequence[Row[Any]]:
    """The revisions that follow, each with its article's outcome, locked against merges until the transaction ends."""
    query = (
        select(revisions.c.article_id, revisions.c.n, revisions.c.created_at, revisions.c.record, articles.c.outcome)
        .join(articles, articles.c.id == revisions.c.article_id)
        .where(revisions.c.created_at >= (cursor.at or cursor.since), revisions.c.created_at < cursor.until)
        .order_by(revisions.c.created_at, revisions.c.article_id, revisions.c.n)
        .limit(most)
    )
    if cursor.at is not None:
        same = and_(revisions.c.article_id == cursor.article, revisions.c.n > cursor.n)
        later = or_(revisions.c.created_at > cursor.at, revisions.c.article_id > cursor.article, same)
        query = query.where(later)
    if cursor.outlets:
        query = query.where(articles.c.outlet_id.in_(cursor.outlets))
    rows: Sequence[Row[Any]] = c.execute(query.with_for_update(of=articles, read=True)).all()  # type: ignore[assignment]
    return rows


def after(cursor: Cursor, row: Row[Any]) -> Cursor:
    """The cursor behind a row."""
    return replace(cursor, at=row.created_at, article=row.article_id, n=row.n)
