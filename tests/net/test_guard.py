"""Who may be asked: the guard before names are looked up, and when they are dialled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.net.conftest import Made
from tests.net.test_client import failure, get
from tests.net.web import Web, reply
from worker.net.guard import MOST_DIALLED, Guard, place
from worker.net.names import Resolver
from worker.net.policy import NetPolicy
from worker.news.errors import Refused
from worker.news.page import Accept, Page, Request
from worker.news.reason import Reason

PUBLIC, OTHER_PUBLIC, PUBLIC_6 = "93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
NAMES = {
    "paper.example": [PUBLIC, PUBLIC_6],
    "inside.example": ["10.0.0.5"],
    "both.example": [PUBLIC, "127.0.0.1"],
    "mapped.example": ["::ffff:10.0.0.5"],
    "many.example": [f"93.184.215.{n}" for n in range(50)],
    "many-and-one.example": [*(f"93.184.215.{n}" for n in range(50)), "127.0.0.1"],
    "proxy.internal": ["10.0.0.9"],
}


def guard(**limits: object) -> Guard:
    return Guard(replace(NetPolicy(), **limits), Resolver(lookup=lambda host, port: NAMES[host.lower().rstrip(".")]))  # type: ignore[arg-type]


def ruling(asked: Guard, url: str) -> Reason | None:
    """Why an address may not be asked for; None when it may."""
    try:
        asked.check(url)
    except Refused as refused:
        return refused.reason
    return None


def dialled(asked: Guard, host: str, port: int = 443) -> list[str] | Reason:
    """What is dialled for a host, or why nothing is."""
    try:
        return asked.addresses(host, port, 1.0)
    except Refused as refused:
        return refused.reason


# --- before a name is looked up -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    ["http://paper.example/", "https://PAPER.example./a", "https://paper.example:443/", "http://paper.example:443/",
     f"http://{PUBLIC}/", f"https://[{PUBLIC_6}]:443/", "https://under_score.example/", "http://xn--bcher-kva.example/",
     "http://localhost.example/", "http://notlocalhost/", "http://1.example/", "http://0x7f.example/"],
)  # fmt: skip
def test_the_web_may_be_asked(url: str) -> None:
    assert ruling(guard(), url) is None


@pytest.mark.parametrize("port", [0, 1, 22, 25, 6379, 8080, 65_535])
def test_other_ports_than_those_of_the_web_may_not_be_asked(port: int) -> None:
    assert ruling(guard(), f"http://paper.example:{port}/") is Reason.BLOCKED_ADDRESS
    assert dialled(guard(), "paper.example", port) is Reason.BLOCKED_ADDRESS


def test_a_port_that_is_set_is_of_the_web_too() -> None:
    open_guard = guard(ports=(80, 443, 8080))
    assert ruling(open_guard, "http://paper.example:8080/") is None
    assert dialled(open_guard, "paper.example", 8080) == NAMES["paper.example"]
    assert ruling(open_guard, "http://10.0.0.5:8080/") is Reason.BLOCKED_ADDRESS


@pytest.mark.parametrize("host", ["localhost", "localhost.", "LocalHost", "a.localhost", "a.b.LOCALHOST."])
def test_the_names_of_loopback_may_not_be_asked_whatever_a_name_server_says(host: str) -> None:
    assert ruling(guard(), f"http://{host}/") is Reason.BLOCKED_ADDRESS


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0", "[::1]", "10.0.0.1.", "[fe80::1%25lo]", "0x7f.1", "[::ffff:a00:1]"]
)
def test_an_address_that_is_not_public_may_not_be_asked(host: str) -> None:
    assert ruling(guard(), f"http://{host}/") is Reason.BLOCKED_ADDRESS
    assert ruling(guard(), f"https://{host}:443/") is Reason.BLOCKED_ADDRESS


@pytest.mark.parametrize(
    "host", ["134744072", "0x08080808", "8.8.2056", "010.8.8.8", "8.8.8.8.9", "8.8.8.256", "paper.1", "4294967297"]
)
def test_an_address_that_is_dressed_up_may_not_be_asked_even_when_it_is_public(host: str) -> None:
    assert ruling(guard(), f"http://{host}/") is Reason.BLOCKED_ADDRESS


@pytest.mark.parametrize("host", ["127.0.0.%31", "loc%61lhost", "a\\b", "a b", "１２７.example"])
def test_what_is_no_name_on_the_wire_may_not_be_asked(host: str) -> None:
    assert ruling(guard(), f"http://{host}/") is Reason.BAD_LINK


# --- when it is dialled ---------------------------------------------------------------------------------------------
def test_a_name_is_dialled_at_its_addresses_when_all_of_them_are_public() -> None:
    assert dialled(guard(), "paper.example") == [PUBLIC, PUBLIC_6]
    for name in ("inside.example", "both.example", "mapped.example", "many-and-one.example"):
        assert dialled(guard(), name) is Reason.BLOCKED_ADDRESS


def test_few_of_many_addresses_are_dialled() -> None:
    assert dialled(guard(), "many.example") == NAMES["many.example"][:MOST_DIALLED]


def test_an_address_is_dialled_without_asking_for_it() -> None:
    assert dialled(guard(), PUBLIC) == [PUBLIC]
    assert dialled(guard(), f"[{PUBLIC_6}]") == [PUBLIC_6]
    assert dialled(guard(), "127.1") is Reason.BLOCKED_ADDRESS
    assert dialled(guard(), "::1") is Reason.BLOCKED_ADDRESS


# --- what the settings allow ----------------------------------------------------------------------------------------
def test_a_host_that_is_allowed_may_be_inside_on_its_own_port_and_no_other() -> None:
    allowing = guard(allow_addresses=("10.1.2.3:8080", "Inside.example:9000", "[fd00::1]:8080"))
    for there in ("10.1.2.3:8080", "inside.example:9000", "INSIDE.example.:9000", "[fd00::1]:8080"):
        assert ruling(allowing, f"http://{there}/") is None
        assert allowing.is_allowed(f"https://{there}/")
    for there in (
        "10.1.2.3",
        "10.1.2.3:8081",
        "10.1.2.4:8080",
        "10.1.2.3:80",
        "[fd00::1]",
        "[fd00::2]:8080",
        "inside.example:1",
    ):
        assert ruling(allowing, f"http://{there}/") is Reason.BLOCKED_ADDRESS
        assert not allowing.is_allowed(f"http://{there}/")
    assert dialled(allowing, "10.1.2.3", 8080) == ["10.1.2.3"]
    assert dialled(allowing, "10.1.2.3", 80) is Reason.BLOCKED_ADDRESS
    assert dialled(allowing, "Inside.Example.", 9000) == ["10.0.0.5"]
    assert dialled(allowing, "inside.example", 443) is Reason.BLOCKED_ADDRESS


def test_a_host_that_is_allowed_without_a_port_is_allowed_on_those_of_the_web() -> None:
    allowing = guard(allow_addresses=("inside.example",))
    for url in ("http://inside.example/", "https://inside.example/", "http://inside.example:443/"):
        assert ruling(allowing, url) is None
    assert dialled(allowing, "inside.example", 80) == dialled(allowing, "inside.example", 443) == ["10.0.0.5"]
    assert ruling(allowing, "http://inside.example:8080/") is Reason.BLOCKED_ADDRESS
    assert dialled(allowing, "inside.example", 8080) is Reason.BLOCKED_ADDRESS


def test_an_address_with_a_port_is_not_mistaken_for_a_longer_one_without() -> None:
    assert place("fd00::1", 8080) != place("fd00::1:8080", 80)
    allowing = guard(allow_addresses=("[fd00::1]:8080",))
    assert ruling(allowing, "http://[fd00::1:8080]/") is Reason.BLOCKED_ADDRESS
    assert dialled(allowing, "fd00::1:8080", 80) is Reason.BLOCKED_ADDRESS
    assert dialled(allowing, "fd00::1", 8080) == ["fd00::1"]


def test_localhost_may_be_allowed() -> None:
    assert ruling(guard(allow_addresses=("localhost:8080",)), "http://localhost:8080/") is None


# --- the proxy ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("proxy", "url"),
    [("http://proxy.internal:3128", "http://proxy.internal:3128/"), ("http://proxy.internal", "http://proxy.internal/"),
     ("http://me:secret@proxy.internal:80", "https://PROXY.internal./"), ("https://proxy.internal", "http://proxy.internal/")],
)  # fmt: skip
def test_the_place_of_the_proxy_may_be_dialled_and_not_be_asked(proxy: str, url: str) -> None:
    behind = guard(proxy=proxy)
    assert ruling(behind, url) is Reason.BLOCKED_ADDRESS
    port = 3128 if "3128" in proxy else 80
    assert dialled(behind, "proxy.internal", port) == ["10.0.0.9"]
    assert dialled(behind, "proxy.internal", 8080) is Reason.BLOCKED_ADDRESS
    assert guard().proxy is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "[::1]",
        "0x7f000001",
        "127。0。0。1",
        "localhost",
        "169.254.169.254",
        "paper.example:22",
    ],
)
def test_a_proxy_is_not_asked_for_what_is_seen_to_be_inside(web: Web, made: Made, host: str) -> None:
    fetcher = made(proxy=web.url(), allow_addresses=())
    assert failure(fetcher, f"http://{host}/").reason is Reason.BLOCKED_ADDRESS
    assert failure(fetcher, f"https://{host}/").reason is Reason.BLOCKED_ADDRESS
    assert web.asked == []


def test_a_proxy_is_not_asked_for_itself(web: Web, made: Made) -> None:
    fetcher = made(proxy=web.url(), allow_addresses=(), ports=(80, 443, int(web.address.split(":")[1])))
    assert failure(fetcher, web.url("/status")).reason is Reason.BLOCKED_ADDRESS
    assert web.asked == []


def test_names_are_left_to_the_proxy(web: Web, made: Made) -> None:
    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    asked: list[str] = []
    web.answers["http://inside.example/"] = reply(200, b"beyond")
    proxy = web.url().replace("127.0.0.1", "proxy.internal")
    page = get(made(resolver=Resolver(lookup=look_up), proxy=proxy, allow_addresses=()), "http://inside.example/")
    assert (page.body.read(), page.address) == (b"beyond", None)
    assert asked == ["proxy.internal"]


def test_what_is_allowed_is_asked_directly_and_not_through_the_proxy(web: Web, made: Made) -> None:
    with Web(answers={"/a": reply(200, b"here")}) as near:
        fetcher = made(proxy=web.url(), allow_addresses=(near.address,))
        for url in (near.url("/a"), near.url("/a").replace("127.0.0.1", "127.0.0.1.")):
            page = fetcher.fetch(Request(url=url, accept=Accept.PAGE))
            assert isinstance(page, Page)
            assert (page.body.read(), page.address) == (b"here", "127.0.0.1")
    assert web.asked == []
    assert [asked.line for asked in near.asked] == ["GET /a HTTP/1.1"] * 2
