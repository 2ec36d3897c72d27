"""Requests to the web and what comes back, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Accept(StrEnum):
    """What is asked for; it decides the Accept header and the limits on size and time."""

    FEED = "feed"
    PAGE = "page"
    ROBOTS = "robots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next request conditional (RFC 9110 §8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One GET. `hops` is how many redirects led here."""

    url: str
    accept: Accept
    validators: Validators = Validators()
    hops: int = 0


class Body(Protocol):
    """The bytes of an answer, decompressed. They may lie on disk, and are let go when nobody holds them any more."""

    @property
    def size(self) -> int:
        """How many there are."""

    @property
    def digest(self) -> bytes:
        """Their sha256."""

    def start(self, size: int) -> bytes:
        """The first ones."""

    def chunks(self) -> Iterator[bytes]:
        """All of them, piece by piece."""

    def read(self) -> bytes:
        """All of them at once."""


@dataclass(frozen=True)
class Held:
    """A `Body` in memory."""

    value: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.value)

    @cached_property
    def digest(self) -> bytes:
        """Their sha256."""
        return sha256(self.value).digest()

    def start(self, size: int) -> bytes:
        """The first ones."""
        return self.value[:size]

    def chunks(self) -> Iterator[bytes]:
        """All of them, in one piece."""
        yield self.value

    def read(self) -> bytes:
        """All of them."""
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One HTTP response that is no redirect, fully read. 304 has no body."""

    url: str
    status: int
    body: Body = Held()
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # lower-case names, the few that are kept
    validators: Validators = Validators()
    address: str | None = None  # the IP address that answered, when it was asked itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A redirect: where it leads, as an absolute address. The host there has a gate of its own, so nobody follows by himself."""

    url: str
    status: int
    hops: int
    address: str | None = None


# (status, address it led to) of each redirect that was followed
Steps = tuple[tuple[int, str], ...]


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
    redirects: Steps = ()
    # How robots.txt ruled, in words.
    robots: str = ""
    # What the response said of the use of its page: X-Robots-Tag and the like, by lower-case names.
    headers: dict[str, str] = field(default_factory=dict)


def host_of(url: str) -> str:
    """The host whose gate a request passes: lower-case name without a default port; empty when there is none."""
    port = urlsplit(url).port
    return _name_in(url) if port in {None, 80, 443} else f"{_name_in(url)}:{port}"


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as `https://host`; the scheme's own port is left out (RFC 6454 §6.2)."""
    parts = urlsplit(url)
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{_name_in(url)}{port}"


def _name_in(url: str) -> str:
    """The lower-case host name of an address, as it stands there: IPv6 in brackets."""
    name = (urlsplit(url).hostname or "").rstrip(".")
    return f"[{name}]" if ":" in name else name
