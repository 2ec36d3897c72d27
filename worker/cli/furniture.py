"""`copydesk outlets furniture`: the lines that are left out of an outlet's articles, and why; and having one let in again."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from worker.cli import desk
from worker.cli.output import counted, fail, out, plain_errors, print_json
from worker.cli.words import OutletWords
from worker.settings import read_settings
from worker.store.choosing import chosen
from worker.store.database import Database
from worker.store.furniture import Counted, counted_lines, spare_line

LONGEST_SHOWN = 90
_STYLES = {"furniture": "", "counted": "dim", "spared": "green"}


def furniture(
    which: OutletWords,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="HASH", help="This line is text: leave it in from now on. May be repeated."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The lines that stand on many pages of an outlet; those that are furniture are left out of its articles."""
    with plain_errors(), desk.database() as database:
        ids = chosen(database, which)
        _forget(database, ids, forget or ())
        policy = read_settings().furniture
        found = [counted_lines(database, id_, policy) for id_ in ids]
    if json:
        print_json([dataclasses.asdict(outlet) for outlet in found])
        return
    for outlet in found:
        _print(outlet)


def _forget(database: Database, ids: Sequence[str], hashes: Sequence[str]) -> None:
    if hashes and len(ids) != 1:
        fail("a line is one outlet's: name one outlet with --forget")
    for word in hashes:
        try:
            line = bytes.fromhex(word)
        except ValueError:
            line = b""
        if not line or not spare_line(database, ids[0], line):
            fail(f"{ids[0]} has no line {word}; `copydesk outlets furniture {ids[0]}` shows those that it has")


def _print(outlet: Counted) -> None:
    left_out = sum(line.state == "furniture" for line in outlet.lines)
    out.print(
        f"{outlet.outlet}: {counted(outlet.articles, 'article')} counted, "
        f"{counted(left_out, 'line')} of furniture left out of new ones",
        markup=False,
    )
    if not outlet.lines:
        return
    table = Table("hash", "state", "articles", "days", "last met", "line", box=None, pad_edge=False)
    for line in outlet.lines:
        sample = " / ".join(line.sample.splitlines())
        shown = sample if len(sample) <= LONGEST_SHOWN else f"{sample[:LONGEST_SHOWN]}…"
        table.add_row(
            line.hash,
            line.state,
            str(line.pages),
            str(line.days),
            str(line.last_day),
            escape(shown),
            style=_STYLES[line.state],
        )
    out.print(table)
