"""The place of files: a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worker.pipeline.ports import Sink
from worker.sinks.files import FilesSink


@dataclass
class Folder:
    """Files: a reader takes every line of every part, and of equal keys any."""

    path: Path

    def open(self) -> Sink:
        return FilesSink(str(self.path))

    def parts(self) -> list[Path]:
        return sorted(self.path.glob("*/part-*.jsonl"))

    def stored(self) -> Mapping[str, object]:
        lines = [line for part in self.parts() for line in part.read_text(encoding="utf-8").split("\n") if line]
        return {f"{found['id']}:{found['revision']}": found for found in map(json.loads, lines)}

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
