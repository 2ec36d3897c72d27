"""Which revisions a sink takes, and how they are sent there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from worker.news.outlet import SAMPLE
from worker.news.policy import DeliveryPolicy
from worker.news.record import Access, ArticleType, Change, Record

# What became of an article: whoever holds it is told, whatever else they take.
NEWS_OF_IT = frozenset({Change.MERGED, Change.GONE, Change.WITHDRAWN})


class Copies(StrEnum):
    """What a sink takes of an article that stands in a group and is not its first one."""

    NONE = "none"
    REFERENCE = "reference"  # the record without its text
    FULL = "full"


class Revisions(StrEnum):
    """Which states of an article a sink takes."""

    ALL = "all"
    MATERIAL = "material"  # all but the minor ones
    FIRST = "first"  # one


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a sink takes; an empty list takes all. It decides when an article is first sent: later revisions follow."""

    outlets: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, of the outlet
    languages: tuple[str, ...] = ()  # BCP 47, of the text; `pt` is also `pt-BR`
    types: tuple[ArticleType, ...] = ()
    access: tuple[Access, ...] = ()
    duplicates: Copies = Copies.FULL
    revisions: Revisions = Revisions.ALL
    sample: bool = False
    # How it is sent; None: as `[delivery]` says.
    batch: int | None = None
    in_flight: int | None = None
    linger: timedelta | None = None
    max_tries: int | None = None
    first_wait: timedelta | None = None
    longest_wait: timedelta | None = None

    def policy(self, default: DeliveryPolicy) -> DeliveryPolicy:
        """How deliveries to this sink are tried."""
        names = ("batch", "in_flight", "linger", "max_tries", "first_wait", "longest_wait")
        own = {name: getattr(self, name) for name in names}
        return replace(default, **{name: value for name, value in own.items() if value is not None})


def objection(wanted: Subscription, record: Record, *, holds: bool) -> str | None:
    """Why a sink does not get a revision, in words, or None; `holds`: an earlier one of the article is there, or on its way."""
    if record.change in NEWS_OF_IT:
        return None if holds else "it never had the article"
    if holds:
        return _too_many(wanted.revisions, record.change)
    return _unwanted(wanted, record)


def is_copy(record: Record) -> bool:
    """Whether a record stands in a group whose first article is another one."""
    return record.group is not None and record.group.id != record.id


def _too_many(taken: Revisions, change: Change) -> str | None:
    if taken is Revisions.FIRST:
        return "it takes the first revision only"
    if taken is Revisions.MATERIAL and change is Change.MINOR:
        return "it takes no minor revisions"
    return None


def _unwanted(wanted: Subscription, record: Record) -> str | None:
    outlet = record.outlet.id
    if outlet == SAMPLE and not (wanted.sample or SAMPLE in wanted.outlets):
        return "it takes nothing of the sample outlet"
    if wanted.outlets and outlet not in wanted.outlets and not (wanted.sample and outlet == SAMPLE):
        return f"it takes nothing of the outlet {outlet}"
    if wanted.countries and record.outlet.country.upper() not in {country.upper() for country in wanted.countries}:
        return f"it takes nothing of outlets of the country {record.outlet.country}"
    code = record.language.code if record.language else ""
    if wanted.languages and not any(_speaks(code, language) for language in wanted.languages):
        return f"it takes no texts in the language {code or 'that is not known'}"
    if wanted.types and record.type not in wanted.types:
        return f"it takes nothing of the type {record.type}"
    if wanted.access and record.access.value not in wanted.access:
        return f"it takes nothing whose access is {record.access.value}"
    if wanted.duplicates is Copies.NONE and is_copy(record):
        return f"it takes no copies, and this is one of {record.group.id if record.group else ''}"
    return None


def _speaks(code: str, language: str) -> bool:
    return code.lower() == language.lower() or code.lower().startswith(f"{language.lower()}-")
