"""Serves the sample outlet on this machine."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from worker.durable import write_durably
from worker.sample.feeds import NAME, feed
from worker.sample.site import Answer, SampleSite

# What its answers carry as `Server`, by which it is told from whatever else may listen there.
SERVER = "copydesk-sample"
_MISSING = Answer(b"<!DOCTYPE html><title>Not found</title><p>There is no such page.</p>\n", status=404)


def born_at(file: Path, *, now: datetime) -> datetime:
    """When the site first started, from its file; that is made on the first start."""
    if not file.exists():
        write_durably(file, [json.dumps({"born_at": now.isoformat()}).encode()])
    return datetime.fromisoformat(json.loads(file.read_bytes())["born_at"])


def answer(site: SampleSite, path: str, *, now: datetime) -> Answer:
    """What the site says at a path."""
    try:
        name = urlsplit(path).path.removeprefix("/")
    except ValueError:
        # An address that is none, such as http://[
        return _MISSING
    if not name:
        return Answer(_home(site, now).encode())
    if name == "robots.txt":
        text = f"User-agent: *\nDisallow: /desk/\nSitemap: {site.origin}/news-sitemap.xml\n"
        return Answer(text.encode(), "text/plain; charset=utf-8")
    return feed(site, name, now=now) or site.page(name, now=now) or _MISSING


def _home(site: SampleSite, now: datetime) -> str:
    stories = [*site.canaries(now=now), *site.stories.values()]
    links = "\n".join(f'<li><a href="{site.origin}/{s.slug}">{html.escape(s.title)}</a></li>' for s in stories)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{NAME}</title>\n'
        f'<link rel="alternate" type="application/rss+xml" title="All news" href="{site.origin}/rss.xml">\n'
        f'<link rel="alternate" type="application/atom+xml" title="Elsewhere" href="{site.origin}/atom.xml">\n'
        f'<link rel="alternate" type="application/feed+json" title="En français" href="{site.origin}/feed.json">\n'
        f"</head><body><h1>{NAME}</h1><ul>\n{links}\n</ul></body></html>\n"
    )


class SampleServer(ThreadingHTTPServer):
    """The site behind a socket. Raises `OSError` when the port is taken."""

    daemon_threads = True
    # A port that another process listens on must fail, not be shared.
    allow_reuse_port = False

    def __init__(self, site: SampleSite, now: Callable[[], datetime]) -> None:
        self.site, self.now = site, now
        where = urlsplit(site.origin)
        super().__init__((where.hostname or "127.0.0.1", where.port or 80), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: SampleServer
    protocol_version = "HTTP/1.1"
    server_version = SERVER
    # A client that says nothing must not hold a thread for ever.
    timeout = 30

    def do_GET(self) -> None:
        """Answer a request."""
        found = answer(self.server.site, self.path, now=self.server.now())
        etag = f'"{sha256(found.body).hexdigest()[:16]}"'
        unchanged = found.status == 200 and self.headers.get("If-None-Match") == etag  # noqa: PLR2004 - OK
        self.send_response(304 if unchanged else found.status)
        self.send_header("ETag", etag)
        if not unchanged:
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        if not unchanged and self.command == "GET":
            self.wfile.write(found.body)

    do_HEAD = do_GET  # noqa: N815 - the library's names

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by our clock."""
        del timestamp
        return format_datetime(self.server.now(), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: what was asked for stands in Copydesk's own history."""
