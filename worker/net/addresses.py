"""Which addresses are on the public web. The one question that keeps a request from reaching our own machines."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# IANA, IPv4 Special-Purpose Address Registry, and the multicast and reserved blocks. `ipaddress.is_global` follows the
# version of Python, and calls multicast global.
_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# Only this much of IPv6 is given out (RFC 4291 §2.4); what is special in it is taken out again.
_UNICAST_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            # Protocol assignments: Teredo, benchmarking, ORCHID and others, none of them an outlet.
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)
# Addresses that carry an IPv4 address, and where it begins, in bits from the left: NAT64 (RFC 6052), 6to4 (RFC 3056).
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public web's. One that carries another is as public as that one."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    carried = _carried(address)
    if carried is not None:
        return is_public(carried)
    return address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return None


def written_address(host: str) -> Address | None:
    """The address that a host is, in any way of writing it that a resolver understands; None when it is a name.

    `127.1`, `0x7f000001`, `2130706433` and `0` are all loopback to inet_aton(3).
    """
    bare = host.strip("[]").rstrip(".")
    with suppress(ValueError):
        return ip_address(bare)
    with suppress(OSError, ValueError):
        return IPv4Address(socket.inet_aton(bare))
    return None
