"""What is particular to the PostgreSQL sink."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from psycopg import sql

import worker.sinks.postgres
from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, records, with_nul
from tests.contract.sinks.places import tools
from tests.contract.sinks.postgres import Postgres
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel
from worker.sinks.build import mistakes_of, open_sink
from worker.sinks.postgres import PostgresSink


def test_postgresql_keeps_the_newest_revision_of_each_article_and_all_of_them_beside(database: Postgres) -> None:
    article = new_article()
    sink = database.open()
    for revisions in ([2], [1], [4, 3]):
        sink.deliver(new_batch(), [parcel(article, revision) for revision in revisions])
    latest = database.rows("SELECT revision, title, record->>'title' FROM copydesk_articles")
    assert latest == [(4, "Title 4", "Title 4")]
    assert [key.rpartition(":")[2] for key in sorted(database.stored())] == ["1", "2", "3", "4"]


def test_the_columns_say_what_the_record_says(database: Postgres) -> None:
    article = new_article()
    database.open().deliver(new_batch(), [parcel(article, title=ODD, modified_at="2026-11-24T13:00:00+01:00")])
    ((*said, published, modified, fetched),) = database.rows(
        "SELECT id, revision, change, url, outlet, country, language, type, title, summary, text, content_hash,"
        " published_at, modified_at, fetched_at FROM copydesk_articles"
    )
    url = f"https://paper.example/{article}"
    what = [UUID(article), 1, "new", url, "paper", "PT", "pt", "article", ODD, "", "A text.", "00ff"]
    assert said == what
    assert (published, modified) == (datetime(2026, 11, 24, 12, tzinfo=UTC),) * 2
    assert fetched == datetime(2026, 11, 24, 12, 1, 2, 345678, tzinfo=UTC)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_nul(new_article()), id="NUL in the record"),
        pytest.param(parcel(new_article(), title="a NUL: \0"), id="NUL in a column"),
        pytest.param(parcel(new_article(), outlet={"id": None, "country": "PT"}), id="null where none may be"),
        pytest.param(parcel("no-uuid"), id="an id that is none"),
        pytest.param(parcel(new_article(), published_at="yesterday"), id="a time that is none"),
        pytest.param(Parcel(key="k:1", article=new_article(), revision=1, body=b'{"title":"\\ud800"}'), id="surrogate"),
        pytest.param(Parcel(key="k:1", article=new_article(), revision=1, body=b'{"half'), id="no JSON"),
    ],
)
def test_a_record_that_postgresql_refuses_comes_back_and_its_neighbours_are_stored(
    database: Postgres, bad: Parcel
) -> None:
    sink, batch, good = database.open(), new_batch(), [parcel(new_article()) for _ in range(3)]
    for _ in range(2):
        (returned,) = sink.deliver(batch, [good[0], bad, *good[1:]])
        assert (returned.key, returned.reason) == (bad.key, Reason.SINK_REFUSED)
        assert returned.detail
        assert "\n" not in returned.detail
        assert database.stored() == records(*good)
    late = parcel(new_article())
    assert list(sink.deliver(new_batch(), [late])) == []


def test_a_batch_is_there_after_a_crash_of_the_server(database: Postgres) -> None:
    sink, parcels = database.open(), [parcel(new_article()) for _ in range(20)]
    sink.deliver(new_batch(), parcels)
    database.server.restart(crash=True)
    assert database.stored() == records(*parcels)
    with pytest.raises(SinkDown):
        sink.deliver(new_batch(), parcels)
    assert list(sink.deliver(new_batch(), parcels)) == []


def test_a_server_at_the_wrong_port_is_down_in_words_without_the_password() -> None:
    sink = PostgresSink("postgresql+psycopg://reader:open-sesame@127.0.0.1:1/news")
    with pytest.raises(SinkDown, match=r"127\.0\.0\.1") as caught:
        sink.deliver(new_batch(), [parcel(new_article())])
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://reader:open/sesame@db/news", "postgresql://a:sesame@h:70000/news"])
def test_an_address_that_cannot_be_read_is_not_repeated_in_words(url: str) -> None:
    with pytest.raises(SinkDown) as caught:
        PostgresSink(url).deliver(new_batch(), [parcel(new_article())])
    assert "sesame" not in str(caught.value)


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
    sink.deliver(new_batch(), parcels)
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
    database.order("DROP TABLE copydesk_articles")
    assert list(sink.deliver(batch, parcels)) == []


@pytest.fixture
def writer(database: Postgres) -> Iterator[sql.Identifier]:
    """A role that may write into the tables, which are there, and make none."""
    database.open().deliver(new_batch(), [])
    role = sql.Identifier("writer")
    database.order(sql.SQL("CREATE ROLE {} LOGIN").format(role))
    tables = sql.SQL("copydesk_articles, copydesk_articles_revisions")
    database.order(sql.SQL("GRANT SELECT, INSERT, UPDATE ON {} TO {}").format(tables, role))
    yield role
    database.order(sql.SQL("DROP OWNED BY {}").format(role))
    database.order(sql.SQL("DROP ROLE {}").format(role))


def test_a_role_that_may_only_write_into_tables_made_for_it_needs_no_more(
    database: Postgres, writer: sql.Identifier
) -> None:
    sink, one = database.watch(PostgresSink(database.url.replace("postgres@", "writer@"))), parcel(new_article())
    assert list(sink.deliver(new_batch(), [one])) == []
    assert database.stored() == records(one)
    database.order(sql.SQL("REVOKE ALL ON copydesk_articles FROM {}").format(writer))
    with pytest.raises(SinkDown, match="permission denied"):
        sink.deliver(new_batch(), [one])


def test_a_table_that_someone_holds_is_not_waited_for_without_end(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.sinks.postgres, "LONGEST_STATEMENT", timedelta(milliseconds=100))
    sink, batch, parcels = database.open(), new_batch(), [parcel(new_article())]
    sink.deliver(new_batch(), [])
    with database.connect() as holder, holder.transaction():
        # A sink that waits all the same is let through, and the test fails.
        holder.execute("SET idle_in_transaction_session_timeout = '20s'")
        holder.execute("LOCK TABLE copydesk_articles")
        with pytest.raises(SinkDown, match="timeout"):
            sink.deliver(batch, parcels)
    assert list(sink.deliver(batch, parcels)) == []
    assert database.stored() == records(*parcels)


def test_another_table_may_be_named(database: Postgres) -> None:
    name, one = "n" * 51, parcel(new_article())
    sink = open_sink("postgres", {"url": database.url, "table": name}, tools())
    assert isinstance(sink, PostgresSink)
    database.watch(sink).deliver(new_batch(), [one])
    for table in (name, f"{name}_revisions"):
        stored = sql.SQL("SELECT id || ':' || revision FROM {}").format(sql.Identifier(table))
        assert database.rows(stored) == [(one.key,)]


@pytest.mark.parametrize(
    "table", ["", "Articles", "a b", "a;drop table x", 'a"b', "1a", "public.news", "ação", "n" * 52]
)
def test_a_table_with_an_odd_name_is_refused_in_words(table: str) -> None:
    (mistake,) = mistakes_of("db", "postgres", {"url": "postgresql://h/d", "table": table})
    assert mistake.startswith("sinks.db: table: ")
    assert "lower-case letters" in mistake
    with pytest.raises(ValueError, match="lower-case letters"):
        open_sink("postgres", {"url": "postgresql://h/d", "table": table}, tools())
