"""The written stories of the sample outlet: what its files say, with the dates that follow from the site's birth."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "stories"
# A block of a story: its kind and what it says. Items of lists and cells of tables are told apart by `|`, rows by `;`.
Block = dict[str, str]
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
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
_HOURS = {
    "en": "{h:02}:{m:02}",
    "pt": "{h:02}h{m:02}",
    "es": "{h:02}:{m:02}",
    "de": "{h:02}:{m:02} Uhr",
    "fr": "{h} h {m:02}",
}
# Where the editors of each language sit; they know no summer.
_ZONES = {"en": 0, "pt": 0, "es": 1, "de": 1, "fr": 1}


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
    tags: tuple[str, ...] = ()
    caption: str = ""
    tier: str = "free"  # free, metered or locked
    charset: str = "utf-8"
    # The whole text stands in the feed as well.
    text_in_feed: bool = False
    # What is to become of it: stored, duplicate or dropped; and, when it is not stored, the reason.
    expect: str = "stored"
    reason: str = ""


def read_stories(born_at: datetime) -> Iterator[Story]:
    """All written stories of a site that was born then."""
    for file in sorted(FOLDER.glob("[!_]*.yaml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
            yield _story(entry, file.stem, born_at)


def _story(entry: dict[str, Any], language: str, born_at: datetime) -> Story:
    told = {name: value for name, value in entry.items() if name not in {"minutes_ago", "body", "feeds"}}
    lists: dict[str, Any] = {name: tuple(told.pop(name)) for name in ("authors", "tags", "correction") if name in told}
    return Story(
        language=language,
        published_at=born_at.replace(microsecond=0) - timedelta(minutes=entry["minutes_ago"]),
        feeds=frozenset(entry["feeds"]),
        blocks=tuple(entry["body"]),
        **lists,
        **told,
    )


def split(text: str, mark: str = "|") -> list[str]:
    """The parts of a block's text."""
    return [part.strip() for part in text.split(mark)]


def without_links(text: str) -> str:
    """A text whose `[links](slug)` are only words."""
    return _LINK.sub(r"\1", text)


def links_of(text: str) -> list[tuple[str, str]]:
    """The words and the slugs of the links in a text."""
    return [(found[1], found[2]) for found in _LINK.finditer(text)]


def slug_of(words: str) -> str:
    """Words as a part of an address: "À lire aussi" is `a-lire-aussi`."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


def local(at: datetime, language: str) -> datetime:
    """A time by the clock of the editors of a language."""
    return at.astimezone(timezone(timedelta(hours=_ZONES[language])))


def stamp(at: datetime) -> str:
    """A time as machines write it (RFC 3339), in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def date_in_words(at: datetime, language: str) -> str:
    """A day as the people of a language write it."""
    month = _MONTHS[language].split()[at.month - 1]
    return _DAYS[language].format(d=at.day, m=month, y=at.year)


def time_in_words(at: datetime, language: str) -> str:
    """An hour as the people of a language write it."""
    return _HOURS[language].format(h=at.hour, m=at.minute)
