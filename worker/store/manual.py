"""What people ask for by hand: it only marks rows, the tick does the rest. A mark survives a flushed Redis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from worker.news.identity import Witness, same_site, url_key
from worker.news.page import host_of
from worker.news.reason import Reason
from worker.news.work import Kind, Purpose, Stage
from worker.store.database import Database
from worker.store.hosts import wake
from worker.store.keys import claim_keys, owners
from worker.store.outcomes import DISCOVERED, count, reopen
from worker.store.rows import Rest, add_row
from worker.store.schema import articles, feeds, outlets, work

# Articles of no outlet in the catalog are filed under this one.
MANUAL_OUTLET = "manual"


@dataclass(frozen=True, slots=True)
class Marked:
    """Which article a manual trigger is about, and whether it was known; nothing is done with one that was taken down."""

    article: str
    known: bool
    taken_down: bool = False


def feeds_of(database: Database, *, outlet: str | None = None, feed: str | None = None) -> Sequence[UUID]:
    """The enabled feeds of an outlet, one feed by its address, or all."""
    query = select(feeds.c.id).where(feeds.c.enabled)
    if outlet is not None:
        query = query.where(feeds.c.outlet_id == outlet)
    if feed is not None:
        query = query.where(feeds.c.url == feed)
    with database.read() as c:
        return c.execute(query).scalars().all()


def poll_now(database: Database, ids: Sequence[UUID], *, purpose: Purpose, now: datetime) -> int:
    """Make feeds due, whatever their schedule says; one that is under way is left alone. Returns how many were made due."""
    with database.write() as c:
        idle = work.c.subject.in_(list(ids)) & (work.c.stage == Stage.POLL) & work.c.claimed_at.is_(None)
        woken = c.execute(update(work).where(idle).values(wake_at=now, purpose=purpose).returning(work.c.host))
        hosts = woken.scalars().all()
        wake(c, {host: now for host in hosts if host})
    return len(hosts)


def ingest(database: Database, url: str, *, now: datetime) -> Marked:
    """Make the article of an address due: a new one, or the one that is known, whatever became of it."""
    key = url_key(url, Witness.FEED)
    with database.write() as c:
        known = owners(c, [key.hash]).get(key.hash)
        if known is None:
            article = database.new_id()
            known = claim_keys(c, {key: article})[key.hash]
            if known == article:
                add_article(c, article, _outlet_of(c, url), url, now=now)
                return Marked(str(article), known=False)
        return Marked(str(known), known=True, taken_down=not _again(c, known, now))


def add_article(c: Connection, article: UUID, outlet: str, url: str, *, now: datetime) -> UUID:
    """Make an article of an address that is to be fetched now; its key is the caller's to claim."""
    c.execute(articles.insert().values(id=article, outlet_id=outlet, url=url, discovered_at=now))
    add_row(c, Kind.ARTICLE, article, _due(url, now))
    wake(c, {host_of(url): now})
    count(c, {(outlet, now.date(), DISCOVERED, ""): 1})
    return article


def _again(c: Connection, article: UUID, now: datetime) -> bool:
    """A filed article is visited; one that was dropped or set aside is tried anew; one that is under way is left alone.

    One that was taken down stays so; gives whether it was another.
    """
    row = c.execute(select(articles).where(articles.c.id == article)).one()
    if row.reason == Reason.WITHDRAWN:
        return False
    if row.url is None:
        return True
    if row.outcome in {"dropped", "quarantined"}:
        reopen(c, article)
    task = c.execute(select(work).where(work.c.subject == article).with_for_update()).one_or_none()
    if task is None:
        add_row(c, Kind.ARTICLE, article, _due(row.url, now))
    elif task.claimed_at is None and task.stage == Stage.FETCH:
        due = {"wake_at": now, "purpose": Purpose.MANUAL, "host": host_of(row.url), "tries": 0}
        c.execute(update(work).where(work.c.id == task.id).values(**due))
    wake(c, {host_of(row.url): now})
    return True


def _due(url: str, now: datetime) -> Rest:
    return Rest(stage=Stage.FETCH, wake_at=now, host=host_of(url), purpose=Purpose.MANUAL)


def _outlet_of(c: Connection, url: str) -> str:
    for outlet, homepage in c.execute(select(outlets.c.id, outlets.c.homepage).order_by(outlets.c.id)):
        if same_site(url, homepage):
            return str(outlet)
    if c.execute(select(outlets.c.id).where(outlets.c.id == MANUAL_OUTLET)).first() is None:
        values = {"name": "By hand", "country": "ZZ", "language": "und", "homepage": "", "enabled": False}
        c.execute(outlets.insert().values(id=MANUAL_OUTLET, **values))
    return MANUAL_OUTLET
