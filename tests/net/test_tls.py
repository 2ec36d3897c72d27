"""TLS: the name that was asked for is in SNI, certificate and Host, whatever address is dialled."""

from __future__ import annotations

import select
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from tests.net.conftest import Made
from tests.net.test_client import failure, get
from tests.net.test_names import PUBLIC
from tests.net.web import LONGEST_WAIT_S, Listener
from worker.net.client import HttpxFetcher
from worker.net.names import Resolver
from worker.news.errors import HostDown
from worker.news.reason import Reason

NAME = "paper.example"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of `NAME` that it signed itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return folder


@dataclass
class SafeHost:
    """A host that speaks TLS, and keeps the names that it was asked by."""

    certificate: Path
    names: list[str | None] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)

    def talk(self, connection: socket.socket, over: Event) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate / "cert.pem", self.certificate / "key.pem")
        context.sni_callback = lambda _, name, __: self.names.append(name)
        with context.wrap_socket(connection, server_side=True) as safe:
            self.heads.append(safe.recv(65_536))
            safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnews")


@pytest.fixture
def host(certificate: Path) -> SafeHost:
    """A host with a certificate of its own making."""
    return SafeHost(certificate)


@pytest.fixture
def listener(host: SafeHost) -> Iterator[Listener]:
    """Where it listens."""
    with Listener(host.talk) as started:
        yield started


@pytest.fixture
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))


def fetcher_for(made: Made, listener: Listener, *names: str) -> HttpxFetcher:
    allowed = tuple(f"{name}:{listener.port}" for name in names)
    return made(resolver=Resolver(lookup=lambda host, port: ["127.0.0.1"]), allow_addresses=allowed)


@pytest.mark.usefixtures("trusting")
def test_sni_certificate_and_host_are_those_of_the_name(made: Made, host: SafeHost, listener: Listener) -> None:
    page = get(fetcher_for(made, listener, NAME), f"https://{NAME}:{listener.port}/a")
    assert (page.body.read(), page.address) == (b"news", "127.0.0.1")
    assert host.names == [NAME]
    assert f"\r\nHost: {NAME}:{listener.port}\r\n".encode() in host.heads[0]


@pytest.mark.usefixtures("trusting")
def test_a_public_name_is_reached_at_its_checked_address_by_its_name(
    made: Made, host: SafeHost, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(place: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        dialled.append(place)
        return _connect(("127.0.0.1", listener.port), *args, **kwargs)  # type: ignore[arg-type]

    dialled: list[tuple[str, int]] = []
    monkeypatch.setattr(socket, "create_connection", connect)
    fetcher = made(resolver=Resolver(lookup=lambda host, port: [PUBLIC]), allow_addresses=())
    page = get(fetcher, f"https://{NAME}/")
    assert (page.body.read(), page.address, dialled) == (b"news", PUBLIC, [(PUBLIC, 443)])
    assert host.names == [NAME]
    assert f"\r\nHost: {NAME}\r\n".encode() in host.heads[0]


_connect = socket.create_connection


@pytest.mark.usefixtures("trusting")
def test_a_certificate_of_another_name_is_refused(made: Made, host: SafeHost, listener: Listener) -> None:
    found = failure(fetcher_for(made, listener, "other.example"), f"https://other.example:{listener.port}/")
    assert isinstance(found, HostDown)
    assert found.reason is Reason.TLS
    assert (host.names, host.heads) == (["other.example"], [])


@pytest.mark.usefixtures("trusting")
def test_a_certificate_is_of_a_name_and_not_of_the_address_that_is_dialled(
    made: Made, host: SafeHost, listener: Listener
) -> None:
    found = failure(fetcher_for(made, listener, "127.0.0.1"), f"https://127.0.0.1:{listener.port}/")
    assert found.reason is Reason.TLS
    assert host.heads == []


def test_a_certificate_that_nobody_trusts_is_refused(made: Made, host: SafeHost, listener: Listener) -> None:
    found = failure(fetcher_for(made, listener, NAME), f"https://{NAME}:{listener.port}/")
    assert isinstance(found, HostDown)
    assert found.reason is Reason.TLS
    assert host.heads == []


# --- through a proxy ------------------------------------------------------------------------------------------------
@dataclass
class Tunnel:
    """A proxy that tunnels whatever it is asked for to one place."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    def talk(self, connection: socket.socket, over: Event) -> None:
        self.asked.append(connection.recv(65_536).split(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.port), LONGEST_WAIT_S) as beyond:
            other = {connection: beyond, beyond: connection}
            while ready := select.select([connection, beyond], [], [], LONGEST_WAIT_S)[0]:
                for end in ready:
                    data = end.recv(65_536)
                    if not data:
                        return
                    other[end].sendall(data)


@pytest.mark.usefixtures("trusting")
def test_a_page_comes_through_a_tunnel_by_its_name(made: Made, host: SafeHost, listener: Listener) -> None:
    tunnel = Tunnel(listener.port)
    with Listener(tunnel.talk) as proxy:
        fetcher = made(proxy=f"http://127.0.0.1:{proxy.port}", allow_addresses=())
        page = get(fetcher, f"https://{NAME}/a")
        assert (page.body.read(), page.address) == (b"news", None)
        assert failure(fetcher, "https://other.example/").reason is Reason.TLS
    assert tunnel.asked == [f"CONNECT {NAME}:443 HTTP/1.1".encode(), b"CONNECT other.example:443 HTTP/1.1"]
    assert host.names == [NAME, "other.example"]
