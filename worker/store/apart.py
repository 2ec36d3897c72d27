"""Two articles that were taken for one by a false alias are two again, by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from worker.news.entry import Entry
from worker.news.identity import Key, Witness, entry_keys, guid_key, normalize_url, url_key
from worker.news.page import host_of
from worker.news.record import Change
from worker.news.work import Kind, Purpose, Stage
from worker.store.database import Database
from worker.store.hosts import wake
from worker.store.keys import owners, take_key
from worker.store.manual import add_article
from worker.store.merges import lock_all
from worker.store.outcomes import reopen, settle
from worker.store.revisions import file_again, latest_of
from worker.store.rows import Rest, add_row
from worker.store.schema import articles, sightings, splits, work
from worker.store.upsert import insert_into
from worker.store.values import load


class NotApartError(Exception):
    """There is nothing to be split, and why."""


@dataclass(frozen=True, slots=True)
class Split:
    """The article that has the key now. `restored` when it had a record and stands again with it; else its page is fetched."""

    article: str
    url: str | None
    restored: bool


def split(database: Database, article: UUID, named: str, *, now: datetime) -> Split:
    """Make what came under a key of an article an article of its own, for good: no address and no text makes them one again.

    `named` is an address or a guid. An article that was merged with that key stands again; else a new one is made.
    Raises `NotApartError`.
    """
    with database.write() as c:
        row = lock_all(c, [article]).get(article)
        if row is None:
            raise NotApartError(f"there is no article {article}")
        key, url = _key_of(c, row, named)
        merged = _merged_with(c, article, key, url)
        if merged is None and url is None:
            raise NotApartError(f"nothing is known of {named} but the guid: split its address")
        other: UUID = merged.id if merged else add_article(c, database.new_id(), row.outlet_id, url or "", now=now)
        take_key(c, key, other)
        _take_sightings(c, article, other, row.outlet_id, url)
        _say_so(c, article, other)
        restored = merged is not None and _stand_again(c, database, merged, now)
        return Split(str(other), url, restored)


def _key_of(c: Connection, row: Row[tuple[object, ...]], named: str) -> tuple[Key, str | None]:
    """The key that a person names, and the address that it is or was announced with. Raises `NotApartError`."""
    by_url, by_guid = url_key(named, Witness.FEED), guid_key(str(row.outlet_id), named)
    owned = owners(c, [by_url.hash, by_guid.hash])
    if owned.get(by_url.hash) == row.id:
        if row.url is not None and url_key(str(row.url), Witness.FEED) == by_url:
            raise NotApartError(f"{named} is the article's own address: split the other one from it")
        return by_url, named
    if owned.get(by_guid.hash) != row.id:
        raise NotApartError(f"{named} is no key of {row.id}; `copydesk why` lists its keys")
    seen = select(sightings.c.url).where(sightings.c.article_id == row.id, sightings.c.guid == named)
    found = [url for url in c.execute(seen).scalars() if url and normalize_url(url) != normalize_url(str(row.url))]
    return by_guid, found[0] if found else None


def _merged_with(c: Connection, article: UUID, key: Key, url: str | None) -> Row[tuple[object, ...]] | None:
    """The duplicate of an article that has a key as its own address, or was announced with it."""
    wanted = {key.hash} | ({url_key(url, Witness.FEED).hash} if url else set())
    for row in c.execute(select(articles).where(articles.c.duplicate_of == article).order_by(articles.c.id)):
        if row.url and url_key(row.url, Witness.FEED).hash in wanted:
            return row
    return None


def _take_sightings(c: Connection, article: UUID, other: UUID, outlet: str, url: str | None) -> None:
    """The announcements with an address go with it, and so do their guids."""
    if url is None:
        return
    for seen in c.execute(select(sightings).where(sightings.c.article_id == article)).all():
        entry = load(Entry, seen.entry)
        if entry.url is None or normalize_url(entry.url) != normalize_url(url):
            continue
        same = (sightings.c.feed_id == seen.feed_id) & (sightings.c.announced == seen.announced)
        c.execute(update(sightings).where(sightings.c.article_id == article, same).values(article_id=other))
        keys = entry_keys(outlet, str(seen.feed_id), entry, frozenset())
        owned = owners(c, [key.hash for key in keys])
        for key in keys:
            if owned.get(key.hash) == article:
                take_key(c, key, other)


def _say_so(c: Connection, one: UUID, other: UUID) -> None:
    pairs = [{"article_id": one, "other_id": other}, {"article_id": other, "other_id": one}]
    c.execute(insert_into(c, splits).on_conflict_do_nothing(index_elements=["article_id", "other_id"]), pairs)


def _stand_again(c: Connection, database: Database, merged: Row[tuple[object, ...]], now: datetime) -> bool:
    """Give a merged article its place back: with the record that it had, or by its page; that is fetched in both cases."""
    article: UUID = merged.id
    state = latest_of(c, article, Change.MERGED)
    if state is None:
        reopen(c, article)
    else:
        settle(c, article, "stored", now=now, duplicate_of=None)
        file_again(c, database.new_id, state, Change.NEW, now=now)
    if merged.url is not None:
        purpose = Purpose.MANUAL if state is None else Purpose.VISIT
        _fetch_now(c, article, str(merged.url), purpose, now)
    return state is not None


def _fetch_now(c: Connection, article: UUID, url: str, purpose: Purpose, now: datetime) -> None:
    host = host_of(url)
    due = {"stage": Stage.FETCH, "host": host, "wake_at": now, "purpose": purpose, "tries": 0}
    found = c.execute(update(work).where(work.c.subject == article).values(**due))
    if found.rowcount == 0:
        add_row(c, Kind.ARTICLE, article, Rest(stage=Stage.FETCH, wake_at=now, host=host, purpose=purpose))
    wake(c, {host: now})
