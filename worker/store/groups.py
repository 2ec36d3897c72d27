"""Near-identical texts: a sketch of each stands in bands for some days, and who shares a band is compared. It groups, no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, bindparam, delete, func, select, text, update

from worker.news.near import BAND_BYTES, Candidate, Sketch
from worker.news.policy import NearPolicy
from worker.store.database import Database
from worker.store.schema import articles, bands, groups, sketches
from worker.store.upsert import insert_into

_ADVISORY = 0x67727073
# Sketches that are deleted in one transaction.
SLICE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The candidates that were looked at, and the outlet of each."""

    candidates: tuple[Candidate, ...]
    outlets: dict[str, str]


def keep_sketch(c: Connection, article: UUID, sketch: Sketch | None, *, day: date) -> None:
    """Put the sketch of an article's text in the place of the one before; bands that both have stay."""
    before = set(_bands_of(c, article))
    now = set(sketch.bands) if sketch is not None else set()
    _leave(c, article, before - now)
    if before:
        c.execute(delete(sketches).where(sketches.c.article_id == article))
    if sketch is None or not now:
        return
    ordered = sorted(now)
    values = {"article_id": article, "day": day, "size": sketch.size, "sample": sketch.sample}
    c.execute(sketches.insert().values(**values, bands=b"".join(ordered)))
    fresh = [band for band in ordered if band not in before]
    if fresh:
        c.execute(_into_bands(len(fresh)), {"article": article} | {f"band{i}": band for i, band in enumerate(fresh)})


def forget_sketch(c: Connection, *forgotten: UUID) -> None:
    """Let no text be compared with those of some articles any more."""
    for article in forgotten:
        _leave(c, article, _bands_of(c, article))
    c.execute(delete(sketches).where(sketches.c.article_id.in_(forgotten)))


def _bands_of(c: Connection, article: UUID) -> list[bytes]:
    packed = c.execute(select(sketches.c.bands).where(sketches.c.article_id == article)).scalar_one_or_none() or b""
    return [bytes(packed[i : i + BAND_BYTES]) for i in range(0, len(packed), BAND_BYTES)]


def _leave(c: Connection, article: UUID, left: Collection[bytes]) -> None:
    if left:
        c.execute(delete(bands).where(bands.c.article_id == article, bands.c.band.in_(sorted(left))))


@cache
def _into_bands(count: int) -> TextClause:
    # One statement: a round trip for each of forty rows would be most of what filing an article costs.
    rows = ", ".join(f"(:band{i}, :article)" for i in range(count))
    hashes = [bindparam(f"band{i}", type_=bands.c.band.type) for i in range(count)]
    insert = text(f"INSERT INTO bands (band, article_id) VALUES {rows}")
    return insert.bindparams(*hashes, bindparam("article", type_=bands.c.article_id.type))


def look(c: Connection, sketch: Sketch, *, article: UUID, policy: NearPolicy) -> Neighbours:
    """The stored articles that share a band with a sketch, those that share most first; and the first ones of their groups."""
    shared = _sharing(c, sketch, policy)
    shared.pop(article, None)
    found = [id_ for id_, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))][: policy.looked_at]
    rows = _sketched(c, found)
    first = {row.group_id for row in rows if row.group_id is not None} - {row.id for row in rows} - {article}
    rows += _sketched(c, sorted(first))
    return Neighbours(
        candidates=tuple(
            Candidate(
                article=str(row.id),
                group=str(row.group_id) if row.group_id else None,
                sketch=Sketch(bands=(), size=row.size, sample=bytes(row.sample)),
            )
            for row in rows
        ),
        outlets={str(row.id): row.outlet_id for row in rows},
    )


def _sharing(c: Connection, sketch: Sketch, policy: NearPolicy) -> Counter[UUID]:
    """How many bands each article shares; a band that too many share says nothing, and is not counted."""
    wanted = sorted(set(sketch.bands))
    members: dict[int, list[UUID]] = {}
    if wanted:
        values = {"most": policy.band_members + 1} | {f"band{i}": band for i, band in enumerate(wanted)}
        for n, id_ in c.execute(_in_bands(len(wanted)), values):
            members.setdefault(n, []).append(id_)
    return Counter(id_ for ids in members.values() if len(ids) <= policy.band_members for id_ in ids)


@cache
def _in_bands(count: int) -> TextClause:
    each = "SELECT * FROM (SELECT {i} AS n, article_id FROM bands WHERE band = :band{i} LIMIT :most) AS b{i}"
    query = text(" UNION ALL ".join(each.format(i=i) for i in range(count)))
    hashes = [bindparam(f"band{i}", type_=bands.c.band.type) for i in range(count)]
    return query.bindparams(*hashes).columns(n=sketches.c.size.type, article_id=bands.c.article_id.type)  # type: ignore[return-value]


def _sketched(c: Connection, ids: Sequence[UUID]) -> list[Row[Any]]:
    if not ids:
        return []
    query = (
        select(articles.c.id, articles.c.group_id, articles.c.outlet_id, sketches.c.size, sketches.c.sample)
        .join(sketches, sketches.c.article_id == articles.c.id)
        # As it stands, SQLite would take the index of outcomes, and walk all that is stored.
        .where(articles.c.id.in_(list(ids)), func.coalesce(articles.c.outcome, "") == "stored")
    )
    return list(c.execute(query.order_by(articles.c.id)))


def one_at_a_time(c: Connection) -> None:
    """Let one transaction at a time decide of groups on PostgreSQL, so that the next one sees what it did."""
    c.execute(select(func.pg_advisory_xact_lock(_ADVISORY)))


def join_group(c: Connection, article: UUID, chosen: str | None, *, now: datetime) -> UUID | None:
    """Put an article that is in no group into one, and its first article too when it is new; gives its id."""
    if chosen is None:
        return None
    group = UUID(chosen)
    made = insert_into(c, groups).values(id=group, created_at=now)
    c.execute(made.on_conflict_do_nothing(index_elements=["id"]))
    alone = articles.c.id.in_(sorted({article, group})) & articles.c.group_id.is_(None)
    c.execute(update(articles).where(alone).values(group_id=group))
    return group


def prune_sketches(database: Database, *, now: datetime, policy: NearPolicy) -> int:
    """Delete the sketches that are too old to be compared, a slice a transaction; gives how many."""
    oldest = (now - timedelta(days=policy.days)).date()
    deleted = 0
    while True:
        with database.write() as c:
            old = c.execute(select(sketches.c.article_id).where(sketches.c.day < oldest).limit(SLICE)).scalars().all()
            if not old:
                return deleted
            forget_sketch(c, *old)
            deleted += len(old)
