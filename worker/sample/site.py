"""The pages of the sample outlet as they are at a moment. Pure but for reading its own files once."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from worker.sample.pages import Block, body, fill, in_json, words

FOLDER = Path(__file__).parent / "stories"
CORRECTED_AFTER = timedelta(hours=1)
CANARY_EVERY = timedelta(minutes=15)
# How many canaries the feed names: one hour of them.
CANARIES = 4
CANARY_PATH = "canary"
_CANARY_NAME = re.compile(r"\d{8}T\d{4}Z")
_STAMP = "%Y%m%dT%H%MZ"
_HTML = "text/html; charset=utf-8"
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_DAYS = {
    "en": "{d} {m} {y}",
    "pt": "{d} de {m} de {y}",
    "es": "{d} de {m} de {y}",
    "de": "{d}. {m} {y}",
    "fr": "{d} {m} {y}",
}
_SIGHTS = (
    "a heron on the weir", "two rowing boats at the old quay", "a baker's van at the town hall", "a class on its way to the museum",
    "a tram waiting for a dog", "the flag of the fishing club", "a ladder against the clock tower", "a line of kites over the dunes",
    "a violinist under the arcade", "a crate of early plums", "the ferry turning in the fog", "a painter on the bridge",
    "three umbrellas and no rain", "a lost glove on a railing", "the first lamp of the evening", "a ginger cat on the weighing house",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A page of the site, as its feeds announce it."""

    slug: str
    title: str
    language: str
    section: str
    authors: tuple[str, ...]
    summary: str
    published_at: datetime
    feeds: frozenset[str]
    layout: str
    blocks: tuple[Block, ...]
    correction: tuple[Block, ...] = ()
    charset: str = "utf-8"
    # What is to become of it: stored, duplicate or dropped.
    expect: str = "stored"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site answers with."""

    body: bytes
    content_type: str = _HTML
    status: int = 200


@dataclass(frozen=True)
class SampleSite:
    """The site. It was `born_at` when its process first started; all its dates follow from that."""

    origin: str
    born_at: datetime

    @cached_property
    def stories(self) -> dict[str, Story]:
        """All written stories by slug, newest first."""
        told = [
            self._story(entry, file.stem)
            for file in sorted(FOLDER.glob("*.yaml"))
            for entry in yaml.safe_load(file.read_text(encoding="utf-8"))
        ]
        return {story.slug: story for story in sorted(told, key=lambda story: story.published_at, reverse=True)}

    def _story(self, entry: dict[str, Any], language: str) -> Story:
        return Story(
            slug=entry["slug"],
            layout=entry["layout"],
            title=entry["title"],
            language=language,
            section=entry["section"],
            authors=tuple(entry["authors"]),
            summary=entry["summary"],
            published_at=self.born_at.replace(microsecond=0) - timedelta(minutes=entry["minutes_ago"]),
            feeds=frozenset(entry["feeds"]),
            blocks=tuple(entry["body"]),
            correction=tuple(entry.get("correction", ())),
            charset=entry.get("charset", "utf-8"),
            expect=entry.get("expect", "stored"),
        )

    def announced(self, feed: str, *, now: datetime) -> list[Story]:
        """What a feed names now, newest first."""
        canaries = self.canaries(now=now) if feed == "rss" else []
        return [*canaries, *(story for story in self.stories.values() if feed in story.feeds)]

    def canaries(self, *, now: datetime) -> list[Story]:
        """The timed articles of the last hour, newest first; the first one is that of the quarter in which the site was born."""
        quarter = _quarter(now)
        times = [quarter - CANARY_EVERY * n for n in range(CANARIES)]
        return [_canary(at) for at in times if at >= _quarter(self.born_at)]

    def page(self, slug: str, *, now: datetime) -> Answer | None:
        """A page of the site; None when there is none at this address."""
        story = _canary_of(slug, self.born_at, now) if slug.startswith(f"{CANARY_PATH}/") else self.stories.get(slug)
        if story is None:
            return None
        corrected_at = self.born_at.replace(microsecond=0) + CORRECTED_AFTER
        corrected = bool(story.correction) and now >= corrected_at
        blocks = story.correction if corrected else story.blocks
        modified = corrected_at if corrected else story.published_at
        text = fill(story.layout, self._values(story, blocks, modified))
        content_type = f"text/html; charset={story.charset}"
        return Answer(text.encode(story.charset, "xmlcharrefreplace"), content_type)

    def _values(self, story: Story, blocks: tuple[Block, ...], modified: datetime) -> dict[str, str]:
        around = words(story.language)
        plain = {
            "title": story.title,
            "summary": story.summary,
            "section": story.section,
            "authors": ", ".join(story.authors),
            "published_words": date_in_words(story.published_at, story.language),
        }
        return {
            **around,
            **{name: html.escape(text) for name, text in plain.items()},
            "title_ld": in_json(story.title),
            "section_ld": in_json(story.section),
            "authors_ld": in_json([{"@type": "Person", "name": name} for name in story.authors]),
            "origin": self.origin,
            "slug": story.slug,
            "language": story.language,
            "charset": story.charset,
            "published": f"{story.published_at:%Y-%m-%dT%H:%M:%SZ}",
            "modified": f"{modified:%Y-%m-%dT%H:%M:%SZ}",
            "body": body(list(blocks), origin=self.origin, also=around["word_also"]),
            "most": self._most_read(story),
        }

    def _most_read(self, story: Story) -> str:
        """Links to the first other stories of the language."""
        others = [other for other in self.stories.values() if other.language == story.language and other is not story]
        return "".join(
            f'<li><a href="{self.origin}/{other.slug}">{html.escape(other.title)}</a></li>' for other in others[:4]
        )


def date_in_words(at: datetime, language: str) -> str:
    """A day as the people of a language write it."""
    month = _MONTHS[language].split()[at.month - 1]
    return _DAYS[language].format(d=at.day, m=month, y=at.year)


def _quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def _canary_of(slug: str, born_at: datetime, now: datetime) -> Story | None:
    """The canary at an address, if its time has come."""
    found = _CANARY_NAME.fullmatch(slug.removeprefix(f"{CANARY_PATH}/"))
    if found is None:
        return None
    try:
        at = datetime.strptime(slug.rpartition("/")[2], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return _canary(at) if at == _quarter(at) and _quarter(born_at) <= at <= now else None


def _canary(at: datetime) -> Story:
    """What the keeper of the town clock saw: the sights follow from the time, so that each quarter has its own text."""
    number = int(at.timestamp() // CANARY_EVERY.total_seconds())
    start, step = number % len(_SIGHTS), 1 + 2 * (number // len(_SIGHTS) % (len(_SIGHTS) // 2))
    first, second, third = (_SIGHTS[(start + step * n) % len(_SIGHTS)] for n in range(3))
    time, day = f"{at:%H:%M}", date_in_words(at, "en")
    texts = (
        (
            f"At {time} UTC on {day} the keeper of the town clock leaned out of the little window above the dial, as is done every "
            f"quarter of an hour, and wrote down what there was to see. This is note number {number:,} in the book."
        ),
        (
            f"The first thing seen was {first}. Then, a little further off, {second}. Nobody looked up, which is how it should be "
            "when a clock goes right."
        ),
        (
            f"Before the window was closed again there was also {third}. The bell was struck, the weights were wound, and the note "
            "was handed to this newspaper, which prints each of them so that the town can see that its news still arrives."
        ),
    )
    return Story(
        slug=f"{CANARY_PATH}/{at:{_STAMP}}",
        layout="arc",
        title=f"The town at {time} on {day}",
        language="en",
        section="Town clock",
        authors=("The Clock Keeper",),
        summary=f"What the keeper of the town clock saw at {time} UTC.",
        published_at=at,
        feeds=frozenset({"rss"}),
        blocks=tuple({"p": text} for text in texts),
    )
