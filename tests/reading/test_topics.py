"""Topics as the entries of feeds name them."""

from __future__ import annotations

from datetime import UTC, datetime

from worker.news.outlet import FeedKind
from worker.reading.feeds import FeedparserReader

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_topic_is_named_as_people_read_it() -> None:
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour Post</title><entry><title>Ferry</title><id>a</id>'
        '<category term="old-town" label="Old town"/><category term="Ferries"/></entry></feed>'
    )
    found = FeedparserReader().read(
        body.encode(),
        url="https://paper.example/feed",
        content_type="application/atom+xml",
        kind=FeedKind.FEED,
        now=NOW,
    )
    assert found.entries[0].topics == ("Old town", "Ferries")
