"""Which addresses are public, and which words are addresses."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.net.addresses import Address, is_public, written_address

# A range that is not public, what it is for, one that is inside, and its neighbours, as far as they are public themselves.
SPECIAL_4 = {
    "0.0.0.0/8": ("this network", "0.1.2.3", None, "1.0.0.0"),
    "10.0.0.0/8": ("private", "10.20.30.40", "9.255.255.255", "11.0.0.0"),
    "100.64.0.0/10": ("shared by carriers", "100.100.100.200", "100.63.255.255", "100.128.0.0"),
    "127.0.0.0/8": ("loopback", "127.0.0.1", "126.255.255.255", "128.0.0.0"),
    "169.254.0.0/16": ("link-local, and clouds' metadata", "169.254.169.254", "169.253.255.255", "169.255.0.0"),
    "172.16.0.0/12": ("private", "172.17.0.1", "172.15.255.255", "172.32.0.0"),
    "192.0.0.0/24": ("protocols", "192.0.0.192", "191.255.255.255", "192.0.1.0"),
    "192.0.2.0/24": ("documentation", "192.0.2.7", "192.0.1.255", "192.0.3.0"),
    "192.88.99.0/24": ("6to4 relays that are no more", "192.88.99.1", "192.88.98.255", "192.88.100.0"),
    "192.168.0.0/16": ("private", "192.168.1.1", "192.167.255.255", "192.169.0.0"),
    "198.18.0.0/15": ("benchmarks", "198.19.0.1", "198.17.255.255", "198.20.0.0"),
    "198.51.100.0/24": ("documentation", "198.51.100.7", "198.51.99.255", "198.51.101.0"),
    "203.0.113.0/24": ("documentation", "203.0.113.7", "203.0.112.255", "203.0.114.0"),
    "224.0.0.0/4": ("multicast", "239.255.255.250", "223.255.255.255", None),
    "240.0.0.0/4": ("reserved", "250.1.2.3", None, None),
    "255.255.255.255/32": ("everybody", "255.255.255.255", None, None),
}
SPECIAL_6 = {
    "::/128": ("none", "::", None, None),
    "::1/128": ("loopback", "::1", None, None),
    "::/96": ("IPv4 as it was once written", "::127.0.0.1", None, None),
    "64:ff9b:1::/48": ("NAT64 inside", "64:ff9b:1::7f00:1", None, None),
    "100::/64": ("discarded", "100::1", None, None),
    "::/3": ("never given out", "1234::1", None, "2000::"),
    "2001::/32": ("Teredo", "2001:0:7f00:1::1", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
    "2001::/23": ("protocols", "2001:20::1", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
    "2001:db8::/32": ("documentation", "2001:db8::1", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
    "3fff::/20": ("documentation", "3fff:fff::1", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"),
    "4000::/2": ("never given out", "5f00::1", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
    "fc00::/7": ("private", "fd00::1", None, None),
    "fe80::/10": ("link-local", "fe80::1", None, None),
    "fec0::/10": ("site-local", "fec0::1", None, None),
    "ff00::/8": ("multicast", "ff02::1", None, None),
}
SPECIAL = [(network, *row) for network, row in (SPECIAL_4 | SPECIAL_6).items()]
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001:830::200e",
    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
]  # fmt: skip
# Prefixes under which an IPv6 address carries an IPv4 address, and the bits behind it.
CARRIERS = {"mapped": (IPv6Address("::ffff:0:0"), 0), "NAT64": (IPv6Address("64:ff9b::"), 0), "6to4": (IPv6Address("2002::"), 80)}  # fmt: skip
# Where the standard library says that an address is not global and ours says that it is public, and why.
STDLIB_IS_STRICTER = {
    IPv6Network("::ffff:0:0/96"): "a mapped address is as public as what it carries, which is what is dialled",
    IPv6Network("2002::/16"): "some versions call all of 6to4 private; it is as public as what it carries",
}

ipv4 = st.integers(0, 2**32 - 1).map(IPv4Address)
near_special = st.sampled_from(sorted(SPECIAL_4)).flatmap(
    lambda network: st.integers(-2, 2).map(lambda off: IPv4Address((int(IPv4Network(network)[0]) + off) % 2**32))
)
some_ipv4 = ipv4 | near_special
some_ipv6 = (
    st.integers(0, 2**128 - 1).map(IPv6Address)
    | st.integers(2 << 124, (4 << 124) - 1).map(IPv6Address)
    | st.sampled_from(sorted(SPECIAL_6)).flatmap(
        lambda network: st.integers(-2, 2**100).map(
            lambda off: IPv6Address((int(IPv6Network(network)[0]) + off) % 2**128)
        )
    )
)


def carrying(carrier: str, address: IPv4Address) -> IPv6Address:
    prefix, behind = CARRIERS[carrier]
    return IPv6Address(int(prefix) | int(address) << behind)


@pytest.mark.parametrize(("network", "purpose", "inside", "before", "after"), SPECIAL)
def test_a_special_range_is_not_public_from_its_first_address_to_its_last_and_its_neighbours_are(
    network: str, purpose: str, inside: str, before: str | None, after: str | None
) -> None:
    special = ip_network(network)
    assert ip_address(inside) in special
    assert not any([is_public(special[0]), is_public(special[-1]), is_public(ip_address(inside))]), purpose
    for neighbour, nearest, step in ((before, special[0], -1), (after, special[-1], 1)):
        if neighbour is not None:
            assert int(ip_address(neighbour)) == int(nearest) + step
            assert is_public(ip_address(neighbour))


@pytest.mark.parametrize("address", PUBLIC)
def test_outlets_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("carrier", CARRIERS)
@given(address=some_ipv4)
def test_an_address_that_carries_another_is_as_public_as_that_one(carrier: str, address: IPv4Address) -> None:
    assert is_public(carrying(carrier, address)) == is_public(address)


@given(some_ipv4 | some_ipv6 | st.builds(carrying, st.sampled_from(sorted(CARRIERS)), some_ipv4))
def test_what_is_public_is_global_to_the_standard_library_with_few_exceptions(address: Address) -> None:
    if is_public(address) and not address.is_global:
        assert any(address in network for network in STDLIB_IS_STRICTER)


# --- words that are addresses ---------------------------------------------------------------------------------------
BASES: tuple[Callable[[int], str], ...] = (
    str,
    hex,
    "0{:o}".format,
    "0X{:X}".format,
    "000{:o}".format,
    "0x00{:x}".format,
)
bases = st.sampled_from(BASES)


@st.composite
def disguised(draw: st.DrawFn) -> tuple[IPv4Address, str]:
    """An address, and how inet_aton(3) can be told it: in one to four parts, each in a base of its own."""
    address = draw(some_ipv4)
    parts = draw(st.integers(1, 4))
    packed = address.packed
    numbers = [*packed[: parts - 1], int.from_bytes(packed[parts - 1 :])]
    return address, ".".join(draw(bases)(number) for number in numbers)


@given(disguised())
@example((IPv4Address("127.0.0.1"), "127.1"))
@example((IPv4Address("127.0.0.1"), "0x7f000001"))
@example((IPv4Address("127.0.0.1"), "2130706433"))
@example((IPv4Address("127.0.0.1"), "017700000001"))
@example((IPv4Address(0), "0"))
def test_an_address_is_recognized_however_it_is_dressed(case: tuple[IPv4Address, str]) -> None:
    address, written = case
    assert written_address(written) == address
    assert written_address(f"{written}.") == address


@given(some_ipv6)
def test_an_ipv6_address_is_recognized_however_it_is_written(address: IPv6Address) -> None:
    forms = (address.compressed, address.exploded, address.compressed.upper(), f"[{address}]")
    assert {written_address(form) for form in forms} == {address}


@given(some_ipv4)
def test_an_ipv6_address_may_end_as_an_ipv4_one(address: IPv4Address) -> None:
    assert written_address(f"[::ffff:{address}]") == carrying("mapped", address)


@pytest.mark.parametrize(
    "name", ["", "paper.example", "1.example", "0x7f.example", "127.0.0.1.example", "１２７.0.0.1", "a.1"]
)
def test_a_name_is_no_address(name: str) -> None:
    assert written_address(name) is None


@given(st.text())
@example("127.0.0.1\0")
@example("[")
@example("fe80::1%25eth0")
def test_no_word_is_an_error(word: str) -> None:
    written_address(word)
