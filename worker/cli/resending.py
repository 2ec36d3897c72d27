"""`deliveries retry`, `replay`, `pause`, `resume`: what people have sent again, and what they hold back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from worker.cli import desk
from worker.cli.output import counted, err, fail, out, plain_errors, print_json
from worker.store import replays, retries
from worker.store.choosing import chosen
from worker.store.database import Database

_TIME = "%Y-%m-%d %H:%M:%S"

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OfOutlets = Annotated[
    list[str] | None, typer.Option(help="Only of this outlet, or of the outlets of this country; may be repeated.")
]
Sink = Annotated[str, typer.Argument(help="The name of a sink.", metavar="SINK")]


@contextmanager
def opened() -> Iterator[Database]:
    """The database; what can't be done with it is one line."""
    with plain_errors(), desk.database() as database:
        try:
            yield database
        except retries.NotDoneError as error:
            fail(str(error))


def outlets_of(database: Database, words: Sequence[str] | None) -> tuple[str, ...]:
    """The ids of the outlets that words name; none when there are no words."""
    return tuple(chosen(database, words)) if words else ()


def retry(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY|ID]", help="Keys `<article id>:<revision>`, ids of deliveries, batches or articles."
        ),
    ] = None,
    sink: Annotated[str | None, typer.Option(help="Only at this sink.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All that was given up at the sink.")] = False,
    outlet: OfOutlets = None,
    json: Json = False,
) -> None:
    """Send again what was given up, with as many tries as at first."""
    if bool(words) == dead or (dead and sink is None) or (outlet and not dead):
        fail("say what is tried again: keys or ids, or --sink SINK --dead, which --outlet may narrow")
    now = desk.clock.now()
    with opened() as database:
        if words:
            wanted = retries.named(database, words, sink=sink, now=now)
        else:
            wanted = retries.Wanted(sink=sink, outlets=outlets_of(database, outlet))
        done = retries.Retried(0, 0)
        with err.status("opening what is dead") as status:
            for slice_ in retries.retry(database, wanted, now=now):
                done += slice_
                status.update(f"{done.opened:,} opened")
    if json:
        print_json(dataclasses.asdict(done))
        return
    if not done.opened:
        out.print(f"nothing is dead at {sink}", markup=False)
        return
    is_, many = ("is", "delivery") if done.opened == 1 else ("are", "deliveries")
    out.print(f"{done.opened:,} {many} that had been given up {is_} due again", markup=False)
    if done.superseded:
        late = "a newer revision of its article arrived" if done.superseded == 1 else "newer revisions arrived"
        out.print(f"{done.superseded:,} of them: {late} meanwhile; marked `superseded_by`", markup=False)


def replay(
    sink: Annotated[str | None, typer.Option(help="The sink that is sent it.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only what was filed since then (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only what was filed before then (UTC); until now.")] = None,
    outlet: OfOutlets = None,
    all_: Annotated[bool, typer.Option("--all", help="All that was ever filed.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="The replays so far, and how far each is.")] = False,
    stop: Annotated[str | None, typer.Option(help="Stop this replay.", metavar="ID")] = None,
    json: Json = False,
) -> None:
    """Send a sink once more what was filed in a time, per article the oldest first and behind what comes in now.

    What it was never sent, though it takes it, goes with it. The ticks carry it out in slices.
    """
    with opened() as database:
        if list_:
            _list_replays(replays.replays(database), json=json)
        elif stop is not None:
            _tell_stopped(replays.stop_replay(database, stop, now=desk.clock.now()), json=json)
        elif sink is None:
            fail("say to which sink with --sink; `copydesk deliveries` names them")
        else:
            outlets = outlets_of(database, outlet)
            begin, end, now = _utc(since), _utc(until), desk.clock.now()
            done = replays.replay(database, sink, since=begin, until=end, outlets=outlets, everything=all_, now=now)
            _tell_ordered(done, json=json)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=desk.clock.now().tzinfo) if at else None


def _tell_ordered(done: replays.Ordered, *, json: bool) -> None:
    if json:
        print_json(dataclasses.asdict(done))
        return
    since = "the beginning" if done.since == replays.BEGINNING else f"{done.since:{_TIME}}"
    of = f" of {', '.join(done.outlets)}" if done.outlets else ""
    filed = f"{counted(done.revisions, 'revision')}{of} filed from {since} until {done.until:{_TIME}} UTC"
    out.print(f"{filed}: those of them that {done.sink} takes are sent once more", markup=False)
    out.print(f"this is the replay {done.id}; `copydesk deliveries replay --list` tells how far it is", markup=False)


def _tell_stopped(done: replays.Stopped, *, json: bool) -> None:
    if json:
        print_json(dataclasses.asdict(done))
        return
    back = f"{counted(done.taken_back, 'revision')} that waited to be sent to {done.sink} once more"
    out.print(
        f"the replay {done.id} was stopped, and {back} {'is' if done.taken_back == 1 else 'are'} not", markup=False
    )


def _list_replays(found: Sequence[replays.Replayed], *, json: bool) -> None:
    if json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    if not found:
        out.print("nothing was ever replayed", style="dim")
        return
    heads = ("replay", "sink", "state", "since (UTC)", "until", "come to", "still waiting", "outlets")
    table = Table(*heads, box=None, pad_edge=False)
    for one in found:
        order = one.order
        since = "the beginning" if order.since == replays.BEGINNING else f"{order.since:{_TIME}}"
        at = f"{order.at:{_TIME}}" if order.at else "not begun" if one.state == "open" else ""
        outlets = ", ".join(order.outlets) or "all"
        waiting = f"{one.waiting:,}" if one.state != "stopped" else ""
        table.add_row(order.id, order.sink, one.state, since, f"{order.until:{_TIME}}", at, waiting, outlets)
    out.print(table)


def pause(
    sink: Sink,
    because: Annotated[str, typer.Option(help="Why, for those who look at it later.")] = "",
    json: Json = False,
) -> None:
    """Send a sink nothing more, until it is resumed; what comes in waits for it."""
    with opened() as database:
        done = retries.pause(database, sink, because=because, now=desk.clock.now())
    if json:
        print_json(dataclasses.asdict(done))
        return
    what = "was paused already" if done.was_paused else "is paused"
    goes_on = f"`copydesk deliveries resume {sink}` goes on"
    out.print(f"{sink} {what}; {_waiting(done)}, and nothing is given up. {goes_on}", markup=False)


def resume(sink: Sink, json: Json = False) -> None:
    """Have a sink that was paused, or is down, tried at once."""
    with opened() as database:
        done = retries.resume(database, sink, now=desk.clock.now())
    if json:
        print_json(dataclasses.asdict(done))
        return
    was = "was paused" if done.was_paused else "was down" if done.was_down else "was neither paused nor down"
    goes_on = "the next tick tries it" if done.enabled else "but it is switched off, or no longer in the settings"
    out.print(f"{sink} {was}; {_waiting(done)}, {goes_on}", markup=False)


def _waiting(done: retries.Held) -> str:
    if not done.waiting:
        return "nothing waits for it"
    return f"{done.waiting:,} {'delivery waits' if done.waiting == 1 else 'deliveries wait'} for it"
