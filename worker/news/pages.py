"""What an answer about a page means for its article."""

from __future__ import annotations

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
_OK = range(200, 300)
_NO_CONTENT = frozenset({204, 205})
# Types that are HTML, and those that servers send for lack of a better one: there the body decides.
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_VAGUE_TYPES = ("", "text/plain", "application/octet-stream", "application/xml", "text/xml", "unknown/unknown")
# The beginnings of what is often served as HTML and is none.
_OTHER_BODIES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x00\x00\x00")


def verdict(status: int, tries: int, policy: ArticlePolicy) -> Verdict:
    """What a status says; `tries` counts the answers before this one."""
    if status in _OK and status not in _NO_CONTENT:
        return Read()
    if status == _NOT_MODIFIED:
        return Unchanged()
    if status in _MISSING:
        again = tries + 1 < policy.missing_tries
        return TryAgain(policy.missing_wait, _MISSING[status]) if again else Drop(_MISSING[status])
    if status in _CLOSED:
        return UseFeedText(_CLOSED[status])
    return Drop(Reason.CLIENT_ERROR)


def looks_like_html(content_type: str, start: bytes) -> bool:
    """Whether a body may be HTML, by its type and its first bytes."""
    if start.startswith(_OTHER_BODIES):
        return False
    kind = content_type.split(";")[0].strip().lower()
    if kind in _HTML_TYPES:
        return True
    return kind in _VAGUE_TYPES and (b"<" in start or not start)


def too_long_unreachable(discovered_at: datetime, now: datetime, policy: ArticlePolicy) -> bool:
    """Whether an article's host has been down for so long that it is given up."""
    return now - discovered_at >= policy.unreachable_after
