"""What happened to an article: where it was seen, how each stage went, what each revision changed, what it stands with. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from worker.store.feedlives import reason_words
from worker.store.schema import articles, feeds, revisions, runs, sightings, splits

# The names of outcomes that say nothing to a reader.
_OUTCOME_WORDS = {
    "feed_text": "no page came, the feed's own text is tried",
    "visited": "visited, no revision came of it",
}
# A group of wire copy may have hundreds.
OTHERS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One announcement in one feed."""

    feed: str
    outlet: str
    url: str | None
    guid: str | None
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of a stage. `nth` counts the runs of that stage."""

    at: datetime
    stage: str
    nth: int
    outcome: str
    reason: str | None
    detail: str | None
    ms: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One revision, and what it changed against the one before."""

    n: int
    at: datetime
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another article."""

    article: str
    outlet: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """The group of an article: near-identical texts. `others` are its first ones, `size` counts all and this one."""

    id: str
    size: int
    others: tuple[Other, ...]


def seen_in(c: Connection, article: UUID) -> tuple[Seen, ...]:
    """Where it was announced, first things first."""
    query = select(sightings, feeds.c.url.label("feed"), feeds.c.outlet_id).join(
        feeds, feeds.c.id == sightings.c.feed_id
    )
    rows = c.execute(query.where(sightings.c.article_id == article).order_by(sightings.c.first_seen_at, feeds.c.url))
    return tuple(
        Seen(
            feed=row.feed,
            outlet=row.outlet_id,
            url=row.url,
            guid=row.guid,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
        )
        for row in rows
    )


def steps_of(c: Connection, article: UUID) -> tuple[Step, ...]:
    """Every run that is kept, in order."""
    counts: Counter[str] = Counter()
    found = []
    for row in c.execute(select(runs).where(runs.c.subject == article).order_by(runs.c.id)):
        counts[row.stage] += 1
        found.append(
            Step(
                at=row.began_at,
                stage=row.stage,
                nth=counts[row.stage],
                outcome=row.outcome,
                reason=row.reason,
                detail=row.detail,
                ms=row.ms,
                words=_step_words(row),
            )
        )
    return tuple(found)


def _step_words(row: Row[Any]) -> str:
    why, outcome = reason_words(row.reason, row.detail), str(row.outcome)
    words: str = _OUTCOME_WORDS.get(outcome, outcome)
    return words + (f": {why}" if why else "")


def changes_of(c: Connection, article: UUID) -> tuple[Changed, ...]:
    """Its revisions, oldest first."""
    columns = (revisions.c.n, revisions.c.created_at, revisions.c.change)
    rows = c.execute(select(*columns).where(revisions.c.article_id == article).order_by(revisions.c.n))
    return tuple(Changed(n=n, at=at, change=change) for n, at, change in rows)


def group_of(c: Connection, row: Row[Any]) -> Grouped | None:
    """The group that it is in."""
    if row.group_id is None:
        return None
    members = articles.c.group_id == row.group_id
    size = c.execute(select(func.count()).select_from(articles).where(members)).scalar_one()
    query = select(articles).where(members, articles.c.id != row.id).order_by(articles.c.id).limit(OTHERS_SHOWN)
    return Grouped(id=str(row.group_id), size=size, others=tuple(map(_other, c.execute(query))))


def apart_from(c: Connection, article: UUID) -> tuple[Other, ...]:
    """The articles of which a person said that they are not this one."""
    query = select(articles).join(splits, splits.c.other_id == articles.c.id).where(splits.c.article_id == article)
    return tuple(map(_other, c.execute(query.order_by(articles.c.id))))


def other_of(c: Connection, article: UUID) -> Other | None:
    """Another article by its id."""
    row = c.execute(select(articles).where(articles.c.id == article)).one_or_none()
    return None if row is None else _other(row)


def _other(row: Row[Any]) -> Other:
    return Other(article=str(row.id), outlet=row.outlet_id, title=row.title, url=row.url)
