"""What an answer about a page means for its article."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from worker.news.reason import Reason

if TYPE_CHECKING:
    from worker.news.policy import ArticlePolicy


@dataclass(frozen=True, slots=True)
class Read:
    """There is a body to read."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Not modified since the last visit."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """One such answer proves nothing."""

    wait: timedelta
    reason: Reason


@dataclass(frozen=True, slots=True)
class UseFeedText:
    """The page is closed to us; the feed's own text is tried."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Drop:
    """There is no such page for us."""

    reason: Reason


Verdict = Read | Unchanged | TryAgain | UseFeedText | Drop

_MISSING = {404: Reason.NOT_FOUND, 410: Reason.GONE}
_CLOSED = {401: Reason.UNAUTHORIZED, 402: Reason.PAYWALL, 403: Reason.FORBIDDEN, 451: Reason.LEGAL}
_NOT_MODIFIED = 304
# Answers to the moment rather than to the request (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 4918 §11.3).
_PASSING = {408: Reason.TIMEOUT, 423: Reason.CLIENT_ERROR, 425: Reason.CLIENT_ERROR}
_REDIRECTS = range(300, 400)
_OK = range(200, 300)
_NO_CONTENT = frozenset({204, 205})
# Types that are HTML, and those that servers send for lack of a better one: there the body decides.
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml", "html"})
_VAGUE_TYPES = frozenset(
    {
        "",
        "text/plain",
        "application/octet-stream",
        "application/xml",
        "text/xml",
        "unknown/unknown",
        "binary/octet-stream",
    }
)
# The beginnings of what is often served as HTML and is none: PDF, images, archives, media, fonts.
_OTHER_BODIES = (
    *(
        b"%PDF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"RIFF",
        b"BM6",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"BZh",
        b"7z\xbc\xaf",
    ),
    *(b"ID3", b"OggS", b"\x1aE\xdf\xa3", b"\x00\x00\x00", b"wOF", b"\xd0\xcf\x11\xe0"),
)
_HTML_START = re.compile(
    rb"<(?:!doctype\s+html|html|head|title|meta|body|div|article|main|section|p|h1|script|link)\b", re.IGNORECASE
)
_XML_ROOT = re.compile(
    rb"\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*)*<(?:rss|feed|rdf:rdf|urlset|sitemapindex|opml|svg|error)\b",
    re.IGNORECASE | re.DOTALL,
)

_LATER = frozenset({Reason.CHALLENGE, Reason.RATE_LIMITED, Reason.SERVER_ERROR, Reason.MAINTENANCE})


def verdict(status: int, tries: int, policy: ArticlePolicy) -> Verdict:
    """What a status says; `tries` counts the answers before this one. 429 and 5xx are the host's and never come here."""
    if status in _OK:
        return Drop(Reason.EMPTY_BODY) if status in _NO_CONTENT else Read()
    if status == _NOT_MODIFIED:
        return Unchanged()
    if status in _MISSING:
        return _again(_MISSING[status], tries, policy)
    if status in _PASSING:
        return _again(_PASSING[status], tries, policy)
    if status in _CLOSED:
        return UseFeedText(_CLOSED[status])
    return Drop(Reason.BAD_REDIRECT if status in _REDIRECTS else Reason.CLIENT_ERROR)


def _again(reason: Reason, tries: int, policy: ArticlePolicy) -> TryAgain | Drop:
    return TryAgain(policy.missing_wait, reason) if tries + 1 < policy.missing_tries else Drop(reason)


def looks_like_html(content_type: str, start: bytes) -> bool:
    """Whether a body may be HTML, by its Content-Type and its first bytes (about 1 kB)."""
    # UTF-16 is ASCII with zeros between, for what is looked for here.
    plain = start.removeprefix(b"\xef\xbb\xbf")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        plain = start[2:].replace(b"\0", b"")
    if plain.startswith(_OTHER_BODIES) or _XML_ROOT.match(plain):
        return False
    kind = re.split(r"[;,]", content_type)[0].strip().lower()
    if kind in _HTML_TYPES:
        return True
    return kind in _VAGUE_TYPES and _HTML_START.search(plain) is not None


def too_long_unreachable(discovered_at: datetime, now: datetime, policy: ArticlePolicy) -> bool:
    """Whether an article's host has been down for so long that it is given up."""
    return now - discovered_at >= policy.unreachable_after


def page_says_later(reason: Reason) -> bool:
    """Whether a page that came with 200 only says that the real one may be had later."""
    return reason in _LATER


def ask_again_at(discovered_at: datetime, now: datetime, policy: ArticlePolicy) -> datetime | None:
    """When such a page is asked for again: after an hour at first, then later and later (some 14 times in a week).

    None when it has been tried for too long.
    """
    if too_long_unreachable(discovered_at, now, policy):
        return None
    return now + max(policy.missing_wait, (now - discovered_at) / 3)
