"""The real poster: whom it may ask, which connections it keeps, and when it gives up."""

from __future__ import annotations

import gzip
import socket
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from threading import Event

import pytest

from tests.contract.sinks.receiver import Letter, Receiver, Reply, open_receiver
from tests.harness import FakeClock
from tests.net.test_client import SECRET, SHORT, dead_port
from tests.net.test_names import PUBLIC
from tests.net.test_tls import NAME, SafeHost, Tunnel, certificate, host, listener, trusting  # noqa: F401 - fixtures
from tests.net.web import PACE_S, Listener
from worker.net.names import Resolver
from worker.net.policy import NetPolicy
from worker.net.poster import HttpxPoster
from worker.news.errors import CopydeskError, HostDown, Refused
from worker.news.reason import Reason
from worker.pipeline.ports import Posted

MOST = 1000
Made = Callable[..., HttpxPoster]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver on loopback."""
    yield from open_receiver(tmp_path)


@pytest.fixture
def made(receiver: Receiver) -> Iterator[Made]:
    """Makes a poster, whose own the receiver is if nothing else is said; it is closed when the test is over."""
    posters = []

    def make(
        *own: str, timeout: timedelta = timedelta(seconds=20), resolver: Resolver | None = None, **limits: object
    ) -> HttpxPoster:
        policy = replace(NetPolicy(), **limits)  # type: ignore[arg-type]
        given = own or (receiver.url,)
        posters.append(
            HttpxPoster(policy=policy, clock=FakeClock(), own=given, timeout=timeout, most=MOST, resolver=resolver)
        )
        return posters[-1]

    yield make
    for poster in posters:
        poster.close()


def failure(poster: HttpxPoster, url: str, **headers: str) -> CopydeskError:
    """Post what must fail."""
    with pytest.raises(CopydeskError) as caught:
        poster.post(url, b"news", headers=headers)
    return caught.value


def take_all(letter: Letter) -> Reply:
    return Reply()


# --- what is asked --------------------------------------------------------------------------------------------------
def test_the_poster_says_who_it_is_and_has_no_cookies(receiver: Receiver, made: Made) -> None:
    receiver.script = lambda _: Reply(headers={"Set-Cookie": "seen=1; Path=/"})
    poster = made(user_agent="Deskhand/1 (+https://desk.example)")
    for _ in range(2):
        poster.post(receiver.url, b"news", headers={"Content-Type": "text/plain"})
    for letter in receiver.letters:
        assert letter.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert letter.headers["user-agent"] == "Deskhand/1 (+https://desk.example)"
        assert letter.headers["content-type"] == "text/plain"
        assert letter.headers["accept-encoding"] == "gzip, deflate"
        assert "cookie" not in letter.headers


def test_neither_proxies_nor_logins_are_taken_from_the_environment(
    receiver: Receiver, made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port()}")
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login me password {SECRET}\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    receiver.script = take_all
    assert made().post(receiver.url, b"news", headers={}).status == 200
    assert "authorization" not in receiver.letters[0].headers


def test_a_header_that_cannot_be_sent_is_not_repeated_in_words(receiver: Receiver, made: Made) -> None:
    found = failure(made(), receiver.url, Authorization=f"{SECRET}\n")
    assert found.reason is Reason.PROTOCOL
    assert SECRET not in "".join(traceback.format_exception(found))
    assert receiver.letters == []


def test_a_login_in_the_address_is_refused_without_being_repeated(receiver: Receiver, made: Made) -> None:
    found = failure(made(), receiver.url.replace("//", f"//me:{SECRET}@"))
    assert found.reason is Reason.BAD_LINK
    assert SECRET not in str(found)
    assert receiver.letters == []


# --- who may be asked -----------------------------------------------------------------------------------------------
def test_its_own_is_one_place_and_not_what_lies_beside_it(receiver: Receiver, made: Made) -> None:
    receiver.script = take_all
    poster = made()
    with Listener() as beside:
        for url in (f"http://127.0.0.1:{beside.port}/", f"http://localhost:{beside.port}/"):
            assert failure(poster, url).reason is Reason.BLOCKED_ADDRESS
        assert not beside.somebody_came()
    assert poster.post(f"http://127.0.0.1:{receiver.port}/another/path", b"news", headers={}).status == 200


def test_a_public_name_that_leads_inside_is_not_asked(made: Made) -> None:
    with Listener() as inside:
        poster = made(resolver=Resolver(lookup=lambda *_: ["127.0.0.1"]), ports=(80, 443, inside.port))
        assert failure(poster, f"http://desk.example:{inside.port}/").reason is Reason.BLOCKED_ADDRESS
        assert not inside.somebody_came()


def test_a_public_receiver_is_asked_at_the_ports_of_the_web_only(made: Made) -> None:
    found = failure(made(), "https://desk.example:8443/in")
    assert found == Refused(Reason.BLOCKED_ADDRESS, "port 8443")


def test_a_private_name_of_its_own_may_have_any_port(receiver: Receiver, made: Made) -> None:
    receiver.script = take_all
    url = f"http://hooks.internal:{receiver.port}/in"
    poster = made(url, resolver=Resolver(lookup=lambda *_: ["127.0.0.1"]))
    assert poster.post(url, b"news", headers={}).status == 200
    assert receiver.letters[0].headers["host"] == f"hooks.internal:{receiver.port}"


def test_what_the_settings_let_through_may_be_asked_as_well(receiver: Receiver, made: Made) -> None:
    receiver.script = take_all
    poster = made("http://127.0.0.1:1/", allow_addresses=(f"127.0.0.1:{receiver.port}",))
    assert poster.post(receiver.url, b"news", headers={}).status == 200


def test_a_url_of_its_own_that_is_none_is_named_at_once(made: Made) -> None:
    with pytest.raises(ValueError, match="a URL that is none"):
        made("http://[::1/in")


# --- through a proxy ------------------------------------------------------------------------------------------------
def test_public_receivers_are_asked_by_the_proxy_and_its_own_directly(receiver: Receiver, made: Made) -> None:
    receiver.script = take_all
    with Listener() as own:
        poster = made(f"http://127.0.0.1:{own.port}/", proxy=f"http://127.0.0.1:{receiver.port}")
        poster.post("http://desk.example/in", b"news", headers={})
        assert [letter.path for letter in receiver.letters] == ["http://desk.example/in"]
        assert failure(poster, "http://10.0.0.5/in").reason is Reason.BLOCKED_ADDRESS
        short = made(f"http://127.0.0.1:{own.port}/", proxy=f"http://127.0.0.1:{receiver.port}", timeout=SHORT)
        assert failure(short, f"http://127.0.0.1:{own.port}/").reason is Reason.TIMEOUT
        assert own.somebody_came()
    assert len(receiver.letters) == 1


def test_a_proxy_that_wants_a_login_is_no_answer_and_a_receiver_that_says_so_is(receiver: Receiver, made: Made) -> None:
    receiver.script = lambda _: Reply(status=407)
    found = failure(made("http://10.0.0.5/", proxy=f"http://127.0.0.1:{receiver.port}"), "http://desk.example/in")
    assert found == HostDown(Reason.CONNECT, "the proxy wants a login")
    poster = made(proxy=f"http://127.0.0.1:{dead_port()}")
    assert poster.post(receiver.url, b"news", headers={}).status == 407


# --- connections ----------------------------------------------------------------------------------------------------
def test_a_connection_serves_many_posts(receiver: Receiver, made: Made) -> None:
    receiver.script = lambda _: Reply(body=b"x" * MOST)
    poster = made()
    for _ in range(20):
        poster.post(receiver.url, b"news", headers={})
    assert (len(receiver.letters), receiver.connections) == (20, 1)


def test_a_receiver_that_closes_after_each_answer_gets_each_post_once(receiver: Receiver, made: Made) -> None:
    receiver.script, receiver.closes = take_all, True
    poster, bodies = made(), [str(n).encode() for n in range(100)]
    for body in bodies:
        assert poster.post(receiver.url, body, headers={}).status == 200
    assert [letter.body for letter in receiver.letters] == bodies


def test_a_receiver_that_was_started_anew_is_asked_on_a_new_connection(receiver: Receiver, made: Made) -> None:
    receiver.script = take_all
    poster = made()
    poster.post(receiver.url, b"one", headers={})
    with receiver.away():
        assert failure(poster, receiver.url).reason is Reason.CONNECT
    assert poster.post(receiver.url, b"two", headers={}).status == 200


def test_a_kept_connection_that_breaks_before_any_answer_is_tried_once_more_on_a_new_one(
    receiver: Receiver, made: Made
) -> None:
    receiver.script = take_all
    poster = made()
    poster.post(receiver.url, b"one", headers={})
    receiver.script = lambda _: Reply(status=None)
    assert failure(poster, receiver.url).reason is Reason.PROTOCOL
    assert [letter.body for letter in receiver.letters] == [b"one", b"news", b"news"]


def test_a_new_connection_that_breaks_is_not_tried_again(receiver: Receiver, made: Made) -> None:
    receiver.script = lambda _: Reply(status=None)
    assert failure(made(), receiver.url).reason is Reason.PROTOCOL
    assert len(receiver.letters) == 1


def test_an_answer_that_had_begun_on_a_kept_connection_is_not_asked_for_again(made: Made) -> None:
    asked: list[bytes] = []

    def talk(connection: socket.socket, over: Event) -> None:
        for answer in (b"HTTP/1.1 204 Good\r\n\r\n", b"HTTP/1.1 2"):
            asked.append(read_post(connection))
            connection.sendall(answer)

    with Listener(talk) as started:
        url = f"http://127.0.0.1:{started.port}/"
        poster = made(url)
        assert poster.post(url, b"news", headers={}).status == 204
        assert failure(poster, url).reason is Reason.PROTOCOL
    assert len(asked) == 2


# --- what comes -----------------------------------------------------------------------------------------------------
def read_post(connection: socket.socket) -> bytes:
    """A whole post: who closes with something unread takes back what was said."""
    came = b""
    while not came.endswith(b"news"):
        came += connection.recv(65_536)
    return came


def talking(*pieces: bytes, drip: bytes = b"") -> Callable[[socket.socket, Event], None]:
    """Somebody who says this, and goes on drop by drop."""

    def talk(connection: socket.socket, over: Event) -> None:
        read_post(connection)
        for piece in pieces:
            connection.sendall(piece)
        for drop in repeat(drip, 500 if drip else 0):
            if over.wait(PACE_S):
                return
            connection.sendall(drop)

    return talk


def answer_of(made: Made, talk: Callable[[socket.socket, Event], None], **limits: timedelta) -> Posted:
    with Listener(talk) as started:
        url = f"http://127.0.0.1:{started.port}/"
        return made(url, **limits).post(url, b"news", headers={})


def test_a_head_that_drips_is_given_up(made: Made) -> None:
    with pytest.raises(HostDown) as caught:
        answer_of(made, talking(b"HTTP/1.1 200 OK\r\n", drip=b"X: y\r\n"), timeout=SHORT)
    assert caught.value.reason is Reason.TIMEOUT


def test_answers_of_1xx_without_end_are_given_up(made: Made) -> None:
    with pytest.raises(CopydeskError) as caught:
        answer_of(made, talking(*[b"HTTP/1.1 103 Early\r\n\r\n" * 1000] * 1000))
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_status_holds_though_its_body_never_ends(made: Made) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    assert answer_of(made, talking(head, drip=b"x"), timeout=SHORT).status == 200
    assert answer_of(made, talking(head, *[b"x" * 50_000] * 20)) == Posted(status=200, body=b"x" * MOST)


@pytest.mark.parametrize(
    ("encoding", "body", "read"),
    [
        pytest.param("gzip", gzip.compress(b"x" * 100_000_000), b"x" * MOST, id="bomb"),
        pytest.param("gzip", gzip.compress(b"too late"), b"too late", id="packed"),
        pytest.param("gzip", b"no gzip", b"", id="damaged"),
        pytest.param("br", b"unknown", b"", id="unknown"),
    ],
)
def test_a_packed_body_is_undone_as_far_as_it_is_wanted(made: Made, encoding: str, body: bytes, read: bytes) -> None:
    head = f"HTTP/1.1 422 No\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    assert answer_of(made, talking(head + body)) == Posted(status=422, body=read)


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\xff" * 2000, b"HTTP/1.1 200 OK\r\nX"])
def test_whoever_speaks_no_proper_http_is_down(made: Made, said: bytes) -> None:
    with pytest.raises(HostDown) as caught:
        answer_of(made, talking(said))
    assert caught.value.reason is Reason.PROTOCOL


# --- TLS ------------------------------------------------------------------------------------------------------------
def tls_poster(made: Made, port: int) -> tuple[HttpxPoster, str]:
    url = f"https://{NAME}:{port}/in"
    return made(url, resolver=Resolver(lookup=lambda *_: ["127.0.0.1"])), url


@pytest.mark.usefixtures("trusting")
def test_a_receiver_of_its_own_is_known_by_the_certificate_of_its_name(
    made: Made, request: pytest.FixtureRequest
) -> None:
    safe: SafeHost = request.getfixturevalue("host")
    poster, url = tls_poster(made, request.getfixturevalue("listener").port)
    assert poster.post(url, b"", headers={}) == Posted(status=200, body=b"news")
    assert safe.names == [NAME]


def test_a_receiver_whose_certificate_nobody_trusts_gets_nothing(made: Made, request: pytest.FixtureRequest) -> None:
    safe: SafeHost = request.getfixturevalue("host")
    poster, url = tls_poster(made, request.getfixturevalue("listener").port)
    assert failure(poster, url).reason is Reason.TLS
    assert safe.heads == []


@pytest.mark.usefixtures("trusting")
def test_a_public_receiver_is_dialled_at_the_address_that_was_checked(
    made: Made, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(place: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        dialled.append(place)
        return _connect(("127.0.0.1", port), *args, **kwargs)  # type: ignore[arg-type]

    dialled: list[tuple[str, int]] = []
    port = request.getfixturevalue("listener").port
    monkeypatch.setattr(socket, "create_connection", connect)
    poster = made(resolver=Resolver(lookup=lambda *_: [PUBLIC]))
    assert poster.post(f"https://{NAME}/in", b"", headers={}).status == 200
    assert dialled == [(PUBLIC, 443)]


_connect = socket.create_connection


@pytest.mark.usefixtures("trusting")
def test_a_public_receiver_is_reached_through_a_tunnel_by_its_name(made: Made, request: pytest.FixtureRequest) -> None:
    tunnel = Tunnel(request.getfixturevalue("listener").port)
    with Listener(tunnel.talk) as proxy:
        poster = made(proxy=f"http://127.0.0.1:{proxy.port}")
        assert poster.post(f"https://{NAME}/in", b"", headers={}) == Posted(status=200, body=b"news")
        assert failure(poster, "https://other.example/in").reason is Reason.TLS
    assert tunnel.asked == [f"CONNECT {NAME}:443 HTTP/1.1".encode(), b"CONNECT other.example:443 HTTP/1.1"]
