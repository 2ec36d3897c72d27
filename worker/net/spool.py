"""Bodies while they are in our hands: small ones in memory, out of one budget for the whole process; the others on disk."""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256

from worker.news.errors import ArchiveDown

_PIECE = 65_536


@dataclass(slots=True)
class Budget:
    """Bytes of memory that all bodies of a process share."""

    left: int
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, size: int) -> bool:
        """Take so many bytes, if that many are left."""
        with self._lock:
            if size > self.left:
                return False
            self.left -= size
            return True

    def give_back(self, size: int) -> None:
        """Give bytes back."""
        with self._lock:
            self.left += size


class SpooledBody:
    """A `Body`: in memory, or in a file without a name. What it holds is given back when nobody holds it any more."""

    def __init__(self, memory: bytes, file: int | None, size: int, digest: bytes) -> None:
        self._memory = memory
        self._file = file
        self.size = size
        self.digest = digest

    def start(self, size: int) -> bytes:
        """The first bytes."""
        return self._memory[:size] if self._file is None else os.pread(self._file, size, 0)

    def chunks(self) -> Iterator[bytes]:
        """All bytes, piece by piece."""
        if self._file is None:
            yield self._memory
            return
        at = 0
        while piece := os.pread(self._file, _PIECE, at):
            at += len(piece)
            yield piece

    def read(self) -> bytes:
        """All bytes at once."""
        return b"".join(self.chunks())


@dataclass(slots=True)
class _Hold:
    """What a body takes of what all share, to be given back once."""

    budget: Budget
    memory: int = 0
    file: int | None = None

    def let_go(self) -> None:
        self.budget.give_back(self.memory)
        if self.file is not None:
            os.close(self.file)


def spool(pieces: Iterable[bytes], *, budget: Budget, in_memory: int) -> SpooledBody:
    """Gather a body: up to `in_memory` bytes in memory while the budget lasts, else on disk. Raises `ArchiveDown`."""
    memory, digest, size = bytearray(), sha256(), 0
    hold = _Hold(budget)
    with ExitStack() as unfinished:
        unfinished.callback(hold.let_go)
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            if hold.file is None and size <= in_memory and budget.take(len(piece)):
                hold.memory += len(piece)
                memory += piece
                continue
            if hold.file is None:
                hold.file = _file_of(memory)
                budget.give_back(hold.memory)
                hold.memory, memory = 0, bytearray()
            _write(hold.file, piece)
        body = SpooledBody(bytes(memory), hold.file, size, digest.digest())
        weakref.finalize(body, hold.let_go)
        unfinished.pop_all()
    return body


def _file_of(start: bytearray) -> int:
    try:
        with tempfile.TemporaryFile() as named:
            file = os.dup(named.fileno())
    except OSError as error:
        raise _no_room(error) from error
    try:
        _write(file, start)
    except ArchiveDown:
        os.close(file)
        raise
    return file


def _write(file: int, piece: bytes | bytearray) -> None:
    view = memoryview(piece)
    try:
        while view:
            view = view[os.write(file, view) :]
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> ArchiveDown:
    # The folder is not named: on a full disk, asking for it may fail in the same way.
    return ArchiveDown(f"the folder for temporary files can't take a large body: {error.strerror or error}")
