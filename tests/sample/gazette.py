"""The sample outlet as the tests see it: what its stories say, its feeds and pages as the service reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

from worker.news.entry import Entry, FeedDocument
from worker.news.outlet import FeedKind
from worker.news.record import BlockKind, Reading
from worker.pipeline.ports import PageInput
from worker.reading.feeds import FeedparserReader
from worker.reading.pages import TrafilaturaReader
from worker.sample.blocks import words_of
from worker.sample.feeds import ATOM, JSON_FEED, RSS, SITEMAP
from worker.sample.server import answer
from worker.sample.site import Answer, SampleSite
from worker.sample.story import Block, Story, links_of, split, without_links

ORIGIN = "http://127.0.0.1:8642"
BORN = datetime(2026, 11, 24, 12, 3, 17, tzinfo=UTC)
SITE = SampleSite(ORIGIN, BORN)
# Each feed by its path, with the name by which a story asks for it.
FEEDS = {RSS: "rss", ATOM: "atom", JSON_FEED: "jsonfeed", SITEMAP: "sitemap"}
KINDS = {
    "p": BlockKind.PARAGRAPH,
    "h2": BlockKind.HEADING,
    "post": BlockKind.HEADING,
    "quote": BlockKind.QUOTE,
    "list": BlockKind.LIST,
    "table": BlockKind.TABLE,
}
# Layouts that show the summary between headline and text; a line that is shorter is a label as often as a standfirst.
_WITH_STANDFIRST = {"arc", "liveblog", "microdata", "opinion", "paywall"}
_SHORTEST_STANDFIRST = 40
# Layouts whose lead picture stands beside the text.
_WITH_LEAD_PICTURE = {"arc", "microdata"}
_WITH_COUNTRY = {"wordpress"}  # the locale of its pages
_COUNTRIES = {"en": "GB", "pt": "PT", "es": "ES", "de": "DE", "fr": "FR"}
_WRITTEN = {story.slug: story for story in SITE.stories.values()}
NEWS = sorted(slug for slug, story in _WRITTEN.items() if story.expect in {"stored", "duplicate"})
DROPPED = sorted(slug for slug, story in _WRITTEN.items() if story.expect == "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a story tells, and what is therefore to come out of its page."""

    blocks: list[tuple[BlockKind, str]]
    links: list[tuple[str, str]]
    related: list[tuple[str, str]]
    live_blog: str | None


def told(blocks: tuple[Block, ...]) -> Told:
    """Read a story's blocks as a person would."""
    pairs = [(kind, text) for block in blocks for kind, text in block.items()]
    lines = [split(text, "->") for kind, text in pairs if kind == "also"]
    live = [split(text, "->")[1] for kind, text in pairs if kind == "live"]
    links = [(f"{ORIGIN}/{slug}", words) for _, text in pairs for words, slug in links_of(text)]
    return Told(
        blocks=[(KINDS[kind], _said(kind, text)) for kind, text in pairs if kind in KINDS],
        links=links,
        related=[(f"{ORIGIN}/{slug}", title) for title, slug in lines],
        live_blog=f"{ORIGIN}/{live[0]}" if live else None,
    )


def text_blocks(story: Story, blocks: tuple[Block, ...] | None = None) -> list[tuple[BlockKind, str]]:
    """The text of a story's page, with other blocks than its first when they are given: its standfirst is the first paragraph."""
    shown = story.layout in _WITH_STANDFIRST and len(story.summary) >= _SHORTEST_STANDFIRST
    first = [(BlockKind.PARAGRAPH, story.summary)] if shown else []
    return [*first, *told(story.blocks if blocks is None else blocks).blocks]


def beside(story: Story) -> list[tuple[BlockKind, str]]:
    """What stands among the blocks of a story's page but is no text: pictures with their captions, and players."""
    kinds = {"figure": BlockKind.IMAGE, "captions": BlockKind.IMAGE, "embed": BlockKind.EMBED}
    first = [(BlockKind.IMAGE, lead_caption(story))] if story.layout in _WITH_LEAD_PICTURE else []
    found = [(kind, text) for block in story.blocks for kind, text in block.items() if kind in kinds]
    return first + [
        (kinds[kind], "video" if kind == "embed" else caption) for kind, text in found for caption in split(text)
    ]


def lead_caption(story: Story) -> str:
    """What stands under a story's lead picture: the standing caption of the outlet where it has none."""
    return story.caption or words_of(story.language)["caption"]


def codes_of(story: Story) -> set[str]:
    """The language of a story's page: with its country where the page says so, or where its words do (Portuguese)."""
    whole = f"{story.language}-{_COUNTRIES[story.language]}"
    if story.layout in _WITH_COUNTRY:
        return {whole}
    return {story.language, whole} if story.language == "pt" else {story.language}


def _said(kind: str, text: str) -> str:
    match kind:
        case "list":
            return "\n".join(split(text))
        case "table":
            return "\n".join(" | ".join(split(row)) for row in split(text, ";"))
        case "post":
            return split(text)[1]
    return without_links(text)


def served(url: str, *, site: SampleSite = SITE, now: datetime = BORN) -> Answer:
    """What the site answers at an address of its own."""
    return answer(site, urlsplit(url).path, now=now)


def document(path: str, *, site: SampleSite = SITE, now: datetime = BORN) -> FeedDocument:
    """A feed as the service reads it."""
    found = served(f"{ORIGIN}/{path}", site=site, now=now)
    return FeedparserReader().read(
        found.body, url=f"{ORIGIN}/{path}", content_type=found.content_type, kind=FeedKind.FEED, now=now
    )


def announced(*, site: SampleSite = SITE, now: datetime = BORN) -> dict[str, Entry]:
    """The first entry of each address in any of the feeds."""
    found: dict[str, Entry] = {}
    for path in FEEDS:
        for entry in document(path, site=site, now=now).entries:
            found.setdefault(entry.url or "", entry)
    return found


def read(story: Story, *, site: SampleSite = SITE, now: datetime = BORN) -> Reading:
    """The page of a story as the service reads it. Raises `Refused` as it does."""
    url = f"{ORIGIN}/{story.slug}"
    page = served(url, site=site, now=now)
    known = _announced(site, now).get(url)
    return TrafilaturaReader().read(
        PageInput(body=page.body, url=url, content_type=page.content_type, language="en", announced=known), now=now
    )


@cache
def _announced(site: SampleSite, now: datetime) -> dict[str, Entry]:
    return announced(site=site, now=now)


@cache
def reading(slug: str) -> Reading:
    """The page of a written story as it is at first."""
    return read(SITE.stories[slug])
