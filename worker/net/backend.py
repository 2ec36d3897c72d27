"""The network under the client: only addresses that were checked are dialled; every read and write ends at one deadline.

httpx's timeouts are per read: a body or a header that drips, or an endless row of 1xx answers, would never end.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import httpcore

from worker.net.guard import Guard

# Set for the time of one fetch; the backend has no other way to know which request a connection serves.
ALLOWANCE: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


# The name under which a stream tells the address that was dialled for it.
DIALLED = "copydesk.dialled"


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


class GuardedBackend(httpcore.NetworkBackend):
    """Dials the addresses that a guard found for a name; Host, SNI and certificate stay on the name."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host. Raises `Refused` (BLOCKED_ADDRESS) and `HostDown` (DNS, DNS_TEMPORARY) besides httpcore's own."""
        dns_s = _left(self._guard.policy.dns.total_seconds())
        addresses = self._guard.addresses(host, port, dns_s if dns_s is not None else 0.0)
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._dial(address, port, timeout, local_address, socket_options)
        return self._dial(addresses[-1], port, timeout, local_address, socket_options)

    def _dial(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(address, port, _left(timeout), local_address, socket_options)
        return BoundedStream(stream, address)

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

    def __init__(self, inner: httpcore.NetworkStream, address: str) -> None:
        self._inner = inner
        self._address = address

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
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)), self._address)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself; the address that was dialled outlives it."""
        return self._address if info == DIALLED else self._inner.get_extra_info(info)
