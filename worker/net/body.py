"""Bodies, decoded under a cap: gzip and deflate only, whatever the server sends besides is refused.

A decoder that is not bounded turns 809 bytes into gigabytes within one chunk.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from worker.news.errors import HostDown, Refused
from worker.news.reason import Reason

ACCEPT_ENCODING = "gzip, deflate"
_GZIP = 31
_ZLIB = 15
_RAW = -15


def read_body(chunks: Iterable[bytes], encoding: str, *, at_most: int) -> bytes:
    """Join and decode a body. Raises `Refused` (TOO_LARGE, ENCODING) and `HostDown` (PROTOCOL) for a damaged one."""
    match encoding.strip().lower():
        case "" | "identity":
            return _joined(chunks, at_most)
        case "gzip" | "x-gzip":
            return _decoded(chunks, _GZIP, at_most)
        case "deflate":
            return _deflated(_joined(chunks, at_most), at_most)
        case other:
            raise Refused(Reason.ENCODING, f"Content-Encoding: {other[:80]}")


def _joined(chunks: Iterable[bytes], at_most: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > at_most:
            raise Refused(Reason.TOO_LARGE, f"more than {at_most} bytes")
    return bytes(body)


def _decoded(chunks: Iterable[bytes], window: int, at_most: int) -> bytes:
    decoder = zlib.decompressobj(window)
    body, began = bytearray(), False
    try:
        for chunk in chunks:
            waiting, began = chunk, began or bool(chunk)
            while waiting and not decoder.eof:
                body += decoder.decompress(waiting, at_most + 1 - len(body))
                waiting = decoder.unconsumed_tail
                if len(body) > at_most:
                    raise Refused(Reason.TOO_LARGE, f"more than {at_most} bytes when decoded")
    except zlib.error as error:
        raise HostDown(Reason.PROTOCOL, f"damaged compression: {error}") from error
    # An answer without a body may still say how it would have been packed.
    if began and not decoder.eof:
        raise HostDown(Reason.PROTOCOL, "the compressed body ends too early")
    return bytes(body)


def _deflated(packed: bytes, at_most: int) -> bytes:
    """Deflate with the zlib header of RFC 9110 §8.4.1.2, or without it, as many servers send it."""
    try:
        return _decoded([packed], _ZLIB, at_most)
    except HostDown:
        return _decoded([packed], _RAW, at_most)
