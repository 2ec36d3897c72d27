"""The states of an article: a record is filed as the next one, and so is what became of a state that stood already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from worker.news.record import Change, Record
from worker.store.furniture import joined
from worker.store.outbox import add_deliveries
from worker.store.schema import articles, revisions
from worker.store.values import dump, load


def file_revision(
    c: Connection, record: Record, *, text_hash: bytes, dropped: frozenset[bytes] = frozenset(), now: datetime
) -> None:
    """File a record as a new state of its article."""
    c.execute(
        revisions.insert().values(
            article_id=UUID(record.id),
            n=record.revision,
            created_at=now,
            change=record.change,
            text_hash=text_hash,
            engine=record.extraction.engine,
            engine_version=record.extraction.version,
            record=dump(record),
            dropped=joined(dropped),
        )
    )


def latest_of(c: Connection, article: UUID, *but: Change) -> Row[Any] | None:
    """The latest revision of an article, of those that are none of some changes."""
    query = select(revisions).where(revisions.c.article_id == article, revisions.c.change.not_in(but))
    return c.execute(query.order_by(revisions.c.n.desc()).limit(1)).one_or_none()


def file_again(
    c: Connection,
    new_id: Callable[[], UUID],
    row: Row[Any],
    change: Change,
    *,
    to: Sequence[str] | None = None,
    now: datetime,
    **values: Any,
) -> None:
    """File a state that stood already as the next one, with what became of it, and send it to some sinks (None: to all).

    The record's other fields stay, but for `values`.
    """
    article: UUID = row.article_id
    n: int = c.execute(select(articles.c.revision).where(articles.c.id == article)).scalar_one() + 1
    record = replace(load(Record, row.record), revision=n, change=change, **values)
    file_revision(c, record, text_hash=bytes(row.text_hash), now=now)
    c.execute(update(articles).where(articles.c.id == article).values(revision=n))
    add_deliveries(c, new_id, record, to=to, now=now)
