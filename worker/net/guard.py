"""Who may be asked: public addresses on the ports of the web, and what the settings allow besides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from worker.net.addresses import is_public, written_address
from worker.net.names import Resolver
from worker.net.policy import NetPolicy
from worker.news.errors import Refused
from worker.news.reason import Reason

_PORTS = {"http": 80, "https": 443}
# A host with more addresses than these that do not answer is down.
MOST_DIALLED = 3
# What a name on the wire is made of (RFC 1123 §2.1, and the underscore that some have): whoever reads more into it may read
# an address.
_NAME = re.compile(r"[a-z0-9_.-]+", re.IGNORECASE)
# A number as the last label makes an address of the whole (WHATWG URL, "ends in a number"); no name ends in one.
_ENDS_IN_A_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Guard:
    """Checks every address twice: as it is written, before a request is made, and as it is dialled, after its name is resolved."""

    policy: NetPolicy
    resolver: Resolver = field(default_factory=Resolver)

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Hosts that need not be public."""
        return frozenset(map(_place_of, self.policy.allow_addresses))

    @cached_property
    def proxy(self) -> str | None:
        """The egress proxy's place; it may be dialled, and never be asked for anything of its own."""
        if self.policy.proxy is None:
            return None
        return _place_in(urlsplit(self.policy.proxy))

    def is_allowed(self, url: str) -> bool:
        """Whether the settings name the host of an address."""
        return _place_in(urlsplit(url)) in self.allowed

    def check(self, url: str) -> None:
        """Raise `Refused` (BLOCKED_ADDRESS, BAD_LINK) for what is seen to be no place on the web without asking for its name.

        A proxy answers for names, so that this is all that is checked before one.
        """
        if self.is_allowed(url):
            return
        parts = urlsplit(url)
        if _place_in(parts) == self.proxy:
            raise Refused(Reason.BLOCKED_ADDRESS, "the proxy itself")
        self._check_port(_port_of(parts))
        _check_host((parts.hostname or "").rstrip("."))

    def addresses(self, host: str, port: int, timeout_s: float) -> list[str]:
        """What to dial for a host. Raises `Refused` (BLOCKED_ADDRESS) when one of its addresses is not public, and `HostDown`."""
        trusted = place(host, port) in self.allowed or place(host, port) == self.proxy
        if not trusted:
            self._check_port(port)
        written = written_address(host)
        found = [str(written)] if written else self.resolver.addresses(host, port, timeout_s)
        if not trusted:
            _check_public(host, found)
        return found[:MOST_DIALLED]

    def _check_port(self, port: int) -> None:
        if port not in self.policy.ports:
            raise Refused(Reason.BLOCKED_ADDRESS, f"port {port}")


def place(host: str, port: int) -> str:
    """A host and its port as one word; without the port when it is one of the web's own."""
    name = host.strip("[]").rstrip(".").lower()
    # Without brackets, `::1` with port 8080 would be `::1:8080` as well.
    name = f"[{name}]" if ":" in name else name
    return name if port in _PORTS.values() else f"{name}:{port}"


def _place_of(written: str) -> str:
    return _place_in(urlsplit(f"//{written}"))


def _place_in(parts: SplitResult) -> str:
    return place(parts.hostname or "", _port_of(parts))


def _port_of(parts: SplitResult) -> int:
    return _PORTS.get(parts.scheme, 80) if parts.port is None else parts.port


def _check_host(host: str) -> None:
    address = written_address(host)
    if address is not None:
        # What is dressed up is not asked for even when it is public: a proxy may see another address in it.
        dressed_up = ":" not in host and str(address) != host
        if dressed_up or not is_public(address):
            raise Refused(Reason.BLOCKED_ADDRESS, host)
    # RFC 6761 §6.3 gives these names to loopback, whatever a name server says.
    elif host == "localhost" or host.endswith(".localhost") or _ENDS_IN_A_NUMBER.search(host):
        raise Refused(Reason.BLOCKED_ADDRESS, host)
    elif not _NAME.fullmatch(host):
        raise Refused(Reason.BAD_LINK, f"{host} is no name")


def _check_public(host: str, addresses: Iterable[str]) -> None:
    """One address that is not public refuses the name: who gives two answers may give the other one the next time."""
    for address in addresses:
        if not is_public(ip_address(address)):
            raise Refused(Reason.BLOCKED_ADDRESS, f"{host} is {address}" if address != host else host)
