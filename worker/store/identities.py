"""By which keys an article is known, who says so, and with which merged article a key came. Reads only.

Keys are hashes: what they are hashes of is found again among the addresses and guids that the tables hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, select

from worker.news.entry import Entry
from worker.news.identity import Key, Witness, bare_key, guid_key, guid_path_key, url_key
from worker.news.page import PageMeta
from worker.news.reason import WORDS, Reason
from worker.store.keys import owners
from worker.store.merges import LONGEST_CHAIN
from worker.store.schema import article_keys, articles, feeds, outlets, revisions, sightings
from worker.store.values import load

WITNESS_WORDS = {
    Witness.FEED: "announced by a feed",
    Witness.REDIRECT: "redirects to it for good",
    Witness.FINAL: "where its page was found",
    Witness.CANONICAL: "its page names it as its own address",
    Witness.GUID: "its guid in a feed",
    Witness.GUID_PATH: "its guid in a feed, without the host",
    Witness.BARE: "an entry without a link",
}
BY_HAND = "asked for by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAs:
    """One key. `text` is None when what it was made of is not kept; `came_with` is the merged article that it was of."""

    text: str | None
    witness: str
    words: str
    came_with: str | None
    hash: str  # hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """An article that turned out to be this one."""

    article: str
    outlet: str
    url: str | None
    at: datetime | None
    reason: str | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article that a word names, and by what."""

    article: UUID
    by: str
    hash: str = ""  # hex, of the key that led there


def articles_named(c: Connection, word: str) -> list[Found]:
    """The articles of an id, an address or a guid; a guid may be that of several, one an outlet."""
    try:
        return [Found(article=UUID(word), by="its id")]
    except ValueError:
        pass
    keys = {url_key(word, Witness.FEED).hash: "the address"}
    for outlet in c.execute(select(outlets.c.id).order_by(outlets.c.id)).scalars():
        keys.setdefault(guid_key(outlet, word).hash, f"its guid at {outlet}")
    owned = owners(c, keys)
    found: dict[UUID, Found] = {}
    for hash_, by in keys.items():
        if hash_ in owned:
            found.setdefault(owned[hash_], Found(article=owned[hash_], by=by, hash=hash_.hex()))
    return list(found.values())


def merged_into(c: Connection, article: UUID) -> list[Row[Any]]:
    """The rows of the articles that became duplicates of one, and of those; in order of their ids."""
    found: dict[UUID, Row[Any]] = {}
    fresh = [article]
    for _ in range(LONGEST_CHAIN):
        rows = c.execute(select(articles).where(articles.c.duplicate_of.in_(fresh))).all()
        fresh = [row.id for row in rows if row.id not in found and row.id != article]
        found |= {row.id: row for row in rows if row.id in set(fresh)}
        if not fresh:
            break
    return [found[id_] for id_ in sorted(found)]


def merge_of(row: Row[Any]) -> Merged:
    """A merged article, in words."""
    reason = Reason(row.reason) if row.reason else None
    return Merged(
        article=str(row.id),
        outlet=row.outlet_id,
        url=row.url,
        at=row.settled_at,
        reason=reason,
        words=WORDS[reason] if reason else "",
    )


def known_as(c: Connection, row: Row[Any], merged: Sequence[Row[Any]]) -> tuple[KnownAs, ...]:
    """All keys of an article: addresses first, in the order in which one meets them."""
    meanings: dict[bytes, tuple[str, UUID | None]] = {}
    for of in (row, *merged):
        for key, text in _written(c, of):
            meanings.setdefault(key.hash, (text, None if of is row else of.id))
    announced: set[bytes] = set()
    for key, text, address in _sighted(c, row.id):
        # What was announced with the address of a merged article came with it.
        _, of_merged = meanings.get(address.hash, ("", None))
        meanings.setdefault(key.hash, (text, of_merged))
        announced.add(key.hash)
    rank = {witness: n for n, witness in enumerate(Witness)}
    known = c.execute(select(article_keys).where(article_keys.c.article_id == row.id)).all()
    found = []
    for key_row in sorted(known, key=lambda known: (rank[Witness(known.witness)], known.hash)):
        hash_, witness = bytes(key_row.hash), Witness(key_row.witness)
        meaning = meanings.get(hash_)
        by_hand = witness is Witness.FEED and hash_ not in announced
        came_with = str(meaning[1]) if meaning and meaning[1] else None
        found.append(
            KnownAs(
                text=meaning[0] if meaning else None,
                witness=witness,
                words=BY_HAND if by_hand else WITNESS_WORDS[witness],
                came_with=came_with,
                hash=hash_.hex(),
            )
        )
    return tuple(found)


def _written(c: Connection, row: Row[Any]) -> Iterator[tuple[Key, str]]:
    """The addresses that an article's own row, its page and its latest record hold."""
    addresses = [row.url]
    if row.page:
        page = load(PageMeta, row.page)
        addresses += [page.requested, *(url for _, url in page.redirects), page.url]
    latest = select(revisions.c.record).where(revisions.c.article_id == row.id).order_by(revisions.c.n.desc()).limit(1)
    record = c.execute(latest).scalar_one_or_none()
    if record is not None:
        addresses += (orjson.loads(record).get("urls") or {}).values()
    for address in addresses:
        if address:
            yield url_key(address, Witness.FEED), address


def _sighted(c: Connection, article: UUID) -> Iterator[tuple[Key, str, Key]]:
    """The addresses and guids by which feeds announced it, each with the address of its entry."""
    query = select(sightings, feeds.c.outlet_id).join(feeds, feeds.c.id == sightings.c.feed_id)
    rows = c.execute(query.where(sightings.c.article_id == article).order_by(sightings.c.first_seen_at))
    for row in rows:
        if not row.url:
            entry = load(Entry, row.entry)
            bare = bare_key(str(row.feed_id), entry)
            yield bare, entry.title or entry.raw_link or entry.guid or "an empty entry", bare
            continue
        address = url_key(row.url, Witness.FEED)
        yield address, row.url, address
        if row.guid:
            yield guid_key(row.outlet_id, row.guid), f"{row.guid} (guid at {row.outlet_id})", address
            yield url_key(row.guid, Witness.GUID), row.guid, address
            path = guid_path_key(row.outlet_id, row.guid)
            if path is not None:
                yield path, f"{row.guid} (without its host)", address
