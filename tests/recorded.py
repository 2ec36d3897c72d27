"""A recorded web on loopback: many hosts under their real names behind one HTTP proxy. No request leaves the process.

A folder holds `site.json` and `blobs/`. `site.json` maps "host/path?query" (or "host/path" for any query) to what is
answered in each epoch ("*" for all): status, ctype, blob, and perhaps gzip, delay, fail_first, location.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

ANY_EPOCH = "*"
_FIRST_MODIFIED = datetime(2026, 9, 1, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the web saw it."""

    # Seconds on the monotonic clock, for the spacing of requests.
    at: float
    seconds: float
    method: str
    host: str
    # Host, path and query.
    key: str
    status: int
    # How many requests this host was answering then, this one among them.
    concurrent: int
    agent: str | None
    conditional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class RecordedWeb:
    """Serves a folder while it is entered; its address is `proxy_url`."""

    folder: Path
    _pages: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict, init=False)
    _epoch: int = field(default=1, init=False)
    _log: list[Asked] = field(default_factory=list, init=False)
    _failed: set[str] = field(default_factory=set, init=False)
    _open: Counter[str] = field(default_factory=Counter, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _closing: threading.Event = field(default_factory=threading.Event, init=False)
    _server: ThreadingHTTPServer | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        self._pages = json.loads((self.folder / "site.json").read_bytes())
        self._closing.clear()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def proxy_url(self) -> str:
        """The proxy through which every recorded host can be asked, by http only."""
        if self._server is None:
            raise RuntimeError("the recorded web is served only within `with`")
        return f"http://127.0.0.1:{self._server.server_port}"

    def epoch(self, number: int) -> None:
        """Move time: from now on answer as in this epoch."""
        with self._lock:
            self._epoch = number

    def log(self) -> list[Asked]:
        """All that was asked and answered so far, in the order of the answers."""
        with self._lock:
            return list(self._log)

    def reset(self) -> None:
        """Forget what was asked; what fails on its first request will fail once more."""
        with self._lock:
            self._log.clear()
            self._failed.clear()

    def respond(self, method: str, target: str, headers: Mapping[str, str]) -> _Answer:
        """The answer to a request, after as long as it is recorded to take."""
        parts = urlsplit(target)
        host = (parts.netloc or headers.get("Host", "")).lower()
        page = host + (parts.path or "/")
        key = f"{page}?{parts.query}" if parts.query else page
        began = time.monotonic()
        with self._lock:
            self._open[host] += 1
            concurrent = self._open[host]
        answer = _Answer(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            answer = self._answer(key, self._recorded(key, page), headers)
        finally:
            asked = Asked(
                at=began,
                seconds=time.monotonic() - began,
                method=method,
                host=host,
                key=key,
                status=answer.status,
                concurrent=concurrent,
                agent=headers.get("User-Agent"),
                conditional="If-None-Match" in headers or "If-Modified-Since" in headers,
            )
            with self._lock:
                self._open[host] -= 1
                self._log.append(asked)
        return answer

    def _recorded(self, key: str, page: str) -> dict[str, Any] | None:
        by_epoch = self._pages.get(key) or self._pages.get(page) or {}
        return by_epoch.get(str(self._epoch)) or by_epoch.get(ANY_EPOCH)

    def _answer(self, key: str, entry: dict[str, Any] | None, headers: Mapping[str, str]) -> _Answer:
        if entry is None:
            return _Answer(status=HTTPStatus.NOT_FOUND)
        self._closing.wait(entry.get("delay") or 0)
        failure = entry.get("fail_first")
        if failure and self._fails_now(key):
            after = {"Retry-After": str(failure["retry_after"])} if "retry_after" in failure else {}
            return _Answer(status=failure["status"], headers=after)
        if entry.get("location"):
            return _Answer(status=entry["status"], headers={"Location": entry["location"]})
        return self._body(entry, headers)

    def _fails_now(self, key: str) -> bool:
        with self._lock:
            first = key not in self._failed
            self._failed.add(key)
        return first

    def _body(self, entry: dict[str, Any], headers: Mapping[str, str]) -> _Answer:
        sent: dict[str, str] = {}
        if entry["status"] == HTTPStatus.OK:
            modified = _FIRST_MODIFIED + timedelta(seconds=self._epoch)
            sent = {"ETag": f'"{entry["blob"]}"', "Last-Modified": format_datetime(modified, usegmt=True)}
            if _is_known(sent, headers):
                return _Answer(status=HTTPStatus.NOT_MODIFIED, headers=sent)
        body = (self.folder / "blobs" / entry["blob"]).read_bytes() if entry.get("blob") else b""
        if entry.get("ctype"):
            sent["Content-Type"] = entry["ctype"]
        if entry.get("gzip") and "gzip" in headers.get("Accept-Encoding", ""):
            sent["Content-Encoding"] = "gzip"
            body = gzip.compress(body, 6)
        return _Answer(status=entry["status"], headers=sent, body=body)


def _is_known(sent: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Whether the asker has it already; an entity tag decides alone (RFC 9110 §13.1.3)."""
    tags = headers.get("If-None-Match")
    if tags is not None:
        return sent["ETag"] in tags
    return headers.get("If-Modified-Since") == sent["Last-Modified"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client may keep its connection; closing does not wait for it.
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not worth a word."""


def _handler(web: RecordedWeb) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without it small answers wait for the other side's delayed acknowledgement.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            headers = {name.title(): value for name, value in self.headers.items()}
            self._send(web.respond(self.command, self.path, headers))

        do_HEAD = do_GET  # noqa: N815 - the library's name

        def do_CONNECT(self) -> None:
            self._send(_Answer(status=HTTPStatus.BAD_GATEWAY))

        def _send(self, answer: _Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != HTTPStatus.NOT_MODIFIED:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """The log is the web's."""

    return Handler
