"""`status`, `why`, `show`, `export`: what people ask."""

from __future__ import annotations

import dataclasses
import sys
from datetime import datetime
from typing import Annotated

import orjson
import typer
from rich.table import Table

from worker.cli import desk
from worker.cli.output import fail, out, plain_errors, print_json
from worker.store import lives
from worker.store.standing import Standing, standing

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def status(json: Json = False) -> None:
    """How things stand: feeds in words, backlog, sinks."""
    with plain_errors(), desk.database() as database:
        found = standing(database, now=desk.clock.now())
    if json:
        print_json(dataclasses.asdict(found))
    else:
        _print_standing(found)


def why(
    url: Annotated[str, typer.Argument(help="The address of an article or a feed, or an article's id.")],
    json: Json = False,
) -> None:
    """What happened to an address so far, and where it is now."""
    with plain_errors(), desk.database() as database:
        life = lives.why(database, url, now=desk.clock.now())
    if life is None:
        fail(f"{url} was never met: no feed announced it, nobody ingested it. `copydesk ingest URL` takes it in")
    if json:
        print_json(dataclasses.asdict(life))
        return
    out.print(f"{life.kind} {life.id} of {life.outlet}", markup=False)
    for line in (life.title, life.url or ""):
        if line:
            out.print(f"  {line}", markup=False)
    for happening in life.happenings:
        out.print(f"  {happening.at:%Y-%m-%d %H:%M:%S}  {happening.what}", markup=False)
    out.print(f"now: {life.now}", markup=False)


def show(url: Annotated[str, typer.Argument(help="The address or the id of an article.")], json: Json = False) -> None:
    """The latest record of an article."""
    with plain_errors(), desk.database() as database:
        record = lives.record_of(database, url)
    if record is None:
        fail(f"there is no record of {url}; `copydesk why` tells what became of it")
    if json:
        sys.stdout.write(record + "\n")
        return
    found = orjson.loads(record)
    out.print(found["title"], style="bold", markup=False)
    byline = [
        ", ".join(found["authors"]),
        found["outlet"]["name"],
        found["published_at"] or "no date",
        found["url"] or "",
    ]
    out.print(" · ".join(part for part in byline if part), style="dim", markup=False)
    out.print()
    out.print(found["text"].replace("\n", "\n\n"), markup=False)


def export(
    outlet: Annotated[str | None, typer.Option(help="Only of this outlet.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only with a revision since then (UTC).")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON lines; they are the only form so far.")] = True,
) -> None:
    """The latest record of every article, one JSON object a line."""
    del json
    with plain_errors(), desk.database() as database:
        after = since.replace(tzinfo=desk.clock.now().tzinfo) if since else None
        for record in lives.export(database, outlet=outlet, since=after):
            sys.stdout.write(record + "\n")


def _print_standing(found: Standing) -> None:
    articles = ", ".join(f"{n} {outcome}" for outcome, n in sorted(found.articles.items())) or "none yet"
    out.print(f"articles: {articles}")
    due = ", ".join(f"{n} to {stage}" for stage, n in sorted(found.due.items()))
    out.print(f"due now: {due or 'nothing'}" + (f"; the oldest for {found.oldest_due_s:.0f} s" if found.due else ""))
    for host, words in found.blocked_hosts.items():
        out.print(f"paused: {host}: {words}", markup=False)
    for sink in found.sinks:
        trouble = f"; {sink.error}" if sink.error else ""
        counts = f"{sink.delivered} delivered, {sink.waiting} waiting, {sink.dead} dead"
        out.print(f"sink {sink.sink} ({sink.kind}): {counts}{trouble}", markup=False)
    table = Table("outlet", "feed", "state", "", "next poll (UTC)", box=None, pad_edge=False)
    for feed in found.feeds:
        upcoming = f"{feed.next_poll_at:%m-%d %H:%M:%S}" if feed.next_poll_at else "never"
        style = {"failing": "red", "working": "green"}.get(feed.state, "")
        table.add_row(feed.outlet, feed.url, feed.state, feed.words, upcoming, style=style)
    out.print(table)
