"""The funnel as people read it: of what was discovered, how much is stored, a duplicate, dropped, set aside, or waits. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from worker.store.database import Database
from worker.store.outcomes import DISCOVERED
from worker.store.recount import miscounted
from worker.store.schema import funnel, funnel_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """What became of the articles that were discovered together; `name` is their outlet or their day.

    The numbers add up: `discovered` is the sum of all others. `dropped` and `quarantined` are counted by reason, `duplicate` too.
    """

    name: str
    discovered: int
    stored: int
    duplicate: dict[str, int]
    dropped: dict[str, int]
    quarantined: dict[str, int]
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The articles that were discovered from one day to another (UTC, both included)."""

    since: date
    until: date
    outlet: str | None
    by: str  # outlet or day
    cohorts: tuple[Cohort, ...]
    total: Cohort
    # When the last of these days was compared with the articles, and what did not add up, in words.
    checked_at: datetime | None
    wrong: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    cells: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, outcome: str, reason: str, n: int) -> None:
        self.cells.setdefault(outcome, Counter())[reason] += n

    def cohort(self, name: str) -> Cohort:
        total = {outcome: reasons.total() for outcome, reasons in self.cells.items()}
        discovered = total.pop(DISCOVERED, 0)
        return Cohort(
            name=name,
            discovered=discovered,
            stored=total.get("stored", 0),
            duplicate=self._reasons("duplicate"),
            dropped=self._reasons("dropped"),
            quarantined=self._reasons("quarantined"),
            waiting=discovered - sum(total.values()),
        )

    def _reasons(self, outcome: str) -> dict[str, int]:
        # The most frequent one first; of equals by name.
        found = self.cells.get(outcome, Counter())
        return {reason: n for reason, n in sorted(found.items(), key=lambda cell: (-cell[1], cell[0])) if n}


def funnel_of(database: Database, *, days: int, outlet: str | None = None, now: datetime) -> Funnel:
    """The last days, today included: by outlet, or by day when it is of one outlet."""
    until = now.date()
    since = until - timedelta(days=days - 1)
    tallies: dict[str, _Tally] = {}
    total = _Tally()
    with database.read() as c:
        for key, outcome, reason, n in c.execute(_cells(since, until, outlet)):
            tallies.setdefault(str(key), _Tally()).add(outcome, reason, n)
            total.add(outcome, reason, n)
        checked = select(func.max(funnel_checks.c.checked_at, type_=funnel_checks.c.checked_at.type))
        checked_at = c.execute(checked.where(funnel_checks.c.day.between(since, until))).scalar_one()
        wrong = miscounted(c)
    return Funnel(
        since=since,
        until=until,
        outlet=outlet,
        by="outlet" if outlet is None else "day",
        cohorts=tuple(tallies[name].cohort(name) for name in sorted(tallies)),
        total=total.cohort("all"),
        checked_at=checked_at,
        wrong=wrong,
    )


def _cells(since: date, until: date, outlet: str | None) -> Select[Any, str, str, int]:
    key: ColumnElement[Any] = funnel.c.outlet_id if outlet is None else funnel.c.day
    query = select(key, funnel.c.outcome, funnel.c.reason, func.sum(funnel.c.n)).where(
        funnel.c.day.between(since, until)
    )
    if outlet is not None:
        query = query.where(funnel.c.outlet_id == outlet)
    return query.group_by(key, funnel.c.outcome, funnel.c.reason)


def share(n: int, of: int) -> float:
    """A part of a whole, 0 to 1; of nothing it is 0."""
    return n / of if of else 0.0


def reasons_of(total: Cohort) -> Mapping[str, Mapping[str, int]]:
    """The outcomes that have reasons, with how often each reason was."""
    found = {"duplicate": total.duplicate, "dropped": total.dropped, "quarantined": total.quarantined}
    return {outcome: reasons for outcome, reasons in found.items() if reasons}
