"""`poll`, `ingest`: what people trigger. The row is marked before anybody is told, so a flushed Redis loses no trigger."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import orjson
import typer

from worker.cli import desk
from worker.cli.article import print_article
from worker.cli.dryrun import try_out
from worker.cli.explaining import explanation
from worker.cli.output import counted, fail, out, plain_errors, print_json
from worker.cli.words import OutletWords
from worker.configure import configure
from worker.embedded.service import runs_already
from worker.news.page import host_of
from worker.news.work import Purpose
from worker.settings import read_settings
from worker.store.choosing import chosen
from worker.store.manual import feeds_of, poll_now
from worker.store.manual import ingest as ingest_url

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def poll(
    outlets: OutletWords,
    json: Json = False,
) -> None:
    """Poll outlets now, whatever the schedule says."""
    with plain_errors(), desk.database() as database:
        due: dict[str, int] = {}
        for outlet in chosen(database, outlets):
            ids = feeds_of(database, outlet=outlet)
            if ids:
                due[outlet] = poll_now(database, ids, purpose=Purpose.MANUAL, now=desk.clock.now())
            elif outlet in outlets:
                fail(f"the outlet {outlet} is not enabled; `copydesk outlets enable {outlet}` has it polled")
    if json:
        print_json(due)
        return
    for outlet, n in due.items():
        out.print(f"{outlet}: {counted(n, 'feed')} due now{_by_whom()}", markup=False)


def _by_whom() -> str:
    """Who does what was marked; silent when another machine may."""
    settings = read_settings()
    if not settings.embedded_broker:
        return ""
    runs = runs_already(settings.data)
    return "; the running service sees to it" if runs else "; nothing runs here: `copydesk up` sees to it"


def ingest(
    urls: Annotated[list[str], typer.Argument(help="Addresses of articles.", metavar="URL")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what every stage makes of them, and keep nothing.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="With --dry-run: say which reader, rule or statement gave each field.")
    ] = False,
    json: Json = False,
) -> None:
    """Take in articles by their addresses, now."""
    if explain and not dry_run:
        fail("--explain goes with --dry-run; `copydesk show --json` has the sources of an article that is filed")
    wrong = [url for url in urls if not url.startswith(("http://", "https://")) or not host_of(url)]
    if wrong:
        fail(f"{wrong[0]} is no web address; write it with http:// or https://")
    if dry_run:
        _try_out(urls, explain=explain, json=json)
        return
    with plain_errors(), desk.database() as database:
        marked = {url: ingest_url(database, url, now=desk.clock.now()) for url in urls}
    if json:
        print_json({url: dataclasses.asdict(mark) for url, mark in marked.items()})
        return
    for url, mark in marked.items():
        if mark.taken_down:
            out.print(f"{url} was taken down by `copydesk forget`, and stays so", markup=False)
            continue
        words = "is known and is looked at again" if mark.known else "is new and is due now"
        out.print(f"{url} {words}{_by_whom()}; `copydesk why` tells how it goes", markup=False)


def _try_out(urls: list[str], *, explain: bool, json: bool) -> None:
    with plain_errors():
        settings, outlets = configure()
        trials = {url: try_out(settings, outlets, url) for url in urls}
    if json:
        print_json(
            {
                url: {
                    "life": dataclasses.asdict(trial.life),
                    "stages": [{"stage": stage, "what": what} for stage, what in trial.stages],
                    "record": orjson.loads(trial.record) if trial.record else None,
                    "known_as": trial.known_as,
                }
                for url, trial in trials.items()
            }
        )
        return
    for url, trial in trials.items():
        out.print(url, style="bold", markup=False)
        for stage, what in trial.stages:
            out.print(f"  {stage:9} {what}", markup=False)
        out.print(f"  {'would be':9} {trial.life.now}", markup=False)
        if trial.known_as:
            out.print(f"  known already as {trial.known_as}: it would be looked at again", markup=False)
        if trial.record:
            out.print()
            record = orjson.loads(trial.record)
            if explain:
                _print_explanation(record)
            else:
                print_article(record)
    out.print("nothing was kept", style="dim")


def _print_explanation(record: dict[str, Any]) -> None:
    """A line for each field: what it is, and where it is from."""
    lines = list(explanation(record))
    field_width, source_width = (max(len(line[at]) for line in lines) for at in (0, 1))
    for field, source, value in lines:
        out.print(f"  {field:{field_width}}  {source:{source_width}}  {value}".rstrip(), markup=False)
