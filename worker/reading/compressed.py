"""Feeds that are gzip files, as sitemaps are kept (`sitemap.xml.gz`, sitemaps.org): unpacked once, and never beyond a bound."""

from __future__ import annotations

import zlib

from worker.news.errors import Broken
from worker.news.reason import Reason

_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
# A file may be several put together (RFC 1952 §2.2); a bomb is thousands of empty ones.
_MOST_MEMBERS = 100


def unpacked(body: bytes, *, at_most: int) -> bytes:
    """The body, or what it holds when it is a gzip file. What is in a gzip in a gzip is not looked for.

    Raises `Broken` (TOO_LARGE, UNPARSABLE).
    """
    if not body.startswith(_MAGIC):
        return body
    whole, rest = bytearray(), body
    for _ in range(_MOST_MEMBERS):
        if not rest.startswith(_MAGIC):
            return bytes(whole)
        rest = _append(whole, rest, at_most)
    raise Broken(Reason.UNPARSABLE, f"more than {_MOST_MEMBERS} gzip files in one")


def _append(whole: bytearray, packed: bytes, at_most: int) -> bytes:
    """Unpack one member; returns what follows it."""
    member = zlib.decompressobj(_GZIP)
    try:
        whole += member.decompress(packed, at_most + 1 - len(whole))
    except zlib.error as error:
        raise Broken(Reason.UNPARSABLE, f"a damaged gzip file: {error}") from error
    if len(whole) > at_most:
        raise Broken(Reason.TOO_LARGE, f"more than {at_most} bytes unpacked")
    if not member.eof:
        raise Broken(Reason.UNPARSABLE, "a gzip file that is cut off")
    return member.unused_data
