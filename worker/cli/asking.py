"""`status`, `why`, `show`: what people ask."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, NoReturn

import orjson
import typer
from rich.table import Table

from worker.cli import desk
from worker.cli.article import diff_of, print_article, print_diff
from worker.cli.deliveries import in_words, lasted
from worker.cli.funnel import DEFAULT_DAYS, tell_funnel
from worker.cli.health import Health, look
from worker.cli.output import fail, out, plain_errors, print_json
from worker.cli.telling import tell_life, tell_unknown
from worker.configure import configure
from worker.news.markdown import article_markdown
from worker.news.record import Record
from worker.store import lives
from worker.store.errors import Unavailable, cause_of
from worker.store.sinkstates import SinkState
from worker.store.standing import Standing, standing
from worker.store.unknown import Unknown
from worker.store.values import load

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def status(
    funnel: Annotated[
        bool, typer.Option("--funnel", help="What became of all that was discovered, as a table that adds up.")
    ] = False,
    days: Annotated[
        int, typer.Option(min=1, help="With --funnel: of so many days (UTC), today included.")
    ] = DEFAULT_DAYS,
    outlet: Annotated[str | None, typer.Option(help="With --funnel: of this outlet, day by day.")] = None,
    json: Json = False,
) -> None:
    """How things stand: feeds in words, backlog, sinks, workers, and what is wrong with this machine."""
    if funnel:
        tell_funnel(days=days, outlet=outlet, json=json)
        return
    if outlet is not None:
        fail("--outlet goes with --funnel; `copydesk why OUTLET` tells of one outlet")
    with plain_errors():
        settings, _ = configure()
        health = look(settings)
        found: Standing | None = None
        try:
            with desk.database() as database:
                found = standing(database, now=desk.clock.now(), delivery=settings.delivery)
            health = replace(health, problems=(*health.problems, *found.miscounted))
        except Unavailable as error:
            trouble = f"the database can't be reached: {cause_of(error)}"
            health = replace(health, problems=(*health.problems, trouble))
    if json:
        print_json((dataclasses.asdict(found) if found else {}) | dataclasses.asdict(health))
    else:
        _print_health(health)
        if found:
            _print_standing(found)
    raise typer.Exit(0 if found else 1)


def _print_health(health: Health) -> None:
    for problem in health.problems:
        out.print(f"problem: {problem}", style="red", markup=False)
    out.print(f"workers: {', '.join(health.workers) or 'none; `copydesk up` starts them'}", markup=False)


def why(
    word: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="Any address of an article or a feed, a guid, or the id of an article, a feed or an outlet.",
        ),
    ],
    json: Json = False,
) -> None:
    """What happened to an address so far, where it is now, and what it waits for. Of an outlet: to it and to each of its feeds."""
    with plain_errors(), desk.database() as database:
        now = desk.clock.now()
        found = lives.lives_named(database, word, now=now)
        nothing = None if found else lives.of_nothing(database, word, now=now)
    for n, life in enumerate(found):
        if json:
            print_json(dataclasses.asdict(life))
        else:
            if n:
                out.print()
            tell_life(life)
    if nothing is not None:
        _tell_unknown(nothing, json=json)


def _tell_unknown(nothing: Unknown, *, json: bool) -> NoReturn:
    if json:
        print_json({"kind": "unknown"} | dataclasses.asdict(nothing))
    else:
        tell_unknown(nothing)
    fail(f"{nothing.asked} was never met: {nothing.verdict}; {nothing.advice[0]}")


def show(
    url: Annotated[str, typer.Argument(help="The address or the id of an article.")],
    revisions: Annotated[bool, typer.Option("--revisions", help="List all revisions.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what the latest revision changed, block by block.")
    ] = False,
    revision: Annotated[
        int | None, typer.Option("--revision", min=1, help="This revision instead of the latest.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as Markdown.")] = False,
    json: Json = False,
) -> None:
    """Read an article: its latest record, as a person reads it."""
    with plain_errors(), desk.database() as database:
        found = lives.revisions_of(database, url)
    if not found:
        fail(f"there is no record of {url}; `copydesk why` tells what became of it")
    if revision is not None and revision not in {line.n for line in found}:
        fail(f"there is no revision {revision}; the latest is {found[-1].n}")
    shown = next(line for line in reversed(found) if revision in {None, line.n})
    if revisions:
        _print_revisions(found, json=json)
    elif diff and json:
        print_json(diff_of(found, revision))
    elif diff:
        print_diff(found, revision)
    elif json:
        sys.stdout.write(shown.record + "\n")
    elif markdown:
        sys.stdout.write(article_markdown(load(Record, shown.record)))
    else:
        print_article(orjson.loads(shown.record))


def _print_revisions(found: Sequence[lives.RevisionLine], *, json: bool) -> None:
    if json:
        for line in found:
            sys.stdout.write(line.record + "\n")
        return
    for line in found:
        title = orjson.loads(line.record)["title"]
        out.print(f"{line.n:3}  {line.at:%Y-%m-%d %H:%M:%S} UTC  {line.change:10} {title}", markup=False)


def _print_sink(sink: SinkState) -> None:
    oldest = f", the oldest for {lasted(sink.oldest_s)}" if sink.oldest_s >= 1 else ""
    counts = f"{sink.delivered:,} delivered, {sink.waiting:,} waiting{oldest}, {sink.dead:,} dead"
    line = f"sink {sink.sink} ({sink.kind}): {sink.state}, {in_words(sink)}; {counts}"
    out.print(line, markup=False, style="red" if sink.state in {"down", "behind"} else None)


def _print_standing(found: Standing) -> None:
    articles = ", ".join(f"{n} {outcome}" for outcome, n in sorted(found.articles.items())) or "none yet"
    out.print(f"articles: {articles}")
    due = ", ".join(f"{n} to {stage}" for stage, n in sorted(found.due.items()))
    out.print(f"due now: {due or 'nothing'}" + (f"; the oldest for {found.oldest_due_s:.0f} s" if found.due else ""))
    for host, words in found.blocked_hosts.items():
        out.print(f"paused: {host}: {words}", markup=False)
    for sink in found.sinks:
        # What is switched off and holds nothing is no news.
        if sink.state != "off" or sink.waiting:
            _print_sink(sink)
    table = Table("outlet", "feed", "state", "", "next poll (UTC)", box=None, pad_edge=False)
    for feed in found.feeds:
        upcoming = f"{feed.next_poll_at:%m-%d %H:%M:%S}" if feed.next_poll_at else "never"
        style = {"failing": "red", "working": "green"}.get(feed.state, "")
        table.add_row(feed.outlet, feed.url, feed.state, feed.words, upcoming, style=style)
    out.print(table)
