"""`status --funnel`: what became of all that was discovered, as a table that adds up."""

from __future__ import annotations

import dataclasses

from rich.table import Table

from worker.cli import desk
from worker.cli.output import fail, out, print_json
from worker.cli.telling import wrapped
from worker.news.reason import WORDS, Reason
from worker.store.choosing import listed
from worker.store.funnel import Cohort, Funnel, funnel_of, reasons_of, share

DEFAULT_DAYS = 7
_HEADS = ("discovered", "stored", "duplicate", "dropped", "set aside", "waiting")


def tell_funnel(*, days: int, outlet: str | None, json: bool) -> None:
    """Print the funnel of the last days: by outlet, or of one outlet by day."""
    if days < 1:
        fail("--days wants a number of days, 1 or more; today is one of them")
    with desk.database() as database:
        if outlet is not None and not listed(database, [outlet]):
            fail(f"there is no outlet {outlet}; `copydesk outlets list` names those that there are")
        found = funnel_of(database, days=days, outlet=outlet, now=desk.clock.now())
    if json:
        print_json(dataclasses.asdict(found))
    else:
        _print(found)


def _print(found: Funnel) -> None:
    for words in found.wrong:
        out.print(f"problem: {words}", style="red", markup=False)
    of = f" by {found.outlet}" if found.outlet else ""
    out.print(f"discovered{of} from {found.since} to {found.until} (UTC days), and what became of it", markup=False)
    if not found.total.discovered and not found.cohorts:
        out.print("nothing was discovered")
        return
    table = _table(found, shares=True)
    if out.measure(table).maximum > out.width:
        table = _table(found, shares=False)
    out.print(table)
    for outcome, reasons in reasons_of(found.total).items():
        words = "; ".join(f"{n:,} {_words(reason)} ({_percent(n, found.total)})" for reason, n in reasons.items())
        out.print(wrapped(f"{_HEAD_OF[outcome]}: {words}", later=2), markup=False)
    checked = f"{found.checked_at:%Y-%m-%d %H:%M} UTC" if found.checked_at else "never yet"
    out.print(f"compared with the articles themselves: {checked}", style="dim", markup=False)


def _table(found: Funnel, *, shares: bool) -> Table:
    """A row a cohort, and one for all; where there is no room, all shares stand in a last row."""
    table = Table(found.by, box=None, pad_edge=False)
    for head in _HEADS:
        table.add_column(head, justify="right")
    for cohort in found.cohorts:
        table.add_row(*_row(cohort, shares=shares), style="red" if cohort.waiting < 0 else "")
    if len(found.cohorts) > 1:
        table.add_row(*_row(found.total, shares=shares), style="bold")
    if not shares:
        table.add_row("share", "100 %", *(_percent(n, found.total) for n in _counts(found.total)), style="dim")
    return table


_HEAD_OF = {"duplicate": "duplicate", "dropped": "dropped", "quarantined": "set aside"}


def _counts(cohort: Cohort) -> tuple[int, ...]:
    return (
        cohort.stored,
        sum(cohort.duplicate.values()),
        sum(cohort.dropped.values()),
        sum(cohort.quarantined.values()),
        cohort.waiting,
    )


def _row(cohort: Cohort, *, shares: bool) -> tuple[str, ...]:
    cells = (f"{n:,} {_percent(n, cohort):>5}" if shares else f"{n:,}" for n in _counts(cohort))
    return (cohort.name, f"{cohort.discovered:,}", *cells)


def _percent(n: int, cohort: Cohort) -> str:
    part = share(n, cohort.discovered)
    # A hundred that is not all, and a nothing that is some, would not be true.
    whole = min(max(round(part * 100), 1), 99) if 0 < part < 1 else round(part * 100)
    return f"{whole} %"


def _words(reason: str) -> str:
    return f"{reason}: {WORDS[Reason(reason)]}" if reason in set(Reason) else reason or "no reason"
