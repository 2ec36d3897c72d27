"""A PostgreSQL database downstream: the latest record of each article in one table, every revision in another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import psycopg
from psycopg import sql

from worker.news.reason import Reason
from worker.news.record import Change
from worker.pipeline.ports import Parcel, Returned, Sink
from worker.sinks.flat import flat
from worker.sinks.kind import SinkKind, Tools
from worker.sinks.postgres_connections import Connections, in_a_line, read_address
from worker.sinks.postgres_tables import TYPES, Tables

# A row or a table that somebody else holds must not hold a worker for longer than its lease.
LONGEST_STATEMENT = timedelta(seconds=20)
# So long it looks for the records that are refused; each of them takes a few transactions.
LONGEST_HALVING_S = 30.0
# PostgreSQL cuts names at 63 letters, and `<table>_revisions` is one.
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,50}")
# What says that this record can't be stored, and others can: a value is none of its column, is not allowed there, is too large
# for it or for its index, or a trigger of the database's owner is against it.
_REFUSALS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.RaiseException,
)

# Nothing of it outlives the transaction. A table that is kept would save 2 ms a batch; behind a pooler it would be one for each
# process of the server, of whatever shape it had when it was made, and while it is there PostgreSQL can't freeze its old rows.
_BEGIN = """SET LOCAL statement_timeout = {longest};
SET LOCAL idle_in_transaction_session_timeout = {longest};
CREATE TEMPORARY TABLE {batch} ({typed}) ON COMMIT DROP"""
_COPY = "COPY pg_temp.{batch} ({columns}) FROM STDIN"
# All that follows is done to articles whose rows this locks, in one order: no two batches wait for each other, and what the last
# statement reads is what stands.
_UPSERT = """INSERT INTO {table} AS kept ({columns})
SELECT DISTINCT ON (id) {columns} FROM pg_temp.{batch} ORDER BY id, revision DESC
ON CONFLICT (id) DO UPDATE SET {updates}, updated_at = now() WHERE kept.revision < excluded.revision
OR (kept.revision = excluded.revision AND excluded.change = 'withdrawn' AND kept.change <> 'withdrawn')"""
_FORGET = """DELETE FROM {revisions} AS kept USING pg_temp.{batch} AS sent WHERE sent.change = 'withdrawn'
AND kept.id = sent.id AND kept.revision <= sent.revision AND kept.change <> 'withdrawn'"""
# A subquery, for it can't be planned as a join that reads all of the table.
_KEEP = """INSERT INTO {revisions} (id, revision, change, record)
SELECT id, revision, change, record FROM pg_temp.{batch} AS sent WHERE revision >= coalesce(
(SELECT kept.revision FROM {table} AS kept WHERE kept.id = sent.id AND kept.change = 'withdrawn'), 0)
ORDER BY id, revision ON CONFLICT DO NOTHING"""

_COLUMNS = [sql.Identifier(name) for name in TYPES]
_PARTS = {
    "columns": sql.SQL(", ").join(_COLUMNS),
    "typed": sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in TYPES.items()
    ),
    "updates": sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(column) for column in _COLUMNS[1:]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """What the settings say."""

    url: str
    table: str = "copydesk_articles"
    search: bool = True

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.table):
            raise ValueError("table: lower-case letters, digits and _ only, at most 51 of them")
        read_address(self.url)


@dataclass(frozen=True, slots=True)
class _Row:
    """A parcel, ready to be copied; `values` are those of the columns `TYPES`."""

    key: str
    values: tuple[Any, ...]
    withdrawn: bool


class PostgresSink:
    """The `Sink` port on `<table>` and `<table>_revisions`. An older revision never overwrites a newer one, and of an article that
    was withdrawn no older one is kept.
    """

    def __init__(self, url: str, *, table: str = "copydesk_articles", search: bool = True) -> None:
        tables = Tables(table, search)
        self._connections = Connections(url, tables.make)
        self._names = {**tables.identifiers, "batch": sql.Identifier(f"{table}_batch"), **_PARTS}
        self._copy = sql.SQL(_COPY).format(**self._names)
        self._merge = sql.SQL(f"{_UPSERT};{_KEEP}").format(**self._names)
        self._forget = sql.SQL(f"{_UPSERT};{_FORGET};{_KEEP}").format(**self._names)

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Store a batch in one transaction; a record that the database refuses comes back, the others stay."""
        del batch
        rows, returned = _rows(parcels)
        until = monotonic() + LONGEST_HALVING_S
        with self._connections.lent() as connection:
            returned += self._store(connection, rows, until)
        return returned

    def close(self) -> None:
        """Close the connections; the next batch opens another."""
        self._connections.close()

    def _store(self, connection: psycopg.Connection[Any], rows: Sequence[_Row], until: float) -> list[Returned]:
        """Store rows together; when one of them is refused each half by itself, down to single ones. Returns the refused, and when
        time is up those that it did not get to: not before one row has an end.
        """
        try:
            self._write(connection, rows)
        except _REFUSALS as error:
            if len(rows) == 1:
                return [Returned(key=rows[0].key, reason=Reason.SINK_REFUSED, detail=in_a_line(error))]
            middle = len(rows) // 2
            returned = self._store(connection, rows[:middle], until)
            if monotonic() > until:
                late = "others of its batch were refused, and took the time"
                rest = [
                    Returned(key=row.key, reason=Reason.SINK_SLOW, detail=late, tried=False) for row in rows[middle:]
                ]
            else:
                rest = self._store(connection, rows[middle:], until)
            return returned + rest
        return []

    def _write(self, connection: psycopg.Connection[Any], rows: Sequence[_Row]) -> None:
        if not rows:
            return
        longest = LONGEST_STATEMENT // timedelta(milliseconds=1)
        with connection.transaction():
            connection.execute(sql.SQL(_BEGIN).format(longest=longest, **self._names))
            with connection.cursor() as cursor, cursor.copy(self._copy) as copy:
                for row in rows:
                    copy.write_row(row.values)
            connection.execute(self._forget if any(row.withdrawn for row in rows) else self._merge)


def _rows(parcels: Sequence[Parcel]) -> tuple[list[_Row], list[Returned]]:
    """What can be sent to the database, and the parcels that are no record."""
    rows, returned = [], []
    for parcel in parcels:
        try:
            rows.append(_row(parcel))
        except ValueError as error:
            returned.append(Returned(key=parcel.key, reason=Reason.SINK_REFUSED, detail=in_a_line(error)))
    return rows, returned


def _row(parcel: Parcel) -> _Row:
    columns = flat(parcel.body) | {"id": parcel.article, "revision": parcel.revision, "record": parcel.body.decode()}
    withdrawn = columns["change"] == Change.WITHDRAWN
    return _Row(key=parcel.key, values=tuple(columns.values()), withdrawn=withdrawn)


def _open(options: PostgresOptions, tools: Tools) -> Sink:
    del tools
    return PostgresSink(options.url, table=options.table, search=options.search)


KIND = SinkKind(options=PostgresOptions, open=_open)
