"""The wire under those who ask: connections that go only where the guard lets them, and answers read no further than wanted.

With `client`, `poster` and `failures` it is all that knows httpx.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import suppress

import httpcore
import httpx

from worker.net.backend import GuardedBackend
from worker.net.body import decoded
from worker.net.guard import Guard
from worker.net.policy import NetPolicy
from worker.news.errors import CopydeskError

PROXY_WANTS_LOGIN = 407
# More than what is wanted may come out of a decoder at once.
_SLACK = 65_536


class _TwoWays(httpx.BaseTransport):
    """What the settings allow by name is not beyond the proxy, but on this side of it."""

    def __init__(self, guard: Guard, *, direct: httpx.BaseTransport, proxied: httpx.BaseTransport) -> None:
        self._guard, self._direct, self._proxied = guard, direct, proxied

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it on its way."""
        way = self._direct if self._guard.is_allowed(sent_to(request.url)) else self._proxied
        return way.handle_request(request)

    def close(self) -> None:
        """Close both."""
        self._direct.close()
        self._proxied.close()


def way_out(policy: NetPolicy, guard: Guard, safety: ssl.SSLContext, limits: httpx.Limits) -> httpx.BaseTransport:
    """The way by which requests leave: directly, or by the proxy that the settings name."""
    direct = _transport(guard, safety, limits, None)
    if policy.proxy is None:
        return direct
    return _TwoWays(guard, direct=direct, proxied=_transport(guard, safety, limits, policy.proxy))


def is_proxied(policy: NetPolicy, guard: Guard, url: httpx.URL) -> bool:
    """Whether a request to an address goes by the proxy."""
    return policy.proxy is not None and not guard.is_allowed(sent_to(url))


def sent_to(url: httpx.URL) -> str:
    """Scheme, host and port as they go over the wire, which is what has to be checked.

    `127。0。0。1` becomes 127.0.0.1 on its way, and a backslash is read in more than one way.
    """
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def start_of(response: httpx.Response, at_most: int) -> Iterator[bytes]:
    """The decoded body, up to so many bytes. Raises as `decoded` does."""
    left = at_most
    encoding = response.headers.get("content-encoding", "")
    for piece in decoded(response.iter_raw(), encoding, at_most=2 * at_most + _SLACK):
        yield piece[:left]
        left -= len(piece)
        # A body that ends just here is read to its end: only then its connection can be used again.
        if left < 0:
            return


def readable_start_of(response: httpx.Response, at_most: int) -> bytes:
    """As much of the start of a body as can be read: an answer whose body is damaged, or too slow, is an answer none the less."""
    body = bytearray()
    with suppress(httpx.TransportError, httpcore.NetworkError, CopydeskError):
        for piece in start_of(response, at_most):
            body += piece
    return bytes(body)


def _transport(guard: Guard, safety: ssl.SSLContext, limits: httpx.Limits, proxy: str | None) -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(verify=safety, limits=limits, proxy=proxy, retries=0)
    # httpx has no public way to give its pool a network; the version is pinned and the contract tests hold this.
    transport._pool._network_backend = GuardedBackend(guard)  # noqa: SLF001
    return transport
