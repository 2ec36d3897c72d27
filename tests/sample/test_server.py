"""The sample outlet behind a real socket."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.harness import FakeClock
from tests.sample.gazette import BORN, FEEDS
from worker.sample.server import SampleServer, answer, born_at
from worker.sample.site import SampleSite

SLUG = "harbour-ferry-returns"
# How long a client of these tests waits before it fails.
PATIENCE_S = 20


@pytest.fixture
def clock() -> FakeClock:
    """The time on the site."""
    return FakeClock(at=BORN)


@pytest.fixture
def server(clock: FakeClock) -> Iterator[SampleServer]:
    """The site on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serving = SampleServer(SampleSite(f"http://127.0.0.1:{port}", BORN), clock.now)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()


def ask(
    server: SampleServer, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def say(server: SampleServer, line: bytes) -> bytes:
    """What the server says to some bytes."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENCE_S) as client:
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("path", ["", "robots.txt", SLUG, *FEEDS, "author/mara-ellin", "pictures/x-1.gif"])
def test_what_the_site_has_is_served_as_it_is(server: SampleServer, path: str) -> None:
    wanted = answer(server.site, f"/{path}", now=BORN)
    response, body = ask(server, f"/{path}")
    assert (response.status, body) == (200, wanted.body)
    assert response.headers["Content-Type"] == wanted.content_type
    assert response.headers["Content-Length"] == str(len(body))


def test_a_query_makes_no_other_page(server: SampleServer) -> None:
    assert ask(server, f"/{SLUG}?utm_source=x#y")[1] == ask(server, f"/{SLUG}")[1]


def test_the_date_is_that_of_the_sites_clock(server: SampleServer, clock: FakeClock) -> None:
    assert parsedate_to_datetime(ask(server, "/")[0].headers["Date"]) == clock.now()


def test_robots_txt_allows_every_story_and_names_the_sitemap(server: SampleServer) -> None:
    _, body = ask(server, "/robots.txt")
    lines = body.decode().splitlines()
    assert f"Sitemap: {server.site.origin}/news-sitemap.xml" in lines
    forbidden = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]
    assert not any(f"/{slug}".startswith(path) for slug in server.site.stories for path in forbidden)


@pytest.mark.parametrize("path", [SLUG, *FEEDS])
def test_who_has_it_already_gets_no_body(server: SampleServer, path: str) -> None:
    first, _ = ask(server, f"/{path}")
    second, body = ask(server, f"/{path}", headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status, body) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]
    assert ask(server, f"/{path}", headers={"If-None-Match": '"another"'})[0].status == 200


def test_the_feed_is_another_when_a_canary_is_new(server: SampleServer, clock: FakeClock) -> None:
    first, _ = ask(server, "/rss.xml")
    clock.at = BORN.replace(minute=15, second=0)
    second, body = ask(server, "/rss.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status == 200
    assert b"/canary/20261124T1215Z" in body


def test_head_says_what_get_would_and_gives_no_body(server: SampleServer) -> None:
    got, body = ask(server, f"/{SLUG}")
    told, nothing = ask(server, f"/{SLUG}", method="HEAD")
    assert (told.status, nothing) == (200, b"")
    assert {name: told.headers[name] for name in ("ETag", "Content-Length", "Content-Type")} == {
        name: got.headers[name] for name in ("ETag", "Content-Length", "Content-Type")
    }
    assert len(body) == int(told.headers["Content-Length"])


@pytest.mark.parametrize(
    "path",
    [
        "/none",
        "/canary/20991124T1200Z",
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/stories/../../../../etc/passwd",
        "/layouts/arc.html",
        "//etc/passwd",
        "/pictures/../stories/en.yaml",
        "/%00",
        "/" + "x" * 5000,
    ],
)
def test_there_is_nothing_else(server: SampleServer, path: str) -> None:
    response, body = ask(server, path)
    assert response.status == 404
    assert b"There is no such page" in body


def test_a_connection_is_kept_over_several_requests(server: SampleServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE_S)
    try:
        for path, status in (("/", 200), ("/none", 404), (f"/{SLUG}", 200)):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            assert (response.status, response.will_close) == (status, False)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "line",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"\xff\xfe\x00\x00 / HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"",
    ],
    ids=["TLS", "no path", "no version", "no address", "no words", "no end", "POST", "nothing"],
)
def test_garbage_does_not_end_the_server(server: SampleServer, line: bytes) -> None:
    said = say(server, line)
    assert b" 200 " not in said[:20]
    assert ask(server, f"/{SLUG}")[0].status == 200


def test_many_clients_are_served_at_once(server: SampleServer) -> None:
    # The first one holds its connection and says nothing.
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENCE_S):
        assert ask(server, f"/{SLUG}")[0].status == 200


def test_a_port_in_use_is_an_error(server: SampleServer, clock: FakeClock) -> None:
    with pytest.raises(OSError, match="in use"):
        SampleServer(server.site, clock.now)
    assert ask(server, "/")[0].status == 200


def test_the_site_remembers_when_it_was_born(tmp_path: Path) -> None:
    file = tmp_path / "data" / "sample.json"
    assert born_at(file, now=BORN) == BORN
    assert born_at(file, now=BORN.replace(year=2031)) == BORN
