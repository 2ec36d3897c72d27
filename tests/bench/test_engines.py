"""The limits that engines work under, and what becomes of their failures."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

import pytest

from bench.engines import NAMES, Engine, Found, Page, attempt, engines
from worker.news.policy import Quality

PAGE = Page(url="https://news.example/1", body=b"<p>nothing")


def _engine(read: Callable[[Page], Found]) -> Engine:
    return Engine(name="made", label="made", tells=frozenset({"text"}), read=read)


def _connects(_page: Page) -> Found:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
    return Found(text="connected")


def _opens(_page: Page) -> Found:
    socket.socket()
    return Found(text="opened")


def _never_ends(_page: Page) -> Found:
    while True:
        try:
            sum(range(1000))
        except Exception:  # noqa: BLE001, S112 - as some engines do
            continue


@pytest.mark.parametrize("read", [_connects, _opens])
def test_no_engine_gets_to_the_network(read: Callable[[Page], Found]) -> None:
    result = attempt(_engine(read), PAGE)
    assert result.found is None
    assert result.error == "OSError: an engine that is measured stays off the network"


def test_the_network_is_there_again_afterwards() -> None:
    attempt(_engine(_opens), PAGE)
    with socket.socket() as opened:
        assert opened.fileno() > 0


def test_an_engine_that_does_not_end_is_stopped() -> None:
    result = attempt(_engine(_never_ends), PAGE, seconds=0.05)
    assert (result.found, result.error) == (None, "OutOfTime: ")
    assert result.milliseconds > 1


def test_a_failure_is_a_result_that_says_why() -> None:
    result = attempt(_engine(lambda page: Found(text=str(1 // len(page.content_type[9:])))), PAGE)
    assert (result.found, result.error) == (None, "ZeroDivisionError: integer division or modulo by zero")


def test_blanks_are_no_text() -> None:
    assert attempt(_engine(lambda _: Found(text=" \n", title="A title")), PAGE).found is None
    assert attempt(_engine(lambda _: Found(text="Words")), PAGE).found == Found(text="Words")


def test_an_engine_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("newspaper", "readability"):
        monkeypatch.setitem(sys.modules, library, None)
    there, missing = engines(NAMES, quality=Quality.NORMAL)
    assert [engine.name for engine in there] == ["copydesk", "trafilatura", "trafilatura_metadata", "resiliparse"]
    assert missing == ["newspaper4k", "readability"]


@pytest.mark.parametrize("name", ["copydesk", "trafilatura", "trafilatura_metadata", "resiliparse"])
def test_an_engine_reads_an_article_and_says_what_it_can_tell(name: str) -> None:
    line = (
        "The harbour council agreed on Tuesday to repair the old bridge before the winter, at a cost of two million. "
    )
    body = (
        '<html lang="en"><head><title>The old bridge</title><meta name="author" content="Ann Miller">'
        '<meta property="article:published_time" content="2025-03-03T10:00:00+00:00"></head>'
        f"<body><article><h1>The old bridge</h1><p>{line * 4}</p><p>{line * 3}</p></article></body></html>"
    )
    (engine,), _ = engines([name], quality=Quality.NORMAL)
    found = attempt(engine, Page(url="https://news.example/1", body=body.encode())).found
    assert found is not None
    assert line.strip() in found.text
    told = {
        "title": found.title == "The old bridge",
        "authors": list(found.authors) == ["Ann Miller"],
        "day": found.published_at is not None and found.published_at.isoformat().startswith("2025-03-03"),
        "language": found.language == "en",
    }
    assert {what for what, right in told.items() if right} == engine.tells - {"text"}
