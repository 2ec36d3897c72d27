"""The place of the webhook sink: a receiver that checks who sent what, and keeps each thing once."""

from __future__ import annotations

import hmac
import json
import socket
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from worker.clock import SystemClock
from worker.net.policy import NetPolicy
from worker.net.poster import HttpxPoster
from worker.pipeline.ports import Clock
from worker.sinks.build import open_sink
from worker.sinks.kind import Tools
from worker.sinks.webhook import WebhookSink

SECRET = f"whsec_{b64encode(b'a key of thirty-two bytes, or so').decode()}"
# A receiver believes no signature that is older.
TOLERANCE_S = 300
LONGEST_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One request as it came; the names of its headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered, once `after` is set. Without a status the connection is closed, and nothing is said."""

    status: int | None = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: Event | None = None


TAKEN = Reply()


@dataclass
class Receiver:
    """A web server that holds what it took by its `webhook-id`. `script` may answer in its place; what it leaves is taken."""

    secrets: Sequence[str] = (SECRET,)
    script: Callable[[Letter], Reply | None] = lambda _: None
    took: dict[str, bytes] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    repeats: int = 0
    connections: int = 0
    closes: bool = False
    port: int = 0
    opened: list[HttpxPoster] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/news"

    def open(self, clock: Clock | None = None, **options: object) -> WebhookSink:
        """A sink; its connections are closed when the test is done."""
        given = {"url": self.url, "secret": SECRET, "private": True} | options
        sink = open_sink("webhook", given, self.tools(clock))
        assert isinstance(sink, WebhookSink)
        return sink

    def tools(self, clock: Clock | None = None, policy: NetPolicy | None = None) -> Tools:
        """The tools of a sink that may ask the web as the settings say."""
        clock = clock or SystemClock()

        def open_poster(own: Sequence[str], timeout: timedelta, most: int) -> HttpxPoster:
            poster = HttpxPoster(policy=policy or NetPolicy(), clock=clock, own=own, timeout=timeout, most=most)
            self.opened.append(poster)
            return poster

        return Tools(name="out", clock=clock, open_poster=open_poster)

    def start(self) -> None:
        """Listen; always at the same port."""
        self._open: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", self.port), partial(_Handler, self))
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        """Close the port, and every connection."""
        self._server.shutdown()
        self._thread.join()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def answer(self, letter: Letter) -> Reply:
        """Take a letter, or say why not."""
        with self._lock:
            self.letters.append(letter)
        scripted = self.script(letter)
        if scripted is not None:
            return scripted
        if not self.is_signed(letter):
            return Reply(status=401, body=b"the signature is none")
        with self._lock:
            self.repeats += letter.id in self.took
            self.took.setdefault(letter.id, letter.body)
        return TAKEN

    def is_signed(self, letter: Letter) -> bool:
        """Whether somebody who has one of the secrets sent it, just now."""
        timestamp = letter.headers["webhook-timestamp"]
        signed = f"{letter.id}.{timestamp}.".encode() + letter.body
        keys = [b64decode(secret.removeprefix("whsec_")) for secret in self.secrets]
        good = {"v1," + b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys}
        recent = abs(time.time() - int(timestamp)) < TOLERANCE_S
        return recent and not good.isdisjoint(letter.headers["webhook-signature"].split(" "))

    def events(self) -> list[Any]:
        """All that was taken, in its order; of a batch each event by itself."""
        said = [json.loads(body) for body in list(self.took.values())]
        return [event for one in said for event in (one["data"] if one["type"] == "articles" else [one])]

    def keys(self) -> list[str]:
        """The key of each event."""
        return [f"{event['data']['id']}:{event['data']['revision']}" for event in self.events()]

    def stored(self) -> Mapping[str, object]:
        return dict(zip(self.keys(), (event["data"] for event in self.events()), strict=True))

    def snapshot(self) -> object:
        return dict(self.took)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Close the port: nobody listens."""
        self.stop()
        try:
            yield
        finally:
            self.start()


class _Server(ThreadingHTTPServer):
    # As many as come at once in any test: who has to knock twice waits for a second.
    request_queue_size = 128
    daemon_threads = False


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # The head and the body of an answer are two writes.
    disable_nagle_algorithm = True

    def __init__(self, receiver: Receiver, *args: Any) -> None:
        self._receiver = receiver
        super().__init__(*args)

    def handle(self) -> None:
        self._receiver._open.add(self.connection)
        self._receiver.connections += 1
        # The client may go away whenever it wants.
        with suppress(OSError):
            super().handle()
        self._receiver._open.discard(self.connection)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        named = {name.lower(): value for name, value in self.headers.items()}
        reply = self._receiver.answer(Letter(self.path, named, body))
        if reply.after is not None:
            reply.after.wait(LONGEST_WAIT_S)
        if reply.status is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        # Nothing was said about it: the client finds the connection closed.
        self.close_connection = self._receiver.closes

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def open_receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver that has taken nothing yet."""
    del tmp_path
    receiver = Receiver()
    receiver.start()
    yield receiver
    for poster in receiver.opened:
        poster.close()
    receiver.stop()
