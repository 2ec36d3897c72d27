"""How a run went, and what is still to be done. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, or_, select, true

from worker.news.reason import WORDS, Reason
from worker.news.work import Stage
from worker.store.database import Database
from worker.store.schema import articles, deliveries, feeds, hosts, revisions, sinks, work

UNDER_WAY = "under way"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What happened since a moment. `waiting` counts articles and deliveries without an end."""

    polled: int
    failed: int
    discovered: int
    stored: int
    revised: int
    duplicate: int
    dropped: dict[str, int]
    quarantined: dict[str, int]
    waiting: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletReport:
    """What happened at one outlet since a moment. `waits` says why, when something has no end yet."""

    outlet: str
    feeds: int
    failing: int
    discovered: int
    stored: int
    duplicate: int
    dropped: int
    waiting: int
    waits: str


def outlet_reports(database: Database, *, since: datetime) -> list[OutletReport]:
    """What happened at each outlet since a moment, of those where anything did or is still to do."""
    with database.read() as c:
        asked = _asked(c, since)
        ends = _ends(c, since)
        discovered = _discovered(c, since)
        waits: dict[str, list[str]] = {}
        for outlet, words, n in _waiting(c):
            waits.setdefault(outlet, []).append(f"{n} {words}")
    names = sorted({*asked, *discovered, *(outlet for outlet, _ in ends)})
    return [
        OutletReport(
            outlet=name,
            feeds=asked.get(name, (0, 0))[0],
            failing=asked.get(name, (0, 0))[1],
            discovered=discovered.get(name, 0),
            stored=ends.get((name, "stored"), 0),
            duplicate=ends.get((name, "duplicate"), 0),
            dropped=ends.get((name, "dropped"), 0) + ends.get((name, "quarantined"), 0),
            waiting=ends.get((name, None), 0),
            waits=", ".join(waits.get(name, ())),
        )
        for name in names
    ]


def waits(database: Database) -> dict[str, int]:
    """Why articles wait that have no end yet, the most frequent reason first; those that are under way are not named."""
    found: Counter[str] = Counter()
    with database.read() as c:
        for _, words, n in _waiting(c):
            found[words] += n
    del found[UNDER_WAY]
    return dict(found.most_common())


def _asked(c: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    """How many feeds of each outlet were polled, and how many of these failed."""
    polled = select(feeds.c.outlet_id, func.count(), func.count(feeds.c.error)).where(feeds.c.polled_at >= since)
    return {outlet: (n, failing) for outlet, n, failing in c.execute(polled.group_by(feeds.c.outlet_id))}


def _ends(c: Connection, since: datetime) -> dict[tuple[str, str | None], int]:
    """How many articles of each outlet came to each end; None is no end yet."""
    ended = select(articles.c.outlet_id, articles.c.outcome, func.count()).where(
        or_(articles.c.settled_at >= since, articles.c.outcome.is_(None))
    )
    rows = c.execute(ended.group_by(articles.c.outlet_id, articles.c.outcome))
    return {(outlet, outcome): n for outlet, outcome, n in rows}


def _discovered(c: Connection, since: datetime) -> dict[str, int]:
    found = select(articles.c.outlet_id, func.count()).where(articles.c.discovered_at >= since)
    return dict(c.execute(found.group_by(articles.c.outlet_id)).all())


def _waiting(c: Connection) -> Iterator[tuple[str, str, int]]:
    """For each outlet and reason: how many articles wait without an end."""
    query = select(articles.c.outlet_id, articles.c.reason, func.count()).where(articles.c.outcome.is_(None))
    for outlet, reason, n in c.execute(query.group_by(articles.c.outlet_id, articles.c.reason)):
        yield outlet, WORDS[Reason(reason)] if reason else UNDER_WAY, n


def run_report(database: Database, *, since: datetime, now: datetime) -> RunReport:
    """What happened since a moment."""
    with database.read() as c:
        polled = select(func.count()).select_from(feeds).where(feeds.c.polled_at >= since)
        found = select(func.count()).select_from(articles).where(articles.c.discovered_at >= since)
        settled = (
            select(articles.c.outcome, articles.c.reason, func.count())
            .where(articles.c.settled_at >= since)
            .group_by(articles.c.outcome, articles.c.reason)
        )
        ended = [(outcome, reason or "", n) for outcome, reason, n in c.execute(settled)]
        newer = select(func.count()).select_from(revisions).where(revisions.c.created_at >= since, revisions.c.n > 1)
        return RunReport(
            polled=c.execute(polled.where(feeds.c.error.is_(None))).scalar_one(),
            failed=c.execute(polled.where(feeds.c.error.is_not(None))).scalar_one(),
            discovered=c.execute(found).scalar_one(),
            stored=sum(n for outcome, _, n in ended if outcome == "stored"),
            revised=c.execute(newer).scalar_one(),
            duplicate=sum(n for outcome, _, n in ended if outcome == "duplicate"),
            dropped={reason: n for outcome, reason, n in sorted(ended) if outcome == "dropped"},
            quarantined={reason: n for outcome, reason, n in sorted(ended) if outcome == "quarantined"},
            waiting=_open_count(c),
            seconds=round((now - since).total_seconds(), 1),
        )


def _open_count(c: Connection) -> int:
    waiting = select(func.count()).select_from(articles).where(articles.c.outcome.is_(None))
    undelivered = select(func.count()).select_from(deliveries).where(deliveries.c.outcome.is_(None))
    return int(c.execute(waiting).scalar_one()) + int(c.execute(undelivered).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is still to be done by a deadline: feeds not polled yet, articles, deliveries."""

    feeds: int
    articles: int
    deliveries: int

    def __bool__(self) -> bool:
        return bool(self.feeds or self.articles or self.deliveries)


def open_until(database: Database, *, since: datetime, deadline: datetime) -> Open:
    """What a run that began at `since` may still do before `deadline`: visits and next polls are not part of it."""
    gate = and_(
        or_(hosts.c.blocked_until.is_(None), hosts.c.blocked_until <= deadline),
        or_(hosts.c.next_at.is_(None), hosts.c.next_at <= deadline),
    )
    soon = or_(work.c.claimed_at.is_not(None), and_(work.c.wake_at <= deadline, or_(hosts.c.host.is_(None), gate)))
    gated = work.outerjoin(hosts, hosts.c.host == work.c.host)
    unpolled = gated.join(feeds, feeds.c.id == work.c.subject)
    unsettled = gated.join(articles, articles.c.id == work.c.subject)
    undelivered = gated.join(deliveries, deliveries.c.id == work.c.subject).join(
        sinks, sinks.c.id == deliveries.c.sink_id
    )
    fresh = and_(feeds.c.polled_at >= since, work.c.stage == Stage.POLL)
    closed = or_(~sinks.c.enabled, sinks.c.paused, sinks.c.blocked_until > deadline)
    with database.read() as c:
        return Open(
            feeds=_count(c, unpolled, soon, feeds.c.enabled, func.coalesce(~fresh, true())),
            articles=_count(c, unsettled, soon, articles.c.outcome.is_(None)),
            deliveries=_count(c, undelivered, soon, deliveries.c.outcome.is_(None), func.coalesce(~closed, true())),
        )


def _count(c: Connection, rows: FromClause, *conditions: ColumnElement[bool]) -> int:
    return c.execute(select(func.count()).select_from(rows).where(*conditions)).scalar_one()
