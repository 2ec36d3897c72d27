"""The feeds of the sample outlet, as the service reads them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.sample.gazette import BORN, FEEDS, ORIGIN, SITE, announced, document, served
from worker.news.outlet import FeedKind
from worker.sample.feeds import ATOM, JSON_FEED, RSS, SITEMAP
from worker.sample.outlet import sample_outlet
from worker.sample.policy import SamplePolicy
from worker.sample.story import Story

FORMATS = {RSS: "rss", ATOM: "atom", JSON_FEED: "json", SITEMAP: "sitemap"}
every_feed = pytest.mark.parametrize("path", FEEDS)


def guid_of(story: Story, path: str) -> str | None:
    """By what name a feed knows a story."""
    names = {RSS: f"sample:{story.slug}", ATOM: f"tag:sample.invalid,2026:{story.slug}", JSON_FEED: story.slug}
    return names.get(path)


@every_feed
def test_a_feed_is_what_it_says_it_is(path: str) -> None:
    found = document(path)
    assert found.format == FORMATS[path]
    assert (found.warnings, found.truncated, found.children) == ((), 0, ())


@every_feed
def test_a_feed_names_its_stories_with_address_title_date_and_guid(path: str) -> None:
    now = BORN + timedelta(hours=1)
    wanted = [
        (f"{ORIGIN}/{story.slug}", story.title, story.published_at, guid_of(story, path))
        for story in SITE.announced(FEEDS[path], now=now)
    ]
    found = [(entry.url, entry.title, entry.published_at, entry.guid) for entry in document(path, now=now).entries]
    assert found == wanted
    assert [date for _, _, date, _ in wanted] == sorted((date for _, _, date, _ in wanted), reverse=True)


@pytest.mark.parametrize("path", [RSS, ATOM, JSON_FEED])
def test_a_feed_says_who_wrote_what_about_what(path: str) -> None:
    for story, entry in zip(SITE.announced(FEEDS[path], now=BORN), document(path).entries, strict=True):
        assert entry.summary == story.summary
        assert entry.authors == story.authors
        assert entry.topics == tuple(dict.fromkeys((story.section, *story.tags)))
        assert entry.language in {None, story.language}


def test_only_a_story_whose_text_is_in_the_feed_has_it_there() -> None:
    entries = announced()
    for story in SITE.stories.values():
        content = entries[f"{ORIGIN}/{story.slug}"].content
        if story.text_in_feed:
            assert content == "\n".join(text for block in story.blocks for text in block.values())
        else:
            # JSON Feed wants a content of each item; there it is the summary.
            assert content in {"", story.summary}


def test_every_story_is_announced_and_nothing_else() -> None:
    canaries = SITE.canaries(now=BORN)
    assert set(announced()) == {f"{ORIGIN}/{story.slug}" for story in (*SITE.stories.values(), *canaries)}
    assert len(canaries) == 1


def test_some_stories_stand_in_two_feeds() -> None:
    assert {len(story.feeds) for story in SITE.stories.values()} == {1, 2}


@every_feed
@pytest.mark.parametrize("after", [timedelta(0), timedelta(minutes=31), timedelta(days=3)], ids=str)
def test_a_feed_stays_the_same_until_there_is_something_new(path: str, after: timedelta) -> None:
    def body(at: datetime) -> bytes:
        return served(f"{ORIGIN}/{path}", now=at).body

    begins = (BORN + after).replace(minute=(BORN + after).minute // 15 * 15, second=0)
    ends = begins + timedelta(minutes=15)
    assert body(max(begins, BORN)) == body(BORN + after) == body(ends - timedelta(seconds=1))
    # Only the feed that names the canaries changes with the quarter.
    assert (body(ends) != body(BORN + after)) == (path == RSS)


def test_the_outlet_names_these_feeds() -> None:
    outlet = sample_outlet(SamplePolicy(url=f"{ORIGIN}/"))
    assert [feed.url for feed in outlet.feeds] == [f"{ORIGIN}/{path}" for path in FEEDS]
    assert [feed.kind for feed in outlet.feeds if feed.url.endswith(SITEMAP)] == [FeedKind.SITEMAP]
    assert outlet.homepage == f"{ORIGIN}/"


@pytest.mark.parametrize("path", ["feed", "rss", "RSS.XML", "rss.xml/", "atom.xml.gz"])
def test_there_is_no_other_feed(path: str) -> None:
    assert served(f"{ORIGIN}/{path}").status == 404
