"""Bodies: what is undone, what is refused, and how little of a bomb is read."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.net.body import decoded
from worker.news.errors import HostDown, Refused
from worker.news.reason import Reason

MOST = 100_000


def read_body(chunks: Iterable[bytes], encoding: str, *, at_most: int) -> bytes:
    """A body as a whole."""
    return b"".join(decoded(chunks, encoding, at_most=at_most))


def bare_deflate(body: bytes) -> bytes:
    """Deflate without the header that the RFC wants and many servers leave out."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": (" X-GZIP ", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
}


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("packer", list(PACKERS))
@given(body=st.binary(max_size=3000), size=st.integers(1, 500))
def test_a_body_is_undone_however_it_is_cut(packer: str, body: bytes, size: int) -> None:
    encoding, pack = PACKERS[packer]
    assert read_body(cut(pack(body), size), encoding, at_most=MOST) == body


@pytest.mark.parametrize("packer", list(PACKERS))
@pytest.mark.parametrize("kind", [bytes, lambda size: bytes(range(256)) * (size // 256 + 1)])
def test_a_body_may_have_as_many_bytes_as_are_allowed_and_no_more(packer: str, kind: Callable[[int], bytes]) -> None:
    encoding, pack = PACKERS[packer]
    body = kind(MOST)[:MOST]
    assert read_body(cut(pack(body), 1000), encoding, at_most=MOST) == body
    with pytest.raises(Refused) as caught:
        read_body(cut(pack(body), 1000), encoding, at_most=MOST - 1)
    assert caught.value.reason is Reason.TOO_LARGE


def bomb(times: int, wbits: int = 31) -> bytes:
    """A packed body without an end, as gzip: each time 16 MB of nothing in 16 KB."""
    packer = zlib.compressobj(level=9, wbits=wbits)
    start, charge = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH), b""
    charge = packer.compress(bytes(16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + charge * times


def test_no_more_of_a_bomb_is_read_or_held_than_its_first_chunk() -> None:
    body = bomb(64)
    assert len(body) > 1_000_000, "a megabyte that would be a gigabyte"
    read = []

    def wire() -> Iterator[bytes]:
        for at in range(0, len(body), 4096):
            chunk = body[at : at + 4096]
            read.append(len(chunk))
            yield chunk

    tracemalloc.start()
    try:
        with pytest.raises(Refused) as caught:
            read_body(wire(), "gzip", at_most=MOST)
        _, most_at_once = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.reason is Reason.TOO_LARGE
    assert sum(read) <= 4096
    # The chunk alone would be 4 MB.
    assert most_at_once < 1_000_000


def test_a_stream_that_never_says_anything_takes_no_more_time_the_longer_it_is() -> None:
    taken = []
    for times in (25_000, 100_000):
        body = b"\x78\x9c" + b"\0\0\0\xff\xff" * times
        began = time.process_time()
        with pytest.raises(HostDown):
            read_body(cut(body, 1), "deflate", at_most=MOST)
        taken.append(time.process_time() - began)
    # Keeping all of it to try it again costs the square of its length: 16 times as much.
    assert taken[1] < 10 * taken[0]


def test_no_more_of_an_endless_body_is_read_than_is_allowed() -> None:
    read = []

    def wire() -> Iterator[bytes]:
        while True:
            read.append(1000)
            yield b"\x78" * 1000

    with pytest.raises(Refused) as caught:
        read_body(wire(), "", at_most=MOST)
    assert caught.value.reason is Reason.TOO_LARGE
    assert sum(read) <= MOST + 1000


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip, br", "dcb", "aes128gcm"])
def test_what_was_not_asked_for_is_not_undone(encoding: str) -> None:
    with pytest.raises(Refused, match=encoding) as caught:
        read_body([b"whatever"], encoding, at_most=MOST)
    assert caught.value.reason is Reason.ENCODING


@pytest.mark.parametrize("packer", ["gzip", "deflate", "bare deflate"])
@pytest.mark.parametrize("harm", ["cut off", "garbage", "damaged"])
def test_a_damaged_body_is_the_hosts_trouble(packer: str, harm: str) -> None:
    encoding, pack = PACKERS[packer]
    packed = pack(bytes(range(256)) * 40)
    middle = len(packed) // 2
    bad = {"cut off": packed[:-9], "garbage": b"\xff<html>", "damaged": packed[:middle] + b"\xff" * 99}[harm]
    with pytest.raises(HostDown) as caught:
        read_body([bad], encoding, at_most=MOST)
    assert caught.value.reason is Reason.PROTOCOL


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
@pytest.mark.parametrize("chunks", [[], [b""]])
def test_a_body_that_is_not_there_is_empty_whatever_it_is_said_to_be(encoding: str, chunks: list[bytes]) -> None:
    assert read_body(chunks, encoding, at_most=MOST) == b""


def test_what_follows_a_packed_body_is_none_of_it() -> None:
    assert read_body([gzip.compress(b"a page"), b"\0\0\0", b"trailer"], "gzip", at_most=MOST) == b"a page"


def test_a_gzip_body_of_several_members_is_read_to_its_end() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two ") + gzip.compress(b"three")
    assert read_body(cut(packed, 7), "gzip", at_most=MOST) == b"one two three"
    assert read_body([packed], "gzip", at_most=MOST) == b"one two three"


def test_a_gzip_body_may_be_cut_inside_of_what_begins_its_next_member() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert read_body(cut(packed, 1), "gzip", at_most=MOST) == b"one two"
    assert read_body([packed, b"\x1f\x00", b"more"], "gzip", at_most=MOST) == b"one two"
