"""How one run of a stage ended: a closed union per stage. Counting happens once, on these values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from worker.news.reason import Reason
    from worker.news.record import Change


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody else has the row, or had it: nothing was done."""

    name: ClassVar[str] = "stale"


@dataclass(frozen=True, slots=True)
class NothingNew:
    """The feed had not changed."""

    name: ClassVar[str] = "nothing_new"


@dataclass(frozen=True, slots=True)
class BodyChanged:
    """A new body of the feed is archived and goes to parse."""

    name: ClassVar[str] = "changed"


@dataclass(frozen=True, slots=True)
class PollFailed:
    """The feed could not be had, or not be read."""

    name: ClassVar[str] = "failed"
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Postponed:
    """It waits, as data: the host is down, a redirect leads to a busy host, or it is tried again."""

    name: ClassVar[str] = "waiting"
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The entries of a feed are in."""

    name: ClassVar[str] = "parsed"
    new: int
    known: int
    truncated: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """The page is archived and goes to extract."""

    name: ClassVar[str] = "fetched"


@dataclass(frozen=True, slots=True)
class FeedTextOnly:
    """The page is not to be had; extract tries the feed's own text."""

    name: ClassVar[str] = "feed_text"
    reason: Reason


@dataclass(frozen=True, slots=True)
class Stored:
    """A new article."""

    name: ClassVar[str] = "stored"


@dataclass(frozen=True, slots=True)
class Revised:
    """A new revision of an article."""

    name: ClassVar[str] = "revised"
    n: int
    change: Change


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit that brought no revision: unchanged, gone, blocked or failed."""

    name: ClassVar[str] = "visited"
    result: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The article is another one that we have."""

    name: ClassVar[str] = "duplicate"
    of: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Dropped:
    """Not taken, for good."""

    name: ClassVar[str] = "dropped"
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Set aside with its body, for a person to look at."""

    name: ClassVar[str] = "quarantined"
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A batch reached its sink, but for `returned` parcels."""

    name: ClassVar[str] = "delivered"
    sink: str
    parcels: int
    returned: int = 0


Polled = NothingNew | BodyChanged | PollFailed | Postponed | Stale
ParsedFeed = Parsed | PollFailed | Stale
FetchedPage = Fetched | FeedTextOnly | Visited | Duplicate | Postponed | Dropped | Quarantined | Stale
Extracted = Stored | Revised | Visited | Duplicate | Dropped | Quarantined | Postponed | Stale
DeliveredBatch = Delivered | Postponed | Stale
Outcome = Polled | ParsedFeed | FetchedPage | Extracted | DeliveredBatch


def in_words(outcome: Outcome) -> str:
    """An outcome as a person reads it in Flower: `stored`, `dropped: not_found`, `parsed: 3 new`."""
    match outcome:
        case Parsed(new=new):
            return f"parsed: {new} new"
        case Revised(n=n, change=change):
            return f"revised: {n} {change}"
        case Visited(result=result):
            return f"visited: {result}"
        case Delivered(sink=sink, parcels=parcels, returned=returned):
            return f"delivered: {parcels - returned} of {parcels} to {sink}"
        case PollFailed(reason=reason) | Dropped(reason=reason) | Quarantined(reason=reason):
            return f"{outcome.name}: {reason}"
        case Duplicate(reason=reason) | FeedTextOnly(reason=reason):
            return f"{outcome.name}: {reason}"
        case Postponed(reason=reason) if reason:
            return f"waiting: {reason}"
        case _:
            return outcome.name
