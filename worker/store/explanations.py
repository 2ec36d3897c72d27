"""Where the revisions of an article are, at each sink: what a key, an id, a batch or an address names. Reads only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select

from worker.store.database import Database
from worker.store.identities import articles_named
from worker.store.schema import articles, deliveries, sinks
from worker.store.sendings import Sent, sendings_of

# The key of a delivery.
KEY = re.compile(r"([0-9a-fA-F-]{36}):([0-9]{1,9})")
# A batch mostly has its end this long after it was named.
_SOON = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An article, and its deliveries or those of them that were asked for."""

    article: str
    outlet: str
    url: str | None
    title: str
    outcome: str | None
    sent: tuple[Sent, ...]


def explain(database: Database, word: str, *, now: datetime) -> list[Explained]:
    """What a word names: a key `<article id>:<revision>`, the id of a delivery, a batch or an article, an address or a guid.

    Of an article and of a revision also the sinks that get nothing, each with the reason; nothing when the word names nothing.
    """
    key = KEY.fullmatch(word)
    with database.read() as c:
        if key is not None:
            found = [one for each in articles_named(c, key[1]) for one in _told(c, each.article, now)]
            wanted = {int(key[2]), None}
            return [replace(one, sent=tuple(sent for sent in one.sent if sent.revision in wanted)) for one in found]
        named = deliveries_named(c, word, now=now)
        if not named:
            return [one for each in articles_named(c, word) for one in _told(c, each.article, now)]
        ids = {str(row.id) for row in named}
        found = [one for article in dict.fromkeys(row.article_id for row in named) for one in _told(c, article, now)]
        return [replace(one, sent=tuple(sent for sent in one.sent if sent.delivery in ids)) for one in found]


def _told(c: Connection, article: UUID, now: datetime) -> list[Explained]:
    row = c.execute(select(articles).where(articles.c.id == article)).one_or_none()
    if row is None:
        return []
    sent = sendings_of(c, article, filed=row.outcome == "stored", now=now, skipped=True)
    return [
        Explained(
            article=str(article), outlet=row.outlet_id, url=row.url, title=row.title, outcome=row.outcome, sent=sent
        )
    ]


def deliveries_named(c: Connection, word: str, *, now: datetime) -> Sequence[Row[Any]]:
    """The deliveries of a key `<article id>:<revision>`, of an id of one, or of a batch's id."""
    key = KEY.fullmatch(word)
    try:
        id_ = UUID(key[1] if key else word)
    except ValueError:
        return ()
    if key is not None:
        same = (deliveries.c.article_id == id_) & (deliveries.c.revision == int(key[2]))
        return c.execute(select(deliveries).where(same).order_by(deliveries.c.sink_id)).all()
    found = c.execute(select(deliveries).where(deliveries.c.id == id_)).all()
    is_article = c.execute(select(exists().where(articles.c.id == id_))).scalar_one()
    return found or (() if is_article else _of_batch(c, id_, now))


def _of_batch(c: Connection, batch: UUID, now: datetime) -> Sequence[Row[Any]]:
    """The deliveries of a batch; all of one have their end at the same time.

    Those that have one are in no index by it: they are looked for soon after it was named, which its id tells, and then everywhere.
    """
    same = select(deliveries).where(deliveries.c.batch_id == batch).order_by(deliveries.c.id)
    named_at = _EPOCH + min(timedelta(milliseconds=batch.int >> 80), now - _EPOCH)
    soon = deliveries.c.settled_at.between(named_at - _SOON, named_at + _SOON)
    here = deliveries.c.sink_id.in_(c.execute(select(sinks.c.id)).scalars().all())
    for query in (same.where(deliveries.c.outcome.is_(None)), same.where(here, soon), same):
        found = c.execute(query).all()
        if found:
            return found
    return ()
