"""The client that asks outlets."""

from __future__ import annotations

import http.cookiejar
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from worker.net.backend import ALLOWANCE, DIALLED, Allowance
from worker.net.body import ACCEPT_ENCODING, decoded
from worker.net.challenge import challenger
from worker.net.failures import translated
from worker.net.guard import Guard
from worker.net.names import Resolver
from worker.net.policy import NetPolicy
from worker.net.spool import Budget, spool
from worker.net.wire import (
    PROXY_WANTS_LOGIN,
    is_proxied,
    readable_start_of,
    sent_to,
    start_of,
    way_out,
)
from worker.news.errors import HostDown, Refused
from worker.news.page import Accept, Body, Held, Moved, Page, Request, Validators, host_of, origin_of
from worker.news.reason import Reason
from worker.pipeline.ports import Clock

_ACCEPT = {
    Accept.FEED: "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5",
    Accept.PAGE: "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
    Accept.ROBOTS: "text/plain, */*;q=0.5",
}
_KEPT_HEADERS = (
    "cache-control",
    "content-language",
    "link",
    "retry-after",
    "server",
    "date",
    "tdm-policy",
    "tdm-reservation",
    "x-robots-tag",
)
_LOCATION = "copydesk.location"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TOO_MANY_REQUESTS = 429
_FIRST_ERROR = 400
_SERVER_ERRORS = range(500, 600)
_NOT_MODIFIED = 304
# An error page says little; its beginning is enough to tell a challenge from a missing page.
ERROR_BODY = 65_536
LONGEST_URL = 2048


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much one answer may take: seconds, bytes on the wire, bytes when decoded."""

    seconds: float
    wire: int
    size: int


class _NoCookies(http.cookiejar.CookieJar):
    """A shared jar would carry cookies from outlet to outlet, and looking them up grows without bound."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Keep none, and read none: a flood of them takes its time."""


class HttpxFetcher:
    """The `PageFetcher` port: one shared synchronous client, safe for threads."""

    def __init__(
        self,
        *,
        policy: NetPolicy,
        clock: Clock,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """`secrets` are headers by origin (`https://host`): they are sent there and nowhere else."""
        self._secrets = _by_wire(secrets or {})
        self._policy = policy
        self._clock = clock
        self._guard = Guard(policy, resolver or Resolver())
        self._budget = Budget(policy.bodies_in_memory)
        self._client = _client(policy, self._guard)

    def fetch(self, request: Request) -> Page | Moved:
        """GET an address, once; see the port for what is returned and raised."""
        limits = self._limits(request.accept)
        token = ALLOWANCE.set(Allowance(limits.seconds, limits.wire))
        try:
            with translated():
                return self._ask(request, limits)
        finally:
            ALLOWANCE.reset(token)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _limits(self, accept: Accept) -> _Limits:
        policy = self._policy
        match accept:
            case Accept.FEED:
                return _Limits(policy.feed_total.total_seconds(), policy.feed_wire, policy.feed_decoded)
            case Accept.PAGE:
                return _Limits(policy.page_total.total_seconds(), policy.page_wire, policy.page_decoded)
            case Accept.ROBOTS:
                return _Limits(policy.feed_total.total_seconds(), policy.feed_wire, policy.robots_bytes)

    def _ask(self, request: Request, limits: _Limits) -> Page | Moved:
        url = checked(request.url)
        sent = httpx.URL(url)
        self._guard.check(sent_to(sent))
        headers = _headers(request) | dict(self._secrets.get(origin_of(sent_to(sent)), {}))
        with self._client.stream("GET", sent, headers=httpx.Headers(headers, encoding="utf-8")) as response:
            target = response.extensions[_LOCATION]
            if response.status_code not in _REDIRECTS or target is None:
                return self._page(response, request, limits)
            address = self._address(response)
        if request.hops >= self._policy.redirects:
            raise Refused(Reason.TOO_MANY_REDIRECTS, url)
        return Moved(url=_target(url, target), status=response.status_code, hops=request.hops + 1, address=address)

    def _address(self, response: httpx.Response) -> str | None:
        """Which address answered; nobody can say behind a proxy."""
        if is_proxied(self._policy, self._guard, response.url):
            return None
        return str(response.extensions["network_stream"].get_extra_info(DIALLED))

    def _page(self, response: httpx.Response, request: Request, limits: _Limits) -> Page:
        status, headers = response.status_code, response.headers
        if status == PROXY_WANTS_LOGIN:
            # Our own proxy says so: it is no word of the outlet.
            raise HostDown(Reason.CONNECT, "the proxy wants a login")
        body = self._body(response, request.accept, limits)
        self._refuse_trouble(response, body)
        return Page(
            url=request.url,
            status=status,
            body=body,
            content_type=headers.get("content-type", ""),
            headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
            validators=Validators(etag=headers.get("etag"), last_modified=headers.get("last-modified")),
            address=self._address(response),
        )

    def _refuse_trouble(self, response: httpx.Response, body: Body) -> None:
        """Raise `HostDown` when the answer is about the host, and not about what was asked."""
        status, headers = response.status_code, response.headers
        wait = retry_after(headers.get("retry-after", ""), now=self._clock.now())
        who = challenger(status, headers, body.start(ERROR_BODY))
        if who is not None:
            raise HostDown(Reason.CHALLENGE, f"HTTP {status}, a challenge of {who}", wait)
        if status == _TOO_MANY_REQUESTS:
            raise HostDown(Reason.RATE_LIMITED, f"HTTP {status}", wait)
        if status in _SERVER_ERRORS:
            raise HostDown(Reason.SERVER_ERROR, f"HTTP {status}", wait)

    def _body(self, response: httpx.Response, accept: Accept, limits: _Limits) -> Body:
        if response.status_code == _NOT_MODIFIED:
            return Held()
        if response.status_code >= _FIRST_ERROR:
            return Held(readable_start_of(response, ERROR_BODY))
        stated = response.headers.get("content-length", "")
        if stated.isascii() and stated.isdigit() and int(stated[:18]) > limits.wire and accept is not Accept.ROBOTS:
            raise Refused(Reason.TOO_LARGE, f"{stated[:18]} bytes announced")
        pieces = _pieces(response, cut=accept is Accept.ROBOTS, at_most=limits.size)
        return spool(pieces, budget=self._budget, in_memory=self._policy.body_in_memory)


def _client(policy: NetPolicy, guard: Guard) -> httpx.Client:
    # A connection serves one request: what follows an answer is never the next one, and every request is to an address
    # that was checked for it. With seconds between two requests to a host there is little to gain.
    limits = httpx.Limits(max_connections=policy.connections, max_keepalive_connections=0)
    return httpx.Client(
        transport=way_out(policy, guard, ssl.create_default_context(), limits),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(policy.read.total_seconds(), connect=policy.connect.total_seconds()),
        headers={"User-Agent": policy.user_agent, "Accept-Encoding": ACCEPT_ENCODING, "Connection": "close"},
        cookies=_NoCookies(),
        event_hooks={"response": [_take_location]},
    )


def _by_wire(secrets: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    found = {}
    for origin, headers in secrets.items():
        # Where nothing can be asked for, there is nothing to send along.
        with suppress(httpx.InvalidURL):
            found[origin_of(sent_to(httpx.URL(origin)))] = headers
    return found


def _take_location(response: httpx.Response) -> None:
    """Lay the target of a redirect aside: httpx makes a request of it, and fails where it is no address."""
    response.extensions[_LOCATION] = response.headers.pop("location", None)


def _headers(request: Request) -> dict[str, str]:
    headers = {"Accept": _ACCEPT[request.accept]}
    if request.validators.etag is not None:
        headers["If-None-Match"] = request.validators.etag
    if request.validators.last_modified is not None:
        headers["If-Modified-Since"] = request.validators.last_modified
    return headers


def _pieces(response: httpx.Response, *, cut: bool, at_most: int) -> Iterator[bytes]:
    """The decoded body, no more than is allowed; `cut` takes its beginning when it is longer."""
    if cut:
        return start_of(response, at_most)
    return decoded(response.iter_raw(), response.headers.get("content-encoding", ""), at_most=at_most)


def checked(url: str) -> str:
    """An address of the web. Raises `Refused` (BAD_LINK)."""
    if len(url) > LONGEST_URL or not url.startswith(("http://", "https://")) or not host_of(url):
        raise Refused(Reason.BAD_LINK, url[:LONGEST_URL])
    return url


def _target(url: str, location: str) -> str:
    """Where a redirect leads, without a login. Raises `Refused` (BAD_REDIRECT) for another scheme or no address."""
    try:
        parts = urlsplit(urljoin(url, location.strip()))
        target = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
        return checked(target)
    except (ValueError, Refused) as error:
        raise Refused(Reason.BAD_REDIRECT, location[:200]) from error


def retry_after(value: str, *, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 §10.2.3): a number or a date in the future; else None."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    seconds = (aware - now).total_seconds()
    return seconds if seconds > 0 else None
