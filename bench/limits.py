"""The limits that an engine works under: no network, and so many seconds a page."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn


class OutOfTime(BaseException):
    """The page took too long. No engine's `except Exception` may swallow it."""


class _NoSocket(socket.socket):
    """A socket that cannot be made."""

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        raise OSError("an engine that is measured stays off the network")


def _no_answer(*_arguments: Any, **_named: Any) -> NoReturn:
    raise OSError("an engine that is measured stays off the network")


@contextmanager
def no_network() -> Iterator[None]:
    """Sockets and names fail here with an `OSError`."""
    kept = socket.socket, socket.getaddrinfo
    socket.socket, socket.getaddrinfo = _NoSocket, _no_answer  # type: ignore[misc]
    try:
        yield
    finally:
        socket.socket, socket.getaddrinfo = kept  # type: ignore[misc]


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` after so many seconds. Only for the main thread (setitimer)."""
    before = signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _out_of_time(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise OutOfTime
