"""`copydesk deliveries …`: how each sink stands, what was given up, and where each revision of an article is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.table import Table

from worker.cli import desk, resending
from worker.cli.output import fail, out, print_json
from worker.cli.resending import Json, OfOutlets, opened, outlets_of
from worker.cli.telling import wrapped
from worker.settings import read_settings
from worker.store.database import Database
from worker.store.explanations import Explained
from worker.store.explanations import explain as explained
from worker.store.retries import Wanted, dead_ones, known_sink
from worker.store.sendings import Sent
from worker.store.sinkstates import SinkState, sink_states

app = typer.Typer(help="The sinks: how each stands, what it did not take and why, and what it is sent again.")
_TIME = "%Y-%m-%d %H:%M:%S"
_STYLES = {"idle": "green", "working": "green", "down": "red", "behind": "red", "paused": "yellow", "off": "dim"}


@app.callback(invoke_without_command=True)
def deliveries(context: typer.Context, json: Json = False) -> None:
    """The sinks: how each stands, what it did not take and why, and what it is sent again."""
    if context.invoked_subcommand is None:
        list_sinks(None, json=json)


@app.command("list")
def list_sinks(
    sink: Annotated[str | None, typer.Argument(help="The name of a sink; without it, all.", metavar="[SINK]")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="What was given up, and why; the newest first.")] = False,
    outlet: OfOutlets = None,
    limit: Annotated[int, typer.Option(min=1, help="With --dead: at most so many.")] = 50,
    json: Json = False,
) -> None:
    """How each sink stands: what waits for it, for how long, how fast it takes it, and what was given up."""
    if outlet and not dead:
        fail("--outlet goes with --dead")
    with opened() as database:
        if dead:
            _list_dead(database, sink, outlet, limit, json=json)
            return
        with database.read() as c:
            if sink is not None:
                known_sink(c, sink)
            states = sink_states(c, now=desk.clock.now(), policy=read_settings().delivery)
    found = [state for state in states if sink in {None, state.sink}]
    if json:
        print_json([dataclasses.asdict(state) for state in found])
        return
    _print_states(found)


def _print_states(states: Sequence[SinkState]) -> None:
    heads = ("sink", "kind", "state", "waiting", "oldest", "a minute", "dead", "delivered", "last (UTC)", "")
    table = Table(*heads, box=None, pad_edge=False)
    for state in states:
        waiting = f"{state.waiting:,}" + (f", {state.background:,} from before" if state.background else "")
        last = f"{state.delivered_at:{_TIME}}" if state.delivered_at else "never"
        counts = (lasted(state.oldest_s), f"{state.per_minute:g}", f"{state.dead:,}", f"{state.delivered:,}")
        words = in_words(state)
        table.add_row(state.sink, state.kind, state.state, waiting, *counts, last, words, style=_style(state))
    out.print(table)
    if any(state.dead for state in states):
        out.print("`copydesk deliveries list --dead` tells what was given up, and why", style="dim")


def _style(state: SinkState) -> str:
    return _STYLES.get(state.state, "")


def in_words(state: SinkState) -> str:
    """Since when a sink is in its state, and why."""
    return (f"since {state.since:{_TIME}} UTC: " if state.since else "") + state.words


def lasted(seconds: float) -> str:
    """A time as a person reads it, or nothing when there is none."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return ""


def _list_dead(database: Database, sink: str | None, outlet: Sequence[str] | None, limit: int, *, json: bool) -> None:
    wanted = Wanted(sink=sink, outlets=outlets_of(database, outlet))
    found = dead_ones(database, wanted, most=limit)
    if json:
        print_json([dataclasses.asdict(dead) for dead in found])
        return
    for dead in found:
        out.print(f"{dead.dead_at:{_TIME}} UTC  {dead.key}  {dead.sink}  {dead.outlet}: {dead.title}", markup=False)
        out.print(wrapped(f"after {_tries(dead.tries)}: {dead.error}", first=4, later=4), markup=False)
    if not found:
        out.print("nothing was given up", style="dim")
    elif len(found) == limit:
        out.print(f"the newest {limit}; --limit shows more", style="dim")
    else:
        out.print("`copydesk deliveries retry --sink SINK --dead` sends them again", style="dim")


def _tries(n: int) -> str:
    return "1 try" if n == 1 else f"{n} tries"


@app.command()
def explain(
    word: Annotated[
        str,
        typer.Argument(
            metavar="ID|URL",
            help="An address or the id of an article, a key `<article id>:<revision>`, or the id of a delivery or a batch.",
        ),
    ],
    json: Json = False,
) -> None:
    """Where each revision of an article is, at each sink; and why a sink gets none."""
    with opened() as database:
        found = explained(database, word, now=desk.clock.now())
    if not found:
        fail(f"{word} names no article, delivery or batch; `copydesk why {word}` tells more")
    if json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    for one in found:
        _print_explained(one)


def _print_explained(one: Explained) -> None:
    out.print(f"article {one.article} of {one.outlet}", style="bold", markup=False)
    for line in (one.title, one.url or ""):
        if line:
            out.print(f"  {line}", markup=False)
    for sent in one.sent:
        out.print(wrapped(_sent(sent), first=2, later=6), markup=False, style=_sent_style(sent))
        for more in _about(sent):
            out.print(f"      {more}", markup=False, style="dim")
    if not one.sent:
        out.print("  nothing of it was ever sent; `copydesk why` tells what became of it", markup=False)


def _sent(sent: Sent) -> str:
    revision = "" if sent.revision is None else f"revision {sent.revision}: "
    at = f", {sent.settled_at:{_TIME}} UTC" if sent.settled_at else ""
    return f"{sent.sink}: {revision}{sent.words}{at}"


def _about(sent: Sent) -> Iterator[str]:
    if sent.delivery is not None:
        batch = f", batch {sent.batch}" if sent.batch else ""
        yield f"delivery {sent.delivery}{batch}, {_tries(sent.tries)}"


def _sent_style(sent: Sent) -> str:
    return {"dead": "red", "down": "red", "delivered": "green", "never": "dim"}.get(sent.state, "")


app.command()(resending.retry)
app.command()(resending.replay)
app.command()(resending.pause)
app.command()(resending.resume)
