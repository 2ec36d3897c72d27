"""What the contract of sinks asks of the places where they store, and the place of the fake."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from tests.doubles import ListSink
from tests.harness import FakeClock
from worker.pipeline.ports import Poster, Sink
from worker.sinks.kind import Tools


class Place(Protocol):
    """Where the sinks of one test store, seen from its other side."""

    def open(self) -> Sink:
        """A sink of this place, as another process would open it."""

    def stored(self) -> Mapping[str, object]:
        """Every record that a reader finds, by its key."""

    def snapshot(self) -> object:
        """All that is there, to the last byte."""

    @contextmanager
    def away(self) -> Iterator[None]:
        """Make the place one that can't be reached."""
        yield


@dataclass
class Memory:
    """The fake: the list itself is the place."""

    sink: ListSink = field(default_factory=ListSink)

    def open(self) -> Sink:
        return self.sink

    def stored(self) -> Mapping[str, object]:
        return {key: json.loads(body) for key, body in self.sink.stored.items()}

    def snapshot(self) -> object:
        return dict(self.sink.stored)

    @contextmanager
    def away(self) -> Iterator[None]:
        self.sink.down = True
        yield
        self.sink.down = False


def tools(name: str = "out") -> Tools:
    """The tools of a sink that asks nothing of the web."""
    return Tools(name=name, clock=FakeClock(), open_poster=_no_poster)


def _no_poster(own: Sequence[str], timeout: timedelta, most: int) -> Poster:
    del own, timeout, most
    raise AssertionError("this sink asks nothing of the web")
