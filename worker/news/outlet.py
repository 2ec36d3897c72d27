"""Outlets and feeds, as the catalog names them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 - `date` is a rule as well
from enum import StrEnum

# The outlet of our own making: a first run without the web, and a canary.
SAMPLE = "sample"


class FeedKind(StrEnum):
    """What a feed is expected to be; its content decides."""

    FEED = "feed"
    SITEMAP = "sitemap"


class Switch(StrEnum):
    """What a person wants of an outlet, whatever the catalog says."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    PAUSED = "paused"  # not polled for now, and still watched over


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSource:
    """A feed of an outlet as its file names it."""

    url: str
    kind: FeedKind = FeedKind.FEED
    section: str | None = None
    known_from: str = ""  # where its address is known from
    verified: str = ""  # the day on which it last answered `copydesk outlets check`


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """Where an outlet's pages keep what, as CSS selectors; `None` leaves it to the reader.

    They hold for pages that were fetched from the day `since` to the day `until`, both included; `None` is without end.
    """

    since: Day | None = None
    until: Day | None = None
    body: str | None = None
    remove: tuple[str, ...] = ()
    title: str | None = None
    author: str | None = None
    date: str | None = None

    def hold_on(self, day: Day) -> bool:
        """Whether a page of that day (UTC) is read with them."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletRules:
    """The rules of an outlet over time: a page that was kept is read with those of its day."""

    periods: tuple[PageRules, ...] = ()

    def on(self, day: Day) -> PageRules:
        """Those of a day (UTC); the first ones in the file when two hold."""
        return next((rules for rules in self.periods if rules.hold_on(day)), PageRules())


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretHeader:
    """A request header whose value is a secret, named here and kept elsewhere; `basic` makes it HTTP's basic auth."""

    header: str
    secret: str
    basic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A news publisher: slug id, ISO 3166-1 alpha-2 country, BCP 47 language."""

    id: str
    name: str
    country: str
    language: str
    homepage: str
    enabled: bool = False
    feeds: tuple[FeedSource, ...] = ()
    rules: OutletRules = OutletRules()
    secret_headers: tuple[SecretHeader, ...] = ()
    ignore_robots: str | None = None  # the reason for which its robots.txt is not asked
