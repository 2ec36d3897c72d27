"""What is known of each outlet's furniture, on both databases: counted with the filing of articles, bounded, forgotten in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from worker.clock import new_id
from worker.news.policy import FurniturePolicy
from worker.news.record import Line
from worker.store.database import Database, open_database
from worker.store.furniture import count_lines, counted_lines, known_furniture, spare_line
from worker.store.migrate import migrate
from worker.store.schema import furniture, furniture_counts

DAY = date(2026, 11, 25)
POLICY = FurniturePolicy(pages=3, share=0.5, days=2, known=4, window=100, most=10)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of either kind that knows nothing yet."""
    opened = open_database(database_url, new_id=new_id)
    migrate(opened)
    yield opened
    opened.close()


def line(name: str) -> Line:
    """A line that is told by its name."""
    return Line(hash=name.encode().ljust(8, b"."), sample=f"the line {name}")


def count(database: Database, names: Iterable[str], *, day: date = DAY, outlet: str = "paper", **policy: Any) -> None:
    """Count an article with these lines."""
    with database.write() as c:
        count_lines(c, outlet, [line(name) for name in names], day=day, policy=replace(POLICY, **policy))


def known(database: Database, outlet: str = "paper", **policy: Any) -> set[str]:
    """The names of the lines that are furniture."""
    with database.read() as c:
        found = known_furniture(c, outlet, replace(POLICY, **policy))
    return {hash_.rstrip(b".").decode() for hash_ in found}


def rows(database: Database) -> dict[str, Any]:
    """What stands in the table."""
    with database.read() as c:
        return {bytes(row.hash).rstrip(b".").decode(): row for row in c.execute(select(furniture))}


def articles(database: Database, outlet: str = "paper") -> int:
    """How many articles of an outlet were counted."""
    with database.read() as c:
        query = select(furniture_counts.c.articles).where(furniture_counts.c.outlet_id == outlet)
        found: int = c.execute(query).scalar_one()
    return found


def learn(database: Database, *names: str, times: int = 4) -> None:
    """Have lines stand on so many pages, one a day."""
    for n in range(times):
        count(database, names, day=DAY + timedelta(days=n))


def test_a_line_counts_once_an_article_and_a_day_counts_once(database: Database) -> None:
    for day in (DAY, DAY, DAY + timedelta(days=1), DAY):
        count(database, ["box"], day=day)
    row = rows(database)["box"]
    assert (row.pages, row.days, row.last_day) == (4, 2, DAY + timedelta(days=1))
    assert articles(database) == 4


def test_a_line_has_its_words_from_the_second_time_on(database: Database) -> None:
    count(database, ["box"])
    assert rows(database)["box"].sample is None
    count(database, ["box"])
    assert rows(database)["box"].sample == "the line box"


def test_an_article_without_such_lines_counts_too(database: Database) -> None:
    count(database, [])
    count(database, ["box"])
    assert articles(database) == 2


def test_a_line_is_known_when_its_articles_its_share_its_days_and_the_outlet_s_articles_suffice(
    database: Database,
) -> None:
    learn(database, "box")
    assert known(database) == {"box"}
    assert known(database, pages=5) == set()
    assert known(database, days=5) == set()
    assert known(database, known=5) == set()
    for _ in range(4):
        count(database, [])
    assert known(database) == {"box"}
    count(database, [])
    assert known(database) == set()


def test_outlets_share_nothing(database: Database) -> None:
    learn(database, "box")
    for n in range(4):
        count(database, ["other"], outlet="gazette", day=DAY + timedelta(days=n))
    assert (known(database), known(database, "gazette")) == ({"box"}, {"other"})
    assert known(database, "never-met") == set()


def test_no_more_lines_are_given_than_the_policy_says_those_on_most_pages_first(database: Database) -> None:
    for n in range(8):
        count(database, ["a", *(["b"] if n < 6 else []), *(["c"] if n < 5 else [])], day=DAY + timedelta(days=n))
    assert known(database) == {"a", "b", "c"}
    assert known(database, most=2) == {"a", "b"}
    assert known(database, most=0) == set()


def test_when_the_window_is_full_all_counts_are_halved_and_what_was_met_once_is_forgotten(database: Database) -> None:
    for n in range(9):
        count(database, ["box", f"once-{n}", *(["notice"] if n < 5 else [])], window=10)
    assert len(rows(database)) == 11
    count(database, ["box"], outlet="gazette", window=10)
    count(database, ["box"], window=10)
    with database.read() as c:
        mine = select(furniture.c.hash, furniture.c.pages).where(furniture.c.outlet_id == "paper")
        found = {bytes(hash_).rstrip(b".").decode(): pages for hash_, pages in c.execute(mine)}
    assert found == {"box": 5, "notice": 2}
    assert (articles(database), articles(database, "gazette")) == (5, 1)


def test_what_stands_on_no_page_any_more_is_forgotten_in_time(database: Database) -> None:
    for n in range(8):
        count(database, ["old"], day=DAY + timedelta(days=n), window=20)
    assert known(database) == {"old"}
    for n in range(60):
        count(database, ["new"], day=DAY + timedelta(days=8 + n), window=20)
        if n == 12:
            assert known(database) == {"new"}
    assert set(rows(database)) == {"new"}


def test_lines_that_are_new_on_every_page_take_a_bounded_place(database: Database) -> None:
    for n in range(120):
        count(database, [f"{n:03}-{m}" for m in range(5)], window=30)
        assert len(rows(database)) <= 30 * 5


def test_a_line_that_a_person_spared_is_never_furniture_again_and_is_not_forgotten(database: Database) -> None:
    learn(database, "box", "notice")
    assert spare_line(database, "paper", line("box").hash)
    assert known(database) == {"notice"}
    for n in range(20):
        count(database, ["box"] if n < 5 else [], day=DAY + timedelta(days=4 + n), window=5)
    assert known(database) == set()
    assert rows(database)["box"].spared


@pytest.mark.parametrize(("outlet", "name"), [("paper", "never-met"), ("gazette", "box")])
def test_a_line_that_is_not_known_can_t_be_spared(database: Database, outlet: str, name: str) -> None:
    learn(database, "box")
    assert not spare_line(database, outlet, line(name).hash)
    assert known(database) == {"box"}


def test_a_person_sees_what_stood_in_several_articles_and_what_became_of_it(database: Database) -> None:
    learn(database, "box", "notice", "spared")
    count(database, ["once"])
    for _ in range(3):
        count(database, ["story"])
    spare_line(database, "paper", line("spared").hash)
    found = counted_lines(database, "paper", POLICY)
    assert (found.outlet, found.articles) == ("paper", 8)
    assert [(seen.sample, seen.state, seen.pages, seen.days) for seen in found.lines] == [
        ("the line box", "furniture", 4, 4),
        ("the line notice", "furniture", 4, 4),
        ("the line spared", "spared", 4, 4),
        ("the line story", "counted", 3, 1),
    ]
    assert found.lines[0].hash == line("box").hash.hex()
    assert counted_lines(database, "never-met", POLICY).lines == ()


def test_a_transaction_that_is_undone_counts_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as c:
        _count_and_fail(c)
    assert rows(database) == {}


def _count_and_fail(c: Connection) -> None:
    count_lines(c, "paper", [line("box")], day=DAY, policy=POLICY)
    raise ZeroDivisionError


def test_many_at_once_lose_no_count_and_wait_for_nobody_for_ever(database: Database) -> None:
    names = [f"line-{n}" for n in range(12)]

    def one(n: int) -> None:
        # Each comes with another order of the lines.
        count(database, names[n % 12 :] + names[: n % 12])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(24)))
    assert articles(database) == 24
    assert {row.pages for row in rows(database).values()} == {24}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Database]:
    """A database of the kind whose plans and pages can be looked at."""
    opened = open_database(f"sqlite:///{tmp_path / 'small.db'}", new_id=new_id)
    migrate(opened)
    yield opened
    opened.close()


def test_the_lookup_takes_the_index_of_the_few_lines_that_stood_in_several_articles(small: Database) -> None:
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(small.engine, "before_cursor_execute", note)
    known(small)
    statement, parameters = seen[-1]
    with small.read() as c:
        plan = c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert any("COVERING INDEX ix_furniture_often" in row[-1] for row in plan), plan


def test_a_line_of_an_outlet_takes_few_bytes(small: Database) -> None:
    before = _bytes(small)
    for n in range(100):
        count(small, [f"{n:03}-{m}" for m in range(12)], window=1000)
    with small.read() as c:
        lines = c.execute(select(func.count()).select_from(furniture)).scalar_one()
    assert lines == 1200
    assert (_bytes(small) - before) / lines < 80


def _bytes(database: Database) -> int:
    with database.read() as c:
        pages: int = c.exec_driver_sql("PRAGMA page_count").scalar_one()
        size: int = c.exec_driver_sql("PRAGMA page_size").scalar_one()
    return pages * size
