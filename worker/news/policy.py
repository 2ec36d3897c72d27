"""Policies: the constants of every decision, in one place each. Settings only build them; the defaults stand here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPolicy:
    """When a feed is polled."""

    shortest: timedelta = 5 * _MINUTE
    longest: timedelta = 4 * _HOUR
    # (nothing new for, then at least this interval)
    silence: tuple[tuple[timedelta, timedelta], ...] = (
        (7 * _DAY, 4 * _HOUR),
        (30 * _DAY, 12 * _HOUR),
        (60 * _DAY, 24 * _HOUR),
    )
    hint_at_most: timedelta = _HOUR
    rhythm_of: int = 20  # arrivals
    share: float = 0.33  # of the mean gap, and of the time since the last news
    quiet_at_most: float = 3  # rhythms
    jitter: float = 0.1
    failures_wait_at_most: timedelta = _DAY
    many_failures: float = 30
    many_failures_wait_at_most: timedelta = 7 * _DAY
    gap_needs: int = 3  # entries
    unconditional_every: int = 50  # polls
    adopt_redirect_after: timedelta = 7 * _DAY
    sitemap_oldest: timedelta = 30 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPolicy:
    """How politely a host is treated."""

    spacing: timedelta = timedelta(seconds=2)
    per_host: int = 2
    per_address: int = 8  # requests at a time to all hosts at one IP address
    # (host as it stands in addresses, seconds between two requests, requests at a time). These serve the feeds of thousands.
    hosts: tuple[tuple[str, float, int], ...] = (
        ("feeds.feedburner.com", 0.25, 4),
        ("feedproxy.google.com", 0.25, 4),
    )
    pause: timedelta = _MINUTE  # after the first failure of the host; doubles
    longest_pause: timedelta = 6 * _HOUR
    retry_after_at_most: timedelta = 7 * _DAY
    # A host slower than this gets a request no sooner than its mean answer took.
    slow: timedelta = timedelta(seconds=2)
    # Hosts of one's own, as they stand in addresses (with the port when it is not the usual one): no spacing.
    own_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsPolicy:
    """How robots.txt is kept to (RFC 9309)."""

    # A feed is offered to readers, and Copydesk is one: by default its own address is not looked up there.
    feeds: bool = False
    keep: timedelta = _DAY
    # One that can't be had is a no, for so long at first; doubles.
    unreachable: timedelta = 5 * _MINUTE
    longest_unreachable: timedelta = 6 * _HOUR
    # Until then the one that was had before holds.
    believe_old: timedelta = 30 * _DAY
    longest_delay: timedelta = _MINUTE  # of Crawl-delay


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsPolicy:
    """What is dropped because its publisher reserves it: `noarchive`, `noindex`, `nosnippet`, `noai` …, or `tdm`."""

    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePolicy:
    """How long an article is tried, and when it is visited again."""

    missing_tries: int = 2
    missing_wait: timedelta = _HOUR
    unreachable_after: timedelta = 7 * _DAY
    visits: tuple[timedelta, ...] = (30 * _MINUTE, 2 * _HOUR, 8 * _HOUR, 24 * _HOUR)
    liveblog_visit: timedelta = 15 * _MINUTE
    # An article whose entry changed in its feed is visited at once, but not sooner than this after it was last asked for.
    changed_visit: timedelta = 5 * _MINUTE
    # Whether sinks are told, as a revision, of a stored article whose page the outlet took down.
    tell_gone: bool = False
    shortest_own_text: int = 250  # letters; below, a text is not an identity
    crashes: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasePolicy:
    """How long a claim holds, and how much may be under way."""

    queue: timedelta = timedelta(seconds=300)  # from the claim to the beginning
    work: timedelta = timedelta(seconds=120)  # from the beginning to the end
    # rows of one stage that may be leased at a time
    poll: int = 128
    parse: int = 64
    fetch: int = 256
    extract: int = 256
    batch: int = 8  # rows in one message
    tick: timedelta = timedelta(seconds=2)
    # A web row that was in a worker's hands when it died waits this long for each time it happened.
    crash_wait: timedelta = timedelta(seconds=30)
    longest_crash_wait: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """How a delivery is tried."""

    batch: int = 100
    in_flight: int = 2  # batches to one sink at a time
    linger: timedelta = timedelta(0)  # that a batch which is not full waits for more
    max_tries: int = 12
    first_wait: timedelta = timedelta(seconds=10)
    longest_wait: timedelta = _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class FurniturePolicy:
    """When a line is furniture of its outlet, and how much is known of each outlet."""

    pages: int = 5  # articles that it stood in; 3 at least
    share: float = 0.1  # of the outlet's articles
    days: int = 5  # on which it was met
    known: int = 20  # articles of the outlet, before anything is left out
    at_most: float = 0.3  # of a text's letters; more is left as it is
    lines: int = 12  # of one page that are counted
    window: int = 400  # articles; then all counts of the outlet are halved
    most: int = 500  # lines of an outlet that are left out; 0: none


class Quality(StrEnum):
    """How much work is put into the text of a page."""

    FAST = "fast"  # one reading
    NORMAL = "normal"  # a second engine decides between two
    BEST = "best"  # several engines, and what most of them agree on


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPolicy:
    """What the readers accept, and how hard they try."""

    quality: Quality = Quality.NORMAL

    max_entries: int = 2000
    feed_bytes: int = 10_000_000
    page_bytes: int = 5_000_000
    max_elements: int = 50_000
    json_ld_bytes: int = 1_000_000
    title: int = 1000  # letters
    author: int = 500
    url: int = 2048
    text: int = 1_000_000
    shortest_text: int = 80  # letters of an article's text


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPolicy:
    """When two texts are copies of each other, and when copies at one outlet are one article.

    Sizes are distinct shingles: about one a word, or one a letter where words stand without blanks.
    """

    fewest: int = 48  # of the shorter text; one of fewer is a copy of nothing. Twice as many where they are of letters
    short: int = 120  # of the shorter text; below, templates and share bars are much of it
    jaccard: float = 0.35
    short_jaccard: float = 0.5
    containment: float = 0.8  # of the shorter text in the longer
    contained: int = 100  # of the shorter text; below, containment does not count
    # Of the longer text's size; below, too few hashes of the shorter one are in both samples.
    contained_share: float = 0.05
    # Two texts that have less in common are not in one group, whoever is between them.
    apart: float = 0.2
    title: float = 0.8  # of the distinct words of two titles
    within: timedelta = 48 * _HOUR
    days: int = 7  # that a text can be found as a candidate
    band_members: int = 200  # a band of more says nothing
    looked_at: int = 50  # candidates, those that share most bands first
