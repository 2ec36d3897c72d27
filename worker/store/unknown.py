"""An address that was never met: whose it would be, whether its feeds could have seen it, and what to do. Reads only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, or_, select

from worker.news.identity import same_site
from worker.news.recount import day_begins
from worker.store.schema import articles, feeds, outlets, polls, sightings, work
from worker.store.standing import feed_in_words

# An address holds a day, and is announced about then: a gap is looked for over these days, or over the last ones.
DAYS_BEFORE = 1
DAYS_AFTER = 3
LAST_DAYS = 7
MOST_GAPS = 5
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:([/._-])(\d{1,2})\2(\d{1,2})|(\d\d)(\d\d))(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A poll that may have lost entries: none of what came was known (a gap), or more came than is read."""

    at: datetime
    gap: bool
    truncated: int
    # When the feed had been read last before, if that is known.
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What a feed could have seen. `oldest` and `newest` are the dates of the entries that were ever seen in it."""

    feed: str
    enabled: bool
    state: str
    words: str
    polled_at: datetime | None
    answered_at: datetime | None
    next_poll_at: datetime | None
    entries: int
    oldest: datetime | None
    newest: datetime | None
    losses: tuple[Loss, ...]
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What can be said of a word that names nothing. `state` is that of the outlet: enabled, paused or disabled."""

    asked: str
    address: bool
    day: date | None = None
    outlet: str | None = None
    name: str = ""
    state: str = ""
    because: str = ""
    feeds: tuple[Cover, ...] = ()
    verdict: str
    advice: tuple[str, ...]


def look_up_unknown(c: Connection, word: str, *, now: datetime) -> Unknown:
    """What can be said of a word that names no article, feed or outlet."""
    if not word.lower().startswith(("http://", "https://")):
        words = "no article, feed or outlet has this id or address, and no outlet announced it as a guid"
        advice = ("write an address with http:// or https://", "`copydesk outlets list` names the outlets")
        return Unknown(asked=word, address=False, verdict=words, advice=advice)
    day = day_in(word, now=now)
    outlet, because = _outlet_of(c, word)
    if outlet is None:
        verdict = "it is of no outlet that the catalog knows, so no feed was read that could announce it"
        advice = (f"`copydesk ingest {word}` takes it in", f"`copydesk outlets add {_site(word)}` has its site polled")
        return Unknown(asked=word, address=True, day=day, verdict=verdict, advice=advice)
    covers = tuple(_covers(c, outlet.id, day, now))
    state = "enabled" if outlet.enabled else (outlet.switch or "disabled")
    return Unknown(
        asked=word,
        address=True,
        day=day,
        outlet=outlet.id,
        name=outlet.name,
        state=state,
        because=because,
        feeds=covers,
        verdict=_verdict(state, covers),
        advice=_advice(word, outlet.id, state, covers),
    )


def day_in(url: str, *, now: datetime) -> date | None:
    """The day that an address names, as in `/2026/11/24/` or `-20261124`; none in the future."""
    for year, _, month, day, month2, day2 in _DAY.findall(url):
        try:
            found = date(int(year), int(month or month2), int(day or day2))
        except ValueError:
            continue
        if found <= now.date() + timedelta(days=1):
            return found
    return None


def _site(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _outlet_of(c: Connection, url: str) -> tuple[Row[Any] | None, str]:
    """The outlet of the same site as its homepage, else as one of its feeds."""
    rows = {row.id: row for row in c.execute(select(outlets).order_by(outlets.c.id))}
    for row in rows.values():
        if same_site(url, row.homepage):
            return row, f"the site of its homepage {row.homepage}"
    for outlet, feed in c.execute(select(feeds.c.outlet_id, feeds.c.url).order_by(feeds.c.outlet_id, feeds.c.url)):
        if same_site(url, feed):
            return rows[outlet], f"the site of its feed {feed}"
    return None, ""


def _covers(c: Connection, outlet: str, day: date | None, now: datetime) -> Sequence[Cover]:
    query = select(feeds, work.c.wake_at).outerjoin(work, work.c.subject == feeds.c.id)
    rows = c.execute(query.where(feeds.c.outlet_id == outlet).order_by(feeds.c.enabled.desc(), feeds.c.url)).all()
    return [cover_of(c, row, row.wake_at, day=day, now=now) for row in rows]


def cover_of(c: Connection, feed: Row[Any], next_poll_at: datetime | None, *, day: date | None, now: datetime) -> Cover:
    """What a feed could have seen of a day, or of the last days."""
    state, words = feed_in_words(feed.error, feed.error_detail, feed.error_since, feed.answered_at, now)
    time = articles.c.discovered_at.type
    dated = func.coalesce(articles.c.published_at, sightings.c.first_seen_at, type_=time)
    entries, oldest, newest = c.execute(
        select(func.count(), func.min(dated, type_=time), func.max(dated, type_=time))
        .select_from(sightings.join(articles, articles.c.id == sightings.c.article_id))
        .where(sightings.c.feed_id == feed.id)
    ).one()
    losses = _losses(c, feed.id, day, now)
    return Cover(
        feed=feed.url,
        enabled=feed.enabled,
        state=state if feed.enabled else "disabled",
        words=words if feed.enabled else "not polled: it is disabled",
        polled_at=feed.polled_at,
        answered_at=feed.answered_at,
        next_poll_at=next_poll_at if feed.enabled else None,
        entries=entries,
        oldest=oldest,
        newest=newest,
        losses=losses,
        verdict=_cover_words(feed, oldest, losses, day),
    )


def _losses(c: Connection, feed: UUID, day: date | None, now: datetime) -> tuple[Loss, ...]:
    begin = day_begins(day) - timedelta(days=DAYS_BEFORE) if day else now - timedelta(days=LAST_DAYS)
    end = day_begins(day) + timedelta(days=DAYS_AFTER) if day else now
    lossy = or_(polls.c.gap, polls.c.truncated > 0)
    query = select(polls).where(polls.c.feed_id == feed, polls.c.at >= begin, polls.c.at <= end, lossy)
    rows = c.execute(query.order_by(polls.c.at.desc()).limit(MOST_GAPS)).all()
    return tuple(
        Loss(at=row.at, gap=row.gap, truncated=row.truncated, since=_read_before(c, feed, row.at))
        for row in reversed(rows)
    )


def _read_before(c: Connection, feed: UUID, at: datetime) -> datetime | None:
    parsed = (polls.c.feed_id == feed) & (polls.c.outcome == "parsed") & (polls.c.at < at)
    query = select(polls.c.at).where(parsed).order_by(polls.c.at.desc()).limit(1)
    return c.execute(query).scalar_one_or_none()


def _cover_words(feed: Row[Any], oldest: datetime | None, losses: Sequence[Loss], day: date | None) -> str:
    if not feed.enabled:
        return "it is not polled"
    if feed.answered_at is None:
        return "it never answered, so it showed nothing yet"
    if losses:
        return "a poll may have missed it: entries were lost about then"
    if day and oldest is not None and day < oldest.date():
        return f"no: what it showed begins on {oldest.date()}"
    if feed.error is not None:
        return "perhaps: it has been failing since its last good answer"
    if day and day > feed.answered_at.date():
        return "not yet: its last good answer was before that day"
    return "it was read all the time, and did not hold this address"


def _verdict(state: str, covers: Sequence[Cover]) -> str:
    if state != "enabled":
        return f"the outlet is {state}: its feeds are not polled"
    polled = [cover for cover in covers if cover.enabled]
    if not polled:
        return "the outlet has no feed that is polled"
    if any(cover.losses for cover in polled):
        return "a poll may have missed it: a feed showed a gap, or more than is read"
    if all(cover.state == "failing" for cover in polled):
        return "its feeds are failing: what they announce now is not seen"
    if any(cover.state == "failing" for cover in polled):
        return "one of its feeds is failing; the others did not announce it"
    if all(cover.answered_at is None for cover in polled):
        return "its feeds were not read yet"
    return "its feeds were read, and did not announce it under this address"


def _advice(url: str, outlet: str, state: str, covers: Sequence[Cover]) -> tuple[str, ...]:
    advice = [f"`copydesk ingest {url}` takes it in"]
    if state != "enabled":
        advice.append(f"`copydesk outlets enable {outlet}` has its feeds polled")
    elif any(cover.state == "failing" for cover in covers):
        advice.append(f"`copydesk outlets check {outlet}` asks its feeds once, and tells what they say")
    elif any(cover.enabled for cover in covers):
        advice.append(f"`copydesk poll {outlet}` polls its feeds now")
    return tuple(advice)
