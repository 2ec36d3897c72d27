"""Connections to a PostgreSQL: each is lent to one batch at a time, and cut when no answer comes. Knows no table."""

from __future__ import annotations

import os
import re
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from worker.news.errors import SinkDown
from worker.news.reason import Reason

CONNECT_S = 5
# With the time of connecting to a few addresses it stays under `LONGEST_DELIVERY`.
LONGEST_LOAN_S = 40.0
# An address may say otherwise. A firewall forgets a connection that is idle, and a machine that is gone answers nothing.
_DEFAULTS: dict[str, Any] = {
    "application_name": "copydesk sink",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# The words of the library repeat the address, and the password in it.
UNREADABLE = "url can't be read as an address; one is postgresql://user:password@host:5432/database"


class Connections:
    """The connections of one sink, as many as there are batches at a time; `prepare` is called once with each new one."""

    def __init__(self, url: str, prepare: Callable[[psycopg.Connection[Any]], None]) -> None:
        self._url = url
        self._prepare = prepare
        self._idle: list[psycopg.Connection[Any]] = []
        self._lock = Lock()

    @contextmanager
    def lent(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection, for one batch. Raises `SinkDown` with the words of whatever PostgreSQL raises."""
        loan: _Loan | None = None
        try:
            idle = self._taken()
            loan = _Loan(idle or _connect(self._url))
            if idle is None:
                self._prepare(loan.connection)
            yield loan.connection
            loan.well = True
        except (psycopg.Error, OSError) as error:
            # The others are no better, most likely. A missing right, table or column as well: a person can mend it, and
            # then the batch can be stored.
            self.close()
            words = f"no answer in {LONGEST_LOAN_S:.0f} s" if loan is not None and loan.cut else in_a_line(error)
            raise SinkDown(Reason.SINK_DOWN, words) from error
        finally:
            if loan is not None:
                self._end(loan)

    def close(self) -> None:
        """Close those that are not lent; the next batches open others."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _taken(self) -> psycopg.Connection[Any] | None:
        """One of those that nobody uses; the server may have ended them meanwhile, and those are closed."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if _is_quiet(connection):
                return connection
            connection.close()

    def _end(self, loan: _Loan) -> None:
        loan.end()
        if loan.well and not loan.cut:
            with self._lock:
                self._idle.append(loan.connection)
        else:
            loan.connection.close()


class _Loan:
    """A connection and its end: a server that was frozen, or went without a word, is not waited for any longer.

    PostgreSQL's own time limits are kept by the server, and TCP's by its kernel: neither helps when only the server stands still.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.well = False
        self.cut = False
        # A number of its own: that of the connection may be another's once it is closed.
        self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        self._lock = Lock()
        self._timer = Timer(LONGEST_LOAN_S, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Leave the connection as it is."""
        self._timer.cancel()
        with self._lock:
            self._socket.close()

    def _cut(self) -> None:
        with self._lock, suppress(OSError):
            self.cut = True
            self._socket.shutdown(socket.SHUT_RDWR)


def read_address(url: str) -> dict[str, Any]:
    """What an address says, and what holds where it says nothing. Raises `ValueError` when it can't be read."""
    try:
        said = conninfo_to_dict(re.sub(r"^postgresql\+\w+://", "postgresql://", url))
    except psycopg.ProgrammingError:
        raise ValueError(UNREADABLE) from None
    return {**_DEFAULTS, **said, "connect_timeout": CONNECT_S, "client_encoding": "utf8"}


def in_a_line(error: Exception) -> str:
    """The words of an error."""
    return " ".join(str(error).split())


def _is_quiet(connection: psycopg.Connection[Any]) -> bool:
    """Whether there is nothing to read: what a server says unasked is mostly its farewell."""
    readable = select.poll()
    readable.register(connection.fileno(), select.POLLIN)
    return not readable.poll(0)


def _connect(url: str) -> psycopg.Connection[Any]:
    try:
        connection = psycopg.connect(
            **read_address(url),
            autocommit=True,
            # Behind a pooler the next transaction may have another server process, which knows no prepared statement.
            prepare_threshold=None,
        )
    except (psycopg.ProgrammingError, ValueError):
        raise SinkDown(Reason.SINK_DOWN, f"the sink's {UNREADABLE}") from None
    # A database may have another one by default; in this one a statement sees what those before it waited for.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return connection
