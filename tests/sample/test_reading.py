"""What comes out of the pages of the sample outlet: exactly what its stories say, and nothing of what stands around them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.sample.gazette import (
    BORN,
    DROPPED,
    NEWS,
    ORIGIN,
    SITE,
    beside,
    codes_of,
    lead_caption,
    read,
    reading,
    text_blocks,
    told,
)
from worker.news.errors import Refused
from worker.news.record import Access, ArticleType, BlockKind, Reading
from worker.reading.blocks import is_text
from worker.sample.site import CORRECTED_AFTER, SampleSite
from worker.sample.story import split

TYPES = {
    "liveblog": ArticleType.LIVEBLOG,
    "opinion": ArticleType.OPINION,
    "gallery": ArticleType.GALLERY,
    "release": ArticleType.PRESS_RELEASE,
}
# Layouts that say who may read; a page says nothing of it otherwise.
ACCESS = {"paywall": Access.PAYWALLED, "opinion": Access.FREE}
TIERS = {"free": Access.FREE, "metered": Access.METERED}
# Old pages name no section, and no address of their own.
WITHOUT_SECTION = {"table", "dublincore"}
WITHOUT_ADDRESS = {"table"}
written = pytest.mark.parametrize("slug", NEWS)


def told_by(found: Reading) -> list[tuple[BlockKind, str]]:
    """The blocks of a reading that are text."""
    return [(block.kind, block.text) for block in found.blocks if is_text(block)]


@written
def test_the_text_is_the_storys_blocks_in_order_and_nothing_else(slug: str) -> None:
    wanted = text_blocks(SITE.stories[slug])
    found = reading(slug)
    assert told_by(found) == wanted
    assert found.text == "\n".join(text for _, text in wanted)


@written
def test_pictures_and_players_stand_among_the_blocks_in_their_order(slug: str) -> None:
    found = [(block.kind, block.text) for block in reading(slug).blocks if not is_text(block)]
    assert found == beside(SITE.stories[slug])


@written
def test_links_in_the_text_are_kept_with_their_addresses(slug: str) -> None:
    assert [(link.href, link.text) for link in reading(slug).links] == told(SITE.stories[slug].blocks).links


@written
def test_lines_that_only_point_elsewhere_are_set_apart(slug: str) -> None:
    wanted = told(SITE.stories[slug].blocks)
    assert [(pointer.url, pointer.title) for pointer in reading(slug).related] == wanted.related
    assert reading(slug).live_blog == wanted.live_blog


@written
def test_title_authors_and_language_are_the_storys(slug: str) -> None:
    story, found = SITE.stories[slug], reading(slug)
    assert (found.title, found.authors) == (story.title, story.authors)
    assert found.language is not None
    assert found.language.code in codes_of(story)
    assert found.language.source == "text"
    assert found.summary == story.summary


@written
def test_the_time_of_publication_is_as_exact_as_the_page_says_it(slug: str) -> None:
    story, found = SITE.stories[slug], reading(slug)
    # The pages with microdata leave the seconds out.
    exact = story.published_at.replace(second=0) if story.layout == "microdata" else story.published_at
    assert found.published_at == exact


@pytest.mark.parametrize("slug", [slug for slug in NEWS if SITE.stories[slug].layout == "liveblog"])
def test_a_running_report_changed_with_its_last_post(slug: str) -> None:
    story, found = SITE.stories[slug], reading(slug)
    minutes = [int(split(block["post"])[0]) for block in story.blocks if "post" in block]
    assert minutes == sorted(minutes, reverse=True)
    assert found.modified_at == story.published_at + timedelta(minutes=minutes[0])
    assert found.modified_at < BORN


@written
def test_section_topics_and_address_are_what_the_page_or_its_feed_says(slug: str) -> None:
    story, found = SITE.stories[slug], reading(slug)
    assert found.section == (None if story.layout in WITHOUT_SECTION else story.section)
    assert set(found.topics) <= {story.section, *story.tags}
    assert set(found.topics) >= set(story.tags)
    assert found.canonical == (None if story.layout in WITHOUT_ADDRESS else f"{ORIGIN}/{slug}")


@written
def test_type_and_access_are_those_of_the_page(slug: str) -> None:
    story, found = SITE.stories[slug], reading(slug)
    assert found.type is TYPES.get(story.layout, ArticleType.ARTICLE)
    wanted = TIERS[story.tier] if story.layout == "arc" else ACCESS.get(story.layout, Access.UNKNOWN)
    assert found.access.value is wanted


@written
def test_pictures_come_with_their_captions(slug: str) -> None:
    story = SITE.stories[slug]
    captions = [image.caption for image in reading(slug).images]
    inside = [text for kind, text in beside(story) if kind is BlockKind.IMAGE]
    if story.layout in {"wordpress", "arc"}:
        assert captions == list(dict.fromkeys([story.caption or lead_caption(story), *inside]))
    elif story.layout == "gallery":
        assert captions == inside
        assert len(captions) > 5


def test_a_page_that_shows_nothing_is_rescued_by_what_it_states_or_by_its_feed() -> None:
    engines = {slug: reading(slug).extraction.engine for slug in NEWS}
    shells = {slug: engine for slug, engine in engines.items() if SITE.stories[slug].layout == "shell"}
    assert set(shells.values()) == {"json-ld", "feed"}
    assert {engine for slug, engine in engines.items() if slug not in shells} == {"trafilatura"}


def test_no_page_has_a_warning_but_a_preview_and_one_that_shows_nothing() -> None:
    wanted: dict[str, tuple[str, ...]] = dict.fromkeys(NEWS, ())
    for slug in NEWS:
        story = SITE.stories[slug]
        if story.layout == "paywall":
            wanted[slug] = ("a preview",)
        elif story.layout == "shell" and story.text_in_feed:
            wanted[slug] = ("the page: no_text: 0 letters of text",)
    assert {slug: reading(slug).extraction.warnings for slug in NEWS} == wanted
    assert {warning for warnings in wanted.values() for warning in warnings} >= {"a preview"}


@pytest.mark.parametrize("slug", DROPPED)
def test_what_is_no_article_is_refused_with_its_reason(slug: str) -> None:
    with pytest.raises(Refused) as caught:
        reading(slug)
    assert caught.value.reason == SITE.stories[slug].reason


def test_the_corrected_article_says_what_was_corrected() -> None:
    (story,) = (story for story in SITE.stories.values() if story.correction)
    later = BORN + CORRECTED_AFTER
    found = read(story, now=later)
    assert told_by(found) == text_blocks(story, story.correction)
    assert (found.published_at, found.modified_at) == (story.published_at, later)
    assert found.title == story.title


@pytest.mark.parametrize("quarter", range(8))
def test_a_canary_is_read_as_it_was_written(quarter: int) -> None:
    now = BORN + timedelta(minutes=15) * quarter
    canary = SITE.canaries(now=now)[0]
    found = read(canary, now=now)
    assert told_by(found) == text_blocks(canary)
    assert (found.title, found.authors, found.published_at) == (canary.title, canary.authors, canary.published_at)
    assert found.language is not None
    assert (found.language.code, found.section) == ("en", canary.section)


# Dates in words, in addresses and in other zones must lead nobody astray, on whatever day a site is born.
@pytest.mark.parametrize(
    "born",
    [
        datetime(2027, 1, 1, 0, 10, 59, 123456, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, 1, tzinfo=UTC),
        datetime(2027, 5, 8, 6, 30, tzinfo=UTC),
    ],
    ids=str,
)
def test_the_day_of_its_birth_makes_no_difference(born: datetime) -> None:
    site = SampleSite(ORIGIN, born)
    for slug in NEWS:
        story = site.stories[slug]
        found = read(story, site=site, now=born)
        seconds = 0 if story.layout == "microdata" else story.published_at.second
        assert found.published_at == story.published_at.replace(second=seconds), slug
        assert told_by(found) == text_blocks(story), slug
