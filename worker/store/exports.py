"""Records on their way out by hand: the latest of every article, or of those that are asked for. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, Select, select

from worker.store.database import Database
from worker.store.schema import articles, outlets, revisions

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records: of outlets, countries (codes), languages of the text (codes; `pt` is also `pt-BR`), filed in a time."""

    outlets: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def export(database: Database, wanted: Selection = Selection()) -> Iterator[str]:
    """The latest record of each article, as JSON, oldest article first; by keyset pages, one short read each."""
    last: UUID | None = None
    query = _query(wanted)
    while True:
        page = query if last is None else query.where(articles.c.id > last)
        with database.read() as c:
            rows: list[Row[Any]] = list(c.execute(page))
        yield from (row.record for row in rows if _speaks(row.record, wanted.languages))
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def _query(wanted: Selection) -> Select[Any]:
    latest = (revisions.c.article_id == articles.c.id) & (revisions.c.n == articles.c.revision)
    query = select(articles.c.id, revisions.c.record).join(revisions, latest).where(articles.c.outcome == "stored")
    if wanted.outlets:
        query = query.where(articles.c.outlet_id.in_(wanted.outlets))
    if wanted.countries:
        countries = [country.upper() for country in wanted.countries]
        query = query.join(outlets, outlets.c.id == articles.c.outlet_id).where(outlets.c.country.in_(countries))
    if wanted.since is not None:
        query = query.where(revisions.c.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(revisions.c.created_at < wanted.until)
    return query.order_by(articles.c.id).limit(PAGE)


def _speaks(record: str, languages: tuple[str, ...]) -> bool:
    if not languages:
        return True
    language = orjson.loads(record)["language"]
    code = language["code"].lower() if language else ""
    return any(code == word.lower() or code.startswith(f"{word.lower()}-") for word in languages)
