"""The recount: the funnel is kept with every outcome, and once a night it is compared with the articles themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, text

from worker.news.recount import LATE, day_begins, days_to_look_at, recount_due, settled_for_good
from worker.store.database import Database
from worker.store.outcomes import DISCOVERED
from worker.store.schema import articles, funnel, funnel_checks, outlets
from worker.store.upsert import insert_into

# An outlet, an outcome and a reason.
_Cell = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One number of the funnel that is not what the articles say."""

    outlet: str
    day: date
    outcome: str
    reason: str
    counted: int
    real: int

    @property
    def words(self) -> str:
        """What a person reads."""
        what = f"{self.outcome} ({self.reason})" if self.reason else self.outcome
        return f"{self.outlet}, {what}: the funnel says {self.counted:,}, the articles say {self.real:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounted:
    """A day that was counted again; `wrong` is empty when it adds up."""

    day: date
    wrong: tuple[Mismatch, ...]

    @property
    def words(self) -> str:
        """What a person reads of a day that does not add up."""
        return _bug(self.day, "; ".join(cell.words for cell in self.wrong))


def _bug(day: date, wrong: str) -> str:
    return f"a bug in Copydesk: the funnel of {day} does not add up: {wrong}"


def recount_when_due(database: Database, *, now: datetime) -> list[DayCounted] | None:
    """Count again unless that was done since the last time for it; None when it was."""
    with database.read() as c:
        last = c.execute(
            select(funnel_checks.c.checked_at).order_by(funnel_checks.c.day.desc()).limit(1)
        ).scalar_one_or_none()
    return recount(database, now=now) if recount_due(last, now=now) else None


def recount(database: Database, *, now: datetime) -> list[DayCounted]:
    """Compare the days that may have changed, each in a short transaction, and note how each went.

    Today comes last: a recount that was broken off is not taken for done.
    """
    with database.read() as c:
        checks = {day: (at, wrong) for day, at, wrong in c.execute(select(funnel_checks))}
    found = []
    for day in days_to_look_at(frozenset(day for day, (_, wrong) in checks.items() if wrong), now=now):
        at, wrong = checks.get(day, (None, None))
        since = at if at is not None and wrong is None and settled_for_good(day, at) else None
        counted = _count_day(database, day, since)
        if counted is not None:
            _note(database, counted, now)
            found.append(counted)
    return found


def _count_day(database: Database, day: date, since: datetime | None) -> DayCounted | None:
    """Both sides of one moment; None when nothing can have changed since the day was found to add up."""
    with database.read() as c:
        _hold_one_moment(c)
        if since is not None and not _changed(c, day, since):
            return None
        kept, real = _kept(c, day), _real(c, day)
    return DayCounted(day=day, wrong=_compared(day, kept, real))


def _hold_one_moment(c: Connection) -> None:
    """Have all statements of this transaction see one moment; on SQLite they do by themselves."""
    if c.dialect.name == "postgresql":
        c.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def _changed(c: Connection, day: date, since: datetime) -> bool:
    late = or_(articles.c.outcome.is_(None), articles.c.settled_at >= since - LATE)
    return bool(c.execute(select(exists().where(_of(day), late))).scalar_one())


def _of(day: date) -> ColumnElement[bool]:
    """The articles of a day, outlet by outlet: so the index is of use."""
    begin = day_begins(day)
    return (
        articles.c.outlet_id.in_(select(outlets.c.id))
        & (articles.c.discovered_at >= begin)
        & (articles.c.discovered_at < begin + timedelta(days=1))
    )


def _kept(c: Connection, day: date) -> Counter[_Cell]:
    rows = c.execute(select(funnel).where(funnel.c.day == day))
    return Counter({(row.outlet_id, row.outcome, row.reason): row.n for row in rows})


def _real(c: Connection, day: date) -> Counter[_Cell]:
    columns = (articles.c.outlet_id, articles.c.outcome, articles.c.reason)
    found: Counter[_Cell] = Counter()
    for outlet, outcome, reason, n in c.execute(select(*columns, func.count()).where(_of(day)).group_by(*columns)):
        found[outlet, DISCOVERED, ""] += n
        if outcome is not None:
            found[outlet, outcome, reason or ""] += n
    return found


def _compared(day: date, kept: Mapping[_Cell, int], real: Mapping[_Cell, int]) -> tuple[Mismatch, ...]:
    pairs = ((cell, kept.get(cell, 0), real.get(cell, 0)) for cell in sorted({*kept, *real}))
    return tuple(
        Mismatch(outlet=outlet, day=day, outcome=outcome, reason=reason, counted=counted, real=n)
        for (outlet, outcome, reason), counted, n in pairs
        if counted != n
    )


def _note(database: Database, counted: DayCounted, now: datetime) -> None:
    wrong = "; ".join(cell.words for cell in counted.wrong) or None
    with database.write() as c:
        insert = insert_into(c, funnel_checks).values(day=counted.day, checked_at=now, wrong=wrong)
        fresh = {"checked_at": insert.excluded.checked_at, "wrong": insert.excluded.wrong}
        c.execute(insert.on_conflict_do_update(index_elements=["day"], set_=fresh))


def miscounted(c: Connection) -> tuple[str, ...]:
    """The days that did not add up when they were counted last, in words."""
    query = select(funnel_checks.c.day, funnel_checks.c.wrong).where(funnel_checks.c.wrong.is_not(None))
    return tuple(_bug(day, wrong) for day, wrong in c.execute(query.order_by(funnel_checks.c.day)))
