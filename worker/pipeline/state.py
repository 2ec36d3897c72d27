"""What the stages ask of the state of record: one port a stage, each with its job and its effects as values.

Every port keeps the same promise. `begin` takes a claimed row or returns None when somebody else has it. `finish` writes all
effects and the row's next state in one transaction; it writes nothing and returns None when the claim is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from worker.news.entry import Entry, Hints
from worker.news.identity import Key
from worker.news.outcome import Extracted, Outcome
from worker.news.outlet import FeedKind, Outlet
from worker.news.page import PageMeta, Steps, Validators
from worker.news.reason import Reason
from worker.news.record import Record
from worker.news.robots import RobotsFile
from worker.news.schedule import Due, FeedPace
from worker.news.work import Call, Lane, Stage, Ticket
from worker.pipeline.ports import Parcel, Returned


# --- dispatch -------------------------------------------------------------------------------------------------------
class WorkQueue(Protocol):
    """All that is to be done."""

    def sweep(self, *, now: datetime, roll: float) -> int:
        """Take back the rows whose worker died: `crashes + 1`; at the limit a CPU row is quarantined. Returns how many."""

    def claim(self, lane: Lane, *, now: datetime) -> Sequence[Call]:
        """Claim what is due in a lane, as messages to send after this has returned (and so committed)."""

    def release(self, calls: Sequence[Call], *, now: datetime) -> None:
        """Make rows due again whose message could not be sent."""

    def put_back(self, stage: Stage, tickets: Sequence[Ticket], *, until: datetime) -> None:
        """Let begun rows wait as if they had not begun: what stopped them was trouble of our own, and counts for nothing."""


# --- on the web -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run stands: the address that it asks for next, and the redirects that led there."""

    url: str
    hops: int = 0
    steps: Steps = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on from a place when the gate of `host` opens, and not before `until`; `reason` when somebody said so."""

    place: Place
    host: str
    until: datetime | None = None
    reason: Reason | None = None
    detail: str = ""


class Gates(Protocol):
    """The hosts' gates, for a run that is under way."""

    def enter(self, ticket: Ticket, stage: Stage, host: str, *, now: datetime) -> datetime | None:
        """Take a slot for one more request, to this host, if one is free within two seconds, and say when it is.

        The run then counts as one of that host.
        """

    def is_open(self, host: str, *, now: datetime) -> bool:
        """Whether a host is not paused."""


class RobotsFiles(Protocol):
    """What is known of robots.txt files, shared by all processes."""

    def find(self, origin: str, *, now: datetime) -> RobotsFile:
        """What is known of an origin's; an empty one when that is nothing."""

    def keep(self, file: RobotsFile, *, delay: timedelta | None, now: datetime) -> None:
        """Keep what was learnt, and the time that the file wants between two requests to its host."""


# --- poll -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class PollJob:
    """A feed to be polled."""

    ticket: Ticket
    began_at: datetime
    feed: str
    url: str
    validators: Validators
    distrusted: bool
    body_hash: bytes | None
    broken_hash: bytes | None
    pace: FeedPace
    hints: Hints
    redirect_to: str | None
    redirect_since: datetime | None
    host: str  # whose slot it holds,
    slot: datetime  # and when that is
    robots_waived: str | None
    resume: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswer:
    """How a host answered: after `seconds`, from `address`; or it failed and is to be left alone for a while."""

    host: str
    seconds: float = 0.0
    address: str | None = None
    failed: Reason | None = None
    retry_after: float | None = None
    roll: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietPoll:
    """Nothing new: when to come back."""

    due: Due
    pace: FeedPace
    validators: Validators | None = None
    distrust: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshBody:
    """A new body for parse, kept in the archive."""

    body_key: str
    body_hash: bytes
    url: str
    content_type: str
    validators: Validators
    max_age: timedelta | None
    redirect_to: str | None  # where a permanent redirect led
    pace: FeedPace
    # Validators that held while the body changed: they lie.
    distrust: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPoll:
    """No body, or a broken one: when to try again."""

    reason: Reason
    detail: str
    due: Due
    pace: FeedPace


PollEffect = QuietPoll | FreshBody | FailedPoll | Resume


class Polls(Protocol):
    """The state side of poll."""

    def begin(self, ticket: Ticket, *, now: datetime) -> PollJob | None:
        """Take a feed to be polled."""

    def finish(
        self, job: PollJob, effect: PollEffect, outcome: Outcome, *, answers: Sequence[HostAnswer], now: datetime
    ) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""


# --- parse ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class ParseJob:
    """A feed body to be parsed. `polled_at` tells what this body brought from what was there before."""

    ticket: Ticket
    began_at: datetime
    feed: str
    outlet: str
    url: str
    feed_url: str
    kind: FeedKind
    content_type: str
    body_key: str
    body_hash: bytes
    polled_at: datetime
    validators: Validators
    max_age: timedelta | None
    first_poll: bool
    pace: FeedPace
    redirect_to: str | None
    redirect_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An entry with its keys, sorted; `drop` when it ends here."""

    entry: Entry
    keys: tuple[Key, ...]
    drop: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """The article of each announcement of a slice, and which of these this body brought."""

    articles: tuple[str, ...]
    new: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedBody:
    """All entries are in: the feed's validators are adopted and the next poll is set."""

    title: str
    hints: Hints
    entries: int
    new: int
    truncated: int
    gap: bool
    due: Due
    pace: FeedPace
    adopt_url: str | None
    redirect_to: str | None
    redirect_since: datetime | None
    # The parts of a sitemap index: they become feeds of the outlet.
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenBody:
    """The body could not be read: it is remembered by its hash, its validators are not adopted."""

    reason: Reason
    detail: str
    due: Due
    pace: FeedPace


@dataclass(frozen=True, slots=True, kw_only=True)
class LostBody:
    """The archive has no such body any more: the feed is polled again at once."""


ParseEffect = ParsedBody | BrokenBody | LostBody


class Parses(Protocol):
    """The state side of parse."""

    def begin(self, ticket: Ticket, *, now: datetime) -> ParseJob | None:
        """Take a body to be parsed."""

    def sight(self, job: ParseJob, announcements: Sequence[Announcement], *, now: datetime) -> Sighted | None:
        """File one slice in one transaction, and hold the lease a while longer; filing it again changes nothing."""

    def finish(self, job: ParseJob, effect: ParseEffect, outcome: Outcome, *, now: datetime) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""


# --- fetch ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class FetchJob:
    """An article whose page is to be fetched; `visit` when it is filed already and is looked at again."""

    ticket: Ticket
    began_at: datetime
    article: str
    requested: str
    start: Place
    host: str  # whose slot it holds,
    slot: datetime  # and when that is
    robots_waived: str | None
    tries: int
    visit: bool
    validators: Validators
    discovered_at: datetime
    published_at: datetime | None
    liveblog: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageArrived:
    """A page in the archive, for extract."""

    body_key: str
    meta: PageMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPage:
    """The outlet refused the page; extract tries the feed's own text and drops it for this reason if that is too short."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Try again later: `tried` when the world answered about this very page."""

    wake_at: datetime
    reason: Reason
    detail: str = ""
    tried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnd:
    """A visit is over without a new page: unchanged, gone, blocked or failed."""

    result: str
    next_visit: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The article's outcome is reached: dropped or quarantined."""

    outcome: str
    reason: Reason
    detail: str = ""


FetchEffect = PageArrived | NoPage | Wait | Resume | VisitEnd | End


class Fetches(Protocol):
    """The state side of fetch."""

    def begin(self, ticket: Ticket, *, now: datetime) -> FetchJob | None:
        """Take an article to be fetched."""

    def finish(
        self, job: FetchJob, effect: FetchEffect, outcome: Outcome, *, answers: Sequence[HostAnswer], now: datetime
    ) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""


# --- extract --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """In which feed an article was announced, and how."""

    feed_url: str
    section: str | None
    entry: Entry
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The revision that stands."""

    n: int
    title: str
    text: str
    text_hash: bytes
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractJob:
    """A page (or only the feed's entry, when `meta` is None) to be made a record of."""

    ticket: Ticket
    began_at: datetime
    article: str
    outlet: Outlet
    requested: str | None
    body_key: str | None
    meta: PageMeta | None
    refused: Reason | None
    discovered_at: datetime
    sightings: tuple[Sighting, ...]
    before: Before | None
    visit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A record to be filed with its keys; `identifying` when the text is long enough to stand for the article."""

    record: Record
    keys: tuple[Key, ...]
    text_hash: bytes
    identifying: bool
    next_visit: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackToFetch:
    """The archive has no such body any more."""


ExtractEffect = NewRevision | VisitEnd | End | BackToFetch


class Extracts(Protocol):
    """The state side of extract."""

    def begin(self, ticket: Ticket, *, now: datetime) -> ExtractJob | None:
        """Take a page to be extracted."""

    def finish(
        self, job: ExtractJob, effect: ExtractEffect, outcome: Extracted, *, now: datetime
    ) -> tuple[Extracted, Sequence[Call]] | None:
        """As everywhere; a `NewRevision` may turn out a `Duplicate` here, and only here."""


# --- deliver --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverJob:
    """One batch for one sink, in order; `tries` counts refusals of a parcel by its key."""

    tickets: tuple[Ticket, ...]
    began_at: datetime
    sink: str
    batch: str
    deliveries: tuple[str, ...]
    parcels: tuple[Parcel, ...]
    tries: dict[str, int]
    sink_failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A parcel that came back: again at `wake_at`, or dead when that is None."""

    parcel: Returned
    wake_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDone:
    """The sink took the batch, but for those that came back."""

    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkUnreachable:
    """Nothing is known to have arrived: the batch stays whole and waits."""

    until: datetime
    detail: str


DeliverEffect = BatchDone | SinkUnreachable


class Deliveries(Protocol):
    """The state side of deliver. A batch is begun and finished as a whole."""

    def begin(self, tickets: Sequence[Ticket], *, now: datetime) -> DeliverJob | None:
        """Take a batch, whole."""

    def finish(
        self, job: DeliverJob, effect: DeliverEffect, outcome: Outcome, *, now: datetime
    ) -> Sequence[Call] | None:
        """Write what came of it; returns what to ring for."""


# --- bugs -----------------------------------------------------------------------------------------------------------
class Failures(Protocol):
    """Where an error that no stage expected is written down."""

    def record(
        self, stage: Stage, tickets: Sequence[Ticket], *, reason: Reason, detail: str, now: datetime, roll: float
    ) -> None:
        """End the rows of a failed run: an article is quarantined, a feed or a delivery waits and is tried again."""
