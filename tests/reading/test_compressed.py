from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from worker.news.entry import FeedDocument
from worker.news.errors import Broken
from worker.news.outlet import FeedKind
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.compressed import unpacked
from worker.reading.feeds import FeedparserReader

SITEMAP = (
    b'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    b"<url><loc>https://paper.example/2026/a</loc><lastmod>2026-11-24</lastmod></url></urlset>"
)


def read(body: bytes, policy: ReadingPolicy | None = None) -> FeedDocument:
    reader = FeedparserReader(policy or ReadingPolicy())
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    return reader.read(
        body, url="https://paper.example/s.xml.gz", content_type="application/x-gzip", kind=FeedKind.SITEMAP, now=now
    )


def test_a_sitemap_that_is_a_gzip_file_is_read_as_what_it_holds() -> None:
    assert read(gzip.compress(SITEMAP)) == read(SITEMAP)
    assert [entry.url for entry in read(gzip.compress(SITEMAP)).entries] == ["https://paper.example/2026/a"]


def test_an_index_and_a_feed_may_be_gzip_files() -> None:
    index = b"<sitemapindex><sitemap><loc>https://paper.example/1.xml.gz</loc></sitemap></sitemapindex>"
    assert read(gzip.compress(index)).children == ("https://paper.example/1.xml.gz",)
    feed = b"<rss version='2.0'><channel><title>Paper</title></channel></rss>"
    assert read(gzip.compress(feed)).title == "Paper"


def test_a_gzip_file_of_several_parts_is_one() -> None:
    assert read(gzip.compress(SITEMAP[:90]) + gzip.compress(SITEMAP[90:])) == read(SITEMAP)


def test_what_is_not_packed_stays_as_it_is() -> None:
    assert unpacked(SITEMAP, at_most=10) == SITEMAP


def test_what_follows_a_gzip_file_is_passed_over() -> None:
    assert read(gzip.compress(SITEMAP) + bytes(512)) == read(SITEMAP)


def test_a_gzip_file_is_unpacked_to_the_last_byte_that_is_allowed_and_no_further() -> None:
    assert unpacked(gzip.compress(b"x" * 1000), at_most=1000) == b"x" * 1000
    with pytest.raises(Broken) as caught:
        unpacked(gzip.compress(b"x" * 1001), at_most=1000)
    assert caught.value.reason is Reason.TOO_LARGE


def test_the_bound_holds_for_all_parts_together() -> None:
    with pytest.raises(Broken) as caught:
        unpacked(gzip.compress(b"x" * 600) * 2, at_most=1000)
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_bomb_is_too_large() -> None:
    with pytest.raises(Broken) as caught:
        read(gzip.compress(bytes(20_000_000)))
    assert caught.value.reason is Reason.TOO_LARGE


DAMAGED = {
    "cut off": gzip.compress(SITEMAP)[:-12],
    "without its sum": gzip.compress(SITEMAP)[:-8],
    "a wrong sum": gzip.compress(SITEMAP)[:-8] + bytes(8),
    "wrong bytes": gzip.compress(SITEMAP)[:20] + b"\xff" * 40,
    "nothing but the first bytes": b"\x1f\x8b",
    "another compression": b"\x1f\x8b" + zlib.compress(SITEMAP),
    "nothings without end": gzip.compress(b"") * 1000,
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_gzip_file_is_named_so(case: str) -> None:
    with pytest.raises(Broken) as caught:
        read(DAMAGED[case])
    assert caught.value.reason is Reason.UNPARSABLE


def test_a_gzip_file_in_a_gzip_file_is_no_feed() -> None:
    with pytest.raises(Broken) as caught:
        read(gzip.compress(gzip.compress(SITEMAP)))
    assert caught.value.reason is Reason.NOT_A_FEED


def test_an_empty_gzip_file_is_an_empty_body() -> None:
    with pytest.raises(Broken) as caught:
        read(gzip.compress(b""))
    assert caught.value.reason is Reason.EMPTY_BODY
