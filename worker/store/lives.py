"""The life of one address so far: what `why` tells, and the records that `show` gives. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from worker.news.identity import Witness, url_key
from worker.news.page import PageMeta
from worker.news.reason import WORDS, Reason
from worker.store.database import Database
from worker.store.keys import owners
from worker.store.schema import (
    article_keys,
    articles,
    deliveries,
    feeds,
    hosts,
    polls,
    revisions,
    runs,
    sightings,
    work,
)
from worker.store.standing import feed_in_words
from worker.store.values import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of a life."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What became of an address, in words, and where it is now."""

    kind: str  # article or feed
    id: str
    url: str | None
    title: str
    outlet: str
    outcome: str | None
    reason: str | None
    now: str
    happenings: tuple[Happening, ...]


def why(database: Database, url: str, *, now: datetime) -> Life | None:
    """The life of a feed or an article by its address or its id; None when it was never met."""
    with database.read() as c:
        feed = c.execute(select(feeds).where(feeds.c.url == url)).first()
        if feed is not None:
            return _feed_life(c, feed, now)
        article = find_article(c, url)
        return None if article is None else _article_life(c, article, now)


def lives_of_outlet(database: Database, outlet: str, *, now: datetime) -> list[Life]:
    """The lives of an outlet's feeds, by address; none when there is no such outlet."""
    with database.read() as c:
        rows = c.execute(select(feeds).where(feeds.c.outlet_id == outlet).order_by(feeds.c.url)).all()
        return [_feed_life(c, feed, now) for feed in rows]


def find_article(c: Connection, url: str) -> UUID | None:
    """The article of an address or an id."""
    try:
        return UUID(url)
    except ValueError:
        key = url_key(url, Witness.FEED)
        return owners(c, [key.hash]).get(key.hash)


def _feed_life(c: Connection, feed: Row[Any], now: datetime) -> Life:
    task = c.execute(select(work).where(work.c.subject == feed.id)).one()
    state, words = feed_in_words(feed.error, feed.error_detail, feed.error_since, feed.answered_at, now)
    query = select(polls).where(polls.c.feed_id == feed.id).order_by(polls.c.at.desc()).limit(20)
    happenings = [Happening(at=row.at, what=_poll_words(row)) for row in c.execute(query)]
    where = _where(c, task, now) if feed.enabled else "the feed is disabled"
    return Life(
        kind="feed",
        id=str(feed.id),
        url=feed.url,
        title=feed.title,
        outlet=feed.outlet_id,
        outcome=state,
        reason=feed.error,
        now=f"{words}; {where}" + (f" ({feed.next_why})" if feed.next_why else ""),
        happenings=tuple(reversed(happenings)),
    )


def _poll_words(row: Row[Any]) -> str:
    if row.outcome == "parsed":
        gap = "; a gap: items may have been lost" if row.gap else ""
        cut = f"; {row.truncated} beyond the cap were not read" if row.truncated else ""
        return f"polled: {row.entries} entries, {row.new} new{gap}{cut}"
    return f"poll {row.outcome}: {_reason_words(row.reason, row.detail)}"


def _reason_words(reason: str | None, detail: str | None) -> str:
    words = WORDS[Reason(reason)] if reason else ""
    return f"{words} ({detail})" if words and detail else words or detail or ""


def _article_life(c: Connection, id_: UUID, now: datetime) -> Life | None:
    row = c.execute(select(articles).where(articles.c.id == id_)).one_or_none()
    if row is None:
        return None
    task = c.execute(select(work).where(work.c.subject == id_)).one_or_none()
    return Life(
        kind="article",
        id=str(id_),
        url=row.url,
        title=row.title,
        outlet=row.outlet_id,
        outcome=row.outcome,
        reason=row.reason,
        now=_article_now(c, row, task, now),
        happenings=tuple(sorted(_happenings(c, row), key=lambda happening: happening.at)),
    )


def _happenings(c: Connection, row: Row[Any]) -> Iterator[Happening]:
    yield Happening(at=row.discovered_at, what=f"discovered as {row.url or row.detail or 'an entry without a link'}")
    seen = select(sightings, feeds.c.url.label("feed")).join(feeds, feeds.c.id == sightings.c.feed_id)
    for sighting in c.execute(seen.where(sightings.c.article_id == row.id)):
        yield Happening(at=sighting.first_seen_at, what=f"announced by {sighting.feed} as {sighting.url}")
    for run in c.execute(select(runs).where(runs.c.subject == row.id).order_by(runs.c.id)):
        words = _reason_words(run.reason, run.detail)
        yield Happening(at=run.began_at, what=f"{run.stage}: {run.outcome}" + (f": {words}" if words else ""))
    for sent in c.execute(select(deliveries).where(deliveries.c.article_id == row.id)):
        state = sent.outcome or f"waiting{': ' + sent.error if sent.error else ''}"
        at = sent.settled_at or sent.created_at
        yield Happening(at=at, what=f"revision {sent.revision} to {sent.sink_id}: {state}")


def _article_now(c: Connection, row: Row[Any], task: Row[Any] | None, now: datetime) -> str:
    words = _reason_words(row.reason, row.detail)
    if row.outcome is None:
        return "waiting: " + (_where(c, task, now) if task else "nothing is planned") + (f"; {words}" if words else "")
    if row.outcome == "duplicate":
        return f"duplicate of {row.duplicate_of}: {words}"
    if row.outcome == "stored":
        visit = f"; next visit {task.wake_at:%Y-%m-%d %H:%M:%S} UTC" if task and task.wake_at else ""
        return f"stored, revision {row.revision}{visit}"
    return f"{row.outcome}: {words}"


def _where(c: Connection, task: Row[Any], now: datetime) -> str:
    """Where a row is, in words."""
    if task.wake_at is None:
        return "nothing is planned"
    if task.begun_at is not None:
        return f"in {task.stage} since {task.begun_at:%H:%M:%S} UTC"
    if task.claimed_at is not None:
        return f"queued for {task.stage} since {task.claimed_at:%H:%M:%S} UTC"
    gate = c.execute(select(hosts).where(hosts.c.host == (task.host or ""))).one_or_none()
    if gate is not None and gate.blocked_until and gate.blocked_until > max(now, task.wake_at):
        why_blocked = WORDS[Reason(gate.blocked_why)] if gate.blocked_why else "paused"
        return f"{task.stage} waits for the host until {gate.blocked_until:%Y-%m-%d %H:%M:%S} UTC: {why_blocked}"
    if task.wake_at <= now:
        return f"due for {task.stage} since {task.wake_at:%H:%M:%S} UTC"
    return f"next {task.stage} {task.wake_at:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What the stages left of an article: the response, and how many keys each witness gave."""

    page: PageMeta | None
    keys: dict[str, int]


def trace_of(database: Database, article: str) -> Trace:
    """What the stages left of an article that is there."""
    with database.read() as c:
        page = c.execute(select(articles.c.page).where(articles.c.id == UUID(article))).scalar_one()
        witnesses = select(article_keys.c.witness, func.count()).group_by(article_keys.c.witness)
        keys = c.execute(witnesses.where(article_keys.c.article_id == UUID(article))).all()
    return Trace(page=load(PageMeta, page) if page else None, keys=dict(sorted((w, n) for w, n in keys)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionLine:
    """One revision of an article: its number, when it was filed, what it changed, and its record as JSON."""

    n: int
    at: datetime
    change: str
    record: str


def revisions_of(database: Database, url: str) -> list[RevisionLine]:
    """All revisions of an article by its address or id, oldest first."""
    with database.read() as c:
        article = find_article(c, url)
        query = select(revisions).where(revisions.c.article_id == article).order_by(revisions.c.n)
        return [
            RevisionLine(n=row.n, at=row.created_at, change=row.change, record=row.record) for row in c.execute(query)
        ]
