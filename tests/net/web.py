"""A web server on loopback that answers byte by byte what a test tells it to, and keeps what it was asked."""

from __future__ import annotations

import socket
import socketserver
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, repeat
from threading import Event, Thread
from types import TracebackType
from typing import Self

# A test that waits longer than this has failed.
LONGEST_WAIT_S = 20.0
PACE_S = 0.02
# An answer without an end has one after all, so that a client without limits fails and does not hang.
MOST_DROPS, MOST_CHUNKS = 500, 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its line and its headers, by lower-case names."""

    line: str
    headers: Mapping[str, str]

    @property
    def target(self) -> str:
        """What was asked for: a path, or an address when a proxy was asked."""
        return self.line.split(" ")[1]


@dataclass(frozen=True, slots=True)
class Reply:
    """The bytes of an answer, one write each. The connection is closed afterwards unless it is `kept`."""

    chunks: Iterable[bytes]
    kept: bool = False


Answer = Reply | Callable[[Asked], Reply]


def reply(status: int, body: bytes = b"", *, kept: bool = True, **headers: str) -> Reply:
    """A proper answer; underscores in the names of headers are hyphens."""
    named = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Such", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return Reply([b"\r\n".join(line.encode() for line in lines) + body], kept=kept)


NOT_FOUND = reply(404, b"no such page")


@dataclass
class Web:
    """The server; what it is asked for and has no answer to is not found."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    # Set when the test is over: an answer that goes on for ever looks at it.
    over: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        web = self

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                web._open.add(self.request)
                # The client may go away whenever it wants.
                with suppress(OSError):
                    web._serve(self.request)
                    self.request.shutdown(socket.SHUT_RDWR)
                web._open.discard(self.request)

        self._open: set[socket.socket] = set()

        class Server(socketserver.ThreadingTCPServer):
            # As many as come at once in any test: who has to knock twice waits for a second.
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Connection)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str = "/") -> str:
        """The address of a path."""
        return f"http://{self.address}{path}"

    def targets(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.target for asked in self.asked]

    def wait_until_idle(self) -> None:
        """Return when every connection is closed."""
        deadline = time.monotonic() + LONGEST_WAIT_S
        while self._open:
            assert time.monotonic() < deadline, "a connection stays open"
            time.sleep(0.001)

    def _serve(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        with stream:
            while (line := stream.readline().decode("latin-1").strip()) and not self.over.is_set():
                headers = {}
                while header := stream.readline().decode("latin-1").strip():
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                asked = Asked(line, headers)
                self.asked.append(asked)
                answer = self.answers.get(asked.target, NOT_FOUND)
                given = answer if isinstance(answer, Reply) else answer(asked)
                for chunk in given.chunks:
                    connection.sendall(chunk)
                if not given.kept:
                    return


def dripping(web: Web, start: bytes, drop: bytes) -> Reply:
    """An answer that goes on, drop by drop, for as long as somebody listens."""

    def chunks() -> Iterator[bytes]:
        yield start
        for _ in range(MOST_DROPS):
            if web.over.wait(PACE_S):
                return
            yield drop

    return Reply(chunks())


def endless(start: bytes, more: bytes) -> Reply:
    """An answer that goes on as fast as it can."""
    return Reply(chain([start], repeat(more, MOST_CHUNKS)))


@dataclass
class Listener:
    """A bare listener on loopback. What it says to who comes is up to a test; one with nothing to say only sees whether somebody came."""

    talk: Callable[[socket.socket, Event], None] | None = None
    over: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(PACE_S)
        self._threads: list[Thread] = []
        if self.talk is not None:
            self._start(self._listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(LONGEST_WAIT_S)
        self._socket.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def somebody_came(self) -> bool:
        """Whether a connection waits; it does from the moment that the client has it."""
        try:
            self._socket.accept()[0].close()
        except TimeoutError:
            return False
        return True

    def _start(self, run: Callable[..., None], *args: object) -> None:
        self._threads.append(Thread(target=run, args=args))
        self._threads[-1].start()

    def _listen(self) -> None:
        while not self.over.is_set():
            with suppress(TimeoutError):
                self._start(self._serve, self._socket.accept()[0])

    def _serve(self, connection: socket.socket) -> None:
        assert self.talk is not None
        connection.settimeout(LONGEST_WAIT_S)
        # The client may go away whenever it wants.
        with connection, suppress(OSError):
            self.talk(connection, self.over)
