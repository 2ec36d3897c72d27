"""Entries become articles: whose they are by their keys, once each; and every announcement is a sighting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from worker.news.entry import Entry
from worker.news.identity import Key
from worker.news.page import host_of
from worker.news.reason import Reason
from worker.news.work import Kind, Purpose, Stage
from worker.pipeline.state.parses import Announcement, ParseJob, Sighted
from worker.store.hosts import wake
from worker.store.keys import claim_keys, move_keys, owners
from worker.store.outcomes import DISCOVERED, Cell, count
from worker.store.schema import articles, sightings, work
from worker.store.upsert import insert_into
from worker.store.values import dump


@dataclass(slots=True)
class _Filing:
    """Which article each announcement of a slice is; `fresh` are those that were not known before."""

    articles: list[UUID] = field(default_factory=list)
    fresh: dict[UUID, Announcement] = field(default_factory=dict)
    keys: dict[bytes, UUID] = field(default_factory=dict)
    wanted: dict[Key, UUID] = field(default_factory=dict)


def file_slice(
    c: Connection, new_id: Callable[[], UUID], job: ParseJob, announcements: Sequence[Announcement], *, now: datetime
) -> Sighted:
    """File a slice of entries; filing it again changes nothing but when they were last seen."""
    filing = _assign(c, new_id, announcements)
    _settle_races(c, filing)
    _add_articles(c, job, filing, now)
    _add_sightings(c, job, filing, announcements, now)
    found = select(articles.c.id).where(articles.c.id.in_(filing.articles), articles.c.discovered_at >= job.polled_at)
    return Sighted(articles=tuple(map(str, filing.articles)), new=frozenset(map(str, c.execute(found).scalars())))


def _assign(c: Connection, new_id: Callable[[], UUID], announcements: Sequence[Announcement]) -> _Filing:
    filing = _Filing(keys=owners(c, (key.hash for a in announcements for key in a.keys)))
    known = set(filing.keys)
    for announcement in announcements:
        # The address says more than the guid, so its owner goes first.
        ordered = sorted(announcement.keys, key=lambda key: key.witness == "guid")
        article = next((filing.keys[key.hash] for key in ordered if key.hash in filing.keys), None)
        if article is None:
            article = new_id()
            filing.fresh[article] = announcement
        for key in announcement.keys:
            if filing.keys.setdefault(key.hash, article) == article and key.hash not in known:
                filing.wanted[key] = article
        filing.articles.append(article)
    return filing


def _settle_races(c: Connection, filing: _Filing) -> None:
    """Another transaction may have filed the same article between our look and our insert: then it is that one."""
    owned = claim_keys(c, filing.wanted)
    lost: dict[UUID, UUID] = {}
    for key, article in filing.wanted.items():
        if owned[key.hash] != article and article in filing.fresh:
            lost.setdefault(article, owned[key.hash])
    for article, owner in lost.items():
        move_keys(c, [article], owner)
        del filing.fresh[article]
    filing.articles = [lost.get(article, article) for article in filing.articles]


def _add_articles(c: Connection, job: ParseJob, filing: _Filing, now: datetime) -> None:
    if not filing.fresh:
        return
    rows: list[dict[str, Any]] = []
    tasks: list[dict[str, Any]] = []
    times: dict[str, datetime] = {}
    cells: Counter[Cell] = Counter()
    for article, announcement in filing.fresh.items():
        entry, drop = announcement.entry, announcement.drop
        rows.append(_article(article, job.outlet, entry, drop, now))
        cells[job.outlet, now.date(), DISCOVERED, ""] += 1
        if drop is not None:
            cells[job.outlet, now.date(), "dropped", drop] += 1
        elif entry.url is not None:
            host = host_of(entry.url)
            times[host] = now
            tasks.append(_task(article, host, now))
    c.execute(articles.insert(), rows)
    if tasks:
        c.execute(work.insert(), tasks)
    wake(c, times)
    count(c, cells)


def _article(article: UUID, outlet: str, entry: Entry, drop: Reason | None, now: datetime) -> dict[str, Any]:
    return {
        "id": article,
        "outlet_id": outlet,
        "url": entry.url,
        "title": entry.title,
        "discovered_at": now,
        "published_at": entry.published_at,
        "outcome": None if drop is None else "dropped",
        "reason": drop,
        "detail": None if drop is None else entry.raw_link or None,
        "settled_at": None if drop is None else now,
    }


def _task(article: UUID, host: str, now: datetime) -> dict[str, Any]:
    return {
        "kind": Kind.ARTICLE,
        "subject": article,
        "stage": Stage.FETCH,
        "purpose": Purpose.LIVE,
        "host": host,
        "wake_at": now,
    }


def _add_sightings(
    c: Connection, job: ParseJob, filing: _Filing, announcements: Sequence[Announcement], now: datetime
) -> None:
    feed = UUID(job.feed)
    rows: dict[tuple[UUID, bytes], dict[str, Any]] = {}
    for article, announcement in zip(filing.articles, announcements, strict=True):
        entry = announcement.entry
        told = announced(entry)
        rows[article, told] = {
            "article_id": article,
            "feed_id": feed,
            "announced": told,
            "guid": entry.guid,
            "url": entry.url,
            "first_seen_at": now,
            "last_seen_at": now,
            "entry": dump(entry),
        }
    insert = insert_into(c, sightings)
    seen_again = {"last_seen_at": insert.excluded.last_seen_at, "entry": insert.excluded.entry}
    ordered = [rows[key] for key in sorted(rows)]
    if ordered:
        keys = ["article_id", "feed_id", "announced"]
        c.execute(insert.on_conflict_do_update(index_elements=keys, set_=seen_again), ordered)


def announced(entry: Entry) -> bytes:
    """What tells two announcements of one article in one feed apart: guid and address, as 16 bytes."""
    told = f"{entry.guid or ''}\n{entry.url or entry.raw_link}"
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()
