"""JSON Lines in a folder: one part a batch, written aside and renamed; the same batch again replaces its own part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from worker.durable import write_durably
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel, Returned, Sink
from worker.sinks.kind import SinkKind, Tools

_TIMED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesOptions:
    """What the settings say."""

    path: str


@dataclass(frozen=True, slots=True)
class FilesSink:
    """The `Sink` port on a folder: `<folder>/<UTC day of the batch>/part-<batch>.jsonl`, a record a line."""

    folder: str

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Write the part of a batch; its place follows from the batch alone, wherever and whenever it is repeated."""
        lines = b"".join(parcel.body + b"\n" for parcel in parcels)
        try:
            write_durably(Path(self.folder) / _day(batch) / f"part-{batch}.jsonl", [lines])
        except OSError as error:
            raise SinkDown(Reason.SINK_DOWN, str(error)) from error
        return ()


def _day(batch: str) -> str:
    """The day in a UUIDv7's 48 bits of milliseconds (RFC 9562 §5.7)."""
    number = UUID(batch)
    if number.version != _TIMED:
        return "undated"
    return datetime.fromtimestamp((number.int >> 80) / 1000, UTC).strftime("%Y-%m-%d")


def _open(options: FilesOptions, tools: Tools) -> Sink:
    del tools
    return FilesSink(options.path)


KIND = SinkKind(options=FilesOptions, open=_open)
