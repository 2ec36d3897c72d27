"""A story in the structure of a news site's page: its blocks, and all that stands around them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from worker.sample.blocks import LAYOUTS, Writer, picture, plain_text, words_of
from worker.sample.story import Block, Story, date_in_words, local, slug_of, split, stamp, time_in_words

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_LOCALES = {"en": "en_GB", "pt": "pt_PT", "es": "es_ES", "de": "de_DE", "fr": "fr_FR"}
_OTHERS = 4  # stories that a page points to
_FIRST = 2  # blocks before what stands in the middle of a text


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a page shows beside its story: the site, and other stories of the language."""

    origin: str
    others: Sequence[Story]


def fill(layout: str, values: dict[str, str]) -> str:
    """A layout with its places filled; an unknown place is a mistake of ours. Raises `KeyError`."""
    return _PLACE.sub(lambda found: values[found[1]], _layout(layout))


@cache
def _layout(name: str) -> str:
    return (LAYOUTS / f"{name}.html").read_text(encoding="utf-8")


def in_json(value: Any) -> str:
    """A value inside a script element: nothing in it can end the script."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def story_page(story: Story, blocks: Sequence[Block], modified: datetime, around: Around) -> str:
    """The page of a story with these blocks, last changed at a time."""
    writer = Writer(story=story, origin=around.origin)
    # A running report changed with its last post.
    modified = max([modified, *writer.post_times(blocks)])
    values = _said(story) | _stated(story, blocks, around.origin) | _dates(story, modified) | _beside(story, around)
    values |= {
        "body": writer.body(blocks),
        "body_first": writer.body(blocks[:_FIRST]),
        "body_rest": writer.body(blocks[_FIRST:]),
        "posts_list": writer.posts_list(blocks),
        "updates_ld": in_json(writer.updates(blocks)),
        "statement": "" if story.text_in_feed else _statement(story, blocks),
    }
    return fill(story.layout, values)


def list_page(name: str, slug: str, stories: Iterable[Story], *, language: str, origin: str) -> str:
    """A page that only names stories, under an author, a topic or a section."""
    shown = list(stories)
    words = {f"word_{key}": html.escape(text) for key, text in words_of(language).items()}
    values = {
        "title": html.escape(name),
        "title_ld": in_json(name),
        "slug": slug,
        "origin": origin,
        "language": language,
    }
    return fill("list", words | values | {"teasers": _teasers(shown, origin)})


def content(story: Story, origin: str) -> str:
    """A story's text as the HTML of a feed."""
    return Writer(story=story, origin=origin).body(story.blocks)


def address(kind: str, name: str, origin: str) -> str:
    """Where the stories of an author, a topic or a section are listed."""
    return f"{origin}/{kind}/{slug_of(name)}"


def _said(story: Story) -> dict[str, str]:
    """The words of a page, safe in text and attributes."""
    around = {f"word_{name}": text for name, text in words_of(story.language).items()}
    plain = {
        "title": story.title,
        "summary": story.summary,
        "section": story.section,
        "authors": ", ".join(story.authors),
        "author": story.authors[0],
        "tags": ", ".join(story.tags),
        "caption": story.caption or around["word_caption"],
        "credit": around["word_credit"],
        "tags_metas": "",
    }
    said = {name: html.escape(text) for name, text in (around | plain).items()}
    metas = (f'<meta property="article:tag" content="{html.escape(tag)}">' for tag in story.tags)
    return said | {"tags_metas": "\n".join(metas)}


def _stated(story: Story, blocks: Sequence[Block], origin: str) -> dict[str, str]:
    """The same as values of JSON-LD, and what only machines read."""
    words = words_of(story.language)
    stated = {
        "title_ld": story.title,
        "summary_ld": story.summary,
        "section_ld": story.section,
        "home_ld": words["home"],
        "caption_ld": story.caption or words["caption"],
        "credit_ld": words["credit"],
        "tags_ld": list(story.tags),
        "free_ld": story.tier == "free",
        "pictures_ld": _pictures(story, blocks, origin),
        "elements_ld": [{"type": "text", "content": line} for line in plain_text(blocks).splitlines()],
    }
    plain = {
        "origin": origin,
        "slug": story.slug,
        "language": story.language,
        "locale": _LOCALES[story.language],
        "charset": story.charset,
        "tier": story.tier,
        "number": str(sum(story.slug.encode())),
        "words": str(len(plain_text(blocks).split())),
        "picture": picture(story, origin),
    }
    return plain | {name: in_json(value) for name, value in stated.items()} | _people(story, origin)


def _people(story: Story, origin: str) -> dict[str, str]:
    """The authors in the forms of JSON-LD: whole, as names, and as references to persons that stand apart."""
    people = [{"@type": "Person", "name": name, "url": address("author", name, origin)} for name in story.authors]
    named = [{"@id": f"{person['url']}#person", **person} for person in people]
    return {
        "authors_ld": in_json(people),
        "authors_names_ld": in_json(list(story.authors)),
        "authors_refs_ld": in_json([{"name": person["name"], "@id": person["@id"]} for person in named]),
        "people_ld": in_json(named)[1:-1],
    }


def _pictures(story: Story, blocks: Sequence[Block], origin: str) -> list[dict[str, str]]:
    captions = [caption for block in blocks for caption in split(block.get("captions", "")) if caption]
    return [
        {"@type": "ImageObject", "contentUrl": picture(story, origin, number), "caption": caption}
        for number, caption in enumerate(captions, 1)
    ]


def _dates(story: Story, modified: datetime) -> dict[str, str]:
    at, language = story.published_at, story.language
    here, then = local(at, language), local(modified, language)
    return {
        "published": stamp(at),
        "modified": stamp(modified),
        "published_local": here.isoformat(),
        "modified_local": then.isoformat(),
        "published_minute": here.isoformat(timespec="minutes"),
        "published_day": f"{at:%Y-%m-%d}",
        "published_words": f"{date_in_words(here, language)}, {time_in_words(here, language)}",
        "modified_words": f"{date_in_words(then, language)}, {time_in_words(then, language)}",
    }


def _beside(story: Story, around: Around) -> dict[str, str]:
    """Links to other pages of the site."""
    origin, others = around.origin, [other for other in around.others if other.slug != story.slug][:_OTHERS]
    return {
        "most": "".join(f"<li>{_link(other, origin)}</li>" for other in others),
        "teasers": _teasers(others, origin),
        "other_url": f"{origin}/{others[0].slug}",
        "other_title": html.escape(others[0].title),
        "section_url": address("section", story.section, origin),
        "author_url": address("author", story.authors[0], origin),
        "bylines": ", ".join(_named_link("author", name, origin) for name in story.authors),
        "tags_links": ", ".join(_named_link("topic", tag, origin) for tag in story.tags),
    }


def _named_link(kind: str, name: str, origin: str) -> str:
    rel = "author" if kind == "author" else "tag"
    return f'<a href="{address(kind, name, origin)}" rel="{rel}">{html.escape(name)}</a>'


def _link(story: Story, origin: str) -> str:
    return f'<a href="{origin}/{story.slug}">{html.escape(story.title)}</a>'


def _teasers(stories: Iterable[Story], origin: str) -> str:
    return "\n".join(
        f'<article class="teaser"><h3>{_link(story, origin)}</h3><p>{html.escape(story.summary)}</p></article>'
        for story in stories
    )


def _statement(story: Story, blocks: Sequence[Block]) -> str:
    """The whole article as structured data, for a page that shows nothing without scripts."""
    stated = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "articleSection": story.section,
        "datePublished": stamp(story.published_at),
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "articleBody": plain_text(blocks),
    }
    return f'<script type="application/ld+json">{in_json(stated)}</script>'
