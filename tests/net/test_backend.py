"""The network under the client, where the client itself does not lead."""

from __future__ import annotations

import time

import httpcore
import pytest

from tests.net.web import Web
from worker.net.backend import DIALLED, Allowance, GuardedBackend, OverBudgetError
from worker.net.guard import Guard
from worker.net.policy import NetPolicy


@pytest.fixture
def backend() -> GuardedBackend:
    """A backend with the usual guard."""
    return GuardedBackend(Guard(NetPolicy()))


def test_no_unix_socket_is_connected_to(backend: GuardedBackend) -> None:
    with pytest.raises(httpcore.ConnectError):
        backend.connect_unix_socket("/var/run/docker.sock")


def test_a_pause_between_two_tries_is_one(backend: GuardedBackend) -> None:
    began = time.monotonic()
    backend.sleep(0.05)
    assert time.monotonic() - began >= 0.05


def test_an_allowance_gives_the_shorter_time_until_there_is_none() -> None:
    allowance = Allowance(10.0, 100)
    assert allowance.left(1.0) == 1.0
    assert 9.0 < allowance.left(None) <= 10.0
    assert 9.0 < allowance.left(100.0) <= 10.0
    with pytest.raises(httpcore.ReadTimeout):
        Allowance(0.0, 100).left(None)


def test_an_allowance_gives_as_many_bytes_as_it_has() -> None:
    allowance = Allowance(10.0, 100)
    allowance.take(100)
    with pytest.raises(OverBudgetError):
        allowance.take(1)


def test_what_belongs_to_no_fetch_has_the_limits_of_its_caller(web: Web) -> None:
    host, port = web.address.split(":")
    backend = GuardedBackend(Guard(NetPolicy(allow_addresses=(web.address,))))
    stream = backend.connect_tcp(host, int(port), 5.0)
    assert stream.get_extra_info(DIALLED) == host
    stream.write(b"GET / HTTP/1.1\r\n\r\n", 5.0)
    assert stream.read(4, 5.0) == b"HTTP"
    stream.close()
