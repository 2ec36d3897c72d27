"""`export`: records as JSON lines, CSV or Parquet, or a folder of Markdown files."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from worker.cli import desk
from worker.cli.notes import write_notes
from worker.cli.output import fail, plain_errors
from worker.sinks.flat import COLUMNS, flat
from worker.store.choosing import chosen
from worker.store.exports import Selection
from worker.store.exports import export as records


class Form(StrEnum):
    """How records are written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    MARKDOWN = "markdown"


def export(
    outlet: Annotated[list[str] | None, typer.Option(help="Only of this outlet; may be repeated.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="Only of outlets of this country; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only texts in this language; may be repeated.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only what was filed since then (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only what was filed before then (UTC).")] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="JSON lines, CSV, Parquet, or Markdown: a folder with a file for each article."),
    ] = Form.JSONL,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Write into this file, not to the standard output; Markdown: into this folder."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, as without it.")] = False,
) -> None:
    """The latest record of every article, one JSON object a line; or as CSV, Parquet or Markdown, or of some articles only."""
    del json
    if form is Form.PARQUET and to is None:
        fail("Parquet is no text: name a file with --to")
    if form is Form.MARKDOWN and to is None:
        fail("Markdown is a file for each article: name a folder with --to")
    with plain_errors(), desk.database() as database:
        wanted = Selection(
            outlets=tuple(chosen(database, outlet)) if outlet else (),
            countries=tuple(country or ()),
            languages=tuple(language or ()),
            since=_utc(since),
            until=_utc(until),
        )
        found = records(database, wanted)
        match form:
            case Form.JSONL:
                with _text(to) as out:
                    out.writelines(f"{record}\n" for record in found)
            case Form.CSV:
                with _text(to) as out:
                    _write_csv(out, found)
            case Form.PARQUET:
                _write_parquet(to or Path(), found)
            case Form.MARKDOWN:
                write_notes(to or Path(), found)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=desk.clock.now().tzinfo) if at else None


@contextmanager
def _text(to: Path | None) -> Iterator[IO[str]]:
    if to is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    with to.open("w", encoding="utf-8", newline="") as file:
        yield file


def _write_csv(out: IO[str], found: Iterable[str]) -> None:
    writer = csv.DictWriter(out, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    for record in found:
        writer.writerow({name: _in_cell(value) for name, value in flat(record).items()})


def _in_cell(value: Any) -> Any:
    """Lists are joined by `; `, times stay ISO 8601. A spreadsheet runs what begins like a formula; an apostrophe makes it text."""
    match value:
        case list():
            return _in_cell("; ".join(value))
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case str() if value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
            return f"'{value}"
        case _:
            return value


def _write_parquet(to: Path, found: Iterator[str]) -> None:
    try:
        # An extra: who never writes Parquet need not have it.
        from worker.sinks.parquet import write_rows  # noqa: PLC0415
    except ImportError:
        fail("Parquet needs pyarrow: `pip install copydesk[parquet]`")
    write_rows(to, found)
