"""CPU of a poll that finds nothing new: claim, begin, conditional request, 304, finish, over real sockets and on both databases.

`python -m bench.poll [FEEDS]` prints milliseconds of CPU of the polling process per poll. The server is a process of its own, and
PostgreSQL's CPU is its own as well. Celery is left out: a message carries eight polls. The figure to reach is 3 ms.
"""

from __future__ import annotations

import cProfile
import platform
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update

from bench.claim import databases
from tests.harness import ListBell
from worker.archive import BlobArchive
from worker.net.client import HttpxFetcher
from worker.net.names import Resolver
from worker.net.policy import NetPolicy
from worker.news.outcome import NothingNew, Outcome
from worker.news.outlet import FeedSource, Outlet
from worker.news.work import Lane, Stage
from worker.settings import read_settings
from worker.store.migrate import migrate
from worker.store.outlets import sync_outlets
from worker.store.schema import hosts, work
from worker.wiring import Service

FEEDS = 400
ROUNDS = 5
_SERVER = """
import http.server, sys
BODY = b'<rss version="2.0"><channel><title>a</title><item><link>http://a.example/1</link><guid>1</guid></item></channel></rss>'
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        same = self.headers.get("If-None-Match") == '"1"'
        self.send_response(304 if same else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0" if same else str(len(BODY)))
        self.end_headers()
        if not same:
            self.wfile.write(BODY)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


@contextmanager
def server() -> Iterator[int]:
    """A server of feeds in a process of its own; its port."""
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def service(url: str, folder: Path, port: int, feeds: int) -> tuple[Service, ListBell]:
    """The stages over a fresh database, with so many feeds on as many hosts; all names lead to the server."""
    settings = read_settings({"COPYDESK_DATA": str(folder), "COPYDESK_DATABASE_URL": url})
    basket = ListBell()
    # All names are one address here.
    politeness = replace(settings.politeness, per_address=feeds)
    lease = replace(settings.lease, poll=feeds, parse=feeds)
    graph = Service(settings=replace(settings, sinks={}, politeness=politeness, lease=lease), bell=basket)
    places = [f"h{n}.example:{port}" for n in range(feeds)]
    net = NetPolicy(allow_addresses=tuple(places))
    resolver = Resolver(lookup=lambda _host, _port: ["127.0.0.1"])
    graph.__dict__["web"] = HttpxFetcher(policy=net, clock=graph.clock, resolver=resolver)
    migrate(graph.database)
    BlobArchive(settings.archive_url).write_probe()
    sources = tuple(FeedSource(url=f"http://{place}/feed") for place in places)
    outlet = Outlet(
        id="bench",
        name="Bench",
        country="PT",
        language="pt",
        homepage="http://a.example/",
        enabled=True,
        feeds=sources,
    )
    sync_outlets(graph.database, [outlet], now=graph.clock.now())
    return graph, basket


def poll_all(graph: Service, basket: ListBell, feeds: int) -> list[Outcome]:
    """Poll every feed once, as ticks and messages would."""
    outcomes: list[Outcome] = []
    while len(outcomes) < feeds:
        basket.calls.extend(graph.queue.claim(Lane.WEB, now=graph.clock.now()))
        while basket.calls:
            call = basket.calls.pop(0)
            done = graph.run(call.stage, call.tickets)
            outcomes.extend(done if call.stage is Stage.POLL else ())
    return outcomes


def make_due(graph: Service) -> None:
    """All feeds are due, and all gates open."""
    now = graph.clock.now()
    with graph.database.write() as c:
        c.execute(update(work).where(work.c.stage == Stage.POLL).values(wake_at=now, claimed_at=None, begun_at=None))
        c.execute(update(hosts).values(wake_at=now, next_at=None, asked_at=None))


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    feeds = int(arguments[0]) if arguments else FEEDS
    print(f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}; {feeds} feeds")
    with server() as port, databases() as fresh:
        for name, url in fresh:
            with tempfile.TemporaryDirectory() as folder:
                _measure(name, url, Path(folder), port, feeds)


def _measure(name: str, url: str, folder: Path, port: int, feeds: int) -> None:
    graph, basket = service(url, folder, port, feeds)
    try:
        poll_all(graph, basket, feeds)
        taken = []
        for _ in range(ROUNDS):
            make_due(graph)
            began = time.process_time()
            outcomes = poll_all(graph, basket, feeds)
            taken.append((time.process_time() - began) * 1000 / feeds)
            assert all(isinstance(outcome, NothingNew) for outcome in outcomes), outcomes
        if "--profile" in sys.argv:
            make_due(graph)
            with cProfile.Profile() as profile:
                poll_all(graph, basket, feeds)
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    finally:
        graph.web.close()
        graph.database.close()
    print(
        f"{name:<12}{min(taken):>8.2f} ms CPU a poll at best, {sorted(taken)[len(taken) // 2]:.2f} ms the median",
        flush=True,
    )


if __name__ == "__main__":
    main([argument for argument in sys.argv[1:] if not argument.startswith("-")])
