"""The catalog in the database: outlets and feeds as the files name them. What is no longer named is disabled, never deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from worker.news.outlet import FeedKind, FeedSource, Outlet, Switch
from worker.news.page import host_of
from worker.news.work import Kind, Purpose, Stage
from worker.store.database import Database
from worker.store.hosts import wake
from worker.store.rows import Rest, add_row
from worker.store.schema import feeds, outlets, work
from worker.store.upsert import insert_into
from worker.store.values import dump


def sync_outlets(database: Database, catalog: Sequence[Outlet], *, now: datetime) -> None:
    """Make the database name the outlets and feeds of the catalog; new feeds are due at once. Doing it again changes nothing."""
    with database.write() as c:
        for outlet in catalog:
            _put_outlet(c, outlet)
            _put_feeds(c, outlet, database.new_id, now)
            _set_feeds(c, outlet.id, now)
        named = [outlet.id for outlet in catalog]
        gone = c.execute(select(outlets.c.id).where(outlets.c.id.not_in(named), outlets.c.enabled)).scalars().all()
        for outlet_id in gone:
            c.execute(update(outlets).where(outlets.c.id == outlet_id).values(enabled=False))
            _set_feeds(c, outlet_id, now)


def switch_outlets(database: Database, ids: Collection[str], switch: Switch, *, now: datetime) -> None:
    """Switch outlets by hand; this holds until they are switched again, whatever the catalog says."""
    with database.write() as c:
        values = {"switch": switch, "enabled": switch is Switch.ENABLED}
        c.execute(update(outlets).where(outlets.c.id.in_(sorted(ids))).values(**values))
        for outlet in sorted(ids):
            _set_feeds(c, outlet, now)


def switch_of(database: Database, outlet: str) -> Switch | None:
    """What an outlet was switched to by hand; None when nobody did."""
    with database.read() as c:
        word = c.execute(select(outlets.c.switch).where(outlets.c.id == outlet)).scalar_one_or_none()
    return Switch(word) if word else None


def _put_outlet(c: Connection, outlet: Outlet) -> None:
    switch = c.execute(select(outlets.c.switch).where(outlets.c.id == outlet.id)).scalar_one_or_none()
    values = {
        "name": outlet.name,
        "country": outlet.country,
        "language": outlet.language,
        "homepage": outlet.homepage,
        "enabled": outlet.enabled if switch is None else switch == Switch.ENABLED,
        "rules": dump(outlet.rules),
        "ignore_robots": outlet.ignore_robots,
    }
    insert = insert_into(c, outlets).values(id=outlet.id, **values)
    c.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))


def _put_feeds(c: Connection, outlet: Outlet, new_id: Callable[[], UUID], now: datetime) -> None:
    rows = c.execute(select(feeds.c.id, feeds.c.catalog_url).where(feeds.c.outlet_id == outlet.id)).all()
    named = {feed.url: feed for feed in outlet.feeds}
    for row in rows:
        feed = named.get(row.catalog_url)
        values = {"named": True, "kind": feed.kind, "section": feed.section} if feed else {"named": False}
        c.execute(update(feeds).where(feeds.c.id == row.id).values(**values))
    known = {row.catalog_url for row in rows}
    for url, feed in named.items():
        if url not in known:
            add_feed(c, new_id(), outlet.id, feed, url, now=now)


def add_feed(c: Connection, feed: UUID, outlet: str, source: FeedSource, catalog_url: str, *, now: datetime) -> None:
    """Add a feed that is due at once."""
    url = source.url
    values = {"id": feed, "outlet_id": outlet, "url": url, "kind": source.kind, "section": source.section}
    c.execute(feeds.insert().values(**values, enabled=True, catalog_url=catalog_url))
    add_row(c, Kind.FEED, feed, Rest(stage=Stage.POLL, wake_at=now, host=host_of(url), purpose=Purpose.LIVE))
    wake(c, {host_of(url): now})


def add_parts(
    c: Connection, new_id: Callable[[], UUID], index: UUID, children: Sequence[str], *, now: datetime
) -> None:
    """Make the parts of a sitemap index feeds of its outlet, enabled and disabled with it."""
    if not children:
        return
    row = c.execute(select(feeds).where(feeds.c.id == index)).one()
    known = set(c.execute(select(feeds.c.url).where(feeds.c.outlet_id == row.outlet_id)).scalars())
    for url in dict.fromkeys(children):
        if url not in known:
            part = FeedSource(url=url, kind=FeedKind.SITEMAP, section=row.section)
            add_feed(c, new_id(), row.outlet_id, part, row.catalog_url, now=now)


def _set_feeds(c: Connection, outlet: str, now: datetime) -> None:
    """Enable the feeds of an enabled outlet that the catalog names, disable the others; a disabled feed has nothing to do."""
    enabled = c.execute(select(outlets.c.enabled).where(outlets.c.id == outlet)).scalar_one()
    for row in c.execute(select(feeds).where(feeds.c.outlet_id == outlet)).all():
        wanted = enabled and row.named
        if wanted == row.enabled:
            continue
        c.execute(update(feeds).where(feeds.c.id == row.id).values(enabled=wanted))
        if wanted:
            _start(c, [row.id], now)
        else:
            idle = (work.c.subject == row.id) & (work.c.stage == Stage.POLL) & work.c.claimed_at.is_(None)
            c.execute(update(work).where(idle).values(wake_at=None))


def _start(c: Connection, ids: Iterable[UUID], now: datetime) -> None:
    idle = work.c.subject.in_(list(ids)) & (work.c.stage == Stage.POLL) & work.c.claimed_at.is_(None)
    woken = c.execute(update(work).where(idle).values(wake_at=now).returning(work.c.host)).scalars().all()
    wake(c, {host: now for host in woken if host})
