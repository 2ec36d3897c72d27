"""The one HTTP client. The only module that knows httpx."""

from __future__ import annotations

import http.cookiejar
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpcore
import httpx

from worker.net.backend import ALLOWANCE, Allowance, BoundedBackend, OverBudgetError
from worker.net.body import ACCEPT_ENCODING, read_body
from worker.net.policy import NetPolicy
from worker.news.errors import CopydeskError, HostDown, Refused
from worker.news.page import Accept, Elsewhere, Page, Request, Validators, host_of, origin_of
from worker.news.reason import Reason
from worker.pipeline.ports import Clock

_ACCEPT = {
    Accept.FEED: "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5",
    Accept.PAGE: "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
}
_KEPT_HEADERS = (
    "cache-control",
    "content-language",
    "link",
    "retry-after",
    "x-robots-tag",
    "server",
    "date",
    "cf-mitigated",
)
_LOCATION = "copydesk.location"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = range(500, 600)
_NOT_MODIFIED = 304
_PROXY_WANTS_LOGIN = 407
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})
# An error page says little; its beginning is enough to tell a challenge from a missing page.
ERROR_BODY = 65_536
LONGEST_URL = 2048


class _RefuseCookies(http.cookiejar.DefaultCookiePolicy):
    """No cookies: a shared jar would carry them from outlet to outlet, and looking them up grows without bound."""

    def set_ok(self, cookie: http.cookiejar.Cookie, request: object) -> bool:
        """Keep none."""
        del cookie, request
        return False

    def return_ok(self, cookie: http.cookiejar.Cookie, request: object) -> bool:
        """Send none."""
        del cookie, request
        return False


class HttpxFetcher:
    """The `PageFetcher` port: one shared synchronous client, safe for threads."""

    def __init__(
        self, *, policy: NetPolicy, clock: Clock, secrets: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """`secrets` are headers by origin (`https://host`): they are sent there and nowhere else."""
        self._secrets = secrets or {}
        self._policy = policy
        self._clock = clock
        self._client = _client(policy)

    def fetch(self, request: Request) -> Page | Elsewhere:
        """GET an address; see the port for what is returned and raised."""
        feed = request.accept is Accept.FEED
        policy = self._policy
        seconds = (policy.feed_total if feed else policy.page_total).total_seconds()
        token = ALLOWANCE.set(Allowance(seconds, policy.feed_wire if feed else policy.page_wire))
        try:
            with _translated():
                return self._follow(request, policy.feed_decoded if feed else policy.page_decoded)
        finally:
            ALLOWANCE.reset(token)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _follow(self, request: Request, at_most: int) -> Page | Elsewhere:
        """Follow redirects within the host; another host has a gate of its own."""
        url, hops = request.url, request.hops
        steps: list[tuple[int, str]] = []
        while True:
            headers = _headers(request) | dict(self._secrets.get(origin_of(_checked(url)), {}))
            with self._client.stream("GET", url, headers=httpx.Headers(headers, encoding="utf-8")) as response:
                target = response.extensions[_LOCATION]
                if response.status_code not in _REDIRECTS or target is None:
                    return self._page(response, url, tuple(steps), at_most)
                status = response.status_code
            hops += 1
            if hops > self._policy.redirects:
                raise Refused(Reason.TOO_MANY_REDIRECTS, url)
            before, url = url, _target(url, target)
            steps.append((status, url))
            if host_of(url) != host_of(before):
                return Elsewhere(url=url, hops=hops, redirects=tuple(steps))

    def _page(self, response: httpx.Response, url: str, steps: tuple[tuple[int, str], ...], at_most: int) -> Page:
        status, headers = response.status_code, response.headers
        if status == _TOO_MANY_REQUESTS or status in _SERVER_ERRORS:
            reason = Reason.RATE_LIMITED if status == _TOO_MANY_REQUESTS else Reason.SERVER_ERROR
            wait = retry_after(headers.get("retry-after", ""), now=self._clock.now())
            raise HostDown(reason, f"HTTP {status}", wait)
        if status == _PROXY_WANTS_LOGIN:
            # Our own proxy says so: it is no word of the outlet.
            raise HostDown(Reason.CONNECT, "the proxy wants a login")
        return Page(
            url=url,
            status=status,
            body=b"" if status == _NOT_MODIFIED else _body(response, at_most),
            content_type=headers.get("content-type", ""),
            headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
            validators=Validators(etag=headers.get("etag"), last_modified=headers.get("last-modified")),
            redirects=steps,
        )


def _client(policy: NetPolicy) -> httpx.Client:
    limits = httpx.Limits(max_connections=policy.connections, max_keepalive_connections=policy.connections // 2)
    transport = httpx.HTTPTransport(verify=ssl.create_default_context(), limits=limits, proxy=policy.proxy, retries=0)
    # httpx has no public way to give its pool a network; the version is pinned and the contract tests hold this.
    transport._pool._network_backend = BoundedBackend()  # noqa: SLF001
    return httpx.Client(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(policy.read.total_seconds(), connect=policy.connect.total_seconds()),
        headers={"User-Agent": policy.user_agent, "Accept-Encoding": ACCEPT_ENCODING},
        cookies=http.cookiejar.CookieJar(policy=_RefuseCookies()),
        event_hooks={"response": [_take_location]},
    )


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


def _body(response: httpx.Response, at_most: int) -> bytes:
    encoding = response.headers.get("content-encoding", "")
    if response.is_error:
        return _beginning(response.iter_raw())
    return read_body(response.iter_raw(), encoding, at_most=at_most)


def _beginning(chunks: Iterator[bytes]) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) >= ERROR_BODY:
            break
    return body[:ERROR_BODY]


def _checked(url: str) -> str:
    if len(url) > LONGEST_URL or not url.startswith(("http://", "https://")) or not host_of(url):
        raise Refused(Reason.BAD_LINK, url[:LONGEST_URL])
    return url


def _target(url: str, location: str) -> str:
    """Where a redirect leads, without a login. Raises `Refused` (BAD_REDIRECT) for another scheme or no address."""
    try:
        parts = urlsplit(urljoin(url, location.strip()))
        target = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
        return _checked(target)
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


@contextmanager
def _translated() -> Iterator[None]:
    """Foreign exceptions become ours, by type."""
    try:
        yield
    except CopydeskError:
        raise
    except httpx.TimeoutException as error:
        raise HostDown(Reason.TIMEOUT, type(error).__name__) from error
    except httpx.ConnectError as error:
        raise HostDown(_why_not_connected(error), str(error)) from error
    except httpx.LocalProtocolError as error:
        # Our own request was no HTTP, which only a secret can do; the words of the library repeat it.
        raise HostDown(Reason.PROTOCOL, f"{type(error).__name__}: a header that can't be sent") from None
    except httpx.UnsupportedProtocol as error:
        raise Refused(Reason.BAD_LINK, str(error)) from error
    except (httpx.TransportError, httpcore.NetworkError) as error:
        if any(isinstance(cause, OverBudgetError) for cause in _causes(error)):
            raise Refused(Reason.TOO_LARGE, "more bytes on the wire than allowed") from error
        if isinstance(error, httpx.ProxyError):
            raise HostDown(Reason.CONNECT, str(error)) from error
        raise HostDown(Reason.PROTOCOL, f"{type(error).__name__}: {error}") from error
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise Refused(Reason.BAD_LINK, str(error)) from error


def _why_not_connected(error: BaseException) -> Reason:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return Reason.TLS
        if isinstance(cause, socket.gaierror):
            return Reason.DNS if cause.errno in _NO_SUCH_NAME else Reason.DNS_TEMPORARY
    return Reason.CONNECT


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[Any] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__
