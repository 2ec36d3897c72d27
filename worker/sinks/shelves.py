"""Where parts are put: a folder of this machine, or any store that fsspec knows. A part is there whole, or not at all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import fsspec
from fsspec.asyn import AsyncFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.registry import known_implementations, registry

from worker.durable import write_durably
from worker.news.errors import SinkDown
from worker.news.reason import Reason

# In these stores an object appears when all of it has arrived.
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "memory"})
# What a killed process was writing is nobody's after this.
ABANDONED = timedelta(days=1)
# The folders of so many days are looked through, so often.
SWEPT_DAYS = 7
_SWEPT_EVERY = timedelta(days=1)


class Shelf(Protocol):
    """Takes parts by their names; names are relative, with `/` between folders."""

    def write(self, parts: Mapping[str, bytes], *, is_late: Callable[[], bool]) -> Sequence[str]:
        """Put parts in their places, durably. Returns the names of those that it did not get to. Raises `SinkDown`."""

    def sweep(self, *, now: datetime) -> None:
        """Delete what killed processes left half written, now and then. Never raises."""


def objection(path: str) -> str | None:
    """What is wrong with a path, in words, or None."""
    if "://" not in path:
        return None if path else "should be a folder or a URL"
    scheme = path.split("://", 1)[0].rpartition("::")[2]
    known = known_implementations.get(scheme)
    if known is None and scheme not in registry:
        return f"there is no store {scheme}://"
    if scheme not in registry and known is not None and find_spec(str(known["class"]).split(".")[0]) is None:
        return f"{scheme}:// can't be had: {known.get('err', 'its library is missing')}"
    if scheme in _WHOLE - {"memory"} and not path.split("://", 1)[1].strip("/"):
        return f"should be {scheme}://BUCKET/FOLDER"
    # A path stands in logs and in the words of errors.
    return "a password has its place in `storage`" if urlsplit(path).password is not None else None


def shelf_of(path: str, options: Mapping[str, object], *, timeout: timedelta) -> Shelf:
    """The shelf at a folder or an fsspec URL; the parts of a batch may take the time. Raises `SinkDown` when it can't be had."""
    if "://" not in path:
        return Folder(Path(path))
    scheme = path.split("://", 1)[0]
    given = dict(options)
    if scheme in {"s3", "s3a"}:
        own = given.get("config_kwargs")
        given["config_kwargs"] = _patience(timeout) | (own if isinstance(own, dict) else {})
    try:
        files, root = fsspec.core.url_to_fs(path, **given)
    # Each store raises what its library raises.
    except Exception as error:
        raise SinkDown(Reason.SINK_DOWN, f"{path} can't be opened: {_words(error)}") from error
    if isinstance(files, LocalFileSystem) and scheme in {"file", "local"}:
        return Folder(Path(root))
    if hasattr(files, "retries"):
        files.retries = 1
    root = root.rstrip("/")
    return Objects(path, files, root, timeout) if scheme in _WHOLE else Drive(path, files, root)


def _patience(timeout: timedelta) -> dict[str, Any]:
    """How long S3's client tries: a batch comes again by itself, and one that is tried for minutes outlasts its lease."""
    # A new one each time: botocore writes into it.
    return {"connect_timeout": 5, "read_timeout": int(timeout.total_seconds()), "retries": {"max_attempts": 1}}


@dataclass(slots=True)
class Folder:
    """A folder of this machine."""

    root: Path
    swept_at: datetime | None = field(default=None, init=False)

    def write(self, parts: Mapping[str, bytes], *, is_late: Callable[[], bool]) -> Sequence[str]:
        """Write each part aside, fsync it and rename it."""
        left = list(parts)
        while left and not is_late():
            try:
                write_durably(self.root / left[0], [parts[left[0]]])
            except OSError as error:
                raise SinkDown(Reason.SINK_DOWN, f"{self.root} can't be written: {_words(error)}") from error
            left.pop(0)
        return left

    def sweep(self, *, now: datetime) -> None:
        """Delete hidden parts that are old, of the last days' folders."""
        if self.swept_at is not None and now - self.swept_at < _SWEPT_EVERY:
            return
        self.swept_at = now
        for day in _days(now):
            # Another process sweeps as well; and a folder that can't be read says so when it is written.
            with suppress(OSError):
                for part in (self.root / day).glob("country=*/.part-*.part"):
                    if part.stat().st_mtime < (now - ABANDONED).timestamp():
                        part.unlink()


@dataclass(frozen=True, slots=True)
class Objects:
    """A store where an object appears when all of it has arrived."""

    url: str
    files: Any
    root: str
    timeout: timedelta

    def write(self, parts: Mapping[str, bytes], *, is_late: Callable[[], bool]) -> Sequence[str]:
        """Put all parts in their places, at once where the store can; together they may take the time."""
        del is_late
        seconds = int(self.timeout.total_seconds())
        # S3's client waits for a frozen server for ever without a time.
        waits = {"timeout": seconds} if isinstance(self.files, AsyncFileSystem) else {}
        try:
            self.files.pipe({f"{self.root}/{name}": content for name, content in parts.items()}, **waits)
        except TimeoutError as error:
            words = f"{self.url} can't be written: it did not answer within {seconds} s"
            raise SinkDown(Reason.SINK_DOWN, words) from error
        # Each store raises what its library raises: all of it is the store's trouble.
        except Exception as error:
            raise SinkDown(Reason.SINK_DOWN, f"{self.url} can't be written: {_words(error)}") from error
        return []

    def sweep(self, *, now: datetime) -> None:
        """Nothing: what did not arrive is not there."""
        del now


@dataclass(slots=True)
class Drive:
    """A store that shows a file while it is written: it is written aside and moved."""

    url: str
    files: Any
    root: str
    swept_at: datetime | None = field(default=None, init=False)

    def write(self, parts: Mapping[str, bytes], *, is_late: Callable[[], bool]) -> Sequence[str]:
        """Write each part aside, and move it."""
        left = list(parts)
        while left and not is_late():
            try:
                self._put(f"{self.root}/{left[0]}", parts[left[0]])
            # Each store raises what its library raises: all of it is the store's trouble.
            except Exception as error:
                raise SinkDown(Reason.SINK_DOWN, f"{self.url} can't be written: {_words(error)}") from error
            left.pop(0)
        return left

    def _put(self, path: str, content: bytes) -> None:
        folder, _, last = path.rpartition("/")
        # Two workers may write the same part at once.
        writer = f"{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns():x}"
        aside = f"{folder}/.{last}.{writer}.part"
        self.files.makedirs(folder, exist_ok=True)
        self.files.pipe_file(aside, content)
        try:
            self.files.mv(aside, path)
        except OSError:
            # Some move nothing over what is there, which is this part as it was written before.
            if not self.files.exists(path):
                raise
            self.files.rm_file(path)
            self.files.mv(aside, path)

    def sweep(self, *, now: datetime) -> None:
        """Delete hidden parts that are old, of the last days' folders, in a store that tells how old a file is."""
        if self.swept_at is not None and now - self.swept_at < _SWEPT_EVERY:
            return
        self.swept_at = now
        for day in _days(now):
            # What can't be swept can't be written either, which says why.
            with suppress(Exception):
                found = self.files.glob(f"{self.root}/{day}/country=*/.part-*.part", detail=True)
                for path, info in found.items():
                    if (written := _time(info.get("mtime"))) is not None and written < now - ABANDONED:
                        self.files.rm_file(path)


def _days(now: datetime) -> Iterator[str]:
    """The folders of the last days. What is newer than a day may lie in that of today at most."""
    return (f"date={now - timedelta(days=n):%Y-%m-%d}" for n in range(SWEPT_DAYS + 1))


def _time(mtime: object) -> datetime | None:
    if isinstance(mtime, datetime):
        return mtime if mtime.tzinfo else mtime.replace(tzinfo=UTC)
    return datetime.fromtimestamp(mtime, UTC) if isinstance(mtime, int | float) else None


def _words(error: Exception) -> str:
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
