"""How things stand: outlets and feeds in words, backlog, sinks. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from worker.news.policy import DeliveryPolicy
from worker.news.reason import WORDS, Reason
from worker.store.database import Database
from worker.store.recount import miscounted
from worker.store.schema import articles, feeds, hosts, outlets, work
from worker.store.sinkstates import SinkState, sink_states


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStanding:
    """A feed as it stands."""

    outlet: str
    url: str
    state: str  # working, new, failing
    words: str
    polled_at: datetime | None
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The whole service as it stands."""

    feeds: tuple[FeedStanding, ...]
    sinks: tuple[SinkState, ...]
    articles: dict[str, int]  # outcome → how many; `waiting` has none yet
    due: dict[str, int]  # stage → rows that are due and not taken
    oldest_due_s: float
    blocked_hosts: dict[str, str]
    miscounted: tuple[str, ...]  # days of the funnel that did not add up when they were counted last


def standing(database: Database, *, now: datetime, delivery: DeliveryPolicy) -> Standing:
    """How things stand; `delivery` is how deliveries are sent where a sink does not say."""
    with database.read() as c:
        outcome = func.coalesce(articles.c.outcome, "waiting")
        due = select(work.c.stage, func.count()).where(work.c.wake_at <= now).group_by(work.c.stage)
        blocked = select(hosts.c.host, hosts.c.blocked_why, hosts.c.blocked_until).where(hosts.c.blocked_until > now)
        return Standing(
            feeds=tuple(_feeds(c, now)),
            sinks=sink_states(c, now=now, policy=delivery),
            articles=_counts(c, select(outcome, func.count()).group_by(outcome)),
            due=_counts(c, due),
            oldest_due_s=_oldest_due(c, now),
            blocked_hosts={
                host: f"{WORDS[Reason(why)]}, until {until:%H:%M:%S} UTC" for host, why, until in c.execute(blocked)
            },
            miscounted=miscounted(c),
        )


def _counts(c: Connection, query: Select[str, int]) -> dict[str, int]:
    return dict(c.execute(query).all())


def _oldest_due(c: Connection, now: datetime) -> float:
    """How long the row that is due longest has waited, in seconds; rows that wait for their host's gate are not late."""
    open_gate = select(hosts.c.host).where(func.coalesce(hosts.c.blocked_until > now, hosts.c.next_at > now))
    query = select(func.min(work.c.wake_at, type_=work.c.wake_at.type)).where(
        work.c.wake_at <= now, func.coalesce(work.c.host, "").not_in(open_gate)
    )
    oldest = c.execute(query).scalar_one()
    return 0.0 if oldest is None else round((now - oldest).total_seconds(), 1)


def _feeds(c: Connection, now: datetime) -> list[FeedStanding]:
    query = (
        select(feeds, work.c.wake_at, work.c.stage)
        .join(work, work.c.subject == feeds.c.id)
        .join(outlets, outlets.c.id == feeds.c.outlet_id)
        .where(feeds.c.enabled)
        .order_by(feeds.c.outlet_id, feeds.c.url)
    )
    found = []
    for row in c.execute(query):
        state, words = feed_in_words(row.error, row.error_detail, row.error_since, row.answered_at, now)
        found.append(
            FeedStanding(
                outlet=row.outlet_id,
                url=row.url,
                state=state,
                words=words,
                polled_at=row.polled_at,
                next_poll_at=row.wake_at,
            )
        )
    return found


def feed_in_words(
    error: str | None, detail: str | None, since: datetime | None, answered_at: datetime | None, now: datetime
) -> tuple[str, str]:
    """A feed's state and what a person should know of it."""
    if error is not None and since is not None:
        more = f" ({detail})" if detail else ""
        last = f"last good answer {answered_at:%Y-%m-%d %H:%M} UTC" if answered_at else "it never answered"
        return "failing", f"{WORDS[Reason(error)]}{more}, for {_age(since, now)}; {last}"
    if answered_at is None:
        return "new", "not polled yet"
    return "working", f"answered {_age(answered_at, now)} ago"


def _age(since: datetime, now: datetime) -> str:
    seconds = max(0, int((now - since).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
