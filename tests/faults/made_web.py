"""A small web that grows: outlets whose feeds announce a new article every moment, served as an HTTP proxy on loopback."""

from __future__ import annotations

import html
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_WORDS = [
    "rio",
    "vento",
    "pedra",
    "casa",
    "luz",
    "mar",
    "campo",
    "voz",
    "porta",
    "tempo",
    "livro",
    "ponte",
    "nuvem",
    "folha",
    "barco",
    "sino",
    "trigo",
    "muro",
    "forno",
    "vela",
]


@dataclass
class MadeWeb:
    """So many outlets, each with a new article every `every` seconds while `growing`."""

    outlets: int
    every: float
    began: float = field(default_factory=time.monotonic)
    stopped: float | None = None
    requests: int = 0

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def proxy_url(self) -> str:
        """Where it answers, for names that are its own."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop_growing(self) -> None:
        """Announce nothing new from now on."""
        self.stopped = time.monotonic()

    def announced(self) -> int:
        """How many articles each outlet has announced."""
        return int(((self.stopped or time.monotonic()) - self.began) / self.every) + 1

    def catalog(self) -> list[dict[str, object]]:
        """The outlets as a file names them."""
        return [
            {
                "id": f"made-{i}",
                "name": f"Made {i}",
                "country": "PT",
                "language": "pt",
                "homepage": f"http://made-{i}.example/",
                "enabled": True,
                "feeds": [{"url": f"http://made-{i}.example/feed"}],
            }
            for i in range(self.outlets)
        ]

    def urls(self) -> set[str]:
        """Every address that was announced."""
        return {f"http://made-{i}.example/story-{n}" for i in range(self.outlets) for n in range(self.announced())}

    def answer(self, host: str, path: str) -> tuple[int, str, str]:
        """Status, type and body of an address."""
        self.requests += 1
        if path == "/feed":
            return 200, "application/rss+xml", self._feed(host)
        if path.startswith("/story-"):
            n = int(path.removeprefix("/story-"))
            # Now and then a page is gone, or is the page before it under another address.
            if n % 29 == 28:
                return 403, "text/html", "<html>no</html>"
            return 200, "text/html; charset=utf-8", _page(host, n - 1 if n % 17 == 16 else n)
        return 404, "text/plain", ""

    def expected(self) -> tuple[int, int, int]:
        """(stored, duplicate, dropped) when all is done."""
        numbers = range(self.announced())
        dropped = {n for n in numbers if n % 29 == 28}
        copies = {n for n in numbers if n % 17 == 16 and n not in dropped and n - 1 not in dropped}
        stored = len(set(numbers) - dropped - copies)
        return stored * self.outlets, len(copies) * self.outlets, len(dropped) * self.outlets

    def _feed(self, host: str) -> str:
        items = "".join(
            f"<item><title>Story {n} of {host}</title><link>http://{host}/story-{n}</link><guid>{host}-{n}</guid></item>"
            for n in reversed(range(self.announced()))
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'


def _page(host: str, n: int) -> str:
    seed = sum(map(ord, host)) * 7919 + n
    sentences = []
    for i in range(24):
        picked = [_WORDS[(seed * (i + 3) + j * (n + i + 1)) % len(_WORDS)] for j in range(11)]
        sentences.append(f"{' '.join(picked).capitalize()} {seed + i}.")
    paragraphs = "".join(f"<p>{html.escape(' '.join(sentences[i : i + 6]))}</p>" for i in range(0, 24, 6))
    return f"<html><head><title>Story {n} of {host}</title></head><body><article><h1>Story {n} of {host}</h1>{paragraphs}</article></body></html>"


def _handler(web: MadeWeb) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, kind, body = web.answer(parts.netloc or self.headers.get("Host", ""), parts.path)
            raw = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
