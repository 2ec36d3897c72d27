"""A pooler before PostgreSQL that gives each transaction of its client another server process, as PgBouncer does in transaction mode."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle
from pathlib import Path
from threading import Thread

# In place of a version a client first asks for TLS or GSSAPI: https://www.postgresql.org/docs/current/protocol-message-formats.html
_ASKS_FOR_MORE = {80877103, 80877104}
_PROCESSES = 3
# After these a server answers, until it says that it is ready for the next: Query, Sync, CopyDone, CopyFail.
_ASKS = {b"Q", b"S", b"c", b"f"}


class _Wire:
    """One side: messages of one letter and a length."""

    def __init__(self, side: socket.socket) -> None:
        self._side = side
        self._file = side.makefile("rb")

    def send(self, data: bytes) -> None:
        self._side.sendall(data)

    def startup(self) -> bytes:
        """A client's first message, which has no letter."""
        while True:
            size = self._file.read(4)
            body = self._file.read(struct.unpack("!I", size)[0] - 4)
            if struct.unpack("!I", body[:4])[0] not in _ASKS_FOR_MORE:
                return size + body
            self.send(b"N")

    def message(self) -> bytes:
        """The next message, b"" at the end."""
        head = self._file.read(5)
        return head + self._file.read(struct.unpack("!I", head[1:])[0] - 4) if head else b""

    def answer(self, to: _Wire | None) -> bytes:
        """Pass on what comes until the other side may speak again; gives the last message: ready, or CopyInResponse."""
        while message := self.message():
            if to is not None:
                to.send(message)
            if message[:1] in {b"Z", b"G"}:
                return message
        return b""


def _serve(client: _Wire, server: Path) -> None:
    """One client's connection, from its first message to its last."""
    first = client.startup()
    with ExitStack() as closed:
        wires = []
        for n in range(_PROCESSES):
            side = closed.enter_context(closing(socket.socket(socket.AF_UNIX)))
            side.connect(str(server))
            wires.append(_Wire(side))
            wires[n].send(first)
            wires[n].answer(client if n == 0 else None)
        _pass_on(client, wires)


def _pass_on(client: _Wire, wires: list[_Wire]) -> None:
    turns = cycle(wires)
    process = next(turns)
    while (message := client.message()) and message[:1] != b"X":
        process.send(message)
        # Ready, and in no transaction: the next one gets another process.
        if message[:1] in _ASKS and process.answer(client) == b"Z\0\0\0\5I":
            process = next(turns)


@contextmanager
def pooled(server: Path, folder: Path) -> Iterator[Path]:
    """The folder of a pooler's socket, for a PostgreSQL whose socket is in `server`; each client's first process answers for all."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / ".s.PGSQL.5432"))
    listener.listen()
    clients: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                clients.append(listener.accept()[0])
            except OSError:
                return
            Thread(target=_serve, args=(_Wire(clients[-1]), server / ".s.PGSQL.5432"), daemon=True).start()

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield folder
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for client in clients:
            client.close()
