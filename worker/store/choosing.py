"""Which outlets a person means: ids, countries, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from worker.store.database import Database
from worker.store.schema import articles, feeds, outlets

ALL = "all"


class UnknownOutletError(Exception):
    """There is no such outlet or country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An outlet as the database knows it. `state` is enabled, paused or disabled."""

    id: str
    name: str
    country: str
    language: str
    state: str
    feeds: int
    failing: int
    stored: int


def chosen(database: Database, words: Sequence[str]) -> list[str]:
    """The ids of the outlets that words name: an id, a country's code, or `all`. Raises `UnknownOutletError`."""
    with database.read() as c:
        known = c.execute(select(outlets.c.id, outlets.c.country).order_by(outlets.c.id)).all()
    found: dict[str, None] = {}
    for word in words:
        ids = [id_ for id_, country in known if word in {id_, ALL} or word.upper() == country]
        if not ids:
            message = f"there is no outlet and no country {word!r}; `copydesk outlets list` names those that there are"
            raise UnknownOutletError(message)
        found.update(dict.fromkeys(ids))
    return list(found)


def listed(database: Database, ids: Sequence[str] | None = None) -> list[Listed]:
    """Outlets by country and name, with how they do."""
    many = (
        select(feeds.c.outlet_id, func.count().label("n"), func.count(feeds.c.error).label("failing"))
        .where(feeds.c.named)
        .group_by(feeds.c.outlet_id)
        .subquery()
    )
    stored = (
        select(articles.c.outlet_id, func.count().label("n"))
        .where(articles.c.outcome == "stored")
        .group_by(articles.c.outlet_id)
        .subquery()
    )
    query = (
        select(outlets, many.c.n.label("feeds"), many.c.failing, stored.c.n.label("stored"))
        .outerjoin(many, many.c.outlet_id == outlets.c.id)
        .outerjoin(stored, stored.c.outlet_id == outlets.c.id)
        .order_by(outlets.c.country, outlets.c.id)
    )
    if ids is not None:
        query = query.where(outlets.c.id.in_(list(ids)))
    with database.read() as c:
        rows = c.execute(query).all()
    return [
        Listed(
            id=row.id,
            name=row.name,
            country=row.country,
            language=row.language,
            state="enabled" if row.enabled else (row.switch or "disabled"),
            feeds=row.feeds or 0,
            failing=row.failing or 0,
            stored=row.stored or 0,
        )
        for row in rows
    ]
