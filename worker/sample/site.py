"""The pages of the sample outlet as they are at a moment. Pure but for reading its own files once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "site"
CORRECTED_AFTER = timedelta(hours=1)
CANARY_EVERY = timedelta(minutes=15)
# How many canaries the feed names: one hour of them.
CANARIES = 4
CANARY_PATH = "canary"
_CANARY_NAME = re.compile(r"(\d{8}T\d{4})Z")
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
    charset: str = "utf-8"
    corrected: bool = False


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
        """All written pages by slug, newest first."""
        listed: list[dict[str, Any]] = yaml.safe_load((FOLDER / "index.yaml").read_text(encoding="utf-8"))
        return {entry["slug"]: self._story(entry) for entry in listed}

    def _story(self, entry: dict[str, Any]) -> Story:
        return Story(
            slug=entry["slug"],
            title=entry["title"],
            language=entry["language"],
            section=entry["section"],
            authors=tuple(entry["authors"]),
            summary=entry["summary"],
            published_at=self.born_at.replace(microsecond=0) - timedelta(minutes=entry["minutes_ago"]),
            feeds=frozenset(entry["feeds"]),
            charset=entry.get("charset", "utf-8"),
            corrected=entry.get("corrected", False),
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
        if slug.startswith(f"{CANARY_PATH}/"):
            return self._canary_page(slug, now)
        story = self.stories.get(slug)
        if story is None:
            return None
        corrected_at = self.born_at.replace(microsecond=0) + CORRECTED_AFTER
        corrected = story.corrected and now >= corrected_at
        name = f"{slug}.corrected.html" if corrected else f"{slug}.html"
        text = (FOLDER / name).read_text(encoding="utf-8")
        modified = corrected_at if corrected else story.published_at
        return Answer(
            self._filled(text, story, modified).encode(story.charset, "xmlcharrefreplace"),
            f"text/html; charset={story.charset}",
        )

    def _canary_page(self, slug: str, now: datetime) -> Answer | None:
        found = _CANARY_NAME.fullmatch(slug.removeprefix(f"{CANARY_PATH}/"))
        if found is None:
            return None
        try:
            at = datetime.strptime(found[0], _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return None
        if at != _quarter(at) or not _quarter(self.born_at) <= at <= now:
            return None
        story = _canary(at)
        text = (FOLDER.parent / "canary.html").read_text(encoding="utf-8")
        for name, value in _canary_words(at).items():
            text = text.replace(f"{{{{{name}}}}}", value)
        return Answer(self._filled(text, story, at).encode())

    def _filled(self, text: str, story: Story, modified: datetime) -> str:
        values = {
            "origin": self.origin,
            "published": f"{story.published_at:%Y-%m-%dT%H:%M:%SZ}",
            "modified": f"{modified:%Y-%m-%dT%H:%M:%SZ}",
            "published_words": date_in_words(story.published_at, story.language),
            "title": story.title,
            "slug": story.slug,
        }
        for name, value in values.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        return text


def date_in_words(at: datetime, language: str) -> str:
    """A day as the people of a language write it."""
    month = _MONTHS[language].split()[at.month - 1]
    return _DAYS[language].format(d=at.day, m=month, y=at.year)


def _quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def _canary(at: datetime) -> Story:
    return Story(
        slug=f"{CANARY_PATH}/{at:{_STAMP}}",
        title=f"The town at {at:%H:%M} on {date_in_words(at, 'en')}",
        language="en",
        section="Town clock",
        authors=("The Clock Keeper",),
        summary=f"What the keeper of the town clock saw at {at:%H:%M} UTC.",
        published_at=at,
        feeds=frozenset({"rss"}),
    )


def _canary_words(at: datetime) -> dict[str, str]:
    """What the keeper saw: the sights follow from the time, so that each quarter has its own text."""
    number = int(at.timestamp() // CANARY_EVERY.total_seconds())
    first = number % len(_SIGHTS)
    second = (number * 7 + 3) % len(_SIGHTS)
    third = (number * 5 + 9) % len(_SIGHTS)
    return {
        "time": f"{at:%H:%M}",
        "day": date_in_words(at, "en"),
        "number": f"{number:,}",
        "first": _SIGHTS[first],
        "second": _SIGHTS[second if second != first else (second + 1) % len(_SIGHTS)],
        "third": _SIGHTS[third],
    }
