"""The place of the PostgreSQL sink: a database on a real server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.servers import PostgresServer
from worker.sinks.postgres import PostgresSink


@dataclass
class Postgres:
    """A database of its own on a real server."""

    server: PostgresServer
    url: str
    opened: list[PostgresSink] = field(default_factory=list)

    def open(self, *, search: bool = True) -> PostgresSink:
        return self.watch(PostgresSink(self.url, search=search))

    def watch(self, sink: PostgresSink) -> PostgresSink:
        """Close a sink when the test is done."""
        self.opened.append(sink)
        return sink

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)

    def rows(self, query: LiteralString | sql.SQL | sql.Composed) -> list[Any]:
        with self.connect() as connection:
            return connection.execute(query).fetchall()

    def order(self, statement: LiteralString | sql.SQL | sql.Composed) -> None:
        with self.connect() as connection:
            connection.execute(statement)

    def stored(self) -> Mapping[str, object]:
        return dict(self.rows("SELECT id || ':' || revision, record FROM copydesk_articles_revisions"))

    @contextmanager
    def writer(self) -> Iterator[str]:
        """The address for a role that may write into the tables, which are there then, and make none."""
        self.open().deliver("", [])
        self.order("CREATE ROLE writer LOGIN")
        self.order("GRANT SELECT, INSERT, UPDATE ON copydesk_articles TO writer")
        self.order("GRANT SELECT, INSERT, DELETE ON copydesk_articles_revisions TO writer")
        try:
            yield self.url.replace("postgres@", "writer@")
        finally:
            self.order("DROP OWNED BY writer")
            self.order("DROP ROLE writer")

    def columns(self) -> list[str]:
        """The columns of the table of articles, in their order."""
        query: LiteralString = "SELECT attname FROM pg_attribute WHERE attrelid = 'copydesk_articles'::regclass"
        return [name for (name,) in self.rows(query + " AND attnum > 0 AND NOT attisdropped ORDER BY attnum")]

    def processes(self) -> list[int]:
        """The server's processes that serve sinks."""
        mine: LiteralString = "SELECT pid FROM pg_stat_activity WHERE application_name = 'copydesk sink'"
        return [pid for (pid,) in self.rows(mine + " AND datname = current_database()")]

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
