"""The tables of the PostgreSQL sink: made, given what they lack, and searched."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle, islice
from threading import Barrier
from typing import Any, LiteralString

import pytest
from psycopg import sql

import worker.sinks.postgres_tables
from tests.contract.sinks.parcels import new_article, new_batch, parcel, records
from tests.contract.sinks.places import tools
from tests.contract.sinks.postgres import Postgres
from worker.news.errors import SinkDown
from worker.pipeline.ports import Parcel
from worker.sinks.build import open_sink
from worker.sinks.flat import COLUMNS
from worker.sinks.postgres import PostgresSink
from worker.sinks.postgres_tables import CONFIGURATIONS, TYPES

# The first table of version 0.1.
OLDER: LiteralString = """CREATE TABLE copydesk_articles (
  id uuid PRIMARY KEY, revision integer NOT NULL, change text NOT NULL, url text, outlet text NOT NULL, country text NOT NULL,
  language text, type text NOT NULL, title text NOT NULL, summary text NOT NULL, text text NOT NULL, published_at timestamptz,
  modified_at timestamptz, content_hash text, fetched_at timestamptz, record jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now())"""
OLDER_ROW: LiteralString = """INSERT INTO copydesk_articles
(id, revision, change, outlet, country, language, type, title, summary, text, record)
VALUES (gen_random_uuid(), 1, 'new', 'paper', 'PT', 'pt', 'article', 'As eleições', '', '', '{}')"""


def test_the_tables_are_made_on_first_use_by_whoever_comes_first(database: Postgres) -> None:
    start, parcels = Barrier(4), [parcel(new_article()) for _ in range(4)]

    def deliver(one: Parcel) -> None:
        sink = database.open()
        start.wait()
        sink.deliver(new_batch(), [one])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(deliver, parcels))
    assert database.stored() == records(*parcels)


def test_tables_that_someone_dropped_are_made_again(database: Postgres) -> None:
    sink, batch, parcels = database.open(), new_batch(), [parcel(new_article())]
    with sink._connections.lent():
        sink.deliver(new_batch(), parcels)
    assert len(database.processes()) == 2
    database.order("DROP TABLE copydesk_articles, copydesk_articles_revisions")
    with pytest.raises(SinkDown, match="does not exist"):
        sink.deliver(batch, parcels)
    assert list(sink.deliver(batch, parcels)) == []
    assert database.stored() == records(*parcels)


def test_a_table_of_another_shape_is_trouble_that_a_person_can_end(database: Postgres) -> None:
    sink, batch, parcels = database.open(), new_batch(), [parcel(new_article())]
    database.order("CREATE TABLE copydesk_articles (id uuid PRIMARY KEY, revision integer)")
    with pytest.raises(SinkDown, match="column"):
        sink.deliver(batch, parcels)
    assert database.columns() == ["id", "revision"]
    database.order("DROP TABLE copydesk_articles")
    assert list(sink.deliver(batch, parcels)) == []


def test_the_tables_have_the_columns_and_indexes_that_readers_ask_by(database: Postgres) -> None:
    database.open().deliver(new_batch(), [])
    assert database.columns() == [*COLUMNS, "record", "updated_at", "search"]
    kinds = dict(
        database.rows(
            "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = 'copydesk_articles'::regclass AND attnum > 0"
        )
    )
    long = {"timestamptz": "timestamp with time zone"}
    assert {name: kinds[name] for name in TYPES} == {name: long.get(kind, kind) for name, kind in TYPES.items()}
    assert _indexes(database) == ["(id)", *INDEXES]


INDEXES = ["(group_id) WHERE (group_id IS NOT NULL)", "(outlet, published_at)", "(published_at)", "(search)"]


def _indexes(database: Postgres) -> list[str]:
    """What the table of articles is indexed by, the key first."""
    found = [
        index for (index,) in database.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'copydesk_articles'")
    ]
    by = sorted(index[index.index("(") :] for index in found)
    return sorted(by, key=lambda one: one != "(id)")


def test_older_tables_get_the_columns_that_they_lack_and_keep_what_is_in_them(database: Postgres) -> None:
    database.order(OLDER)
    database.order(OLDER_ROW)
    one = parcel(new_article(), section="Economia")
    for sink in (database.open(), database.open()):
        assert list(sink.deliver(new_batch(), [one])) == []
    assert set(database.columns()) == {*COLUMNS, "record", "updated_at", "search"}
    assert _indexes(database) == ["(id)", *INDEXES]
    rows = database.rows("SELECT title, section, authors, search <> '' FROM copydesk_articles ORDER BY title")
    assert rows == [("As eleições", None, None, True), ("Title 1", "Economia", ["Ana Reis"], True)]


def test_a_large_older_table_gets_the_columns_that_cost_nothing_and_is_neither_written_anew_nor_indexed(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.order(OLDER)
    database.order(OLDER_ROW)
    monkeypatch.setattr(worker.sinks.postgres_tables, "SMALL_BYTES", 8192)
    ((size, place),) = database.rows(
        "SELECT pg_table_size(c), pg_relation_filenode(c) FROM (VALUES ('copydesk_articles'::regclass)) AS t(c)"
    )
    assert size > 8192
    one = parcel(new_article())
    assert list(database.open().deliver(new_batch(), [one])) == []
    assert set(database.columns()) == {*COLUMNS, "record", "updated_at"}
    assert _indexes(database) == ["(id)"]
    assert database.rows("SELECT pg_relation_filenode('copydesk_articles')") == [(place,)]
    # A person may do the rest at a quiet time, with the statements of docs/sinks/postgres.md.
    monkeypatch.undo()
    assert list(database.open().deliver(new_batch(), [one])) == []
    assert "search" in database.columns()


def test_without_search_there_is_no_such_column_until_it_is_wanted(database: Postgres) -> None:
    first, second, third = (parcel(new_article()) for _ in range(3))
    sink = open_sink("postgres", {"url": database.url, "search": False}, tools())
    assert isinstance(sink, PostgresSink)
    database.watch(sink).deliver(new_batch(), [first])
    assert database.columns() == [*COLUMNS, "record", "updated_at"]
    assert _indexes(database) == ["(id)", *INDEXES[:-1]]
    database.open().deliver(new_batch(), [second])
    assert database.rows("SELECT count(*) FROM copydesk_articles WHERE search IS NOT NULL") == [(2,)]
    assert _indexes(database) == ["(id)", *INDEXES]
    database.open(search=False).deliver(new_batch(), [third])
    assert "search" in database.columns()
    assert database.stored() == records(first, second, third)


def _found(database: Postgres, language: str, words: str) -> list[str]:
    query = "SELECT title FROM copydesk_articles WHERE search @@ websearch_to_tsquery({}, {}) ORDER BY title"
    return [title for (title,) in database.rows(sql.SQL(query).format(language, words))]


@pytest.mark.parametrize(
    ("code", "configuration", "text", "words"),
    [
        ("pt", "portuguese", "As eleições autárquicas", "eleições autárquica"),
        ("pt-BR", "portuguese", "Os jogadores treinaram", "jogador"),
        ("PT", "portuguese", "Os deputados votaram", "deputado votou or votar"),
        ("es", "spanish", "Las elecciones", "elección"),
        ("en", "english", "The elections were held", "election hold or held"),
        ("fr", "french", "Les élections", "élection"),
        ("de", "german", "Die Häuser", "Haus or Häuser"),
        ("zz", "simple", "Kept as they stand", "kept"),
        (None, "simple", "No language at all", "language"),
    ],
)
def test_a_text_is_searched_in_its_language(
    database: Postgres, code: str | None, configuration: str, text: str, words: str
) -> None:
    language = {"code": code, "source": "text", "confidence": 1.0} if code else None
    database.open().deliver(new_batch(), [parcel(new_article(), language=language, text=text, title="T")])
    assert _found(database, configuration, words) == ["T"]
    assert _found(database, configuration, "nonsense") == []


def test_every_language_has_a_configuration_that_the_server_knows(database: Postgres) -> None:
    known = {name for (name,) in database.rows("SELECT cfgname FROM pg_ts_config")}
    assert set(CONFIGURATIONS.values()) < known
    said = [{"code": code, "source": "text", "confidence": 1.0} for code in CONFIGURATIONS]
    assert list(database.open().deliver(new_batch(), [parcel(new_article(), language=one) for one in said])) == []


def test_a_word_in_the_title_counts_more_than_in_the_summary_and_that_more_than_in_the_text(database: Postgres) -> None:
    places: list[tuple[str, dict[str, Any]]] = [
        ("in the text", {"text": "O orçamento"}),
        ("in the summary", {"summary": "O orçamento"}),
    ]
    sink = database.open()
    sink.deliver(new_batch(), [parcel(new_article(), title=title, **field) for title, field in places])
    sink.deliver(new_batch(), [parcel(new_article(), title="O orçamento")])
    ranked = database.rows(
        "SELECT title FROM copydesk_articles ORDER BY ts_rank(search, to_tsquery('portuguese', 'orçamento')) DESC"
    )
    assert [title for (title,) in ranked] == ["O orçamento", "in the summary", "in the text"]


# At four bytes each.
LETTERS = [chr(code) for code in range(0x20000, 0x2A6E0)]
MILLION = 1_000_000


def _words(form: str) -> str:
    """A million letters of words of a form; `{n}` is another number in each, `{0}` and `{1}` are two other letters."""
    letters = cycle(LETTERS)
    words = (form.format(next(letters), next(letters), n=n) for n in count(100_000))
    return "".join(islice((letter for word in words for letter in word), MILLION))


@pytest.mark.parametrize(
    "nasty",
    [
        pytest.param(lambda: _words("{} "), id="a word a letter"),
        pytest.param(lambda: _words("{0}{1}{1}-{1}{0}{1} "), id="words with hyphens"),
        pytest.param(lambda: _words("{n}.pt/{0}{1} "), id="addresses"),
        pytest.param(lambda: _words("{n} "), id="numbers"),
        pytest.param(lambda: "a1@" * MILLION, id="what may be an e-mail address"),
        pytest.param(lambda: "a_" * MILLION, id="what may be a host"),
        pytest.param(lambda: "~/" * MILLION, id="what may be a path"),
    ],
)
def test_however_long_and_odd_a_text_is_its_record_is_stored_and_its_beginning_found(
    database: Postgres, nasty: Callable[[], str]
) -> None:
    much = nasty()
    one = parcel(new_article(), text=f"primeiro {much}", title=f"segundo {much}", summary=f"terceiro {much}")
    assert list(database.open().deliver(new_batch(), [one, parcel(new_article())])) == []
    assert database.rows("SELECT max(length(text)) > 1000000 FROM copydesk_articles") == [(True,)]
    for word in ("primeiro", "segundo", "terceiro"):
        assert len(_found(database, "portuguese", word)) == 1


def test_a_role_that_may_only_write_into_tables_made_for_it_needs_no_more(database: Postgres) -> None:
    article = new_article()
    end = parcel(article, 3, change="withdrawn", text="")
    with database.writer() as url:
        sink = database.watch(PostgresSink(url))
        for one in (parcel(article), parcel(article, 2), end):
            assert list(sink.deliver(new_batch(), [one])) == []
        assert database.stored() == records(end)
        database.order("REVOKE ALL ON copydesk_articles FROM writer")
        with pytest.raises(SinkDown, match="permission denied"):
            sink.deliver(new_batch(), [end])


def test_a_role_that_would_have_to_change_a_table_says_that_it_may_not(database: Postgres) -> None:
    database.order(OLDER)
    database.order(
        "CREATE TABLE copydesk_articles_revisions (id uuid, revision integer, change text, record jsonb,"
        " received_at timestamptz DEFAULT now(), PRIMARY KEY (id, revision))"
    )
    with database.writer() as url:
        database.order("ALTER TABLE copydesk_articles DROP COLUMN section")
        sink, one = database.watch(PostgresSink(url)), parcel(new_article())
        with pytest.raises(SinkDown, match="must be owner of table copydesk_articles"):
            sink.deliver(new_batch(), [one])
        database.order("ALTER TABLE copydesk_articles ADD COLUMN section text")
        assert list(sink.deliver(new_batch(), [one])) == []
