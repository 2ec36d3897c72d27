"""Stored articles whose entry changed in a feed are visited at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from worker.news.entry import Entry
from worker.news.page import PageMeta, host_of
from worker.news.policy import ArticlePolicy
from worker.news.renewal import says_otherwise, visit_at
from worker.news.work import Purpose, Stage
from worker.store.schema import articles, sightings, work
from worker.store.values import dump, load

# An article, and how its announcement is told from others of it in the feed (`sightings.announced`).
Place = tuple[UUID, bytes]


def changed_articles(c: Connection, feed: UUID, told: Mapping[Place, Entry]) -> list[UUID]:
    """The articles of which a feed says something else than it did; what it says is not written down yet."""
    query = select(sightings.c.article_id, sightings.c.announced, sightings.c.entry)
    mine = (sightings.c.feed_id == feed) & sightings.c.article_id.in_({article for article, _ in told})
    said: dict[Place, str] = {}
    last: dict[UUID, str] = {}
    for row in c.execute(query.where(mine).order_by(sightings.c.last_seen_at)):
        said[row.article_id, row.announced] = last[row.article_id] = row.entry
    changed: set[UUID] = set()
    for (article, announced), entry in told.items():
        # An address with another tracking parameter is another announcement: then the last one of the article is compared.
        before = said.get((article, announced)) or last.get(article)
        if before is not None and before != dump(entry) and says_otherwise(load(Entry, before), entry):
            changed.add(article)
    return sorted(changed)


def visit_soon(c: Connection, changed: Sequence[UUID], policy: ArticlePolicy, *, now: datetime) -> dict[str, datetime]:
    """Make visits of articles due, where nobody has their rows; gives the hosts that are to be woken, and when.

    One that was never stored, or whose page was never to be had, is left alone.
    """
    if not changed:
        return {}
    query = (
        select(work.c.id, work.c.wake_at, work.c.tries, articles.c.url, articles.c.page, articles.c.visited_at)
        .join(articles, articles.c.id == work.c.subject)
        .where(work.c.subject.in_(changed), work.c.stage == Stage.FETCH, work.c.claimed_at.is_(None))
        # As it stands, SQLite would take the index of outcomes, and walk all that is stored.
        .where(func.coalesce(articles.c.outcome, "") == "stored")
        .where(articles.c.page.is_not(None), articles.c.url.is_not(None))
    )
    times: dict[str, datetime] = {}
    # In one order everywhere, so that two transactions never wait for each other.
    for row in c.execute(query.order_by(work.c.id).with_for_update(of=work)).all():
        due, host = _due(load(PageMeta, row.page), row.visited_at, policy, now), host_of(row.url)
        # A row that is due soon anyway stays; one that was tried is to prove that its page is missing, which takes its time.
        if row.wake_at is None or (row.wake_at > due and not row.tries):
            values = {"wake_at": due, "host": host, "purpose": Purpose.VISIT, "tries": 0}
            c.execute(update(work).where(work.c.id == row.id).values(**values))
            times[host] = min(due, times.get(host, due))
    return times


def _due(page: PageMeta, visited_at: datetime | None, policy: ArticlePolicy, now: datetime) -> datetime:
    asked_at = max(page.fetched_at, visited_at or page.fetched_at)
    return visit_at(asked_at=asked_at, now=now, wait=policy.changed_visit)
