"""The server of the outlets: one loop, a listening socket for each host, answers held until their moment, and a log of what was asked."""

from __future__ import annotations

import heapq
import selectors
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from tests.day.checker import Line
from tests.day.outlets import BURNER, KINDS, OUTLETS, Answer, Outlets
from tests.day.shared_time import BEGAN, SharedTime

LARGEST_REQUEST = 16_384
SHARED_ADDRESS = "127.1.255.1"


@dataclass(eq=False, slots=True)
class Visitor:
    """One connection, which asks once."""

    host: int
    socket: socket.socket
    asked: bytes = b""
    line: Line | None = None
    answer: Answer | None = None


@dataclass(eq=False)
class Site:
    """All outlets behind one selector. Whoever owns the loop calls `serve` for what is ready, and `release` when time has moved."""

    selector: selectors.BaseSelector
    time: SharedTime
    seed: int
    log: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = _listen()
        places = tuple(one.getsockname() for one in self._listening)
        self.outlets = Outlets(places, BEGAN, self.seed)
        self._held: list[tuple[float, int, Visitor]] = []
        self._order = count()
        self._asked: Counter[int] = Counter()
        self._in_flight: Counter[int] = Counter()
        self._visitors: set[Visitor] = set()
        for host, listening in enumerate(self._listening):
            self.selector.register(listening, selectors.EVENT_READ, host)

    def close(self) -> None:
        """Close all sockets."""
        for one in [*self._listening, *(visitor.socket for visitor in self._visitors)]:
            self.selector.unregister(one)
            one.close()

    @property
    def held(self) -> int:
        """How many requests wait for their answer's moment."""
        return sum(visitor.line is not None for visitor in self._visitors)

    @property
    def next_answer(self) -> float | None:
        """The moment of the next answer."""
        while self._held and self._held[0][2] not in self._visitors:
            heapq.heappop(self._held)
        return self._held[0][0] if self._held else None

    def serve(self, ready: int | Visitor) -> None:
        """Go on with a listening socket or a connection that is ready."""
        if isinstance(ready, int):
            with suppress(BlockingIOError):
                accepted, _ = self._listening[ready].accept()
                accepted.setblocking(False)
                visitor = Visitor(ready, accepted)
                self._visitors.add(visitor)
                self.selector.register(accepted, selectors.EVENT_READ, visitor)
                self._read(visitor)
        elif ready in self._visitors:
            self._read(ready)

    def release(self) -> int:
        """Send the answers whose moment has come; how many."""
        sent = 0
        while (at := self.next_answer) is not None and at <= self.time.seconds:
            self._send(heapq.heappop(self._held)[2])
            sent += 1
        return sent

    def _read(self, visitor: Visitor) -> None:
        try:
            piece = visitor.socket.recv(LARGEST_REQUEST)
        except BlockingIOError:
            return
        except ConnectionError:
            piece = b""
        visitor.asked += piece
        if not piece:
            self._gone(visitor)
        elif visitor.line is None and b"\r\n\r\n" in visitor.asked:
            self._arrived(visitor)

    def _arrived(self, visitor: Visitor) -> None:
        first, *rest = visitor.asked.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
        path, host, now = first.split(" ")[1], visitor.host, self.time.seconds
        assert headers["host"] == self.outlets.hosts[host]
        sent = headers.get("if-none-match"), headers.get("if-modified-since")
        answer = visitor.answer = self.outlets.answer(host, path, sent, now, nth=self._asked[host])
        self._asked[host] += 1
        self._in_flight[host] += 1
        visitor.line = Line(
            at=now,
            until=round(now + answer.seconds, 6),
            host=self.outlets.hosts[host],
            address=self.outlets.places[host][0],
            path=path,
            in_flight=self._in_flight[host],
            sent=sent,
            status=answer.status,
            given=answer.given,
            retry_after=answer.retry_after,
            delay=answer.delay,
        )
        self.log.append(visitor.line)
        heapq.heappush(self._held, (visitor.line.until, next(self._order), visitor))
        if not answer.seconds:
            self.release()

    def _send(self, visitor: Visitor) -> None:
        answer, line = visitor.answer, visitor.line
        assert answer is not None
        assert line is not None
        line.until = self.time.seconds
        etag, modified = answer.given
        named = dict(answer.headers) | {"Connection": "close"}
        named |= {"ETag": etag} if etag else {}
        named |= {"Last-Modified": modified} if modified else {}
        if answer.status != 304:
            named |= {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))}
        lines = [f"HTTP/1.1 {answer.status} Such", *(f"{name}: {value}" for name, value in named.items()), "", ""]
        try:
            visitor.socket.sendall("\r\n".join(lines).encode() + answer.body)
        except OSError:
            self._gone(visitor)
        else:
            self._leave(visitor)

    def _gone(self, visitor: Visitor) -> None:
        """The client went away before its answer."""
        if visitor.line is not None:
            visitor.line.until, visitor.line.broken = self.time.seconds, True
        self._leave(visitor)

    def _leave(self, visitor: Visitor) -> None:
        if visitor.line is not None:
            self._in_flight[visitor.host] -= 1
        self._visitors.discard(visitor)
        self.selector.unregister(visitor.socket)
        visitor.socket.close()


def _listen() -> list[socket.socket]:
    """A socket a host: an address of its own with one port for all, or a port of its own where hosts share an address."""
    found: list[socket.socket] = []
    port = 0
    for host in range(OUTLETS + 1):
        is_shared = host != BURNER and KINDS[host] == "shared"
        place = (SHARED_ADDRESS, 0) if is_shared else (f"127.1.{host // 250}.{host % 250 + 1}", port)
        found.append(socket.create_server(place, backlog=64))
        found[-1].setblocking(False)
        port = port or found[0].getsockname()[1]
    return found
