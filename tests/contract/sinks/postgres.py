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
