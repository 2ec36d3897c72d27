"""Guids that lead to a known article: whether its title or its address agrees, and what is noted when nothing does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from worker.news.entry import Entry
from worker.news.identity import Told
from worker.news.work import Stage
from worker.pipeline.state.parses import ParseJob
from worker.store.schema import articles, runs, sightings
from worker.store.values import load


def how_told(c: Connection, known: Collection[UUID]) -> dict[UUID, list[Told]]:
    """How some articles are known: their own titles and addresses, and those of their announcements."""
    told: dict[UUID, list[Told]] = defaultdict(list)
    if known:
        own = select(articles.c.id, articles.c.title, articles.c.url).where(articles.c.id.in_(known))
        for row in c.execute(own):
            told[row.id].append(Told(row.title, row.url))
        seen = select(sightings.c.article_id, sightings.c.entry).where(sightings.c.article_id.in_(known))
        for sighting in c.execute(seen):
            entry = load(Entry, sighting.entry)
            told[sighting.article_id].append(Told(entry.title, entry.url))
    return told


def note_doubts(c: Connection, job: ParseJob, doubted: Mapping[UUID, UUID], *, now: datetime) -> None:
    """Write into the history of new articles whose guid they have without being it."""
    rows: list[dict[str, Any]] = [
        {
            "subject": article,
            "stage": Stage.PARSE,
            "claim": job.ticket.claim,
            "began_at": now,
            "ms": 0,
            "outcome": "new",
            "detail": f"its guid is that of {owner}, whose title and address are others: the guid was not believed",
        }
        for article, owner in doubted.items()
    ]
    if rows:
        c.execute(runs.insert(), rows)
