"""The `Sink` port: one suite for the fake, files and PostgreSQL; then what is particular to each."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import Any, LiteralString, Protocol
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

import worker.sinks.postgres
from tests.doubles import ListSink
from tests.servers import PostgresServer
from worker.clock import new_id
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel, Sink
from worker.sinks.build import mistakes_of, open_sink
from worker.sinks.files import FilesSink
from worker.sinks.postgres import PostgresSink

# JSON has ways to say what a text can't hold, and text has letters that files and tables stumble over.
ODD = "Ção “aspas” 'simples' \"duplas\" \\ \n\r\t \u2028\u2029 é = e\u0301 中文 😀 \u202e $1 %s {} ;--"
NUL = b"\\u0000"


def record(article: str, revision: int, **fields: object) -> dict[str, Any]:
    """A record with all that a sink may look at."""
    return {
        "schema": "copydesk.article/1",
        "id": article,
        "revision": revision,
        "change": "new" if revision == 1 else "minor",
        "url": f"https://paper.example/{article}",
        "outlet": {"id": "paper", "name": "The Paper", "country": "PT", "language": "pt-PT"},
        "language": {"code": "pt", "source": "text", "confidence": 0.99},
        "type": "article",
        "title": f"Title {revision}",
        "summary": "",
        "text": "A text.",
        "published_at": "2026-11-24T12:00:00Z",
        "modified_at": None,
        "content_hash": "00ff",
        "fetched_at": "2026-11-24T12:01:02.345678Z",
        **fields,
    }


def parcel(article: str, revision: int = 1, **fields: object) -> Parcel:
    body = json.dumps(record(article, revision, **fields), ensure_ascii=False, separators=(",", ":")).encode()
    return Parcel(key=f"{article}:{revision}", article=article, revision=revision, body=body)


def with_nul(article: str) -> Parcel:
    """A record that is JSON, and that PostgreSQL's jsonb can't hold."""
    good = parcel(article, topics=["a NUL here: @"])
    return Parcel(key=good.key, article=article, revision=1, body=good.body.replace(b"@", NUL))


def new_batch() -> str:
    return str(new_id())


def new_article() -> str:
    return str(new_id())


def records(*parcels: Parcel) -> dict[str, object]:
    return {one.key: json.loads(one.body) for one in parcels}


class Place(Protocol):
    """Where the sinks of one test store, seen from its other side."""

    def open(self) -> Sink:
        """A sink of this place, as another process would open it."""

    def stored(self) -> Mapping[str, object]:
        """Every record that a reader finds, by its key."""

    def snapshot(self) -> object:
        """All that is there, to the last byte."""

    @contextmanager
    def away(self) -> Iterator[None]:
        """Make the place one that can't be reached."""
        yield


@dataclass
class Memory:
    """The fake: the list itself is the place."""

    sink: ListSink = field(default_factory=ListSink)

    def open(self) -> Sink:
        return self.sink

    def stored(self) -> Mapping[str, object]:
        return {key: json.loads(body) for key, body in self.sink.stored.items()}

    def snapshot(self) -> object:
        return dict(self.sink.stored)

    @contextmanager
    def away(self) -> Iterator[None]:
        self.sink.down = True
        yield
        self.sink.down = False


@dataclass
class Folder:
    """Files: a reader takes every line of every part, and of equal keys any."""

    path: Path

    def open(self) -> Sink:
        return FilesSink(str(self.path))

    def parts(self) -> list[Path]:
        return sorted(self.path.glob("*/part-*.jsonl"))

    def stored(self) -> Mapping[str, object]:
        lines = [line for part in self.parts() for line in part.read_text(encoding="utf-8").split("\n") if line]
        return {f"{found['id']}:{found['revision']}": found for found in map(json.loads, lines)}

    def snapshot(self) -> object:
        return {path: path.read_bytes() for path in self.path.rglob("*") if path.is_file()}

    @contextmanager
    def away(self) -> Iterator[None]:
        """Put a file where the folder should be; root may write wherever it wants."""
        aside = self.path.with_name("moved")
        if self.path.exists():
            self.path.rename(aside)
        self.path.write_bytes(b"")
        yield
        self.path.unlink()
        if aside.exists():
            aside.rename(self.path)


@dataclass
class Postgres:
    """A database of its own on a real server."""

    server: PostgresServer
    url: str
    opened: list[PostgresSink] = field(default_factory=list)

    def open(self) -> PostgresSink:
        return self.watch(PostgresSink(self.url))

    def watch(self, sink: PostgresSink) -> PostgresSink:
        """Close a sink when the test is done."""
        self.opened.append(sink)
        return sink

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)

    def rows(self, query: LiteralString | sql.Composed) -> list[Any]:
        with self.connect() as connection:
            return connection.execute(query).fetchall()

    def order(self, statement: LiteralString | sql.Composed) -> None:
        with self.connect() as connection:
            connection.execute(statement)

    def stored(self) -> Mapping[str, object]:
        return dict(self.rows("SELECT id || ':' || revision, record FROM copydesk_articles_revisions"))

    def snapshot(self) -> object:
        latest = self.rows("SELECT * FROM copydesk_articles ORDER BY id")
        return latest, self.rows("SELECT * FROM copydesk_articles_revisions ORDER BY id, revision")

    @contextmanager
    def away(self) -> Iterator[None]:
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Postgres]:
    """An empty database."""
    postgres_server.start()
    url = postgres_server.create_database()
    made = Postgres(postgres_server, url)
    yield made
    for sink in made.opened:
        sink.close()
    postgres_server.drop_database(url)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder that is not there yet."""
    return Folder(tmp_path / "records")


@pytest.fixture(params=["list", "files", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """A place of each kind; the test runs once with each."""
    match request.param:
        case "list":
            return Memory()
        case "files":
            found: Place = request.getfixturevalue("folder")
        case _:
            found = request.getfixturevalue("database")
    return found


# --- the promise ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("many", [1, 2, 400])
def test_all_parcels_of_a_batch_are_stored(place: Place, many: int) -> None:
    parcels = [parcel(new_article()) for _ in range(many)]
    assert list(place.open().deliver(new_batch(), parcels)) == []
    assert place.stored() == records(*parcels)


def test_the_same_batch_again_changes_nothing(place: Place) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(3)]
    place.open().deliver(batch, parcels)
    before = place.snapshot()
    for sink in (place.open(), place.open()):
        assert list(sink.deliver(batch, parcels)) == []
    assert place.snapshot() == before


def test_a_key_that_comes_in_another_batch_is_stored_once_for_its_reader(place: Place) -> None:
    first, second = parcel(new_article()), parcel(new_article())
    place.open().deliver(new_batch(), [first])
    assert list(place.open().deliver(new_batch(), [first, second])) == []
    assert place.stored() == records(first, second)


def test_a_later_batch_with_an_older_revision_overwrites_nothing(place: Place) -> None:
    article = new_article()
    newer, older = parcel(article, 3), parcel(article, 2)
    place.open().deliver(new_batch(), [newer])
    assert list(place.open().deliver(new_batch(), [older])) == []
    assert place.stored() == records(newer, older)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_revisions_of_one_article_may_come_in_one_batch_in_either_order(place: Place, order: Sequence[int]) -> None:
    article = new_article()
    parcels = [parcel(article, revision) for revision in order]
    place.open().deliver(new_batch(), parcels)
    assert place.stored() == records(*parcels)


def test_a_record_comes_out_letter_by_letter_as_it_went_in(place: Place) -> None:
    odd = parcel(new_article(), title=ODD, summary=ODD * 50, text=ODD, topics=[ODD], url=None, language=None)
    place.open().deliver(new_batch(), [odd])
    assert place.stored() == records(odd)


def test_a_place_that_is_away_is_said_to_be_down_and_takes_the_same_batch_afterwards(place: Place) -> None:
    sink, batch, parcels = place.open(), new_batch(), [parcel(new_article()), parcel(new_article())]
    with place.away(), pytest.raises(SinkDown) as caught:
        sink.deliver(batch, parcels)
    assert caught.value.reason is Reason.SINK_DOWN
    assert list(sink.deliver(batch, parcels)) == []
    assert place.stored() == records(*parcels)


def test_a_place_that_went_away_after_a_batch_takes_the_next_when_it_is_back(place: Place) -> None:
    sink, kept, next_batch, late = place.open(), parcel(new_article()), new_batch(), parcel(new_article())
    sink.deliver(new_batch(), [kept])
    with place.away(), pytest.raises(SinkDown):
        sink.deliver(next_batch, [late])
    assert list(sink.deliver(next_batch, [late])) == []
    assert place.stored() == records(kept, late)


def test_sinks_of_one_place_may_be_used_at_once(place: Place) -> None:
    """Each batch is delivered by two threads, and half of the articles are in two batches, in opposite orders."""
    shared = [parcel(new_article(), revision) for revision in (1, 2, 3) for _ in range(20)]
    own = [[parcel(new_article()) for _ in range(5)] for _ in range(2)]
    batches = [(new_batch(), [*shared, *own[0]]), (new_batch(), [*own[1], *reversed(shared)])]
    sinks = [place.open(), place.open()]
    start = Barrier(4)

    def deliver(sink: Sink, batch: str, parcels: Sequence[Parcel]) -> None:
        start.wait()
        for _ in range(5):
            assert list(sink.deliver(batch, parcels)) == []

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(deliver, sink, *batch) for sink in sinks for batch in batches]
    for one in running:
        one.result()
    assert place.stored() == records(*shared, *own[0], *own[1])


# --- the fake -------------------------------------------------------------------------------------------------------
def test_the_fake_returns_what_it_was_told_to_refuse_and_stores_the_others() -> None:
    good, bad = parcel(new_article()), parcel(new_article())
    sink = ListSink(refuse={bad.article})
    (returned,) = sink.deliver(new_batch(), [bad, good])
    assert (returned.key, returned.reason) == (bad.key, Reason.SINK_REFUSED)
    assert list(sink.stored) == [good.key]


# --- files ----------------------------------------------------------------------------------------------------------
def test_the_place_of_a_part_follows_from_its_batch_alone(folder: Folder) -> None:
    at = datetime(2025, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    batch = str(UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | 42))
    folder.open().deliver(batch, [parcel(new_article())])
    assert folder.parts() == [folder.path / "2025-12-31" / f"part-{batch}.jsonl"]


def test_a_batch_whose_name_has_no_time_has_a_place_too(folder: Folder) -> None:
    batch = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
    folder.open().deliver(batch, [parcel(new_article())])
    assert folder.parts() == [folder.path / "undated" / f"part-{batch}.jsonl"]


def test_a_part_holds_its_records_byte_by_byte_a_line_each_in_their_order(folder: Folder) -> None:
    parcels = [parcel(new_article(), text=ODD), with_nul(new_article()), parcel(new_article())]
    folder.open().deliver(new_batch(), parcels)
    (part,) = folder.parts()
    assert part.read_bytes().split(b"\n") == [*(one.body for one in parcels), b""]


def test_nothing_but_parts_is_left_in_the_folder(folder: Folder) -> None:
    batches = [new_batch() for _ in range(3)]
    for batch in [*batches, *batches]:
        folder.open().deliver(batch, [parcel(new_article())])
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == sorted(f"part-{batch}.jsonl" for batch in batches)


def test_a_reader_never_sees_half_a_part(folder: Folder) -> None:
    batch, parcels = new_batch(), [parcel(new_article(), text="x" * 20_000) for _ in range(50)]
    whole = b"".join(one.body + b"\n" for one in parcels)
    done = Event()

    def write() -> None:
        for _ in range(20):
            folder.open().deliver(batch, parcels)
        done.set()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not done.is_set() and not writing.done():
            assert {part.read_bytes() for part in folder.parts()} <= {whole}
    writing.result()


# What a child does before its part is whole: it fills a file of at most half the size, or dies in a system call.
_DEATHS = {
    "in the middle of the write": """
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))
""",
    "before the part is on the disk": "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)",
    "before the part has its name": "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)",
}
_CHILD = """
import json, os, pathlib, resource, signal, sys
from worker.pipeline.ports import Parcel
from worker.sinks.files import FilesSink
folder, batch, bodies = json.loads(sys.stdin.read())
size = sum(len(body) + 1 for body in bodies)
{death}
parcels = [Parcel(key=str(i), article=str(i), revision=1, body=body.encode()) for i, body in enumerate(bodies)]
FilesSink(folder).deliver(batch, parcels)
"""


@pytest.mark.faults
@pytest.mark.parametrize("death", list(_DEATHS))
def test_a_process_that_is_killed_leaves_no_half_part(folder: Folder, death: str) -> None:
    batch, parcels = new_batch(), [parcel(new_article(), text="x" * 1000) for _ in range(100)]
    told = json.dumps([str(folder.path), batch, [one.body.decode() for one in parcels]])
    code = _CHILD.format(death=_DEATHS[death])
    child = subprocess.run([sys.executable, "-c", code], input=told.encode(), check=False, timeout=60)
    assert child.returncode in {-signal.SIGKILL, -signal.SIGXFSZ}
    left = [path for path in folder.path.rglob("*") if path.is_file()]
    assert len(left) == 1, "what the child began lies there, hidden"
    assert left[0].name.startswith(".")
    assert folder.parts() == []
    folder.open().deliver(batch, parcels)
    assert folder.stored() == records(*parcels)


# --- PostgreSQL -----------------------------------------------------------------------------------------------------
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
    sink = open_sink("postgres", {"url": database.url, "table": name})
    assert isinstance(sink, PostgresSink)
    database.watch(sink).deliver(new_batch(), [one])
    for table in (name, f"{name}_revisions"):
        stored = sql.SQL("SELECT id || ':' || revision FROM {}").format(sql.Identifier(table))
        assert database.rows(stored) == [(one.key,)]


# --- settings -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "table", ["", "Articles", "a b", "a;drop table x", 'a"b', "1a", "public.news", "ação", "n" * 52]
)
def test_a_table_with_an_odd_name_is_refused_in_words(table: str) -> None:
    (mistake,) = mistakes_of("db", "postgres", {"url": "postgresql://h/d", "table": table})
    assert mistake.startswith("sinks.db.table: ")
    assert "lower-case letters" in mistake
    with pytest.raises(ValueError, match="lower-case letters"):
        open_sink("postgres", {"url": "postgresql://h/d", "table": table})


@pytest.mark.parametrize(
    ("kind", "options", "mistakes"),
    [
        ("files", {"path": "records"}, []),
        ("postgres", {"url": "postgresql://h/d", "table": "_news_2"}, []),
        ("kafka", {}, ["sinks.out.kind: there is no kind 'kafka'; there are files, postgres"]),
        ("files", {}, ["sinks.out.path: the kind files needs it"]),
        (
            "files",
            {"path": "records", "url": "x"},
            ["sinks.out.url: the kind files has no such setting; it has path"],
        ),
        ("postgres", {}, ["sinks.out.url: the kind postgres needs it"]),
    ],
)
def test_mistakes_in_settings_are_named(kind: str, options: Mapping[str, str], mistakes: list[str]) -> None:
    assert mistakes_of("out", kind, options) == mistakes


def test_a_sink_that_there_is_not_is_not_opened() -> None:
    with pytest.raises(ValueError, match="no kind 'kafka'"):
        open_sink("kafka", {})
