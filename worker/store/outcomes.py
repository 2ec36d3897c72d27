"""An article's outcome, the funnel that counts it, and the history that `why` tells from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from worker.news.outcome import Outcome, Visited
from worker.news.reason import Reason
from worker.news.work import Stage, Ticket
from worker.store.schema import articles, funnel, runs
from worker.store.upsert import insert_into

DISCOVERED = "discovered"

# (outlet, day of discovery, outcome, reason)
Cell = tuple[str, date, str, str]


def count(c: Connection, cells: Mapping[Cell, int]) -> None:
    """Add to the funnel, in one order everywhere, so that two transactions never wait for each other."""
    rows = [
        {"outlet_id": outlet, "day": day, "outcome": outcome, "reason": reason, "n": n}
        for (outlet, day, outcome, reason), n in sorted(cells.items())
        if n
    ]
    if rows:
        insert = insert_into(c, funnel)
        keys = ["outlet_id", "day", "outcome", "reason"]
        c.execute(insert.on_conflict_do_update(index_elements=keys, set_={"n": funnel.c.n + insert.excluded.n}), rows)


def settle(
    c: Connection,
    article: UUID,
    outcome: str,
    *,
    reason: Reason | None = None,
    detail: str = "",
    now: datetime,
    **values: Any,
) -> None:
    """Give an article its outcome and move it in the funnel."""
    query = select(articles.c.outlet_id, articles.c.discovered_at, articles.c.outcome, articles.c.reason)
    row = c.execute(query.where(articles.c.id == article).with_for_update()).one()
    c.execute(
        update(articles)
        .where(articles.c.id == article)
        .values(outcome=outcome, reason=reason, detail=detail, settled_at=now, **values)
    )
    day = row.discovered_at.date()
    cells: Counter[Cell] = Counter()
    if row.outcome is not None:
        cells[row.outlet_id, day, row.outcome, row.reason or ""] -= 1
    cells[row.outlet_id, day, outcome, reason or ""] += 1
    count(c, cells)


def reopen(c: Connection, article: UUID) -> None:
    """Take an article's outcome back: it waits again."""
    query = select(articles).where(articles.c.id == article).with_for_update()
    row = c.execute(query).one()
    ended = {"outcome": None, "reason": None, "detail": None, "settled_at": None, "duplicate_of": None}
    c.execute(update(articles).where(articles.c.id == article).values(**ended))
    count(c, {(row.outlet_id, row.discovered_at.date(), row.outcome, row.reason or ""): -1})


def note_run(
    c: Connection,
    subject: UUID,
    stage: Stage,
    ticket: Ticket,
    outcome: Outcome,
    *,
    began_at: datetime,
    now: datetime,
) -> None:
    """Write down how a run of a stage ended."""
    milliseconds = int((now - began_at).total_seconds() * 1000)
    detail = outcome.result if isinstance(outcome, Visited) else str(getattr(outcome, "detail", ""))
    c.execute(
        runs.insert().values(
            subject=subject,
            stage=stage,
            claim=ticket.claim,
            began_at=began_at,
            ms=max(0, milliseconds),
            outcome=outcome.name,
            reason=getattr(outcome, "reason", None),
            detail=detail,
        )
    )
