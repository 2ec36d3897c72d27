"""An article is taken down by hand: its text, its revisions and its pages go; its keys stay, so that it does not come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from worker.news.entry import Entry, without_words
from worker.news.reason import Reason
from worker.news.record import Change, Extraction, Record
from worker.pipeline.ports import Archive
from worker.store.database import Database
from worker.store.groups import forget_sketch
from worker.store.merges import fence, lock_all
from worker.store.outbox import supersede
from worker.store.outcomes import settle
from worker.store.revisions import file_again, latest_of
from worker.store.schema import articles, revisions, sightings
from worker.store.values import dump, load

# Who read the empty record that stands in the place of one that was taken down.
ENGINE = "none"


class NotForgottenError(Exception):
    """There is nothing to be taken down, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was taken down: the article that stood, how many merged ones with it, revisions, and pages of the archive."""

    article: str
    url: str | None
    merged: int
    revisions: int
    bodies: int


def forget(database: Database, archive: Archive, article: UUID, *, because: str = "", now: datetime) -> Forgotten:
    """Take an article down, with all that were merged into it; `because` is for those who ask later. Doing it again finishes what
    broke off.

    The pages go before the rows that name them, and once more after: one that a visit brought meanwhile goes as well.
    Raises `NotForgottenError` and `ArchiveDown`.
    """
    with database.read() as c:
        article = _standing(c, article)
        bodies = _bodies(c, _family(c, article))
    _delete(archive, bodies)
    with database.write() as c:
        family = _family(c, article)
        lock_all(c, family)
        late = _bodies(c, family)
        merged = [id_ for id_ in family if id_ != article]
        for id_ in family:
            fence(c, id_)
        filed = sum(_empty(c, id_) for id_ in family)
        for id_ in family:
            _withdraw(c, database.new_id, id_, now)
        url, reason = c.execute(select(articles.c.url, articles.c.reason).where(articles.c.id == article)).one()
        if reason != Reason.WITHDRAWN:
            settle(c, article, "dropped", reason=Reason.WITHDRAWN, detail=because, now=now)
    _delete(archive, late)
    return Forgotten(article=str(article), url=url, merged=len(merged), revisions=filed, bodies=len(bodies | late))


def _standing(c: Connection, article: UUID) -> UUID:
    """The article behind one. Raises `NotForgottenError`."""
    row = c.execute(select(articles.c.id, articles.c.duplicate_of).where(articles.c.id == article)).one_or_none()
    if row is None:
        raise NotForgottenError(f"there is no article {article}")
    standing: UUID = row.duplicate_of or row.id
    return standing


def _family(c: Connection, article: UUID) -> list[UUID]:
    """An article and all that were merged into it, oldest first."""
    query = select(articles.c.id).where((articles.c.id == article) | (articles.c.duplicate_of == article))
    return list(c.execute(query.order_by(articles.c.id)).scalars())


def _bodies(c: Connection, family: Iterable[UUID]) -> set[str]:
    """The archived pages of some articles that no other article has."""
    ids = list(family)
    keys = set(c.execute(select(articles.c.body_key).where(articles.c.id.in_(ids))).scalars())
    for record in c.execute(select(revisions.c.record).where(revisions.c.article_id.in_(ids))).scalars():
        keys.add(load(Record, record).archive)
    known = {key for key in keys if key is not None}
    shared = select(articles.c.body_key).where(articles.c.body_key.in_(sorted(known)), articles.c.id.not_in(ids))
    return known - set(c.execute(shared).scalars())


def _delete(archive: Archive, keys: Iterable[str]) -> None:
    for key in sorted(keys):
        archive.delete(key)


def _empty(c: Connection, article: UUID) -> int:
    """Leave nothing of what an article said; gives how many revisions were emptied."""
    filed = c.execute(select(revisions.c.n, revisions.c.record).where(revisions.c.article_id == article)).all()
    for n, record in filed:
        same = (revisions.c.article_id == article) & (revisions.c.n == n)
        empty = dump(_emptied(load(Record, record)))
        c.execute(update(revisions).where(same).values(record=empty, engine=ENGINE, dropped=None))
    for seen in c.execute(select(sightings).where(sightings.c.article_id == article)).all():
        same = (sightings.c.feed_id == seen.feed_id) & (sightings.c.announced == seen.announced)
        bare = dump(without_words(load(Entry, seen.entry)))
        c.execute(update(sightings).where(sightings.c.article_id == article, same).values(entry=bare))
    forget_sketch(c, article)
    gone: dict[str, Any] = {"title": "", "detail": None, "page": None, "body_key": None, "group_id": None}
    c.execute(update(articles).where(articles.c.id == article).values(**gone))
    return len(filed)


def _emptied(record: Record) -> Record:
    """A record of which only its name is left."""
    return Record(
        id=record.id,
        revision=record.revision,
        change=Change.WITHDRAWN,
        url=record.url,
        outlet=record.outlet,
        type=record.type,
        title="",
        text="",
        published_at=record.published_at,
        extraction=Extraction(engine=ENGINE, version=record.extraction.version, quality=0.0),
    )


def _withdraw(c: Connection, new_id: Callable[[], UUID], article: UUID, now: datetime) -> None:
    """Tell every sink that may have a record that it was taken down."""
    supersede(c, article, now=now)
    state = latest_of(c, article)
    if state is not None and state.change != Change.WITHDRAWN:
        file_again(c, new_id, state, Change.WITHDRAWN, now=now)
