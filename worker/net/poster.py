"""POST requests to receivers of our own choice, through the same guard as everything that leaves."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import httpx

from worker.net.backend import ALLOWANCE, Allowance
from worker.net.body import ACCEPT_ENCODING
from worker.net.client import checked, retry_after
from worker.net.failures import translated
from worker.net.guard import Guard
from worker.net.names import Resolver
from worker.net.policy import NetPolicy
from worker.net.wire import PROXY_WANTS_LOGIN, is_proxied, readable_start_of, sent_to, way_out
from worker.news.errors import HostDown, Refused
from worker.news.reason import Reason
from worker.pipeline.ports import Clock, Posted

# A kept connection that nothing came on for longer is not used again: what lies on the way may have forgotten it without a word.
KEPT_S = 15.0
# What the head of an answer, and what goes before it, may have on the wire besides the body.
HEAD = 262_144


class HttpxPoster:
    """The `Poster` port: shared connections, safe for threads. They are kept from one post to the next.

    A post whose kept connection turns out to be closed is sent once more on a new one: what is posted has to bear that.
    """

    def __init__(
        self,
        *,
        policy: NetPolicy,
        clock: Clock,
        own: Sequence[str] = (),
        timeout: timedelta,
        most: int,
        resolver: Resolver | None = None,
    ) -> None:
        """`own` are URLs whose host may be private, at exactly their port; `timeout` is for a whole post, and `most` bytes of an
        answer are read. Raises `ValueError` for an own URL that is none.
        """
        self._policy = replace(policy, allow_addresses=(*policy.allow_addresses, *map(_place, own)))
        self._clock = clock
        self._timeout = timeout.total_seconds()
        self._most = most
        self._guard = Guard(self._policy, resolver or Resolver())
        safety = ssl.create_default_context()
        # How many posts go out at a time is for those to say who send them.
        kept = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEPT_S)
        self._kept = way_out(self._policy, self._guard, safety, kept)
        self._new = way_out(self._policy, self._guard, safety, httpx.Limits(max_keepalive_connections=0))

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Posted:
        """POST a body; see the port for what is returned and raised."""
        allowance = Allowance(self._timeout, self._most + HEAD)
        token = ALLOWANCE.set(allowance)
        try:
            with translated():
                request = self._request(url, body, headers)
                with closing(self._answer(request, allowance)) as response:
                    return self._posted(request, response)
        finally:
            ALLOWANCE.reset(token)

    def close(self) -> None:
        """Close all connections."""
        self._kept.close()
        self._new.close()

    def _request(self, url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Request:
        sent = httpx.URL(checked(url))
        if sent.userinfo:
            raise Refused(Reason.BAD_LINK, "a login in the address of a receiver: it belongs in a header")
        self._guard.check(sent_to(sent))
        said = {"User-Agent": self._policy.user_agent, "Accept": "*/*", "Accept-Encoding": ACCEPT_ENCODING}
        connect = min(self._policy.connect.total_seconds(), self._timeout)
        return httpx.Request(
            "POST",
            sent,
            headers=httpx.Headers(said | dict(headers), encoding="utf-8"),
            content=body,
            extensions={"timeout": httpx.Timeout(self._timeout, connect=connect).as_dict()},
        )

    def _answer(self, request: httpx.Request, allowance: Allowance) -> httpx.Response:
        """The head of an answer. A connection that was closed meanwhile is known by that: it was kept, and nothing came."""
        untouched = allowance.bytes
        dialled: list[str] = []

        def trace(event: str, _: Mapping[str, object]) -> None:
            if event == "connection.connect_tcp.started":
                dialled.append(event)

        request.extensions["trace"] = trace
        try:
            return self._kept.handle_request(request)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if dialled or allowance.bytes < untouched:
                raise
        return self._new.handle_request(request)

    def _posted(self, request: httpx.Request, response: httpx.Response) -> Posted:
        status = response.status_code
        if status == PROXY_WANTS_LOGIN and is_proxied(self._policy, self._guard, request.url):
            # Our own proxy says so: it is no word of the receiver.
            raise HostDown(Reason.CONNECT, "the proxy wants a login")
        wait = retry_after(response.headers.get("retry-after", ""), now=self._clock.now())
        return Posted(status=status, body=readable_start_of(response, self._most), retry_after=wait)


def _place(url: str) -> str:
    """Host and port of a URL as they go over the wire."""
    try:
        return httpx.URL(url).netloc.decode("ascii")
    except httpx.InvalidURL as error:
        raise ValueError(f"a URL that is none: {error}") from error
