"""A PostgreSQL database downstream: the latest record of each article in one table, every revision in another."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import psycopg
from psycopg import sql

from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel, Returned, Sink
from worker.sinks.kind import SinkKind, Tools

# Two processes that make the tables at once would fail each other.
_ADVISORY = 0x636F7079
CONNECT_S = 5
# A row or a table that somebody else holds must not hold a worker for longer than its lease.
LONGEST_STATEMENT = timedelta(seconds=20)
_COLUMNS = (
    "id", "revision", "change", "url", "outlet", "country", "language", "type", "title", "summary", "text", "published_at",
    "modified_at", "content_hash", "fetched_at", "record",
)  # fmt: skip
_CREATE = """
CREATE TABLE IF NOT EXISTS {table} (
  id uuid PRIMARY KEY, revision integer NOT NULL, change text NOT NULL, url text, outlet text NOT NULL, country text NOT NULL,
  language text, type text NOT NULL, title text NOT NULL, summary text NOT NULL, text text NOT NULL, published_at timestamptz,
  modified_at timestamptz, content_hash text, fetched_at timestamptz, record jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS {revisions} (
  id uuid NOT NULL, revision integer NOT NULL, change text NOT NULL, record jsonb NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (id, revision));
"""
# What says that this record can't be stored: it is no JSON, a value is none of its column, or not allowed there.
_REFUSALS = (psycopg.DataError, psycopg.IntegrityError, ValueError)


# PostgreSQL cuts names at 63 letters, and `<table>_revisions` is one.
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,50}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """What the settings say."""

    url: str
    table: str = "copydesk_articles"

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.table):
            raise ValueError("table: lower-case letters, digits and _ only, at most 51 of them")


class PostgresSink:
    """The `Sink` port on `<table>` and `<table>_revisions`. An older revision never overwrites a newer one."""

    def __init__(self, url: str, *, table: str = "copydesk_articles") -> None:
        self._url = re.sub(r"^postgresql\+\w+://", "postgresql://", url)
        self._tables = [table, f"{table}_revisions"]
        names = {"table": sql.Identifier(table), "revisions": sql.Identifier(f"{table}_revisions")}
        self._create = sql.SQL(_CREATE).format(**names)
        self._upsert = _upsert(names["table"])
        self._keep = sql.SQL(
            "INSERT INTO {revisions} (id, revision, change, record) VALUES (%(id)s, %(revision)s, %(change)s, %(record)s) "
            "ON CONFLICT DO NOTHING"
        ).format(**names)
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Store a batch in one transaction; a record that the database refuses comes back, the others stay."""
        del batch
        # In one order everywhere: two batches with the same articles would wait for each other without end.
        ordered = sorted(parcels, key=lambda parcel: (parcel.article, parcel.revision))
        with self._lock:
            try:
                connection = self._connected()
                try:
                    self._store(connection, ordered)
                except _REFUSALS:
                    return self._one_by_one(connection, ordered)
            except psycopg.Error as error:
                # A missing right, table or column as well: a person can mend it, and then the batch can be stored.
                self.close()
                raise SinkDown(Reason.SINK_DOWN, _line(error)) from error
        return ()

    def close(self) -> None:
        """Close the connection; the next batch opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _store(self, connection: psycopg.Connection[Any], parcels: Sequence[Parcel]) -> None:
        rows = [_row(parcel) for parcel in parcels]
        with _transaction(connection), connection.cursor() as cursor:
            cursor.executemany(self._upsert, rows)
            cursor.executemany(self._keep, rows)

    def _one_by_one(self, connection: psycopg.Connection[Any], parcels: Sequence[Parcel]) -> Sequence[Returned]:
        returned: list[Returned] = []
        for parcel in parcels:
            try:
                self._store(connection, [parcel])
            except _REFUSALS as error:
                returned.append(Returned(key=parcel.key, reason=Reason.SINK_REFUSED, detail=_line(error)))
        return returned

    def _connected(self) -> psycopg.Connection[Any]:
        """The connection, made anew when the server closed it; the tables are there afterwards."""
        if self._connection is None or self._connection.closed or self._connection.broken:
            self.close()
            self._connection = _connect(self._url)
            self._make_tables(self._connection)
        return self._connection

    def _make_tables(self, connection: psycopg.Connection[Any]) -> None:
        # IF NOT EXISTS asks for the right to create tables even where they exist.
        there = connection.execute(
            "SELECT to_regclass(quote_ident(t)) FROM unnest(%s::text[]) AS t", (self._tables,)
        ).fetchall()
        if (None,) in there:
            with _transaction(connection):
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ADVISORY,))
                connection.execute(self._create)


def _connect(url: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S, application_name="copydesk sink")
    except psycopg.ProgrammingError:
        # The words of the library repeat the address, and the password in it.
        raise SinkDown(Reason.SINK_DOWN, "the sink's url can't be read") from None


@contextmanager
def _transaction(connection: psycopg.Connection[Any]) -> Iterator[None]:
    longest = f"{LONGEST_STATEMENT / timedelta(milliseconds=1):.0f}"
    with connection.transaction():
        connection.execute("SELECT set_config('statement_timeout', %s, true)", (longest,))
        yield


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _upsert(table: sql.Identifier) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
    values = sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS))
    updates = sql.SQL(", ").join(
        sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name)) for name in _COLUMNS if name != "id"
    )
    return sql.SQL(
        "INSERT INTO {table} AS kept ({columns}) VALUES ({values}) ON CONFLICT (id) DO UPDATE SET {updates}, updated_at = now() "
        "WHERE kept.revision < excluded.revision"
    ).format(table=table, columns=columns, values=values, updates=updates)


def _row(parcel: Parcel) -> Mapping[str, Any]:
    record = orjson.loads(parcel.body)
    outlet, language = record["outlet"], record.get("language") or {}
    return {
        "id": parcel.article,
        "revision": parcel.revision,
        "change": record["change"],
        "url": record["url"],
        "outlet": outlet["id"],
        "country": outlet["country"],
        "language": language.get("code"),
        "type": record["type"],
        "title": record["title"],
        "summary": record["summary"],
        "text": record["text"],
        "published_at": _time(record["published_at"]),
        "modified_at": _time(record["modified_at"]),
        "content_hash": record["content_hash"],
        "fetched_at": _time(record["fetched_at"]),
        "record": parcel.body.decode(),
    }


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _open(options: PostgresOptions, tools: Tools) -> Sink:
    del tools
    return PostgresSink(options.url, table=options.table)


KIND = SinkKind(options=PostgresOptions, open=_open)
