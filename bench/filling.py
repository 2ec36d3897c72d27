"""Puts made-up articles into a database as the service would have left them, many in one transaction, and takes one out again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, text

from bench.stock import BEGUN, OUTLETS, Made, Stock, entry, keys, outlet, record, text_hash
from worker.news.near import BAND_BYTES
from worker.store.database import Database
from worker.store.groups import forget_sketch
from worker.store.outcomes import DISCOVERED, count
from worker.store.outlets import sync_outlets
from worker.store.schema import (
    article_keys,
    articles,
    deliveries,
    feeds,
    groups,
    revisions,
    runs,
    sightings,
    sinks,
    sketches,
    texts,
    work,
)
from worker.store.sightings import announced
from worker.store.values import dump

SINK = "bench"
_AT_ONCE = 5_000
# In the order of the keys, so that each page of the tree is written once. CROSS JOIN has SQLite read each sketch once. None has
# as many bands as there are numbers.
_SPREAD = text(
    "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 63) "
    "INSERT INTO bands (band, article_id) SELECT substr(bands, 1 + i * :bytes, :bytes) AS band, article_id "
    "FROM sketches CROSS JOIN numbers WHERE article_id >= :first AND i * :bytes < length(bands) ORDER BY 1, 2"
).bindparams(bindparam("bytes", BAND_BYTES), bindparam("first", type_=sketches.c.article_id.type))


def prepare(database: Database) -> None:
    """Put the outlets and one sink into a database that is migrated."""
    sync_outlets(database, [outlet(n) for n in range(OUTLETS)], now=BEGUN)
    with database.write() as c:
        c.execute(insert(sinks).values(id=SINK, kind="jsonl", enabled=True))


def grow(stock: Stock, databases: Sequence[Database], size: int) -> None:
    """Make articles until there are so many, and put them into all databases alike."""
    known = len(stock.ids)
    while len(stock.ids) < size:
        made = list(stock.more(min(_AT_ONCE, size - len(stock.ids))))
        for database in databases:
            with database.write() as c:
                _put(c, made)
    for database in databases:
        if size > known:
            with database.write() as c:
                c.execute(_SPREAD, {"first": stock.ids[known]})
        if database.is_postgres:
            # As autovacuum soon does. Nothing of ours analyzes SQLite.
            with database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def feeds_of(c: Connection) -> dict[str, UUID]:
    """The feed of each outlet."""
    return {row.outlet_id: row.id for row in c.execute(select(feeds.c.outlet_id, feeds.c.id))}


def take_out(c: Connection, article: UUID) -> None:
    """Remove an article that was filed alone or into a group that stood."""
    forget_sketch(c, article)
    sent = c.execute(select(deliveries.c.id).where(deliveries.c.article_id == article)).scalars().all()
    c.execute(delete(work).where(work.c.subject.in_([article, *sent])))
    c.execute(delete(runs).where(runs.c.subject == article))
    for table in (deliveries, revisions, sightings, texts, article_keys):
        c.execute(delete(table).where(table.c.article_id == article))
    gone = delete(articles).where(articles.c.id == article).returning(articles.c.outlet_id, articles.c.discovered_at)
    row = c.execute(gone).one()
    count(c, {(row.outlet_id, row.discovered_at.date(), outcome, ""): -1 for outcome in (DISCOVERED, "stored")})


def _put(c: Connection, made: Sequence[Made]) -> None:
    own = feeds_of(c)
    for table, rows in _ROWS.items():
        _copy(c, table, [row for one in made for row in rows(one)])
    _copy(c, sightings, [_sighting(one, own[outlet(one.number).id]) for one in made])
    days = ((outlet(one.number).id, one.at.date()) for one in made)
    count(c, Counter((*day, outcome, "") for day in days for outcome in (DISCOVERED, "stored")))


def _copy(c: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows and c.dialect.name != "postgresql":
        c.execute(insert(table), rows)
    elif rows:
        names = list(rows[0])
        cursor: Any = c.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])


def _article(made: Made) -> list[dict[str, Any]]:
    told = entry(made.number)
    row = {
        "id": made.id,
        "outlet_id": outlet(made.number).id,
        "url": told.url,
        "title": told.title,
        "type": "article",
        "outcome": "stored",
        "discovered_at": made.at,
        "settled_at": made.at,
        "revision": 1,
        "published_at": told.published_at,
        "group_id": made.group,
    }
    return [row]


def _keys(made: Made) -> list[dict[str, Any]]:
    return [{"hash": key.hash, "article_id": made.id, "witness": key.witness.value} for key in keys(made.number)]


def _texts(made: Made) -> list[dict[str, Any]]:
    return [{"outlet_id": outlet(made.number).id, "hash": text_hash(made.number), "article_id": made.id}]


def _sketch(made: Made) -> list[dict[str, Any]]:
    of = made.sketch
    packed = b"".join(sorted(set(of.bands)))
    return [{"article_id": made.id, "day": made.at.date(), "size": of.size, "sample": of.sample, "bands": packed}]


def _group(made: Made) -> list[dict[str, Any]]:
    return [{"id": made.id, "created_at": made.at}] if made.group == made.id else []


def _revision(made: Made) -> list[dict[str, Any]]:
    row = {
        "article_id": made.id,
        "n": 1,
        "created_at": made.at,
        "change": "new",
        "text_hash": text_hash(made.number),
        "engine": "bench",
        "engine_version": "1",
        "record": dump(record(made.id, made.number, made.text, group=made.group)),
    }
    return [row]


def _delivery(made: Made) -> list[dict[str, Any]]:
    row = {
        "id": _delivery_id(made),
        "sink_id": SINK,
        "article_id": made.id,
        "revision": 1,
        "outcome": "delivered",
        "created_at": made.at,
        "settled_at": made.at,
    }
    return [row]


def _delivery_id(made: Made) -> UUID:
    return UUID(int=made.id.int ^ 1)


def _work(made: Made) -> list[dict[str, Any]]:
    return [
        {"kind": "article", "subject": made.id, "stage": "fetch", "host": None},
        {"kind": "delivery", "subject": _delivery_id(made), "stage": "deliver", "host": f"sink:{SINK}"},
    ]


def _runs(made: Made) -> list[dict[str, Any]]:
    return [
        {"subject": made.id, "stage": stage, "claim": 1, "began_at": made.at, "ms": 10, "outcome": outcome}
        for stage, outcome in (("fetch", "fetched"), ("extract", "stored"))
    ]


# What goes into each table for an article, but for the sighting, which names the feed.
_ROWS: dict[Table, Callable[[Made], list[dict[str, Any]]]] = {
    articles: _article,
    article_keys: _keys,
    texts: _texts,
    sketches: _sketch,
    groups: _group,
    revisions: _revision,
    deliveries: _delivery,
    work: _work,
    runs: _runs,
}


def _sighting(made: Made, feed: UUID) -> dict[str, Any]:
    told = entry(made.number)
    return {
        "article_id": made.id,
        "feed_id": feed,
        "announced": announced(told),
        "guid": told.guid,
        "url": told.url,
        "first_seen_at": made.at,
        "last_seen_at": made.at,
        "entry": dump(told),
    }
