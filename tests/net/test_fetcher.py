"""The `PageFetcher` port: one suite for the scripted web and the real client before a real server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol

import pytest

from tests.doubles import ScriptedWeb
from tests.net.conftest import Made
from tests.net.web import Asked, Reply, Web, reply
from worker.net.client import HttpxFetcher
from worker.news.errors import HostDown
from worker.news.page import Accept, Held, Moved, Page, Request, Validators
from worker.news.reason import Reason
from worker.pipeline.ports import PageFetcher

BODY = "<p>A ponte é reparada.</p>".encode()
OTHER = "https://other.example/new"


class Site(Protocol):
    """A host as its publisher runs it, and a fetcher that can reach it."""

    @property
    def fetcher(self) -> PageFetcher:
        """Who asks the host."""

    def url(self, path: str) -> str:
        """The address of a path of the host."""

    def publish(self, path: str, etag: str | None = None) -> None:
        """Put a page up."""

    def answer(self, path: str, status: int) -> None:
        """Answer with a status and nothing to read."""

    def move(self, path: str, status: int, target: str) -> None:
        """Redirect a path to another host."""

    def fail(self, path: str, status: int, retry_after: int) -> None:
        """Answer that the host can't answer."""


@dataclass
class Scripted:
    """The fake."""

    fetcher: ScriptedWeb = field(default_factory=ScriptedWeb)

    def url(self, path: str) -> str:
        return f"https://paper.example{path}"

    def publish(self, path: str, etag: str | None = None) -> None:
        url, validators = self.url(path), Validators(etag=etag)
        page = Page(url=url, status=200, body=Held(BODY), content_type="text/html", validators=validators)
        self.fetcher.answers[url] = page

    def answer(self, path: str, status: int) -> None:
        self.fetcher.answers[self.url(path)] = Page(url=self.url(path), status=status)

    def move(self, path: str, status: int, target: str) -> None:
        self.fetcher.answers[self.url(path)] = Moved(url=target, status=status, hops=1)

    def fail(self, path: str, status: int, retry_after: int) -> None:
        reason = Reason.RATE_LIMITED if status == 429 else Reason.SERVER_ERROR
        self.fetcher.answers[self.url(path)] = HostDown(reason, f"HTTP {status}", float(retry_after))


@dataclass
class Real:
    """The client, and a server."""

    fetcher: HttpxFetcher
    web: Web

    def url(self, path: str) -> str:
        return self.web.url(path)

    def publish(self, path: str, etag: str | None = None) -> None:
        def page(asked: Asked) -> Reply:
            if etag is not None and asked.headers.get("if-none-match") == etag:
                return Reply([f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()], kept=True)
            page = reply(200, BODY, Content_Type="text/html")
            return page if etag is None else reply(200, BODY, Content_Type="text/html", ETag=etag)

        self.web.answers[path] = page

    def answer(self, path: str, status: int) -> None:
        self.web.answers[path] = reply(status)

    def move(self, path: str, status: int, target: str) -> None:
        self.web.answers[path] = reply(status, Location=target)

    def fail(self, path: str, status: int, retry_after: int) -> None:
        self.web.answers[path] = reply(status, Retry_After=str(retry_after))


@pytest.fixture(params=["scripted", "real"])
def site(request: pytest.FixtureRequest) -> Site:
    """A site of either kind."""
    if request.param == "scripted":
        return Scripted()
    made: Made = request.getfixturevalue("made")
    return Real(made(), request.getfixturevalue("web"))


def ask(site: Site, path: str, etag: str | None = None) -> Request:
    return Request(url=site.url(path), accept=Accept.PAGE, validators=Validators(etag=etag))


def test_a_page_comes_whole(site: Site) -> None:
    site.publish("/a")
    page = site.fetcher.fetch(ask(site, "/a"))
    assert isinstance(page, Page)
    assert (page.body.read(), page.body.size, page.body.start(7)) == (BODY, len(BODY), BODY[:7])
    assert (page.body.digest, b"".join(page.body.chunks())) == (sha256(BODY).digest(), BODY)
    told = replace(page, headers={}, body=Held(), address=None)
    assert told == Page(url=site.url("/a"), status=200, content_type="text/html")


def test_a_page_that_is_as_it_was_comes_without_its_body(site: Site) -> None:
    site.publish("/a", etag='"1"')
    first = site.fetcher.fetch(ask(site, "/a"))
    assert isinstance(first, Page)
    assert first.validators == Validators(etag='"1"')
    again = site.fetcher.fetch(Request(url=site.url("/a"), accept=Accept.PAGE, validators=first.validators))
    assert isinstance(again, Page)
    assert (again.status, again.body.read(), again.validators) == (304, b"", first.validators)


def test_a_page_that_changed_comes_whole(site: Site) -> None:
    site.publish("/a", etag='"2"')
    page = site.fetcher.fetch(ask(site, "/a", etag='"1"'))
    assert isinstance(page, Page)
    assert (page.status, page.body.read(), page.validators.etag) == (200, BODY, '"2"')


def test_a_page_that_is_not_there_is_an_answer(site: Site) -> None:
    page = site.fetcher.fetch(ask(site, "/nothing"))
    assert isinstance(page, Page)
    assert page.status == 404


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 410, 418, 451])
def test_a_refusal_is_an_answer(site: Site, status: int) -> None:
    site.answer("/a", status)
    page = site.fetcher.fetch(ask(site, "/a"))
    assert isinstance(page, Page)
    assert (page.url, page.status, page.body.read()) == (site.url("/a"), status, b"")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(site: Site, status: int) -> None:
    site.move("/a", status, OTHER)
    found = site.fetcher.fetch(ask(site, "/a"))
    assert isinstance(found, Moved)
    assert replace(found, address=None) == Moved(url=OTHER, status=status, hops=1)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(429, Reason.RATE_LIMITED), (500, Reason.SERVER_ERROR), (503, Reason.SERVER_ERROR), (599, Reason.SERVER_ERROR)],
)
def test_a_host_that_cannot_answer_is_down_for_as_long_as_it_says(site: Site, status: int, reason: Reason) -> None:
    site.fail("/a", status, retry_after=120)
    with pytest.raises(HostDown, match=f"HTTP {status}") as caught:
        site.fetcher.fetch(ask(site, "/a"))
    assert (caught.value.reason, caught.value.retry_after) == (reason, 120.0)
