"""`export`: records as JSON lines, CSV or Parquet, or a folder of Markdown files."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Any

import orjson
import typer

from worker.cli import desk
from worker.cli.notes import write_notes
from worker.cli.output import fail, plain_errors
from worker.store.choosing import chosen
from worker.store.exports import Selection
from worker.store.exports import export as records

# The flat forms: a record's main fields by column, the whole record last.
_TEXTS = (
    "id",
    "change",
    "url",
    "outlet",
    "country",
    "language",
    "type",
    "title",
    "summary",
    "authors",
    "section",
    "topics",
    "text",
)
_TIMES = ("published_at", "modified_at", "fetched_at")
COLUMNS = ("id", "revision", *_TEXTS[1:-1], *_TIMES, "text")
ROW_GROUP = 1000


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


def flat(record: str) -> dict[str, Any]:
    """A record's main fields; lists are joined by `; `, times stay ISO 8601."""
    found = orjson.loads(record)
    return {
        **{
            name: found[name]
            for name in ("id", "revision", "change", "url", "type", "title", "summary", "section", "text")
        },
        **{name: found[name] for name in _TIMES},
        "outlet": found["outlet"]["id"],
        "country": found["outlet"]["country"],
        "language": found["language"]["code"] if found["language"] else None,
        "authors": "; ".join(found["authors"]),
        "topics": "; ".join(found["topics"]),
    }


def _write_csv(out: IO[str], found: Iterable[str]) -> None:
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in found:
        writer.writerow({name: _harmless(value) for name, value in flat(record).items()})


def _harmless(value: Any) -> Any:
    """A spreadsheet runs what begins like a formula; an apostrophe before it makes it text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _write_parquet(to: Path, found: Iterator[str]) -> None:
    try:
        # An extra: who never writes Parquet need not have it.
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        fail("Parquet needs pyarrow: `pip install copydesk[parquet]`")
    kinds = dict.fromkeys(COLUMNS, pa.string()) | {"revision": pa.int32(), "record": pa.string()}
    kinds |= dict.fromkeys(_TIMES, pa.timestamp("us", tz="UTC"))
    schema = pa.schema(list(kinds.items()))
    with parquet.ParquetWriter(to, schema) as writer:
        while group := list(islice(found, ROW_GROUP)):
            rows = [_typed(flat(record)) | {"record": record} for record in group]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in _TIMES}
    return row | times
