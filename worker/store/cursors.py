"""How far a walk over all revisions, in the order in which they were filed, has come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, and_, or_, select

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A revision that a walk comes to, with the outcome of its article."""

    article_id: UUID
    n: int
    created_at: datetime
    record: str
    outcome: str | None


def next_rows(c: Connection, cursor: Cursor, *, most: int) -> Sequence[Step]:
    """The revisions that follow; their articles are locked against merges until the transaction ends."""
    query = (
        select(revisions.c.article_id, revisions.c.n, revisions.c.created_at, revisions.c.record)
        .where(revisions.c.created_at >= (cursor.at or cursor.since), revisions.c.created_at < cursor.until)
        .order_by(revisions.c.created_at, revisions.c.article_id, revisions.c.n)
        .limit(most)
    )
    if cursor.at is not None:
        same = and_(revisions.c.article_id == cursor.article, revisions.c.n > cursor.n)
        later = or_(revisions.c.created_at > cursor.at, revisions.c.article_id > cursor.article, same)
        query = query.where(later)
    if cursor.outlets:
        of_outlet = and_(articles.c.id == revisions.c.article_id, articles.c.outlet_id.in_(cursor.outlets))
        query = query.join(articles, of_outlet)
    rows = c.execute(query).all()
    ends = _locked(c, {row.article_id for row in rows})
    return [
        Step(article_id=id_, n=n, created_at=at, record=record, outcome=ends.get(id_)) for id_, n, at, record in rows
    ]


def _locked(c: Connection, ids: Collection[UUID]) -> dict[UUID, str | None]:
    """Lock articles, in the order in which everybody does, and give their outcomes."""
    query = select(articles.c.id, articles.c.outcome).where(articles.c.id.in_(sorted(ids))).order_by(articles.c.id)
    return dict(c.execute(query.with_for_update(read=True)).all())


def after(cursor: Cursor, row: Step) -> Cursor:
    """The cursor behind a revision."""
    return replace(cursor, at=row.created_at, article=row.article_id, n=row.n)
