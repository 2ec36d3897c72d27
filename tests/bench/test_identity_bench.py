"""The whole bench over a few stored articles, and the stock that it makes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from bench import identity
from bench.filling import grow, prepare
from bench.identity import Figure, growth
from bench.incoming import Desk, Watch
from bench.rounds import MANY, ROUNDS_OF
from bench.stock import CROWD, WIRE_SHARE, Stock, copy_of, sketch_of, some_words
from tests.invariants import check
from worker.clock import new_id
from worker.news.near import BAND_BYTES, near
from worker.news.policy import NearPolicy
from worker.store.database import Database, open_database
from worker.store.migrate import migrate
from worker.store.schema import (
    article_keys,
    articles,
    bands,
    deliveries,
    groups,
    hosts,
    revisions,
    runs,
    sightings,
    sketches,
    texts,
    work,
)

STORED = 200
TABLES = (
    article_keys,
    articles,
    bands,
    deliveries,
    groups,
    hosts,
    revisions,
    runs,
    sightings,
    sketches,
    texts,
    work,
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A filled database, by two steps."""
    database = open_database(database_url, new_id=new_id)
    migrate(database)
    prepare(database)
    stock = Stock()
    for size in (STORED // 2, STORED):
        grow(stock, [database], size)
    yield Desk(database=database, stock=stock, chance=Random("desk"))
    database.close()


def rows(database: Database, table: Table) -> int:
    """How many rows a table has."""
    with database.read() as c:
        return c.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_is_put_there_is_what_the_service_would_have_left(desk: Desk) -> None:
    check(desk.database)
    counted = {table: rows(desk.database, table) for table in (articles, article_keys, texts, sketches, revisions)}
    assert counted == {
        articles: STORED, article_keys: 3 * STORED, texts: STORED, sketches: STORED, revisions: STORED
    }  # fmt: skip
    with desk.database.read() as c:
        packed = {row.article_id: bytes(row.bands) for row in c.execute(select(sketches))}
        spread = Counter((row.article_id, bytes(row.band)) for row in c.execute(select(bands)))
        joined = set(c.execute(select(articles.c.group_id).where(articles.c.group_id.is_not(None))).scalars())
        assert joined == set(c.execute(select(groups.c.id)).scalars()) == {wire.id for wire in desk.stock.wires}
    kept = [(id_, told[i : i + BAND_BYTES]) for id_, told in packed.items() for i in range(0, len(told), BAND_BYTES)]
    assert spread == Counter(kept)
    assert max(Counter(band for _, band in kept if band in CROWD).values()) > STORED // 5


def test_one_in_ten_of_many_is_wire_copy() -> None:
    stock = Stock()
    made = list(stock.more(4000))
    assert sum(one.group is not None for one in made) == pytest.approx(WIRE_SHARE * len(made), rel=0.4)
    sizes = Counter(one.group for one in made if one.group)
    assert all(sizes[wire.id] == wire.size for wire in stock.wires_of(range(2, 61)))
    assert len({one.id for one in made}) == len(made)


def test_copies_are_near_and_other_texts_are_not() -> None:
    chance = Random("copies")
    stock = Stock()
    list(stock.more(100))
    first, second = (sketch_of(copy_of(stock.wires[0], chance)) for _ in range(2))
    other = sketch_of(" ".join(some_words(chance)))
    assert near(first, second, NearPolicy())
    assert set(first.bands) & set(second.bands)
    assert not near(first, other, NearPolicy())
    assert not set(first.bands) & set(other.bands)


def test_each_round_leaves_the_database_as_it_was(desk: Desk) -> None:
    for what, one_round in ROUNDS_OF.items():
        one_round(desk, Watch())
        before = {table.name: rows(desk.database, table) for table in TABLES}
        watch = Watch(server=desk.server())
        one_round(desk, watch)
        assert {table.name: rows(desk.database, table) for table in TABLES} == before, what
        assert [len(measured) for measured in (watch.wall, watch.cpu, watch.served)] == [1, 1, 1]
        assert watch.wall[0] > 0
        assert watch.cpu[0] > 0
        assert (watch.served[0] > 0) is desk.database.is_postgres
    check(desk.database)


def test_there_are_texts_with_many_copies_in_any_stock() -> None:
    stock = Stock()
    list(stock.more(100))
    assert [wire.size for wire in stock.wires_of(MANY)] == [60]


def test_growth_is_the_largest_store_to_the_smallest() -> None:
    def figure(stored: int, ms: float) -> Figure:
        return Figure(
            database="SQLite", what="it", stored=stored, median_ms=ms, p95_ms=2 * ms, cpu_ms=ms, server_cpu_ms=2.0
        )

    found = growth([figure(200, 9.0), figure(100, 5.0), figure(1, 1.0)])
    assert [(one.median, one.p95, one.cpu) for one in found] == [(9.0, 9.0, 3.67)]


def test_it_tells_all_figures_of_both_databases(capsys: pytest.CaptureFixture[str]) -> None:
    assert identity.main(["--sizes", "200", "100", "--rounds", "2", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    told: dict[str, Any] = json.loads(lines[-1])
    kinds = {(database, what) for database in ("SQLite", "PostgreSQL") for what in ROUNDS_OF}
    assert {(one["database"], one["what"], one["stored"]) for one in told["figures"]} == {
        (*kind, stored) for kind in kinds for stored in (100, 200)
    }
    assert {(one["database"], one["what"]) for one in told["growth"]} == kinds
    assert any(line.startswith("-- 200 stored articles to 100") for line in lines)
