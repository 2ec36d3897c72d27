"""docs/sinks/postgres.md says what is: its settings are taken, and its statements do what they are there for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import Any, LiteralString

import pytest
from psycopg import sql

from tests.architecture.source import ROOT
from tests.contract.sinks.parcels import new_article, new_batch, parcel, records
from tests.contract.sinks.postgres import Postgres
from worker.sinks.build import mistakes_of
from worker.sinks.postgres import PostgresSink
from worker.sinks.postgres_tables import CONFIGURATIONS

PAGE = (ROOT / "docs" / "sinks" / "postgres.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


QUERIES = [block for block in _blocks("sql") if block.startswith("SELECT")]


def _outlet(name: str) -> dict[str, str]:
    return {"id": name, "name": name, "country": "PT", "language": "pt-PT"}


@pytest.fixture
def filled(database: Postgres) -> Postgres:
    """The tables, with an article of every fate, and the one that the page asks for."""
    (asked,) = re.findall(r"WHERE id = '([^']+)'", PAGE)
    first, merged, gone = new_article(), new_article(), new_article()
    budget = "O Orçamento do Estado foi entregue pelo Ministério das Finanças."
    sink = database.open()
    sink.deliver(
        new_batch(),
        [
            parcel(asked, title="Orçamento entregue", text=budget, outlet=_outlet("publico")),
            parcel(asked, 2, title="Orçamento entregue hoje", text=budget, outlet=_outlet("publico")),
            parcel(first, outlet=_outlet("lusa"), title="Uma notícia"),
            *[parcel(new_article(), outlet=_outlet(name), group={"id": first}) for name in ("expresso", "publico")],
            *[parcel(merged), parcel(merged, 2, change="merged", merged_into=first)],
            *[parcel(gone), parcel(gone, 2, change="withdrawn", title="", text="")],
        ],
    )
    return database


def test_each_query_finds_what_it_is_for(filled: Postgres) -> None:
    latest, searched, history, copied, withdrawn = (filled.rows(sql.SQL(query)) for query in QUERIES)
    assert {title for _, title, _ in latest} == {"Orçamento entregue hoje", "Title 1"}
    ((title, outlet, _, place),) = searched
    assert (title, outlet) == ("Orçamento entregue hoje", "publico")
    assert "<b>Orçamento</b> do Estado" in place
    assert [(revision, change) for revision, change, *_ in history] == [(1, "new"), (2, "minor")]
    assert [row[1:4] for row in copied] == [("lusa", "Uma notícia", 2)]
    assert sorted(copied[0][4]) == ["expresso", "publico"]
    assert len(withdrawn) == 1


def test_the_latest_of_an_outlet_and_the_search_are_answered_by_indexes(filled: Postgres) -> None:
    latest, searched, *_ = QUERIES
    for query, index in ((latest, "outlet_published_at"), (searched, "search")):
        with filled.connect() as connection:
            # So few rows are read as they stand; what is asked is whether an index could answer.
            connection.execute("SET enable_seqscan = off")
            plan = "\n".join(line for (line,) in connection.execute(sql.SQL(f"EXPLAIN {query}")).fetchall())
        assert f"copydesk_articles_{index}_idx" in plan, plan
        assert "Seq Scan" not in plan


def test_the_view_shows_the_articles_that_stand(filled: Postgres) -> None:
    (view,) = [block for block in _blocks("sql") if block.startswith("CREATE VIEW")]
    filled.order(sql.SQL(view))
    assert filled.rows("SELECT count(*) FROM articles") == [(4,)]
    assert filled.rows("SELECT count(*) FROM copydesk_articles") == [(6,)]
    assert list(filled.open().deliver(new_batch(), [parcel(new_article())])) == []


def test_its_settings_are_taken() -> None:
    (block,) = _blocks("toml")
    for text in (block, re.sub(r"^# ((?:table|search) =)", r"\1", block, flags=re.MULTILINE)):
        (options,) = tomllib.loads(text)["sinks"].values()
        assert mistakes_of("warehouse", options.pop("kind"), options) == []
    assert {"table", "search"} < set(options)


def test_tables_made_by_its_statements_are_written_by_a_role_with_its_rights(database: Postgres) -> None:
    (command,) = re.findall(r'^python -c "(.*)" \| psql news$', PAGE, re.MULTILINE)
    made = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, cwd=ROOT)
    (grants,) = [block for block in _blocks("sql") if block.startswith("GRANT")]
    database.order(sql.SQL("{}; CREATE ROLE desk LOGIN; {}").format(sql.SQL(made.stdout), sql.SQL(grants)))
    try:
        sink, article = database.watch(PostgresSink(database.url.replace("postgres@", "desk@"))), new_article()
        end = parcel(article, 2, change="withdrawn", text="")
        for one in (parcel(article), end):
            assert list(sink.deliver(new_batch(), [one])) == []
        assert database.stored() == records(end)
        by_hand = database.columns()
    finally:
        database.order("DROP OWNED BY desk; DROP ROLE desk; DROP TABLE copydesk_articles")
    database.open().deliver(new_batch(), [])
    assert database.columns() == by_hand


def test_older_rows_are_given_what_they_lack_from_their_records(database: Postgres) -> None:
    said: dict[str, Any] = {
        "group": {"id": new_article()},
        "section": "Economia",
        "authors": ["Ana Reis", "Rui Sá"],
        "topics": ["a"],
    }
    more = [parcel(new_article(), **said), parcel(new_article(), 2, change="merged", merged_into=new_article())]
    database.open().deliver(new_batch(), more)
    asked: LiteralString = "SELECT to_jsonb(a) FROM copydesk_articles AS a ORDER BY id"
    before = database.rows(asked)
    for column in ("merged_into", "access", "section", "authors", "topics", "group_id"):
        database.order(sql.SQL("UPDATE copydesk_articles SET {} = NULL").format(sql.Identifier(column)))
    (statement,) = [block for block in _blocks("sql") if block.startswith("UPDATE")]
    for _ in range(2):
        database.order(sql.SQL(statement))
        assert database.rows(asked) == before


def test_the_address_may_name_another_schema(database: Postgres) -> None:
    (option,) = re.findall(r"`(options=[^`]+)`", PAGE)
    one = parcel(new_article())
    database.order("CREATE SCHEMA press")
    database.watch(PostgresSink(f"{database.url}&{option}")).deliver(new_batch(), [one])
    assert database.rows("SELECT id || ':' || revision FROM press.copydesk_articles") == [(one.key,)]


def test_every_language_that_is_searched_by_its_rules_is_named() -> None:
    (named,) = re.findall(r"Each text is read in its language: (.*?)\. In all others", PAGE, re.DOTALL)
    assert {name.lower() for name in re.split(r",\s+", named)} == set(CONFIGURATIONS.values())
