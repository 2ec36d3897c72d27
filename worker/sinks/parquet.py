"""Records as Parquet: the columns of `flat`, and the whole record as JSON. The only module of the sinks that knows pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from worker.sinks.flat import COLUMNS, LIST, NUMBER, TEXT, TIME, flat

_TYPES = {
    TEXT: pa.string(),
    NUMBER: pa.int32(),
    LIST: pa.list_(pa.string()),
    TIME: pa.timestamp("us", tz="UTC"),
}
# The same in every file, also where a column is empty throughout.
SCHEMA = pa.schema([*((name, _TYPES[kind]) for name, kind in COLUMNS.items()), ("record", pa.string())])
COMPRESSION = "zstd"
ROW_GROUP = 1000
_WIDEST = 1 << 31


def packed(rows: Sequence[dict[str, Any]]) -> bytes:
    """The file of some rows."""
    out = BytesIO()
    parquet.write_table(table_of(rows), out, compression=COMPRESSION)
    return out.getvalue()


def row_of(body: bytes | str) -> dict[str, Any]:
    """A record as a row. Raises `ValueError` for what can't be one."""
    row = flat(body)
    wide = [name for name, kind in COLUMNS.items() if kind == NUMBER and not -_WIDEST <= (row[name] or 0) < _WIDEST]
    if wide:
        raise ValueError(f"it is no record: {wide[0]}: the number is too large")
    return row | {"record": body if isinstance(body, str) else body.decode()}


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as a table."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def write_rows(to: Path, records: Iterator[str]) -> None:
    """Write records, as JSON, into one file, so many of them in memory at a time as one row group has."""
    with parquet.ParquetWriter(to, SCHEMA, compression=COMPRESSION) as writer:
        while group := list(islice(records, ROW_GROUP)):
            writer.write_table(table_of([row_of(record) for record in group]))
