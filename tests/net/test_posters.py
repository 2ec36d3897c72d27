"""The `Poster` port: one suite for the fake, and for the real one before a real server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Protocol

import pytest

from tests.contract.sinks.receiver import LONGEST_WAIT_S, Letter, Receiver, Reply, open_receiver
from tests.harness import FakeClock
from tests.net.scripted import ScriptedPoster, Sent
from worker.net.poster import HttpxPoster
from worker.news.errors import HostDown, Refused
from worker.news.reason import Reason
from worker.pipeline.ports import Posted, Poster

MOST = 1000


class Post(Protocol):
    """A receiver as whoever runs it sees it, and a poster that can reach it."""

    @property
    def poster(self) -> Poster:
        """Who posts."""

    @property
    def url(self) -> str:
        """Where to."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer so from now on."""

    def echo(self) -> None:
        """Answer with what came, when four have come."""

    def came(self) -> list[tuple[bytes, str | None]]:
        """The body of each post, and its header `X-Key`."""

    def leave(self) -> None:
        """Be there no more."""


@dataclass
class Scripted:
    """The fake."""

    poster: ScriptedPoster = field(default_factory=ScriptedPoster)
    url: str = "https://desk.example/in"

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        wait = headers.get("Retry_After")
        given = Posted(status=status, body=body[:MOST], retry_after=float(wait) if wait else None)
        self.poster.receivers[self.url] = lambda _: given

    def echo(self) -> None:
        all_here = Barrier(4, timeout=LONGEST_WAIT_S)

        def answer(sent: Sent) -> Posted:
            all_here.wait()
            return Posted(status=200, body=sent.body)

        self.poster.receivers[self.url] = answer

    def came(self) -> list[tuple[bytes, str | None]]:
        return [(sent.body, sent.headers.get("X-Key")) for sent in self.poster.sent]

    def leave(self) -> None:
        self.poster.receivers.clear()


@dataclass
class Real:
    """The poster, and a server."""

    receiver: Receiver
    poster: HttpxPoster
    gone: bool = False

    @property
    def url(self) -> str:
        return self.receiver.url

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.receiver.script = lambda _: Reply(status=status, body=body, headers=named)

    def echo(self) -> None:
        all_here = Barrier(4, timeout=LONGEST_WAIT_S)

        def answer(letter: Letter) -> Reply:
            all_here.wait()
            return Reply(body=letter.body)

        self.receiver.script = answer

    def came(self) -> list[tuple[bytes, str | None]]:
        return [(letter.body, letter.headers.get("x-key")) for letter in self.receiver.letters]

    def leave(self) -> None:
        self.receiver.stop()
        self.gone = True


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    """A server, and a poster whose own it is."""
    for receiver in open_receiver(tmp_path):
        poster = receiver.tools(FakeClock()).open_poster([receiver.url], timedelta(seconds=20), MOST)
        assert isinstance(poster, HttpxPoster)
        made = Real(receiver, poster)
        yield made
        if made.gone:
            receiver.start()


@pytest.fixture(params=["scripted", "real"])
def post(request: pytest.FixtureRequest) -> Post:
    """A receiver of either kind."""
    if request.param == "scripted":
        return Scripted()
    found: Post = request.getfixturevalue("real")
    return found


@pytest.mark.parametrize("body", [b"", b"\x00\xff one \r\n two", b"x" * 1_000_000], ids=["none", "bytes", "much"])
def test_a_body_comes_as_it_was_sent_with_its_headers(post: Post, body: bytes) -> None:
    post.answer(200)
    post.poster.post(post.url, body, headers={"X-Key": "a, b"})
    assert post.came() == [(body, "a, b")]


@pytest.mark.parametrize("status", [200, 204, 302, 304, 400, 401, 404, 407, 410, 413, 422, 429, 500, 502, 503, 599])
def test_every_status_is_an_answer(post: Post, status: int) -> None:
    post.answer(status, Location="/elsewhere")
    for _ in range(2):
        assert post.poster.post(post.url, b"news", headers={}) == Posted(status=status)
    assert len(post.came()) == 2


def test_the_beginning_of_an_answer_is_read(post: Post) -> None:
    post.answer(422, b"too late" + b"!" * MOST)
    assert post.poster.post(post.url, b"news", headers={}).body == b"too late" + b"!" * (MOST - 8)


def test_how_long_a_receiver_wants_to_be_left_alone_is_told(post: Post) -> None:
    post.answer(429, Retry_After="120")
    assert post.poster.post(post.url, b"news", headers={}).retry_after == 120.0


def test_a_receiver_that_is_not_there_is_down(post: Post) -> None:
    post.answer(200)
    post.poster.post(post.url, b"news", headers={})
    post.leave()
    with pytest.raises(HostDown) as caught:
        post.poster.post(post.url, b"news", headers={})
    assert caught.value.reason is Reason.CONNECT


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/in", "http://10.1.2.3/in", "https://localhost/in"])
def test_what_is_not_on_the_web_may_not_be_asked(post: Post, url: str) -> None:
    with pytest.raises(Refused) as caught:
        post.poster.post(url, b"news", headers={})
    assert caught.value.reason is Reason.BLOCKED_ADDRESS


def test_several_may_post_at_a_time_and_each_gets_its_own_answer(post: Post) -> None:
    post.echo()
    bodies = [str(n).encode() for n in range(40)]
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda body: post.poster.post(post.url, body, headers={}), bodies)
        assert [answer.body for answer in answers] == bodies
    assert sorted(body for body, _ in post.came()) == sorted(bodies)
