"""Bodies, decoded under a cap: gzip and deflate only, whatever the server sends besides is refused.

A decoder that is not bounded turns 809 bytes into gigabytes within one chunk.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from worker.news.errors import HostDown, Refused
from worker.news.reason import Reason

ACCEPT_ENCODING = "gzip, deflate"
_GZIP = 31
_ZLIB = 15
_RAW = -15
_GZIP_MAGIC = b"\x1f\x8b"
# What a decoder gives at a time.
_PIECE = 65_536
# A wrong zlib header is seen in its first two bytes; more is kept only for a raw stream that happens to begin like one.
_MOST_FED_AGAIN = 1024


def decoded(chunks: Iterable[bytes], encoding: str, *, at_most: int) -> Iterator[bytes]:
    """The pieces of a body. Raises `Refused` (TOO_LARGE, ENCODING), and `HostDown` (PROTOCOL) for a damaged one."""
    match encoding.strip().lower():
        case "" | "identity":
            pieces = iter(chunks)
        case "gzip" | "x-gzip":
            pieces = _unpacked(chunks, _GZIP)
        case "deflate":
            pieces = _unpacked(chunks, _ZLIB)
        case other:
            raise Refused(Reason.ENCODING, f"Content-Encoding: {other[:80]}")
    return _bounded(pieces, at_most)


def _bounded(pieces: Iterable[bytes], at_most: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > at_most:
            raise Refused(Reason.TOO_LARGE, f"more than {at_most} bytes")
        yield piece


class _Unpacker:
    """One compressed stream, piece by piece."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._decoder = zlib.decompressobj(window)
        # What was fed while nothing came out: it is fed again when it turns out to be raw.
        self._fed: bytes | None = b"" if window == _ZLIB else None
        self._behind = b""

    @property
    def ended(self) -> bool:
        """Whether the stream came to its end."""
        return self._decoder.eof

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What a chunk unpacks to."""
        while packed := self._next_member(packed) if self.ended else packed:
            piece = self._decompress(packed)
            if piece:
                yield piece
            packed = self._decoder.unused_data if self.ended else self._decoder.unconsumed_tail

    def _next_member(self, packed: bytes) -> bytes:
        """A gzip file may have several members (RFC 1952 §2.2); anything else behind the end is nothing."""
        self._behind = (self._behind + packed)[: len(packed) + 1]
        if self._window != _GZIP or not self._behind.startswith(_GZIP_MAGIC):
            return b""
        packed, self._behind = self._behind, b""
        self._decoder = zlib.decompressobj(_GZIP)
        return packed

    def _decompress(self, packed: bytes) -> bytes:
        fed = None if self._fed is None else self._fed + packed
        try:
            piece = self._decoder.decompress(packed, _PIECE)
        except zlib.error:
            if fed is None:
                raise
            # Deflate without the zlib header that RFC 9110 §8.4.1.2 wants, as many servers send it.
            self._window = _RAW
            self._decoder = zlib.decompressobj(_RAW)
            piece = self._decoder.decompress(fed, _PIECE)
        self._fed = None if piece or fed is None or len(fed) > _MOST_FED_AGAIN else fed
        return piece


def _unpacked(chunks: Iterable[bytes], window: int) -> Iterator[bytes]:
    """What a stream unpacks to. An empty one is empty: an answer without a body may still say how it would be packed."""
    unpacker, began = _Unpacker(window), False
    try:
        for chunk in chunks:
            began = began or bool(chunk)
            yield from unpacker.feed(chunk)
    except zlib.error as error:
        raise HostDown(Reason.PROTOCOL, f"damaged compression: {error}") from error
    if began and not unpacker.ended:
        raise HostDown(Reason.PROTOCOL, "the compressed body ends too early")
