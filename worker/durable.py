"""Files that are there whole, or not at all: written aside, fsynced, renamed. Foreign stores have their own ways."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path


def write_durably(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that a reader sees all of it or nothing, and that it is there after a crash of the machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f".{path.name}.{os.getpid()}-{threading.get_ident()}.part"
    try:
        with aside.open("wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        # On a full disk, half a file is half of what is missing.
        aside.unlink(missing_ok=True)
        raise
    aside.replace(path)
    listing = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)
