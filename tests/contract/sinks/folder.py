"""The place of files: a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow.dataset import dataset

from tests.contract.sinks.places import tools
from worker.pipeline.ports import Sink
from worker.sinks.build import open_sink


@dataclass
class Folder:
    """Files: a reader takes every line of every part, and of equal keys any."""

    path: Path

    def open(self, **options: object) -> Sink:
        return open_sink("files", {"path": str(self.path), **options}, tools())

    def parts(self) -> list[Path]:
        return sorted(self.path.glob("date=*/country=*/part-*"))

    def stored(self) -> Mapping[str, object]:
        lines = [line for part in self.parts() for line in part.read_text(encoding="utf-8").split("\n") if line]
        return {f"{found['id']}:{found['revision']}": found for found in map(json.loads, lines)}

    def names(self) -> list[str]:
        return [str(part.relative_to(self.path)) for part in self.parts()]

    def snapshot(self) -> object:
        return {path: path.read_bytes() for path in self.path.rglob("*") if path.is_file()}

    @contextmanager
    def away(self) -> Iterator[None]:
        """Put a file where the folder should be; root may write wherever it wants."""
        aside = self.path.with_name("moved")
        if self.path.exists():
            self.path.rename(aside)
        self.path.write_bytes(b"")
        yield
        self.path.unlink()
        if aside.exists():
            aside.rename(self.path)


@dataclass
class Columns(Folder):
    """The same with Parquet: a reader takes the whole records."""

    def open(self, **options: object) -> Sink:
        return Folder.open(self, format="parquet", **options)

    def table(self) -> pa.Table:
        """All parts as one table, with the columns that the folders' names are."""
        return dataset(self.path, format="parquet", partitioning="hive", exclude_invalid_files=False).to_table()

    def stored(self) -> Mapping[str, object]:
        if not self.parts():
            return {}
        rows = self.table().select(["id", "revision", "record"]).to_pylist()
        return {f"{row['id']}:{row['revision']}": json.loads(row["record"]) for row in rows}
