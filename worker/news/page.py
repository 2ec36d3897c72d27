"""Requests to the web and what comes back, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit


class Accept(StrEnum):
    """What is asked for; it decides the Accept header and the limits on size and time."""

    FEED = "feed"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next request conditional (RFC 9110 §8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One GET. `hops` is how many redirects were followed before, by the caller."""

    url: str
    accept: Accept
    validators: Validators = Validators()
    hops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One HTTP response, fully read. 304 has no body. `url` is the final address on the same host."""

    url: str
    status: int
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # lower-case names, the few that are kept
    validators: Validators = Validators()
    redirects: tuple[tuple[int, str], ...] = ()  # (status, address it led to), followed on the way


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A redirect to another host, which has a gate of its own: not followed by the fetcher."""

    url: str
    hops: int
    redirects: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMeta:
    """What is kept of a response beside its body, so that the body can be read again later."""

    url: str  # final address
    requested: str
    status: int
    content_type: str
    bytes: int
    fetched_at: datetime
    validators: Validators = Validators()
    redirects: tuple[tuple[int, str], ...] = ()


def host_of(url: str) -> str:
    """The host whose gate a request passes: lower-case name without a default port; empty when there is none."""
    parts = urlsplit(url)
    name = (parts.hostname or "").rstrip(".")
    port = parts.port
    return name if port in {None, 80, 443} else f"{name}:{port}"


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as `https://host`."""
    return f"{urlsplit(url).scheme}://{host_of(url)}"
