"""A bulk server that keeps external versions as OpenSearch and Elasticsearch document them; only what a sink asks is known here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "ApiKey c2VzYW1l"
# A title says what becomes of its document.
BAD, BUSY = "cannot be mapped", "comes when the queue is full"


@dataclass
class Index:
    """An index: id → (version, document). `answers` are the statuses of the next requests, before any is done."""

    name: str = "articles"
    documents: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def bulk(self, lines: Sequence[bytes]) -> list[dict[str, Any]]:
        """Do the actions of a body; an item each, in their order."""
        with self.lock:
            return [self._index(json.loads(lines[at]), json.loads(lines[at + 1])) for at in range(0, len(lines), 2)]

    def _index(self, action: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        meta = action["index"]
        assert meta["version_type"] == "external"
        there = self.documents.get(meta["_id"])
        if document["title"] == BAD:
            return _failed(400, "mapper_parsing_exception", "failed to parse field [published_at]")
        if document["title"] == BUSY:
            return _failed(429, "es_rejected_execution_exception", "rejected execution of coordinating operation")
        if there is not None and there[0] >= meta["version"]:
            words = f"current version [{there[0]}] is higher or equal to the one provided [{meta['version']}]"
            return _failed(409, "version_conflict_engine_exception", words)
        self.documents[meta["_id"]] = (meta["version"], document)
        return {"index": {"status": 201 if there is None else 200}}


def _failed(status: int, kind: str, words: str) -> dict[str, Any]:
    return {"index": {"status": status, "error": {"type": kind, "reason": words}}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    index: Index

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = urlsplit(self.path)
        if self.headers["Authorization"] != KEY:
            self._answer(401, {"error": {"type": "security_exception"}})
        elif self.index.answers:
            self._answer(self.index.answers.pop(0), {"error": {"type": "circuit_breaking_exception"}})
        elif asked.path != f"/{self.index.name}/_bulk":
            self._answer(404, {"error": {"type": "index_not_found_exception"}})
        elif self.headers["Content-Type"] != "application/x-ndjson" or not body.endswith(b"\n"):
            self._answer(400, {"error": {"type": "illegal_argument_exception"}})
        else:
            assert parse_qs(asked.query)["filter_path"] == ["items.*.status,items.*.error.type,items.*.error.reason"]
            self._answer(200, {"items": self.index.bulk(body.splitlines())})

    def _answer(self, status: int, found: dict[str, Any]) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "17")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def bulk_server() -> Iterator[tuple[str, Index]]:
    """Run one; its URL, and its index."""
    index = Index()
    handler = type("Handler", (_Handler,), {"index": index})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        running = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        running.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", index
        finally:
            server.shutdown()
            running.join()
