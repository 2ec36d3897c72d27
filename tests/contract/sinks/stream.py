"""The place of the redis-stream sink: a stream on a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from tests.contract.sinks.places import tools
from tests.servers import RedisServer
from worker.clock import SystemClock
from worker.sinks.build import open_sink
from worker.sinks.kind import Tools
from worker.sinks.redis_stream import RedisStreamSink

STREAM = "copydesk:articles"
PATIENCE_S = 30.0


def wait_until(holds: Callable[[], object]) -> None:
    """Look again and again until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.01)


@dataclass
class Stream:
    """A stream on a server of its own; a reader takes every entry, in their order."""

    server: RedisServer
    opened: list[RedisStreamSink] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"unix://{self.server.socket}"

    @property
    def client(self) -> Redis:
        """A client that says texts as texts."""
        return Redis(unix_socket_path=str(self.server.socket), decode_responses=True)

    def open(self, **options: object) -> RedisStreamSink:
        """A sink, watched: it is closed when the test is done."""
        given = Tools(name="out", clock=SystemClock(), open_poster=tools().open_poster)
        sink = open_sink("redis-stream", {"url": self.url, **options}, given)
        assert isinstance(sink, RedisStreamSink)
        self.opened.append(sink)
        return sink

    def entries(self, stream: str = STREAM) -> list[dict[str, Any]]:
        """The fields of all entries."""
        with self.client as client:
            found: Any = client.xrange(stream)
        return [entry for _, entry in found]

    def keys(self, stream: str = STREAM) -> list[str]:
        """What came, in the order in which it came."""
        return [entry["key"] for entry in self.entries(stream)]

    def markers(self) -> list[str]:
        with self.client as client:
            return sorted(client.scan_iter("*:added:*", count=1000))

    def stored(self) -> Mapping[str, object]:
        return {entry["key"]: json.loads(entry["record"]) for entry in self.entries()}

    def snapshot(self) -> object:
        with self.client as client:
            return client.xrange(STREAM), self.markers()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the server; what it has is on its disk."""
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()


def open_stream(tmp_path: Path) -> Iterator[Stream]:
    """An empty server, which lasts as long as the test."""
    del tmp_path
    with RedisServer(persistent=True) as server:
        made = Stream(server)
        yield made
        for sink in made.opened:
            sink.close()
