"""The two doors to the database: `read()` and `write()`. The only module that opens connections."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DisconnectionError

from worker.store.errors import UnusableDatabaseError

# More connections than threads would only wait for each other; fewer would make the threads wait.
POOL_SIZE = 12
SQLITE_BUSY_MS = 30_000
IDLE_S = 3.0


@dataclass(frozen=True, slots=True)
class Database:
    """An engine behind two doors. Hold no connection while waiting for anything but the database."""

    engine: Engine
    new_id: Callable[[], UUID]

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL; else it is SQLite."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A short transaction that writes nothing."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end; on SQLite it waits for its turn as the one writer."""
        with self.engine.connect().execution_options(copydesk_write=True) as connection, connection.begin():
            yield connection

    def now(self) -> datetime | None:
        """The server's own time, to compare ours with; None when the database has no clock but ours."""
        if not self.is_postgres:
            return None
        with self.read() as connection:
            value: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            return value

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str, *, new_id: Callable[[], UUID]) -> Database:
    """Open a database by its URL (`sqlite:///path` or `postgresql+psycopg://…`). `new_id` makes UUIDv7s.

    Raises `UnusableDatabaseError`, for a file that is no database only on first use.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        if address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, pool_size=POOL_SIZE, max_overflow=0)
        _prepare_sqlite(engine)
    else:
        engine = create_engine(
            address,
            pool_size=POOL_SIZE,
            max_overflow=0,
            connect_args={"connect_timeout": 5, "application_name": "copydesk"},
        )
        _ping_the_idle(engine)
    return Database(engine, new_id)


def _address(url: str) -> URL:
    if not re.match(r"(sqlite|postgresql)(\+\w+)?://", url):
        raise UnusableDatabaseError("it should be sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME")
    try:
        address = make_url(url)
        address.get_dialect().import_dbapi()
    except (ArgumentError, ValueError) as error:
        raise UnusableDatabaseError(str(error)) from error
    except ImportError as error:
        raise UnusableDatabaseError(f"{error}: `pip install copydesk[postgres]`") from error
    return address


def _ping_the_idle(engine: Engine) -> None:
    """Have a connection that lay idle asked whether it lives before it is used; one that was in use a moment ago does."""

    @event.listens_for(engine, "checkin")
    def _left(_connection: Any, record: Any) -> None:
        record.info["left_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("left_at", time.monotonic()) < IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool then takes another, or a new one.
            raise DisconnectionError(str(error)) from error


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        try:
            _set_up(connection)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise UnusableDatabaseError(f"{engine.url.database}: {error}") from error
            raise

    def _set_up(connection: Any) -> None:
        # The driver's own BEGIN comes late and deferred; ours is in `begin` below.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={SQLITE_BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "journal_size_limit=67108864",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that turns writer halfway fails at once when another writer came between.
        writes = connection.get_execution_options().get("copydesk_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
