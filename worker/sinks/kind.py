"""What a kind of sink is: its settings, and how one is opened. A plugin names one in the entry point group `copydesk.sinks`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from worker.pipeline.ports import Clock, Poster, Sink

O = TypeVar("O")  # noqa: E741 - the options of a kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a sink may use besides a library of its own. `name` is what the settings call it.

    `open_poster` gives the guarded door to the web: the URLs that are its own may be on a private address, a request
    takes the time at most, and of an answer so many bytes are read.
    """

    name: str
    clock: Clock
    open_poster: Callable[[Sequence[str], timedelta, int], Poster]


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkKind(Generic[O]):
    """A kind of sink. `options` is a frozen dataclass: its fields are the settings, checked by their types.

    Its `__post_init__` may raise `ValueError` with what is wrong in words. `open` connects to nothing yet: who has
    no such sink running must be able to start.
    """

    options: type[O]
    open: Callable[[O, Tools], Sink]
