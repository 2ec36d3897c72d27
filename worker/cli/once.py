"""`run --once`: one round over everything that is enabled."""

from __future__ import annotations

import dataclasses
import re
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.status import Status
from rich.table import Table

from worker.cli import desk
from worker.cli.local import serves_sample, stop_on_signals
from worker.cli.output import counted, err, fail, out, plain_errors, print_json
from worker.embedded.service import LocalService, Plan, data_lock, runs_already
from worker.news.work import Purpose
from worker.settings import Settings
from worker.store.database import Database
from worker.store.manual import feeds_of, poll_now
from worker.store.progress import Open, OutletReport, RunReport, open_until, outlet_reports, run_report, waits
from worker.wiring import Service

OPEN_IS_LEFT = 3
# The counts cost a few reads.
PROGRESS_EVERY = timedelta(seconds=1)
MOST_REASONS = 3
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def run(
    once: Annotated[
        bool, typer.Option("--once", help="Poll everything enabled now, carry it through, and end.")
    ] = False,
    wait: Annotated[str, typer.Option(help="How long to wait for what is due: 90s, 10m, 2h.")] = "10m",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Poll all enabled feeds now and carry the articles through. Ends with 0 when all is done, 3 when something waits longer."""
    if not once:
        fail("`run` does one round: `copydesk run --once`; for the service that goes on use `copydesk up`")
    with plain_errors():
        settings = desk.prepare()
        patience = duration(wait)
        began = desk.clock.now()
        report, left = _run_once(settings, patience, quiet=json)
        if json:
            print_json(dataclasses.asdict(report))
        else:
            with desk.database() as database:
                _print_outlets(outlet_reports(database, since=began))
            _print_report(report)
        raise typer.Exit(OPEN_IS_LEFT if report.waiting or left else 0)


def duration(text: str) -> timedelta:
    """A duration such as 90s, 10m, 2h."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        message = f"{text!r} is no duration; write 90s, 10m or 2h"
        raise typer.BadParameter(message)
    return timedelta(seconds=float(found[1]) * _UNITS[found[2] or "s"])


def _run_once(settings: Settings, patience: timedelta, *, quiet: bool) -> tuple[RunReport, Open]:
    """With the running service of this data folder, else with private workers; the tick is ours then."""
    graph = desk.service(settings)
    if runs_already(settings.data):
        return _carry_through(graph, None, patience, quiet=quiet)
    logs = settings.data / "logs"
    logs.mkdir(exist_ok=True)
    with data_lock(settings.data):
        local = LocalService(settings, Plan(beat=False, flower=False, sample=serves_sample(settings)), _LogFiles(logs))
        with local.running():
            return _carry_through(graph, local, patience, quiet=quiet)


def _carry_through(
    graph: Service, local: LocalService | None, patience: timedelta, *, quiet: bool
) -> tuple[RunReport, Open]:
    since = graph.clock.now()
    deadline = since + patience
    stop = stop_on_signals()
    poll_now(graph.database, feeds_of(graph.database), purpose=Purpose.MANUAL, now=since)
    show: AbstractContextManager[Status | None] = nullcontext() if quiet else err.status("polling")
    looked_at = since
    with show as status:
        while True:
            if local is not None:
                local.tend()
                graph.dispatch()
            left = open_until(graph.database, since=since, deadline=deadline)
            now = graph.clock.now()
            if not left or now >= deadline or stop.is_set():
                return run_report(graph.database, since=since, now=now), left
            if status is not None and now - looked_at >= PROGRESS_EVERY:
                looked_at = now
                status.update(_progress(graph.database, left, since, now))
            time.sleep(0.3)


def _progress(database: Database, left: Open, since: datetime, now: datetime) -> str:
    """What was done so far and how fast, and what is still to do."""
    report = run_report(database, since=since, now=now)
    ended = report.stored + report.duplicate + sum(report.dropped.values()) + sum(report.quarantined.values())
    rate = ended / report.seconds if report.seconds else 0.0
    failed = f" ({report.failed} failed)" if report.failed else ""
    done = f"{counted(report.polled + report.failed, 'feed')} polled{failed}, {ended} of {counted(report.discovered, 'article')} done"
    deliveries = f"{left.deliveries:,} {'delivery' if left.deliveries == 1 else 'deliveries'}"
    to_do = f"to do: {counted(left.feeds, 'feed')}, {counted(left.articles, 'article')}, {deliveries}"
    why = ", ".join(f"{n} {words}" for words, n in list(waits(database).items())[:MOST_REASONS])
    return f"{report.seconds:.0f} s: {done}, {rate:.1f}/s; {to_do}" + (f"; waiting: {why}" if why else "")


def _print_outlets(reports: list[OutletReport]) -> None:
    heads = ("outlet", "feeds", "discovered", "stored", "duplicate", "dropped", "waiting", "")
    table = Table(*heads, box=None, pad_edge=False)
    for row in reports:
        feeds = f"{row.feeds}, {row.failing} failing" if row.failing else str(row.feeds)
        counts = (row.discovered, row.stored, row.duplicate, row.dropped, row.waiting)
        style = "red" if row.failing and row.failing == row.feeds else ""
        table.add_row(row.outlet, feeds, *(str(n or "") for n in counts), row.waits, style=style)
    out.print(table)


def _print_report(report: RunReport) -> None:
    out.print(f"polled {report.polled} feeds, {report.failed} failed, in {report.seconds} s")
    out.print(f"{report.discovered} discovered: {report.stored} stored, {report.duplicate} duplicate", end="")
    for name, reasons in (("dropped", report.dropped), ("quarantined", report.quarantined)):
        if reasons:
            out.print(
                f", {sum(reasons.values())} {name} ({', '.join(f'{n} {why}' for why, n in reasons.items())})", end=""
            )
    out.print(f"; {report.revised} revised, {report.waiting} waiting")


class _LogFiles:
    """Keeps the lines of each private worker in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str, line: str) -> None:
        with (self.folder / f"{name}.log").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
