"""What the stages ask of the world, in their own language; no port knows Redis, HTTP libraries, SQL or Celery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from worker.news.entry import Entry, FeedDocument
from worker.news.near import Sketch
from worker.news.outlet import FeedKind, PageRules
from worker.news.page import Body, Moved, Page, Request
from worker.news.reason import Reason
from worker.news.record import Reading
from worker.news.work import Call


class Clock(Protocol):
    """Time and chance."""

    def now(self) -> datetime:
        """The time, aware UTC."""

    def roll(self) -> float:
        """A number from [0, 1)."""

    def sleep(self, until: datetime) -> None:
        """Return at a time, which is near or past."""


class Bell(Protocol):
    """Tells workers to look. A bell that fails is no error: the leases end and the tick claims again."""

    def ring(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Send one message a call; return those that could not be sent. Never raises."""


class PageFetcher(Protocol):
    """The door to the web."""

    def fetch(self, request: Request) -> Page | Moved:
        """GET an address, once, conditionally when validators are given.

        Returns every answer of 2xx, 304 and 4xx but 429 as a `Page`, and a redirect as `Moved`; of robots.txt the beginning
        is enough. Raises `HostDown` (name, connection, TLS, timeout, 429, 5xx, a challenge) or `Refused` (address, redirects,
        size, encoding).
        """


class RobotsRules(Protocol):
    """The rules that a robots.txt has for us, who are named `agent` there."""

    @property
    def agent(self) -> str:
        """Our product token."""

    def allows(self, body: bytes, url: str) -> bool:
        """Whether they let us ask for an address. A body that is no robots.txt has no rules."""

    def delay(self, body: bytes) -> timedelta | None:
        """The time that they want between two requests, if any."""


class Archive(Protocol):
    """Raw bodies, content-addressed."""

    def put(self, body: Body, *, now: datetime) -> str:
        """Keep a body and return its key. It is durable when this returns; the same body on the same day has one key.

        Raises `ArchiveDown` when it can't be kept now.
        """

    def get(self, key: str) -> bytes:
        """The body of a key. Raises `Transient` (NO_BODY) when there is none, `ArchiveDown` when nobody can say."""

    def delete(self, key: str) -> None:
        """Let nothing be under a key any more; nothing may be there already. Raises `ArchiveDown`."""


class FeedReader(Protocol):
    """Feed bodies in, entries out."""

    def read(self, body: bytes, *, url: str, content_type: str, kind: FeedKind, now: datetime) -> FeedDocument:
        """Parse a feed of any supported form; what the body holds decides which. `now` bounds dates in the future.

        Raises `Broken` (EMPTY_BODY, NOT_A_FEED, UNPARSABLE, TOO_LARGE). A document with no entries is not broken.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInput:
    """A page as it was fetched, with what is known of it beforehand. `language` and `country` are the outlet's."""

    body: bytes
    url: str
    content_type: str
    language: str
    country: str = ""
    rules: PageRules = PageRules()
    announced: Entry | None = None
    furniture: frozenset[bytes] = frozenset()  # hashes of lines that are no text of any article (`news.furniture`)
    headers: Mapping[str, str] = field(default_factory=dict)  # those of the response that speak of its use


class PageReader(Protocol):
    """Pages in, readings out."""

    def read(self, page: PageInput, *, now: datetime) -> Reading:
        """Read the article of a page.

        Raises `Refused` (NOT_HTML, NO_TEXT, and the reason by which a gate names its kind) for what is no article and
        `Broken` (UNPARSABLE, TOO_LARGE) for what can't be read.
        """

    def read_entry(self, entry: Entry, *, url: str, language: str, now: datetime) -> Reading:
        """Make a reading of the feed's own text (engine `feed`). Raises `Refused` (NO_TEXT) when it is too short."""


class Sketcher(Protocol):
    """Texts in, sketches out, by which near-identical ones are found."""

    def sketch(self, text: str) -> Sketch | None:
        """The sketch of a text, the same in every process; None when it is too short to be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a receiver answered: the status, the beginning of the body, and for how many seconds it wants to be left alone."""

    status: int
    body: bytes = b""
    retry_after: float | None = None


class Poster(Protocol):
    """The door to receivers of our own choice on the web."""

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Posted:
        """POST a body; one whose kept connection turns out to be closed is sent once more. No redirect is followed, and every
        status is an answer.

        Raises `HostDown` (name, connection, TLS, timeout) or `Refused` (an address that may not be asked). Safe for threads.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One revision on its way to a sink. `key` is the idempotency key `<article id>:<revision>`; `body` is the record's JSON.

    `replay`: somebody asked for it again. `superseded_by`: a newer revision of the article that the sink has already.
    """

    key: str
    article: str
    revision: int
    body: bytes
    replay: bool = False
    superseded_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A parcel that the sink did not take. With `tried=False` it was not asked to: it comes again, and that counts as no try."""

    key: str
    reason: Reason
    detail: str
    tried: bool = True


class Sink(Protocol):
    """A downstream store."""

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Store the parcels of a batch durably; the same batch again changes nothing, an older revision overwrites nothing.

        It must return within `LONGEST_DELIVERY`; what it did not get to is returned as not tried. Safe for threads.

        Returns the parcels that were not taken. Raises `SinkDown` when the sink can't say, or took none: the same batch
        comes again.
        """


# The lease of a batch is 120 s: a sink that takes longer has its batch sent by another worker as well.
LONGEST_DELIVERY = timedelta(seconds=60)
