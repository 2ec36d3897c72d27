"""The sample outlet as the catalog would name it; it is always there, and off until the first `copydesk up` switches it on."""

from __future__ import annotations

from worker.news.outlet import SAMPLE, FeedKind, FeedSource, Outlet
from worker.sample.feeds import ATOM, JSON_FEED, NAME, RSS, SITEMAP
from worker.sample.policy import SamplePolicy


def sample_outlet(policy: SamplePolicy) -> Outlet:
    """The outlet `sample` at its address."""
    origin = policy.url.rstrip("/")
    paths = {RSS: FeedKind.FEED, ATOM: FeedKind.FEED, JSON_FEED: FeedKind.FEED, SITEMAP: FeedKind.SITEMAP}
    return Outlet(
        id=SAMPLE,
        name=NAME,
        country="ZZ",
        language="en",
        homepage=f"{origin}/",
        feeds=tuple(
            FeedSource(url=f"{origin}/{path}", kind=kind, known_from="Copydesk itself") for path, kind in paths.items()
        ),
    )
