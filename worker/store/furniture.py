"""What is known of each outlet's furniture: how many of its articles a line stood in. Bounded, and counted with the filing of an article."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.news.furniture import HASH_BYTES, is_furniture
from worker.news.policy import FurniturePolicy
from worker.news.record import Line
from worker.store.database import Database
from worker.store.schema import furniture, furniture_counts

# The index holds these alone, and SQLite uses it only for a query that says so in the same words.
_OFTEN = text("furniture.pages > 2")
_COUNTED = (
    select(furniture.c.hash, furniture.c.pages, furniture.c.days, furniture_counts.c.articles)
    .join(furniture_counts, furniture_counts.c.outlet_id == furniture.c.outlet_id)
    .where(
        furniture.c.outlet_id == bindparam("outlet"),
        _OFTEN,
        furniture.c.pages >= bindparam("least"),
        furniture.c.spared.is_(False),
    )
    .order_by(furniture.c.pages.desc(), furniture.c.hash)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLine:
    """A line that stood in several articles of an outlet. `state` is furniture, counted, or spared by a person."""

    hash: str  # hex
    state: str
    pages: int
    days: int
    last_day: date
    sample: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is known of an outlet: how many of its articles were counted, and the lines that stood in several of them."""

    outlet: str
    articles: int
    lines: tuple[CountedLine, ...]


def known_furniture(c: Connection, outlet: str, policy: FurniturePolicy) -> frozenset[bytes]:
    """The hashes of the lines that are furniture of an outlet now."""
    if not policy.most:
        return frozenset()
    rows = c.execute(_COUNTED, {"outlet": outlet, "least": policy.pages, "most": policy.most}).all()
    return frozenset(
        bytes(hash_)
        for hash_, pages, days, articles in rows
        if is_furniture(pages=pages, days=days, counted=articles, policy=policy)
    )


def count_lines(c: Connection, outlet: str, lines: Iterable[Line], *, day: date, policy: FurniturePolicy) -> None:
    """Count an article of an outlet, and its lines.

    The outlet's own row comes first: who counts for the same outlet waits there, and nobody waits for a line.
    """
    kind = c.dialect.name
    counted: int = c.execute(_one_more(kind), {"outlet": outlet}).scalar_one()
    rows = [
        {"outlet": outlet, "line": line.hash, "day": day, "sample_then": line.sample}
        for line in sorted(lines, key=lambda line: line.hash)
    ]
    if rows:
        c.execute(_met_again(kind), rows)
    if counted >= policy.window:
        _halve(c, outlet)


def joined(hashes: Iterable[bytes]) -> bytes | None:
    """Hashes as they stand in a column."""
    return b"".join(sorted(hashes)) or None


def parted(column: bytes | None) -> frozenset[bytes]:
    """The hashes of a column."""
    found = bytes(column or b"")
    return frozenset(found[at : at + HASH_BYTES] for at in range(0, len(found), HASH_BYTES))


def counted_lines(database: Database, outlet: str, policy: FurniturePolicy) -> Counted:
    """What is known of an outlet's furniture, for a person."""
    mine = furniture.c.outlet_id == outlet
    query = select(furniture).where(mine, _OFTEN).order_by(furniture.c.pages.desc(), furniture.c.hash)
    with database.read() as c:
        total = select(furniture_counts.c.articles).where(furniture_counts.c.outlet_id == outlet)
        counted: int = c.execute(total).scalar_one_or_none() or 0
        rows = c.execute(query.limit(max(policy.most, 1))).all()
    lines = []
    for row in rows:
        learnt = is_furniture(pages=row.pages, days=row.days, counted=counted, policy=policy)
        lines.append(
            CountedLine(
                hash=bytes(row.hash).hex(),
                state="spared" if row.spared else ("furniture" if learnt else "counted"),
                pages=row.pages,
                days=row.days,
                last_day=row.last_day,
                sample=row.sample or "",
            )
        )
    return Counted(outlet=outlet, articles=counted, lines=tuple(lines))


def spare_line(database: Database, outlet: str, line: bytes) -> bool:
    """Have a line never be furniture again, whatever is counted; False when it is not known."""
    mine = (furniture.c.outlet_id == outlet) & (furniture.c.hash == line)
    with database.write() as c:
        return c.execute(update(furniture).where(mine).values(spared=True)).rowcount == 1


def _halve(c: Connection, outlet: str) -> None:
    """Give the past half its weight. Most lines stood in one article: they go first, so that few rows are written anew."""
    mine = furniture.c.outlet_id == outlet
    c.execute(delete(furniture).where(mine, furniture.c.pages < 2, furniture.c.spared.is_(False)))  # noqa: PLR2004 - its half is 0
    c.execute(update(furniture).where(mine).values(pages=furniture.c.pages // 2))
    counts = update(furniture_counts).where(furniture_counts.c.outlet_id == outlet)
    c.execute(counts.values(articles=furniture_counts.c.articles // 2))


_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@cache
def _one_more(dialect: str) -> Any:
    insert = _INSERTS[dialect](furniture_counts).values(outlet_id=bindparam("outlet"), articles=1)
    more = {"articles": furniture_counts.c.articles + 1}
    return insert.on_conflict_do_update(index_elements=["outlet_id"], set_=more).returning(furniture_counts.c.articles)


@cache
def _met_again(dialect: str) -> Any:
    """A line is put there without its words: most lines are met once, and the words of those would be most of the table."""
    insert = _INSERTS[dialect](furniture).values(
        outlet_id=bindparam("outlet"), hash=bindparam("line"), pages=1, days=1, last_day=bindparam("day")
    )
    later = insert.excluded.last_day > furniture.c.last_day
    again = {
        "pages": furniture.c.pages + 1,
        "days": furniture.c.days + case((later, 1), else_=0),
        "last_day": case((later, insert.excluded.last_day), else_=furniture.c.last_day),
        "sample": func.coalesce(furniture.c.sample, bindparam("sample_then", type_=furniture.c.sample.type)),
    }
    return insert.on_conflict_do_update(index_elements=["outlet_id", "hash"], set_=again)
