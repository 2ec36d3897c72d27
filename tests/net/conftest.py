"""A server, and fetchers that may ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from tests.harness import FakeClock
from tests.net.web import Web
from worker.net.client import HttpxFetcher
from worker.net.names import Resolver
from worker.net.policy import NetPolicy

Made = Callable[..., HttpxFetcher]


@pytest.fixture
def web() -> Iterator[Web]:
    """A server without any page."""
    with Web() as started:
        yield started


@pytest.fixture
def made(web: Web) -> Iterator[Made]:
    """Makes a fetcher with some limits of its own; it is closed when the test is over."""
    fetchers = []

    def make(
        secrets: Mapping[str, Mapping[str, str]] | None = None, resolver: Resolver | None = None, **limits: object
    ) -> HttpxFetcher:
        policy = replace(NetPolicy(allow_addresses=(web.address,)), **limits)  # type: ignore[arg-type]
        fetchers.append(HttpxFetcher(policy=policy, clock=FakeClock(), secrets=secrets, resolver=resolver))
        return fetchers[-1]

    yield make
    for fetcher in fetchers:
        fetcher.close()
