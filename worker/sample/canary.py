"""The canary: one new article each quarter of an hour, whose text carries the time. It follows from the time alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache

import yaml

from worker.sample.story import FOLDER, Story, date_in_words

CANARY_EVERY = timedelta(minutes=15)
# How many canaries the feed names: one hour of them.
CANARIES = 4
CANARY_PATH = "canary"
_NAME = re.compile(r"\d{8}T\d{4}Z")
_STAMP = "%Y%m%dT%H%MZ"


def canaries(*, born_at: datetime, now: datetime) -> list[Story]:
    """The timed articles of the last hour, newest first; the first one is that of the quarter in which the site was born."""
    times = [_quarter(now) - CANARY_EVERY * n for n in range(CANARIES)]
    return [_canary(at) for at in times if at >= _quarter(born_at)]


def canary_at(slug: str, *, born_at: datetime, now: datetime) -> Story | None:
    """The canary at an address, if its time has come."""
    name = slug.removeprefix(f"{CANARY_PATH}/")
    if _NAME.fullmatch(name) is None:
        return None
    try:
        at = datetime.strptime(name, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return _canary(at) if at == _quarter(at) and _quarter(born_at) <= at <= now else None


def _quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


@cache
def _sentences() -> list[list[str]]:
    """What the keeper may write: for each place in the note as many sentences, a prime number of them."""
    found: list[list[str]] = yaml.safe_load((FOLDER / "_canary.yaml").read_text(encoding="utf-8"))
    return found


def _chosen(number: int) -> list[str]:
    """One sentence for each place.

    The choices are the values of a polynomial over the integers modulo that prime (as in a Reed-Solomon code) with the digits of
    the number as coefficients: two notes of the same fortnight agree in two places at most, so that none looks like a copy.
    """
    places = _sentences()
    prime = len(places[0])
    first, second, third = number % prime, number // prime % prime, number // prime**2 % prime
    return [place[(first + second * x + third * x * x) % prime] for x, place in enumerate(places)]


def _canary(at: datetime) -> Story:
    """What the keeper of the town clock saw."""
    number = int(at.timestamp() // CANARY_EVERY.total_seconds())
    time, day = f"{at:%H:%M}", date_in_words(at, "en")
    weather, near, far, sound, person, end = _chosen(number)
    texts = (
        f"Note {number:,} of the town clock, {time} UTC on {day}. {weather} {near}",
        f"{far} {sound}",
        f"{person} {end}",
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
        tags=("Town clock",),
    )
