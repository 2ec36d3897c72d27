"""Raw bodies, content-addressed: a folder by default, any `fsspec` store in production."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec
import zstandard

from worker.durable import write_durably
from worker.news.errors import ArchiveDown, Transient
from worker.news.page import Body
from worker.news.reason import Reason

# Level 1 costs a third of level 3 and keeps nine tenths of its gain on HTML; the archive stands in the way of every page.
LEVEL = 1
# No body is larger when it is put in; a damaged one must not become so when it comes out.
LARGEST_BODY = 64 << 20
PROBE = "probe"


@dataclass(frozen=True, slots=True)
class BlobArchive:
    """The `Archive` port. Keys are `pages/<UTC day>/<sha256>.zst`."""

    url: str
    files: Any = field(init=False)
    root: str = field(init=False)

    def __post_init__(self) -> None:
        """Find the store. Raises `ArchiveDown`."""
        try:
            files, root = fsspec.core.url_to_fs(self.url)
        except (ValueError, ImportError) as error:
            raise ArchiveDown(f"{self.url} can't be opened: {error}") from error
        object.__setattr__(self, "files", files)
        object.__setattr__(self, "root", root.rstrip("/"))

    def put(self, body: Body, *, now: datetime) -> str:
        """Keep a body; it is durable when this returns. Raises `ArchiveDown`."""
        key = f"pages/{now:%Y-%m-%d}/{body.digest.hex()}.zst"
        path = f"{self.root}/{key}"
        if not self._is_there(path):
            self._write(path, _packed(body))
        return key

    def get(self, key: str) -> bytes:
        """The body of a key. Raises `Transient` (NO_BODY) when it is missing or damaged, and `ArchiveDown`."""
        try:
            packed = self._read(f"{self.root}/{key}")
            # A size that the file names would go before the limit.
            if LARGEST_BODY < zstandard.get_frame_parameters(packed).content_size < zstandard.CONTENTSIZE_UNKNOWN:
                raise Transient(Reason.NO_BODY, f"{key}: it is larger than any body")
            body = zstandard.ZstdDecompressor().decompress(packed, max_output_size=LARGEST_BODY)
        except (FileNotFoundError, zstandard.ZstdError) as error:
            raise Transient(Reason.NO_BODY, f"{key}: {error}") from error
        if sha256(body).hexdigest() not in key:
            raise Transient(Reason.NO_BODY, f"{key}: it is damaged")
        return body

    def delete(self, key: str) -> None:
        """Delete the body of a key, if it is there. Raises `ArchiveDown`."""
        try:
            self.files.rm_file(f"{self.root}/{key}")
        except FileNotFoundError:
            return
        except Exception as error:
            raise ArchiveDown(f"{self.root} can't be written: {_words(error)}") from error

    def write_probe(self) -> None:
        """Leave a mark by which other processes see that they share this archive. Raises `ArchiveDown`."""
        if not self.has_probe():
            self._write(f"{self.root}/{PROBE}", [b"copydesk\n"])

    def has_probe(self) -> bool:
        """Whether the mark can be read here. Raises `ArchiveDown`."""
        return self._is_there(f"{self.root}/{PROBE}")

    # Each store raises what its library raises: all of it is the archive's trouble.

    def _read(self, path: str) -> bytes:
        try:
            packed: bytes = self.files.cat_file(path)
            return packed
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ArchiveDown(f"{self.root} can't be read: {_words(error)}") from error

    def _is_there(self, path: str) -> bool:
        try:
            return bool(self.files.exists(path))
        except Exception as error:
            raise ArchiveDown(f"{self.root} can't be read: {_words(error)}") from error

    def _write(self, path: str, packed: Iterable[bytes]) -> None:
        try:
            if "file" in self.files.protocol:
                write_durably(Path(path), packed)
            else:
                # Whole, because a store of objects would keep what there was of one that broke off.
                self.files.pipe_file(path, b"".join(packed))
        except Exception as error:
            raise ArchiveDown(f"{self.root} can't be written: {_words(error)}") from error


def _packed(body: Body) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor(level=LEVEL).compressobj(size=body.size)
    for piece in body.chunks():
        yield packer.compress(piece)
    yield packer.flush()


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
