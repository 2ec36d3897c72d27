"""Whether an entry that is announced again says something else than before, and when its article is then visited. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.news.churn import without_churn
from worker.news.content import normalize_text
from worker.news.entry import Entry


def says_otherwise(before: Entry, now: Entry) -> bool:
    """Whether title, summary or content differ in more than their looks and what moves by itself (clocks, ages, counters).

    A part that an entry only has now, or has no more, was left out by the feed; it tells nothing of the article.
    """
    pairs = ((before.title, now.title), (before.summary, now.summary), (before.content, now.content))
    return any(old and new and _differ(old.splitlines(), new.splitlines()) for old, new in pairs)


def _differ(old: list[str], new: list[str]) -> bool:
    # Most lines of an edited text are the ones they were, and looking closely at a line takes a thousand times as long.
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    same = next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )
    return _said(old[same:]) != _said(new[same:])


def _said(lines: list[str]) -> str:
    normal = (normalize_text(without_churn(line)) for line in lines)
    return " ".join(line for line in normal if line)


def visit_at(*, asked_at: datetime, now: datetime, wait: timedelta) -> datetime:
    """Now, but not sooner than some time after the page was last asked for."""
    return max(now, asked_at + wait)
