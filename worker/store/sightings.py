"""Entries become articles: whose they are by their keys, once each; and every announcement is a sighting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from worker.news.entry import Entry, without_words
from worker.news.identity import Key, Told, Witness, believes_guid
from worker.news.page import host_of
from worker.news.policy import ArticlePolicy
from worker.news.reason import Reason
from worker.news.work import Kind, Purpose, Stage
from worker.pipeline.state.parses import Announcement, ParseJob, Sighted
from worker.store.doubts import how_told, note_doubts
from worker.store.hosts import wake
from worker.store.keys import claim_keys, move_keys, owners
from worker.store.outcomes import DISCOVERED, Cell, count
from worker.store.renewals import Place, changed_articles, visit_soon
from worker.store.schema import articles, sightings, work
from worker.store.upsert import insert_into
from worker.store.values import dump

_POLICY = ArticlePolicy()


@dataclass(slots=True)
class _Filing:
    """Which article each announcement of a slice is; `fresh` are those that were not known before.

    `doubted` are those of them whose guid was not believed, with the article that has the guid.
    """

    articles: list[UUID] = field(default_factory=list)
    fresh: dict[UUID, Announcement] = field(default_factory=dict)
    doubted: dict[UUID, UUID] = field(default_factory=dict)
    keys: dict[bytes, UUID] = field(default_factory=dict)
    wanted: dict[Key, UUID] = field(default_factory=dict)


def file_slice(
    c: Connection,
    new_id: Callable[[], UUID],
    job: ParseJob,
    announcements: Sequence[Announcement],
    *,
    policy: ArticlePolicy = _POLICY,
    now: datetime,
) -> Sighted:
    """File a slice of entries; filing it again changes nothing but when they were last seen."""
    filing = _assign(c, new_id, announcements)
    _settle_races(c, filing)
    times = _add_articles(c, job, filing, now)
    note_doubts(c, job, filing.doubted, now=now)
    found = select(articles.c.id, articles.c.discovered_at, articles.c.outcome, articles.c.reason)
    rows = c.execute(found.where(articles.c.id.in_(filing.articles))).all()
    taken_down = {row.id for row in rows if row.outcome == "dropped" and row.reason == Reason.WITHDRAWN}
    told = _told(filing, announcements, taken_down)
    stored = {row.id for row in rows if row.outcome == "stored"}
    again = {place: entry for place, entry in told.items() if place[0] in stored}
    changed = changed_articles(c, UUID(job.feed), again)
    _add_sightings(c, job, told, now)
    for host, due in visit_soon(c, changed, policy, now=now).items():
        times[host] = min(due, times.get(host, due))
    wake(c, times)
    new = frozenset(str(row.id) for row in rows if row.discovered_at >= job.polled_at)
    return Sighted(articles=tuple(map(str, filing.articles)), new=new)


def _assign(c: Connection, new_id: Callable[[], UUID], announcements: Sequence[Announcement]) -> _Filing:
    filing = _Filing(keys=owners(c, (key.hash for a in announcements for key in a.keys)))
    known = set(filing.keys)
    told = how_told(c, {owner for announcement in announcements for owner in _by_guid(announcement, filing)})
    for announcement in announcements:
        entry, candidates = announcement.entry, _by_guid(announcement, filing)
        article = _by_address(announcement, filing)
        if article is None:
            article = next((owner for owner in candidates if believes_guid(entry, told[owner])), None)
        if article is None:
            article = new_id()
            filing.fresh[article] = announcement
            told[article] = [Told(entry.title, entry.url)]
            filing.doubted.update((article, owner) for owner in candidates)
        for key in announcement.keys:
            if filing.keys.setdefault(key.hash, article) == article and key.hash not in known:
                filing.wanted[key] = article
        filing.articles.append(article)
    return filing


def _by_address(announcement: Announcement, filing: _Filing) -> UUID | None:
    """Whose the address of an entry is, or an entry without one; it says more than the guid."""
    return next(
        (filing.keys[key.hash] for key in announcement.keys if not _is_guid(key) and key.hash in filing.keys), None
    )


def _by_guid(announcement: Announcement, filing: _Filing) -> list[UUID]:
    """Whose the guid is of an entry with an unknown address; there may be two: it may be an address besides."""
    if _by_address(announcement, filing) is not None:
        return []
    found = [filing.keys[key.hash] for key in announcement.keys if _is_guid(key) and key.hash in filing.keys]
    return list(dict.fromkeys(found))


def _is_guid(key: Key) -> bool:
    return key.witness in {Witness.GUID, Witness.GUID_PATH}


def _settle_races(c: Connection, filing: _Filing) -> None:
    """Another transaction may have filed the same article between our look and our insert: then it is that one."""
    owned = claim_keys(c, filing.wanted)
    taken = [(key, article) for key, article in filing.wanted.items() if owned[key.hash] != article]
    lost: dict[UUID, UUID] = {}
    told = how_told(c, {owned[key.hash] for key, _ in taken if _is_guid(key)})
    # The address says more than the guid, so it goes first.
    for key, article in sorted(taken, key=lambda one: _is_guid(one[0])):
        owner = owned[key.hash]
        if article not in filing.fresh or article in lost:
            continue
        if _is_guid(key) and not believes_guid(filing.fresh[article].entry, told[owner]):
            filing.doubted[article] = owner
        else:
            lost[article] = owner
    for article, owner in lost.items():
        move_keys(c, [article], owner)
        del filing.fresh[article]
        filing.doubted.pop(article, None)
    filing.articles = [lost.get(article, article) for article in filing.articles]


def _add_articles(c: Connection, job: ParseJob, filing: _Filing, now: datetime) -> dict[str, datetime]:
    """Add what is fresh, with its rows of work; gives the hosts that are to be woken, and when."""
    times: dict[str, datetime] = {}
    if not filing.fresh:
        return times
    rows: list[dict[str, Any]] = []
    tasks: list[dict[str, Any]] = []
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
    count(c, cells)
    return times


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


def _told(filing: _Filing, announcements: Sequence[Announcement], taken_down: set[UUID]) -> dict[Place, Entry]:
    """What is kept of each announcement; of an article that was taken down, nothing that it says."""
    found: dict[Place, Entry] = {}
    for article, announcement in zip(filing.articles, announcements, strict=True):
        entry = announcement.entry
        kept = without_words(entry) if article in taken_down else entry
        found[article, announced(entry)] = kept
    return found


def _add_sightings(c: Connection, job: ParseJob, told: Mapping[Place, Entry], now: datetime) -> None:
    insert = insert_into(c, sightings)
    seen_again = {"last_seen_at": insert.excluded.last_seen_at, "entry": insert.excluded.entry}
    rows = [
        {
            "article_id": article,
            "feed_id": UUID(job.feed),
            "announced": how,
            "guid": entry.guid,
            "url": entry.url,
            "first_seen_at": now,
            "last_seen_at": now,
            "entry": dump(entry),
        }
        for (article, how), entry in sorted(told.items(), key=lambda one: one[0])
    ]
    if rows:
        keys = ["article_id", "feed_id", "announced"]
        c.execute(insert.on_conflict_do_update(index_elements=keys, set_=seen_again), rows)


def announced(entry: Entry) -> bytes:
    """What tells two announcements of one article in one feed apart: guid and address, as 16 bytes."""
    told = f"{entry.guid or ''}\n{entry.url or entry.raw_link}"
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()
