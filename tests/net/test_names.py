"""Names: what a name server may do, and which addresses are dialled in the end."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest

from tests.net.conftest import Made
from tests.net.test_client import failure, get
from tests.net.web import LONGEST_WAIT_S, Web, reply
from worker.net.guard import MOST_DIALLED
from worker.net.names import LONGEST_REMEMBERED, MOST_AT_ONCE, MOST_REMEMBERED, Resolver, system_lookup
from worker.news.errors import CopydeskError, HostDown, Refused
from worker.news.reason import Reason

PUBLIC, OTHER_PUBLIC = "93.184.215.14", "93.184.215.15"
SHORT_S = 0.2


@dataclass
class NameServer:
    """Answers as it is told to: with the answers of a name one after the other, the last one again and again."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    # Names that get no answer until it is set.
    hanging: set[str] = field(default_factory=set)
    over: Event = field(default_factory=Event)

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host in self.hanging:
            self.over.wait(LONGEST_WAIT_S)
        answers = self.answers.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def server() -> Iterator[NameServer]:
    """A name server that knows nothing."""
    server = NameServer()
    yield server
    server.over.set()


@dataclass
class Wire:
    """Where connections go: public addresses are at the test's own host, and all others are where they are."""

    web: Web
    dialled: list[str] = field(default_factory=list)

    def connect(self, place: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        self.dialled.append(place[0])
        host, port = self.web.address.split(":")
        there = (host, int(port)) if place[0].startswith("93.") else place
        return _connect(there, *args, **kwargs)  # type: ignore[arg-type]


_connect = socket.create_connection


@pytest.fixture
def wire(web: Web, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """The wire, instead of the machine's own."""
    wire = Wire(web)
    monkeypatch.setattr(socket, "create_connection", wire.connect)
    return wire


def trouble(resolver: Resolver, host: str, timeout_s: float = SHORT_S) -> CopydeskError:
    with pytest.raises(CopydeskError) as caught:
        resolver.addresses(host, 443, timeout_s)
    return caught.value


def forget(resolver: Resolver) -> None:
    """Let the time go by for which answers are believed."""
    resolver.remembered.update({key: (0.0, answer) for key, (_, answer) in resolver.remembered.items()})


# --- what is dialled ------------------------------------------------------------------------------------------------
def test_a_name_that_turns_inside_is_refused_and_nobody_is_connected_to(
    web: Web, made: Made, server: NameServer, wire: Wire
) -> None:
    web.answers["/"] = reply(200, b"news", kept=False)
    server.answers["paper.example"] = [[PUBLIC], ["127.0.0.1"]]
    resolver = Resolver(lookup=server)
    fetcher = made(resolver=resolver, allow_addresses=())
    page = get(fetcher, "http://paper.example/")
    assert (page.body.read(), page.address) == (b"news", PUBLIC)
    web.wait_until_idle()
    forget(resolver)
    assert failure(fetcher, "http://paper.example/").reason is Reason.BLOCKED_ADDRESS
    assert (server.asked, wire.dialled) == (["paper.example"] * 2, [PUBLIC])


def test_what_is_dialled_is_what_was_checked(web: Web, made: Made, server: NameServer, wire: Wire) -> None:
    """A second lookup behind the check would be answered with an address inside."""
    web.answers["/"] = reply(200, b"news")
    server.answers["paper.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert get(made(resolver=Resolver(lookup=server), allow_addresses=()), "http://paper.example/").address == PUBLIC
    assert (server.asked, wire.dialled) == (["paper.example"], [PUBLIC])
    assert web.asked[0].headers["host"] == "paper.example"


def test_a_name_is_looked_up_once_for_a_connection(web: Web, made: Made, server: NameServer, wire: Wire) -> None:
    web.answers["/"] = reply(200, b"news")
    server.answers["paper.example"] = [[PUBLIC]]
    resolver = Resolver(lookup=server)
    fetcher = made(resolver=resolver, allow_addresses=())
    for _ in range(3):
        assert get(fetcher, "http://paper.example/").address == PUBLIC
        forget(resolver)
    assert (len(server.asked), len(wire.dialled)) == (3, 3)


def test_a_name_that_was_just_looked_up_is_known(server: NameServer) -> None:
    server.answers["paper.example"] = [[PUBLIC], [OTHER_PUBLIC]]
    resolver = Resolver(lookup=server)
    assert [resolver.addresses("paper.example", 443, 1.0) for _ in range(3)] == [[PUBLIC]] * 3
    forget(resolver)
    assert resolver.addresses("paper.example", 443, 1.0) == [OTHER_PUBLIC]
    assert server.asked == ["paper.example"] * 2


def test_a_name_with_a_public_and_a_private_address_is_refused(
    web: Web, made: Made, server: NameServer, wire: Wire
) -> None:
    server.answers |= {"a.example": [[PUBLIC, "10.0.0.5"]], "b.example": [["::1", PUBLIC]]}
    fetcher = made(resolver=Resolver(lookup=server), allow_addresses=())
    for name in ("a.example", "b.example"):
        assert failure(fetcher, f"http://{name}/") == Refused(
            Reason.BLOCKED_ADDRESS, f"{name} is {server.answers[name][0][0 if name[0] == 'b' else 1]}"
        )
    assert (wire.dialled, web.asked) == ([], [])


def test_of_many_addresses_that_do_not_answer_few_are_dialled(
    web: Web, made: Made, server: NameServer, wire: Wire
) -> None:
    port = web.address.split(":")[1]
    dead = [f"127.0.0.{n}" for n in range(2, 52)]
    server.answers |= {"dead.example": [dead], "third.example": [[*dead[:2], "127.0.0.1", *dead[2:]]]}
    allowed = tuple(f"{name}:{port}" for name in server.answers)
    fetcher = made(resolver=Resolver(lookup=server), allow_addresses=allowed)
    web.answers["/"] = reply(200, b"news")
    assert failure(fetcher, f"http://dead.example:{port}/").reason is Reason.CONNECT
    assert wire.dialled == dead[:MOST_DIALLED]
    assert get(fetcher, f"http://third.example:{port}/").address == "127.0.0.1"
    assert web.asked[0].headers["host"] == f"third.example:{port}"


def test_addresses_that_are_dialled_in_vain_take_no_more_time_than_the_whole(
    web: Web, made: Made, server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(place: object, timeout: float, **_: object) -> socket.socket:
        waited.append(timeout)
        assert not Event().wait(min(timeout, LONGEST_WAIT_S))
        raise TimeoutError

    waited: list[float] = []
    monkeypatch.setattr(socket, "create_connection", hang)
    server.answers["paper.example"] = [[f"93.184.215.{n}" for n in range(9)]]
    limits = {"page_total": timedelta(seconds=0.5), "connect": timedelta(seconds=0.3)}
    began = time.monotonic()
    found = failure(made(resolver=Resolver(lookup=server), allow_addresses=(), **limits), "http://paper.example/")
    assert found.reason is Reason.TIMEOUT
    assert time.monotonic() - began < 1.5
    assert len(waited) == 2


# --- what is answered -----------------------------------------------------------------------------------------------
def test_a_name_without_an_address_is_not_there(server: NameServer) -> None:
    server.answers["empty.example"] = [[]]
    for name in ("empty.example", "nothing.example"):
        found = trouble(Resolver(lookup=server), name)
        assert isinstance(found, HostDown)
        assert found.reason is Reason.DNS


@pytest.mark.parametrize("error", [UnicodeError("label too long"), ValueError("embedded null character")])
def test_what_can_be_no_name_is_a_bad_link(error: ValueError) -> None:
    def refuse(host: str, port: int) -> list[str]:
        raise error

    assert trouble(Resolver(lookup=refuse), "a..b").reason is Reason.BAD_LINK


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_AGAIN, "later"), OSError("no network"), TimeoutError()])
def test_a_name_server_that_fails_is_asked_again_later(error: OSError) -> None:
    def fail(host: str, port: int) -> list[str]:
        raise error

    assert trouble(Resolver(lookup=fail), "paper.example").reason is Reason.DNS_TEMPORARY


def test_the_system_is_asked_for_each_address_once() -> None:
    assert system_lookup("127.0.0.1", 443) == ["127.0.0.1"]
    assert len(set(system_lookup("localhost", 80))) == len(system_lookup("localhost", 80))


# --- what it costs --------------------------------------------------------------------------------------------------
def test_a_name_server_that_hangs_is_given_up(server: NameServer, made: Made) -> None:
    server.hanging.add("hanging.example")
    fetcher = made(resolver=Resolver(lookup=server), allow_addresses=(), dns=timedelta(seconds=SHORT_S))
    began = time.monotonic()
    found = failure(fetcher, "http://hanging.example/")
    assert isinstance(found, HostDown)
    assert found.reason is Reason.DNS_TEMPORARY
    assert SHORT_S <= time.monotonic() - began < SHORT_S + 1


def test_other_names_are_found_while_many_hang(server: NameServer) -> None:
    server.hanging = {f"hanging{n}.example" for n in range(64)}
    server.answers["paper.example"] = [[PUBLIC]]
    resolver = Resolver(lookup=server)
    with ThreadPoolExecutor(64) as threads:
        for found in threads.map(lambda name: trouble(resolver, name), sorted(server.hanging)):
            assert found.reason is Reason.DNS_TEMPORARY
        assert resolver.addresses("paper.example", 443, 1.0) == [PUBLIC]


def test_no_more_threads_hang_than_are_allowed_and_what_is_known_needs_none(server: NameServer) -> None:
    names = [f"hanging{n}.example" for n in range(MOST_AT_ONCE + 20)]
    server.hanging = set(names)
    server.answers = {name: [[PUBLIC]] for name in (*names, "paper.example", "other.example")}
    resolver, before = Resolver(lookup=server), threading.active_count()
    resolver.addresses("paper.example", 443, 1.0)
    for name in names:
        assert trouble(resolver, name, 0.001).reason is Reason.DNS_TEMPORARY
    assert threading.active_count() - before <= MOST_AT_ONCE
    assert resolver.addresses("paper.example", 443, SHORT_S) == [PUBLIC]
    assert trouble(resolver, "other.example", 0.01).reason is Reason.DNS_TEMPORARY
    server.over.set()
    assert resolver.addresses("other.example", 443, LONGEST_WAIT_S) == [PUBLIC]


def test_a_machine_without_threads_can_not_look_up_and_loses_no_seat(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    server.answers["paper.example"] = [[PUBLIC]]
    resolver = Resolver(lookup=server, seats=threading.BoundedSemaphore(1))
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", refuse)
        assert trouble(resolver, "paper.example").reason is Reason.DNS_TEMPORARY
    assert resolver.addresses("paper.example", 443, LONGEST_WAIT_S) == [PUBLIC]


def test_what_is_remembered_of_a_name_is_bounded() -> None:
    def answer(host: str, port: int) -> list[str]:
        return [f"93.184.{n}.{int(host) % 256}" for n in range(LONGEST_REMEMBERED + int(host) % 2)]

    resolver = Resolver(lookup=answer)
    for n in range(200):
        resolver.addresses(f"{n}", 443, LONGEST_WAIT_S)
    # Half of them had too many addresses.
    assert len(resolver.remembered) == 100
    largest = max(sum(map(sys.getsizeof, answer)) + sys.getsizeof(answer) for _, answer in resolver.remembered.values())
    assert largest * MOST_REMEMBERED < 30_000_000


def test_no_more_names_are_remembered_than_are_allowed(server: NameServer) -> None:
    resolver = Resolver(lookup=server)
    resolver.remembered |= {(f"{n}.example", 443): (0.0, [PUBLIC]) for n in range(MOST_REMEMBERED)}
    server.answers["paper.example"] = [[PUBLIC]]
    resolver.addresses("paper.example", 443, LONGEST_WAIT_S)
    assert list(resolver.remembered) == [("paper.example", 443)]
