"""What the PostgreSQL sink stores."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import permutations
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from psycopg import sql

import worker.sinks.postgres
from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, records, with_nul
from tests.contract.sinks.places import tools
from tests.contract.sinks.postgres import Postgres
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel
from worker.sinks.build import mistakes_of, open_sink
from worker.sinks.flat import COLUMNS
from worker.sinks.postgres import PostgresSink

# 14,000 letters that do not compress: an entry of an index has room for 2,704.
MUCH = "".join(new_article() for _ in range(400))


def test_postgresql_keeps_the_newest_revision_of_each_article_and_all_of_them_beside(database: Postgres) -> None:
    article = new_article()
    sink = database.open()
    for revisions in ([2], [1], [4, 3]):
        sink.deliver(new_batch(), [parcel(article, revision) for revision in revisions])
    latest = database.rows("SELECT revision, title, record->>'title' FROM copydesk_articles")
    assert latest == [(4, "Title 4", "Title 4")]
    assert [key.rpartition(":")[2] for key in sorted(database.stored())] == ["1", "2", "3", "4"]


def test_the_columns_say_what_the_record_says(database: Postgres) -> None:
    article, group, whole = new_article(), new_article(), new_article()
    more: dict[str, Any] = {
        "group": {"id": group},
        "merged_into": whole,
        "section": ODD,
        "authors": [ODD, "Rui Sá"],
        "topics": [],
    }
    database.open().deliver(new_batch(), [parcel(article, title=ODD, modified_at="2026-11-24T13:00:00+01:00", **more)])
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    ((*said,),) = database.rows(sql.SQL("SELECT {} FROM copydesk_articles").format(columns))
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert dict(zip(COLUMNS, said, strict=True)) == {
        "id": UUID(article),
        "revision": 1,
        "change": "new",
        "merged_into": UUID(whole),
        "url": f"https://paper.example/{article}",
        "outlet": "paper",
        "country": "PT",
        "language": "pt",
        "type": "article",
        "access": "free",
        "title": ODD,
        "summary": "",
        "section": ODD,
        "authors": [ODD, "Rui Sá"],
        "topics": [],
        "published_at": noon,
        "modified_at": noon,
        "fetched_at": datetime(2026, 11, 24, 12, 1, 2, 345678, UTC),
        "group_id": UUID(group),
        "content_hash": "00ff",
        "text": "A text.",
    }


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_nul(new_article()), id="NUL in the record"),
        pytest.param(parcel(new_article(), title="a NUL: \0"), id="NUL in a column"),
        pytest.param(parcel(new_article(), outlet={"id": None, "country": "PT"}), id="null where none may be"),
        pytest.param(parcel("no-uuid"), id="an id that is none"),
        pytest.param(parcel(new_article(), group={"id": "7"}), id="a group that is none"),
        pytest.param(parcel(new_article(), authors=[{"name": "Ana Reis"}]), id="an author that is no text"),
        pytest.param(parcel(new_article(), title=7), id="a title that is no text"),
        pytest.param(parcel(new_article(), outlet={"id": MUCH, "country": "PT"}), id="too large for an index"),
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


def test_what_a_trigger_of_the_owner_is_against_comes_back_with_its_words(database: Postgres) -> None:
    sink, bad, good = database.open(), parcel(new_article(), title="unwanted"), parcel(new_article())
    sink.deliver(new_batch(), [])
    database.order("""CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF new.title = 'unwanted' THEN RAISE 'not here'; END IF; RETURN new; END $$""")
    database.order("CREATE TRIGGER t BEFORE INSERT ON copydesk_articles FOR EACH ROW EXECUTE FUNCTION no()")
    (returned,) = sink.deliver(new_batch(), [bad, good])
    assert (returned.key, returned.reason) == (bad.key, Reason.SINK_REFUSED)
    assert returned.detail.startswith("not here")
    assert database.stored() == records(good)


@pytest.mark.parametrize(("bad", "most"), [(0, 1), (1, 7), (3, 12)])
def test_those_that_are_refused_are_found_in_few_transactions(database: Postgres, bad: int, most: int) -> None:
    sink, refused = database.open(), [with_nul(new_article()) for _ in range(bad)]
    good = [parcel(new_article()) for _ in range(100 - bad)]
    returned = sink.deliver(new_batch(), [*good[:30], *refused, *good[30:]])
    assert {one.key for one in returned} == {one.key for one in refused}
    assert database.stored() == records(*good)
    # `xmin` is the transaction that wrote a row.
    ((transactions,),) = database.rows("SELECT count(DISTINCT xmin::text) FROM copydesk_articles")
    assert transactions <= most


def test_when_the_search_for_those_that_are_refused_takes_too_long_the_others_come_again_untried(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.sinks.postgres, "LONGEST_HALVING_S", 0.0)
    sink, waiting = database.open(), [with_nul(new_article()) for _ in range(5)]
    for left in (4, 3, 2, 1, 0):
        returned = {one.key: one for one in sink.deliver(new_batch(), waiting)}
        tried = [one for one in returned.values() if one.tried]
        assert [one.reason for one in tried] == [Reason.SINK_REFUSED]
        waiting = [one for one in waiting if not returned[one.key].tried]
        assert {returned[one.key].reason for one in waiting} <= {Reason.SINK_SLOW}
        assert len(waiting) == left


def _withdrawn(article: str, revision: int) -> Parcel:
    return parcel(article, revision, change="withdrawn", title="", text="", content_hash=None)


def test_of_an_article_that_was_withdrawn_no_text_is_kept(database: Postgres) -> None:
    sink, article, other = database.open(), new_article(), parcel(new_article())
    sink.deliver(new_batch(), [parcel(article, 1), parcel(article, 2), other])
    end = _withdrawn(article, 3)
    assert list(sink.deliver(new_batch(), [end])) == []
    assert database.stored() == records(end, other)
    shown = database.rows("SELECT revision, change, title, text FROM copydesk_articles ORDER BY id")
    assert shown == [(3, "withdrawn", "", ""), (1, "new", "Title 1", "A text.")]


def test_what_comes_late_or_again_of_an_article_that_was_withdrawn_is_not_kept(database: Postgres) -> None:
    sink, article, batch = database.open(), new_article(), new_batch()
    first, second, end = parcel(article, 1), parcel(article, 2), _withdrawn(article, 3)
    sink.deliver(batch, [first])
    sink.deliver(new_batch(), [end])
    before = database.snapshot()
    for late in ([first], [second], [second, first], [end]):
        assert list(sink.deliver(new_batch(), late)) == []
        assert database.snapshot() == before
    assert list(sink.deliver(batch, [first])) == []
    assert database.snapshot() == before


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_an_article_may_come_and_be_withdrawn_in_one_batch(database: Postgres, order: Sequence[int]) -> None:
    article = new_article()
    parcels = [parcel(article, 1), parcel(article, 2), _withdrawn(article, 3)]
    database.open().deliver(new_batch(), [parcels[n] for n in order])
    assert database.stored() == records(parcels[2])


def test_a_revision_that_was_emptied_after_it_arrived_is_emptied_here_as_well(database: Postgres) -> None:
    sink, article = database.open(), new_article()
    sink.deliver(new_batch(), [parcel(article, 1), parcel(article, 2)])
    emptied = _withdrawn(article, 2)
    sink.deliver(new_batch(), [emptied])
    assert database.stored() == records(emptied)
    assert database.rows("SELECT revision, change, text FROM copydesk_articles") == [(2, "withdrawn", "")]
    sink.deliver(new_batch(), [parcel(article, 2)])
    assert database.stored() == records(emptied)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_an_older_revision_that_arrives_while_its_article_is_withdrawn_leaves_no_text(
    database: Postgres, isolation: str
) -> None:
    name = sql.Identifier(database.rows("SELECT current_database()")[0][0])
    database.order(sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = {}").format(name, isolation))
    sinks = [database.open(), database.open()]
    with ThreadPoolExecutor(2) as threads:
        for _ in range(20):
            articles, start = sorted(new_article() for _ in range(10)), Barrier(2)
            ends = [_withdrawn(article, 2) for article in articles]

            def send(sink: PostgresSink, parcels: Sequence[Parcel], start: Barrier = start) -> None:
                start.wait()
                assert list(sink.deliver(new_batch(), parcels)) == []

            older = [parcel(article, 1) for article in articles]
            running = [threads.submit(send, *one) for one in zip(sinks, (older, ends), strict=True)]
            for one in running:
                one.result()
            assert database.stored() == records(*ends)
            database.order("TRUNCATE copydesk_articles, copydesk_articles_revisions")


def test_an_article_that_was_merged_stays_and_names_the_one_that_stands(database: Postgres) -> None:
    sink, article, of = database.open(), new_article(), new_article()
    merged = parcel(article, 2, change="merged", merged_into=of)
    sink.deliver(new_batch(), [parcel(article), merged])
    row = (2, "merged", UUID(of), "A text.")
    assert database.rows("SELECT revision, change, merged_into, text FROM copydesk_articles") == [row]
    assert len(database.stored()) == 2


def test_two_batches_at_a_time_have_a_connection_each_and_keep_it(database: Postgres) -> None:
    sink, start = database.open(), Barrier(2)

    def deliver(_: int) -> None:
        start.wait()
        sink.deliver(new_batch(), [parcel(new_article()) for _ in range(50)])

    with ThreadPoolExecutor(2) as threads:
        for _ in range(5):
            list(threads.map(deliver, range(2)))
    assert 1 <= len(database.processes()) <= 2
    assert len(database.stored()) == 500


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


@pytest.mark.parametrize("url", ["mysql://reader:sesame@h/d", "warehouse", "postgresql://h/d?sesame=1"])
def test_what_is_no_address_is_refused_in_words_that_do_not_repeat_it(url: str) -> None:
    (mistake,) = mistakes_of("db", "postgres", {"url": url})
    example = "postgresql://user:password@host:5432/database"
    assert mistake == f"sinks.db: url can't be read as an address; one is {example}"
