"""Where parts are put: a folder of this machine, or any store that fsspec knows. A part is there whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import fsspec
from fsspec.asyn import AsyncFileSystem
from fsspec.implementations.local import LocalFileSystem

from worker.durable import write_durably
from worker.news.errors import SinkDown
from worker.news.reason import Reason

# In these stores an object appears when all of it has arrived.
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "memory"})
# A batch comes again by itself; a library that tries again for minutes outlasts the lease of its batch.
_S3 = {"connect_timeout": 5, "read_timeout": 20, "retries": {"max_attempts": 1}}
# What a killed process was writing is nobody's after this.
ABANDONED = timedelta(days=1)
_SWEPT_EVERY = timedelta(hours=6)


class Shelf(Protocol):
    """Takes parts by their names; names are relative, with `/` between folders."""

    def write(self, name: str, content: bytes) -> None:
        """Put a part in its place, durably. Raises `SinkDown`."""

    def sweep(self, *, now: datetime) -> None:
        """Delete what killed processes left half written, now and then. Never raises."""


def shelf_of(path: str, options: Mapping[str, object], *, timeout: timedelta) -> Shelf:
    """The shelf at a folder or an fsspec URL; one part may take the time. Raises `SinkDown` when there is no such store."""
    if "://" not in path:
        return Folder(Path(path))
    scheme = path.split("://", 1)[0]
    given = dict(options)
    if scheme in {"s3", "s3a"}:
        given = {"config_kwargs": _S3} | given
    try:
        files, root = fsspec.core.url_to_fs(path, **given)
    # Each store raises what its library raises.
    except Exception as error:
        raise SinkDown(Reason.SINK_DOWN, f"{path} can't be opened: {_words(error)}") from error
    if isinstance(files, LocalFileSystem) and scheme in {"file", "local"}:
        return Folder(Path(root))
    if hasattr(files, "retries"):
        files.retries = 1
    # The stores that answer out of turn take a time for each call; S3's waits for a frozen server for ever without one.
    waits = {"timeout": int(timeout.total_seconds())} if isinstance(files, AsyncFileSystem) else {}
    return Store(path, files, root.rstrip("/"), whole=scheme in _WHOLE, waits=waits)


@dataclass(slots=True)
class Folder:
    """A folder of this machine."""

    root: Path
    swept_at: datetime | None = field(default=None, init=False)

    def write(self, name: str, content: bytes) -> None:
        """Write a part aside, fsync it and rename it."""
        try:
            write_durably(self.root / name, [content])
        except OSError as error:
            raise SinkDown(Reason.SINK_DOWN, str(error)) from error

    def sweep(self, *, now: datetime) -> None:
        """Delete hidden parts that are old, of the last days' folders."""
        if self.swept_at is not None and now - self.swept_at < _SWEPT_EVERY:
            return
        self.swept_at = now
        oldest = now - ABANDONED
        for day in sorted(self.root.glob("date=*"), reverse=True)[:7]:
            for part in day.glob("*/.part-*.part"):
                _forget(part, oldest)


def _forget(part: Path, oldest: datetime) -> None:
    try:
        if part.stat().st_mtime < oldest.timestamp():
            part.unlink()
    except OSError:
        # Another process swept it, or it is not ours to delete.
        return


@dataclass(frozen=True, slots=True)
class Store:
    """A store behind fsspec. Where an object would appear half written it is written aside and moved."""

    url: str
    files: Any
    root: str
    whole: bool
    waits: Mapping[str, int]

    def write(self, name: str, content: bytes) -> None:
        """Put an object in its place."""
        path = f"{self.root}/{name}"
        try:
            if self.whole:
                self.files.pipe_file(path, content, **self.waits)
            else:
                folder, _, last = path.rpartition("/")
                self.files.makedirs(folder, exist_ok=True, **self.waits)
                self.files.pipe_file(f"{folder}/.{last}.part", content, **self.waits)
                self.files.mv(f"{folder}/.{last}.part", path)
        # Each store raises what its library raises: all of it is the store's trouble.
        except Exception as error:
            raise SinkDown(Reason.SINK_DOWN, f"{self.url} can't be written: {_words(error)}") from error

    def sweep(self, *, now: datetime) -> None:
        """Nothing: objects are whole, and a part that was written aside has one name for ever."""
        del now


def _words(error: Exception) -> str:
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
