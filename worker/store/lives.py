"""The lives of what a word names: what `why` tells, and the records that `show` gives. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, or_, select

from worker.news.identity import Witness, url_key
from worker.news.page import PageMeta
from worker.store.database import Database
from worker.store.feedlives import FeedDay, PollLine, days_of, polls_of
from worker.store.histories import (
    Changed,
    Grouped,
    Other,
    Seen,
    Step,
    apart_from,
    changes_of,
    group_of,
    other_of,
    seen_in,
    steps_of,
)
from worker.store.identities import Found, KnownAs, Merged, articles_named, known_as, merge_of, merged_into
from worker.store.keys import owners
from worker.store.schema import article_keys, articles, feeds, outlets, revisions, work
from worker.store.sendings import Sent, sendings_of
from worker.store.standing import feed_in_words
from worker.store.unknown import Cover, Unknown, cover_of, look_up_unknown
from worker.store.values import load
from worker.store.waiting import Waiting, waiting_of
from worker.store.whereabouts import article_now, next_why


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of a life."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What became of an article, a feed or an outlet, in words, and where it is now; what does not apply is empty."""

    kind: str  # article, feed or outlet
    id: str
    url: str | None
    title: str
    outlet: str
    outcome: str | None
    reason: str | None
    now: str
    happenings: tuple[Happening, ...]
    detail: str | None = None
    found_by: str = ""
    discovered_at: datetime | None = None
    settled_at: datetime | None = None
    published_at: datetime | None = None
    waits: Waiting | None = None
    next_at: datetime | None = None
    next_why: str | None = None
    # Of an article.
    known_as: tuple[KnownAs, ...] = ()
    asked_as: KnownAs | None = None  # the key by which the word led here
    seen: tuple[Seen, ...] = ()
    steps: tuple[Step, ...] = ()
    revisions: tuple[Changed, ...] = ()
    sent: tuple[Sent, ...] = ()
    visited_at: datetime | None = None
    visit_result: str | None = None
    twin: Other | None = None  # the article that stands, when this one is a duplicate
    merged: tuple[Merged, ...] = ()
    group: Grouped | None = None
    apart: tuple[Other, ...] = ()
    # Of a feed.
    polls: tuple[PollLine, ...] = ()
    days: tuple[FeedDay, ...] = ()
    cover: Cover | None = None


def why(database: Database, word: str, *, now: datetime) -> Life | None:
    """The first of the lives that a word names; None when it names nothing."""
    return next(iter(lives_named(database, word, now=now)), None)


def lives_named(database: Database, word: str, *, now: datetime) -> list[Life]:
    """The lives of the feeds, the outlet with its feeds, and the articles that a word names: an address, an id or a guid."""
    with database.read() as c:
        outlet = c.execute(select(outlets).where(outlets.c.id == word)).one_or_none()
        if outlet is not None:
            rows = c.execute(select(feeds).where(feeds.c.outlet_id == word).order_by(feeds.c.url)).all()
            return [_outlet_life(c, outlet, rows, now), *(_feed_life(c, feed, now) for feed in rows)]
        named = c.execute(_feeds_named(word)).all()
        found = [_feed_life(c, feed, now) for feed in named]
        if not found:
            found = [life for each in articles_named(c, word) if (life := _article_life(c, each, now))]
        return found


def of_nothing(database: Database, word: str, *, now: datetime) -> Unknown:
    """What can be said of a word that names nothing."""
    with database.read() as c:
        return look_up_unknown(c, word, now=now)


def _feeds_named(word: str) -> Any:
    query = select(feeds).order_by(feeds.c.outlet_id, feeds.c.url)
    try:
        return query.where(feeds.c.id == UUID(word))
    except ValueError:
        return query.where(or_(feeds.c.url == word, feeds.c.catalog_url == word))


def find_article(c: Connection, url: str) -> UUID | None:
    """The article of an address or an id."""
    try:
        return UUID(url)
    except ValueError:
        key = url_key(url, Witness.FEED)
        return owners(c, [key.hash]).get(key.hash)


def _outlet_life(c: Connection, row: Row[Any], named: Sequence[Row[Any]], now: datetime) -> Life:
    state = "enabled" if row.enabled else (row.switch or "disabled")
    failing = sum(feed.error is not None for feed in named if feed.enabled)
    polled = sum(feed.enabled for feed in named)
    day = c.execute(
        select(func.count())
        .select_from(articles)
        .where(articles.c.outlet_id == row.id, articles.c.discovered_at >= now - timedelta(days=1))
    ).scalar_one()
    told = [
        f"{state}",
        f"{polled} of {len(named)} feeds polled" + (f", {failing} failing" if failing else ""),
        f"{day} articles discovered in the last 24 h",
    ]
    if row.ignore_robots:
        told.append(f"its robots.txt is not asked: {row.ignore_robots}")
    return Life(
        kind="outlet",
        id=row.id,
        url=row.homepage,
        title=row.name,
        outlet=row.id,
        outcome=state,
        reason=None,
        now="; ".join(told),
        happenings=(),
    )


def _feed_life(c: Connection, feed: Row[Any], now: datetime) -> Life:
    task = c.execute(select(work).where(work.c.subject == feed.id)).one()
    state, words = feed_in_words(feed.error, feed.error_detail, feed.error_since, feed.answered_at, now)
    lines = polls_of(c, feed)
    waits = waiting_of(c, task, now=now)
    where = waits.words if feed.enabled else "the feed is disabled"
    return Life(
        kind="feed",
        id=str(feed.id),
        url=feed.url,
        title=feed.title,
        outlet=feed.outlet_id,
        outcome=state,
        reason=feed.error,
        detail=feed.error_detail,
        now=f"{words}; {where}" + (f" ({feed.next_why})" if feed.next_why and feed.enabled else ""),
        happenings=tuple(Happening(at=line.at, what=line.words) for line in lines),
        waits=waits,
        next_at=task.wake_at,
        next_why=feed.next_why,
        polls=lines,
        days=days_of(c, feed, now=now),
        cover=cover_of(c, feed, task.wake_at, day=None, now=now),
    )


def _article_life(c: Connection, found: Found, now: datetime) -> Life | None:
    row = c.execute(select(articles).where(articles.c.id == found.article)).one_or_none()
    if row is None:
        return None
    task = c.execute(select(work).where(work.c.subject == row.id)).one_or_none()
    merged = merged_into(c, row.id)
    keys = known_as(c, row, merged)
    waits = waiting_of(c, task, now=now) if task else None
    life = Life(
        kind="article",
        id=str(row.id),
        url=row.url,
        title=row.title,
        outlet=row.outlet_id,
        outcome=row.outcome,
        reason=row.reason,
        detail=row.detail,
        now=article_now(row, waits, now),
        happenings=(),
        found_by=found.by,
        discovered_at=row.discovered_at,
        settled_at=row.settled_at,
        published_at=row.published_at,
        waits=waits,
        next_at=task.wake_at if task and task.claimed_at is None else None,
        next_why=next_why(row, waits),
        known_as=keys,
        asked_as=next((key for key in keys if key.hash == found.hash), None),
        seen=seen_in(c, row.id),
        steps=steps_of(c, row.id),
        revisions=changes_of(c, row.id),
        sent=sendings_of(c, row.id, filed=row.outcome == "stored", now=now),
        visited_at=row.visited_at,
        visit_result=row.visit_result,
        twin=other_of(c, row.duplicate_of) if row.duplicate_of else None,
        merged=tuple(map(merge_of, merged)),
        group=group_of(c, row),
        apart=apart_from(c, row.id),
    )
    return replace(life, happenings=tuple(sorted(_happenings(life), key=lambda happening: happening.at)))


def _happenings(life: Life) -> Iterator[Happening]:
    if life.discovered_at is not None:
        what = f"discovered as {life.url or life.detail or 'an entry without a link'}"
        yield Happening(at=life.discovered_at, what=what)
    for seen in life.seen:
        address = "" if seen.url == life.url else f" as {seen.url or 'an entry without a link'}"
        guid = f", guid {seen.guid}" if seen.guid and seen.guid != seen.url else ""
        yield Happening(at=seen.first_seen_at, what=f"announced by {seen.feed}{address}{guid}")
    for step in life.steps:
        took = f" ({step.ms / 1000:.1f} s)" if step.ms else ""
        yield Happening(at=step.at, what=f"{step.stage}{took}: {step.words}")
    for merged in life.merged:
        if merged.at is not None:
            what = f"{merged.article} turned out to be this article: {merged.words}"
            yield Happening(at=merged.at, what=what)
    for revision in life.revisions[1:]:
        yield Happening(at=revision.at, what=f"revision {revision.n}: {revision.change}")
    for sent in life.sent:
        # What is still open is told with the sinks.
        if sent.settled_at is not None:
            yield Happening(at=sent.settled_at, what=f"revision {sent.revision} to {sent.sink}: {sent.words}")


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
