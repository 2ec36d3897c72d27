"""The network under the client: every read and write ends at one deadline, and takes from one budget of bytes.

httpx's timeouts are per read: a body or a header that drips, or an endless row of 1xx answers, would never end.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import httpcore

# Set for the time of one fetch; the backend has no other way to know which request a connection serves.
ALLOWANCE: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


class OverBudgetError(httpcore.ReadError):
    """More bytes came over the wire than the budget has."""


class Allowance:
    """What one fetch may still take: seconds until its deadline, and bytes on the wire."""

    __slots__ = ("bytes", "deadline")

    def __init__(self, seconds: float, wire: int) -> None:
        self.deadline = time.monotonic() + seconds
        self.bytes = wire

    def left(self, timeout: float | None) -> float:
        """How long one operation may take. Raises httpcore's `ReadTimeout` when there is nothing left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            message = "the deadline of the whole request is over"
            raise httpcore.ReadTimeout(message)
        return left if timeout is None else min(timeout, left)

    def take(self, size: int) -> None:
        """Count bytes that came. Raises `OverBudgetError`."""
        self.bytes -= size
        if self.bytes < 0:
            raise OverBudgetError


def _left(timeout: float | None) -> float | None:
    allowance = ALLOWANCE.get()
    return timeout if allowance is None else allowance.left(timeout)


class BoundedBackend(httpcore.NetworkBackend):
    """Connects, with every stream bounded. This is where addresses will be checked before they are dialled."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        return BoundedStream(self._inner.connect_tcp(host, port, _left(timeout), local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Refuse: the web has no unix sockets."""
        del path, timeout, socket_options
        message = "no unix sockets"
        raise httpcore.ConnectError(message)

    def sleep(self, seconds: float) -> None:
        """Wait between two tries to connect."""
        self._inner.sleep(seconds)


class BoundedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline of the fetch that uses it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read, and count what came."""
        data = self._inner.read(max_bytes, _left(timeout))
        allowance = ALLOWANCE.get()
        if allowance is not None:
            allowance.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write."""
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        """Close."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Start TLS; httpcore passes these by name."""
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)
