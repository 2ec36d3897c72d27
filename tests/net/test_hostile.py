"""The client before hostile hosts: each case has a limit on time and memory, and a named end.

The hosts are in this process, the client is in one of its own for each case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.net.hostile import CONNECTIONS, GROUPS
from tests.net.prober import Prober, Question, Report
from tests.net.web import Listener, Web, reply
from worker.news.reason import Reason

MOST_GROWTH = 60_000_000
GRACE_S = 1.0
# What is to be refused has the longer time to be; what is to be given up is given up after the shorter one.
LONG_S, SHORT_S = 10.0, 0.5
Taken = dict[str, list[Report]]


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    """Where the client is."""
    with Prober() as started:
        yield started


@pytest.fixture(scope="module")
def host() -> Iterator[Web]:
    """The host that is hostile, and has one harmless page."""
    with Web(answers={"/harmless": reply(200, b"news", Content_Type="text/html")}) as started:
        yield started


@pytest.fixture(scope="module")
def canary() -> Iterator[Listener]:
    """A listener on loopback that nobody may reach."""
    with Listener() as started:
        yield started


@pytest.fixture(scope="module")
def taken() -> Taken:
    """What each group took, for the report at the end."""
    return {}


def question(host: Web, urls: str | list[str], seconds: float, *allowed: str, **limits: Any) -> Question:
    times = dict.fromkeys(("feed_total", "page_total", "connect", "dns", "read"), seconds)
    return Question(
        urls=[urls] if isinstance(urls, str) else urls,
        warm=host.url("/harmless"),
        limits={"allow_addresses": [host.address, *allowed]} | times | limits,
    )


def within_limits(prober: Prober, asked: Question, took: list[Report]) -> Report:
    """Ask, and see that neither more time nor more memory is taken than is allowed."""
    report = prober.ask(asked)
    took.append(report)
    assert report.seconds <= asked.limits["page_total"] + GRACE_S
    assert report.grown <= MOST_GROWTH
    return report


def test_the_measure_sees_what_a_client_without_limits_would_take(prober: Prober, host: Web) -> None:
    host.answers["/large"] = reply(200, bytes(40_000_000))
    most = 50_000_000
    asked = question(host, host.url("/large"), LONG_S, page_wire=most, page_decoded=most, body_in_memory=most)
    report = prober.ask(asked)
    assert (report.outcome, report.size) == ("200", 40_000_000)
    assert report.grown > 30_000_000


@pytest.mark.parametrize(("group", "name"), [(group, name) for group, cases in GROUPS.items() for name in cases])
def test_every_answer_ends_as_it_should_within_its_limits(
    prober: Prober, host: Web, taken: Taken, group: str, name: str
) -> None:
    case, path = GROUPS[group][name], f"/{group}/{name}".replace(" ", "-")
    host.answers[path] = case.answer(host)
    seconds = SHORT_S if group == "drip by drip" else LONG_S
    asked = replace(question(host, host.url(path), seconds, **case.limits), accept=case.accept)
    report = within_limits(prober, asked, taken.setdefault(group, []))
    assert (report.outcome, report.size) == (case.ends, case.size), report.detail


@pytest.mark.parametrize(("name", "magic"), [("br", "cfffff7f"), ("zstd", "28b52ffd")])
def test_what_is_packed_and_not_announced_is_left_as_it_came(prober: Prober, host: Web, name: str, magic: str) -> None:
    host.answers["/packed"] = GROUPS["bombs"][f"{name} that is not announced"].answer(host)
    assert prober.ask(question(host, host.url("/packed"), LONG_S)).start.startswith(magic)


@pytest.mark.parametrize("name", CONNECTIONS)
def test_every_connection_ends_as_it_should_within_its_limits(
    prober: Prober, host: Web, taken: Taken, name: str
) -> None:
    scheme, talk, ends = CONNECTIONS[name]
    with Listener(talk) as listener:
        place = f"127.0.0.1:{listener.port}"
        asked = question(host, f"{scheme}://{place}/", SHORT_S, place)
        report = within_limits(prober, asked, taken.setdefault("connections", []))
    assert report.outcome == ends, report.detail


# --- redirects off the web ------------------------------------------------------------------------------------------
# What name servers say of names that lead inside.
NAMES = {
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data.ec2.internal": ["169.254.169.254"],
    "metadata.tencentyun.com": ["169.254.0.23"],
    "metadata.alibaba.example": ["100.100.100.200"],
    "metadata6.ec2.example": ["fd00:ec2::254"],
    "router.example": ["192.168.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "one-of-two.example": ["93.184.215.14", "127.0.0.1"],
    "127-0-0-1.paper.example": ["127.0.0.1"],
    "db": ["10.0.0.5"],
}
DISGUISES = {
    "loopback": [
        "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "0x7f000001", "0x7f.1", "0X7F.0.0.0x1",
        "2130706433", "017700000001", "00000177.1", "127.0.0.0x1", "0", "0.0", "0x0", "0.0.0.0", "127.0.0.1.0x", "4294967297",  # noqa: S104 - nobody binds to it
    ],
    "IPv6": [
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[::FFFF:7F00:0001]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
        "[2001:0:7f00:1::]", "[fd00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]", "[::1%25lo]", "[fec0::1]",
        "[ff02::1]", "[2001:db8::1]", "[::ffff:169.254.169.254]", "[::ffff:0:127.0.0.1]",
    ],
    "others inside": [
        "169.254.169.254", "0xa9fea9fe", "2852039166", "169.254.43518", "169.254.170.2", "100.64.0.1", "10.0.0.1", "10.1",
        "172.16.0.1", "192.168.1.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    ],
    "dressed up without need": ["8.8.2056", "134744072", "0x08080808"],
    "behind a login": [
        "user:pw@127.0.0.1", "user:pw@127.1", "paper.example@127.0.0.1", "paper.example%2f@127.0.0.1", "a@b@[::1]",
    ],
    "other letters": ["127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "127。1"],
    "names": ["localhost", "localhost.", "LocalHost", "foo.localhost", "foo.localhost.", "localhost。"],
    "what name servers say": list(NAMES),
}  # fmt: skip
# Nobody here reads these as addresses; whoever would, such as a proxy, is not asked to.
NO_NAMES = [
    "１２７.0.0.1", "①②⑦.⓪.⓪.①", "ⓛocalhost", "127.0.0.%31", "loc%61lhost", "127.0.0.1 ", "0177.0.0.1", "127.0.0.256",
]  # fmt: skip
FORMS = ["http://{host}/", "https://{host}/a?b", "http://{host}:{port}/", "//{host}:{port}/a", "http://{host}:0{port}/"]
ELSEWHERE = [
    "file:///etc/passwd", "file://localhost/etc/passwd", "ftp://paper.example/", "gopher://127.0.0.1:{port}/_INFO", "data:text/html,a",
    "unix:/var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/info", "javascript:alert(1)", "dict://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/", "jar:http://paper.example!/", "http://[::1:{port}/",
    "http://127.0.0.1:{port}x/", "http://127.0.0.1:99999/",
]  # fmt: skip


def moved_to(prober: Prober, host: Web, canary: Listener, targets: list[str], took: list[Report]) -> dict[str, str]:
    """How redirects end; nobody but the host may have been connected to."""
    paths = {f"/moved/{at}": target for at, target in enumerate(targets)}
    host.answers |= {
        path: reply(302, Location=target.replace("{port}", str(canary.port))) for path, target in paths.items()
    }
    # The guard has nothing against the canary's port.
    asked = question(host, [host.url(path) for path in paths], LONG_S, ports=[80, 443, canary.port])
    report = within_limits(prober, replace(asked, names=NAMES), took)
    # So says the kernel.
    assert {f"{place}:{port}" for place, port in report.dialled} == {host.address}
    assert not canary.somebody_came()
    return dict(zip(targets, report.outcomes.values(), strict=True))


def test_the_canary_would_see_who_comes(prober: Prober, host: Web, canary: Listener) -> None:
    asked = question(host, f"http://127.0.0.1:{canary.port}/", SHORT_S, f"127.0.0.1:{canary.port}")
    report = prober.ask(asked)
    assert (report.outcome, report.dialled) == (Reason.TIMEOUT, [["127.0.0.1", canary.port]])
    assert canary.somebody_came()


def in_all_forms(hosts: list[str]) -> list[str]:
    return [form.replace("{host}", host) for host in hosts for form in FORMS]


@pytest.mark.parametrize("kind", DISGUISES)
def test_a_redirect_to_an_address_inside_is_refused_however_it_is_dressed(
    prober: Prober, host: Web, canary: Listener, taken: Taken, kind: str
) -> None:
    targets = in_all_forms(DISGUISES[kind])
    ends = moved_to(prober, host, canary, targets, taken.setdefault("disguises", []))
    assert ends == dict.fromkeys(targets, Reason.BLOCKED_ADDRESS)


def test_a_redirect_to_what_may_be_read_as_an_address_elsewhere_is_refused(
    prober: Prober, host: Web, canary: Listener, taken: Taken
) -> None:
    targets = in_all_forms(NO_NAMES)
    ends = moved_to(prober, host, canary, targets, taken.setdefault("disguises", []))
    assert ends == dict.fromkeys(targets, Reason.BAD_LINK)


def test_a_redirect_to_what_is_no_web_address_is_refused(
    prober: Prober, host: Web, canary: Listener, taken: Taken
) -> None:
    ends = moved_to(prober, host, canary, ELSEWHERE, taken.setdefault("schemes", []))
    assert ends == dict.fromkeys(ELSEWHERE, Reason.BAD_REDIRECT)


def test_a_redirect_to_a_port_that_is_not_of_the_web_is_refused(
    prober: Prober, host: Web, canary: Listener, taken: Taken
) -> None:
    places = ["93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "paper.example"]
    ports = [0, 1, 21, 22, 25, 6379, 8080, 65_535]
    targets = [f"http://{place}:{port}/" for place in places for port in ports]
    ends = moved_to(prober, host, canary, targets, taken.setdefault("ports", []))
    assert ends == dict.fromkeys(targets, Reason.BLOCKED_ADDRESS)


# --- name servers ---------------------------------------------------------------------------------------------------
def test_a_name_server_that_hangs_ends_within_its_limits(prober: Prober, host: Web, taken: Taken) -> None:
    asked = question(host, "http://hanging.example/", SHORT_S)
    report = within_limits(prober, replace(asked, hanging=["hanging.example"]), taken.setdefault("names", []))
    assert (report.outcome, report.dialled) == (Reason.DNS_TEMPORARY, [])


def test_many_names_with_many_addresses_are_held_within_limits(prober: Prober, host: Web, taken: Taken) -> None:
    addresses = [f"93.184.215.{n}" for n in range(63)]
    urls = [f"http://{n}.paper.example/" for n in range(1000)]
    asked = replace(question(host, urls, LONG_S), names={"*": [*addresses, "127.0.0.1"]})
    report = within_limits(prober, asked, taken.setdefault("names", []))
    assert (set(report.outcomes.values()), report.dialled) == ({Reason.BLOCKED_ADDRESS}, [])


def test_what_the_worst_cases_took_is_reported(taken: Taken, report: Callable[[str], None]) -> None:
    for group, reports in taken.items():
        seconds, grown = max(each.seconds for each in reports), max(each.grown for each in reports)
        report(f"hostile, {group}: {len(reports)} questions, at most {seconds:.2f} s and {grown / 1e6:.1f} MB more")
