"""What hosts do to harm or to hold who asks them, and how each of it has to end."""

from __future__ import annotations

import base64
import gzip
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import repeat
from threading import Event
from typing import Any

import zstandard

from tests.net.test_body import bomb
from tests.net.web import PACE_S, Asked, Reply, Web, dripping, endless, reply
from worker.news.page import Accept
from worker.news.reason import Reason

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = OK + b"Content-Encoding: gzip\r\n\r\n"
# 256 MiB of nothing.
BROTLI_BOMB = base64.b64decode(
    "z///fwAkAOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje//P//x8ACYA4LADd"
    "+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9/+f//z8AEgBxWAC69//8//8HQAIgDgtA9/6f////AEgAxGEB"
    "6N7/8///HwAJgDgsAN37f/7//wMgARCHBaB7/z8="
)
# A first record of a TLS handshake that says it is long, and the beginning of a ServerHello.
TLS_START = b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An answer, and how it ends. `limits` are those of the fetcher; `size` is that of the body, where one comes."""

    answer: Callable[[Web], Reply | Callable[[Asked], Reply]]
    ends: str
    accept: Accept = Accept.PAGE
    limits: dict[str, Any] = field(default_factory=dict)
    size: int = 0


def says(*chunks: bytes | Callable[[], bytes], **case: Any) -> Case:
    """A case whose answer is the same each time; what takes a while to make is made when it is asked for."""
    return Case(answer=lambda _: Reply([chunk if isinstance(chunk, bytes) else chunk() for chunk in chunks]), **case)


def goes_on(start: bytes, more: bytes, **case: Any) -> Case:
    """A case whose answer goes on as fast as it can."""
    return Case(answer=lambda _: endless(start, more), **case)


def drips(start: bytes, drop: bytes, **case: Any) -> Case:
    """A case whose answer goes on drop by drop."""
    return Case(answer=lambda web: dripping(web, start, drop), ends=case.pop("ends", Reason.TIMEOUT), **case)


def with_body(body: bytes, *headers: str) -> bytes:
    """An answer with a body of the length that it says."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@cache
def bombs_by_packing() -> dict[str, bytes]:
    """1 GiB of nothing, in every packing of which the makers are at hand."""
    zstd = zstandard.ZstdCompressor(level=3).compressobj()
    return {
        "gzip": bomb(64),
        "deflate": bomb(64, wbits=15),
        "bare deflate": bomb(64, wbits=-15),
        "zstd": b"".join(map(zstd.compress, repeat(bytes(4 << 20), 256))) + zstd.flush(),
    }


def packed(packing: str, *headers: str, times: int = 1) -> Callable[[], bytes]:
    """An answer with a bomb in it, which may be packed again."""

    def make() -> bytes:
        body = bombs_by_packing()[packing]
        for _ in range(times - 1):
            body = gzip.compress(body)
        return with_body(body, *headers)

    return make


def packed_error(status: int) -> Callable[[], bytes]:
    """An error page that is a bomb."""
    head = f"HTTP/1.1 {status} No\r\nContent-Encoding: gzip\r\n\r\n".encode()
    return lambda: head + bombs_by_packing()["gzip"]


def stacked(layers: int) -> bytes:
    """A body that was packed again and again."""
    body = b"news"
    for _ in range(layers):
        body = gzip.compress(body, mtime=0)
    return body


def in_small_chunks(body: bytes) -> bytes:
    """A body in chunks of one byte each."""
    return b"".join(b"1\r\n%c\r\n" % byte for byte in body)


def bombs() -> dict[str, Case]:
    """Bodies that are larger than they look."""
    member = gzip.compress(b"")
    too_large: dict[str, Any] = {"ends": Reason.TOO_LARGE}
    refused: dict[str, Any] = {"ends": Reason.ENCODING}
    in_chunks = CHUNKED[:-2] + b"Content-Encoding: %s\r\n\r\n"
    return {
        "gzip for a page": says(packed("gzip", "Content-Encoding: gzip"), **too_large),
        "gzip for a feed": says(packed("gzip", "Content-Encoding: gzip"), accept=Accept.FEED, **too_large),
        "gzip for robots.txt": says(
            packed("gzip", "Content-Encoding: gzip"), accept=Accept.ROBOTS, ends="200", size=512_000
        ),
        "gzip on a 403": says(packed_error(403), ends="403", size=65_536),
        "gzip on a 503": says(packed_error(503), ends=Reason.SERVER_ERROR),
        "deflate": says(packed("deflate", "Content-Encoding: deflate"), **too_large),
        "bare deflate": says(packed("bare deflate", "Content-Encoding: deflate"), **too_large),
        "br": says(with_body(BROTLI_BOMB, "Content-Encoding: br"), **refused),
        "zstd": says(packed("zstd", "Content-Encoding: zstd"), **refused),
        "br that is not announced": says(with_body(BROTLI_BOMB), ends="200", size=len(BROTLI_BOMB)),
        "zstd that is not announced": says(packed("zstd"), ends="200", size=32_786),
        "gzip twice": says(packed("gzip", "Content-Encoding: gzip, gzip", times=2), **refused),
        "gzip twice in two headers": says(
            packed("gzip", "Content-Encoding: gzip", "Content-Encoding: gzip", times=2), **refused
        ),
        "200 layers": says(with_body(stacked(200), f"Content-Encoding: {', '.join(['gzip'] * 200)}"), **refused),
        "200 layers of which one is announced": says(
            with_body(stacked(200), "Content-Encoding: gzip"), ends="200", size=len(stacked(199))
        ),
        "members without an end": goes_on(GZIPPED, member * 1000, **too_large),
        # RFC 1952 §2.3.1 sets no limit to the name of the file.
        "a gzip header without an end": goes_on(
            in_chunks % b"gzip" + in_small_chunks(b"\x1f\x8b\x08\x08\0\0\0\0\0\x03"),
            in_small_chunks(b"x" * 100),
            limits={"page_wire": 150_000},
            **too_large,
        ),
        "deflate that never says anything": goes_on(
            in_chunks % b"deflate" + in_small_chunks(b"\x78\x9c"),
            in_small_chunks(b"\0\0\0\xff\xff" * 20),
            limits={"page_wire": 150_000},
            **too_large,
        ),
    }


def ends_missing() -> dict[str, Case]:
    """Answers that go on as fast as they can."""
    too_large: dict[str, Any] = {"ends": Reason.TOO_LARGE}
    no_http: dict[str, Any] = {"ends": Reason.PROTOCOL}
    return {
        "body of a page": goes_on(OK + b"\r\n", b"x" * 10_000, **too_large),
        "body of a feed": goes_on(OK + b"\r\n", b"x" * 10_000, accept=Accept.FEED, **too_large),
        "body of robots.txt": goes_on(OK + b"\r\n", b"x" * 10_000, accept=Accept.ROBOTS, ends="200", size=512_000),
        "body of a redirect": goes_on(
            b"HTTP/1.1 302 Go\r\nLocation: /harmless\r\n\r\n", b"x" * 10_000, ends="200", size=4
        ),
        "body of a 404": goes_on(b"HTTP/1.1 404 No\r\n\r\n", b"x" * 10_000, ends="404", size=65_536),
        "body of a 429": goes_on(b"HTTP/1.1 429 No\r\n\r\n", b"x" * 10_000, ends=Reason.RATE_LIMITED),
        "chunks of one byte": goes_on(CHUNKED, in_small_chunks(b"x" * 200), limits={"page_wire": 150_000}, **too_large),
        "103": goes_on(
            b"",
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" * 20,
            limits={"page_wire": 1_000_000},
            **too_large,
        ),
        "100": goes_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 20, limits={"page_wire": 500_000}, **too_large),
        "headers": goes_on(OK, b"X-Same: again and again\r\n", **no_http),
        "one header": goes_on(OK + b"X-Long: ", b"x" * 1000, **no_http),
        "first line": goes_on(b"HTTP/1.1 200 ", b"O" * 1000, **no_http),
        "trailers": goes_on(CHUNKED + b"4\r\nnews\r\n0\r\n", b"X-Same: again and again\r\n", **no_http),
        "extensions of a chunk": goes_on(CHUNKED + b"4;", b"x" * 1000, **no_http),
        "size of a chunk": goes_on(CHUNKED, b"0" * 1000, **no_http),
        "empty lines": goes_on(b"", b"\r\n" * 1000, **no_http),
    }


def drops() -> dict[str, Case]:
    """Answers that come drop by drop, and what never comes."""
    return {
        "nothing": drips(b"", b""),
        "the first line": drips(b"HTTP/1.1 200 ", b"O"),
        "headers": drips(OK, b"X: y\r\n"),
        "one header": drips(OK + b"X: ", b"y"),
        "103": drips(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        "body of a page": drips(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
        "body of a feed": drips(OK + b"\r\n", b"x", accept=Accept.FEED),
        "body of robots.txt": drips(OK + b"\r\n", b"x", accept=Accept.ROBOTS),
        "body of a 403": drips(b"HTTP/1.1 403 No\r\nContent-Length: 100000\r\n\r\n", b"", ends="403"),
        "body of a 503": drips(b"HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n", b"x", ends=Reason.SERVER_ERROR),
        "chunks": drips(CHUNKED, b"1\r\nx\r\n"),
        "size of a chunk": drips(CHUNKED, b"0"),
        "trailers": drips(CHUNKED + b"0\r\n", b"X: y\r\n"),
        "chunks of one byte that come as fast as can be": goes_on(
            CHUNKED, in_small_chunks(b"x" * 200), ends=Reason.TIMEOUT
        ),
        "gzip": drips(GZIPPED + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", b"x"),
    }


def lies() -> dict[str, Case]:
    """Answers that are not what they say."""
    no_http: dict[str, Any] = {"ends": Reason.PROTOCOL}
    four: dict[str, Any] = {"ends": "200", "size": 4}
    flood = [f"Set-Cookie: c{n}=v; Path=/; Expires=Tue, 24 Nov 2099 11:00:00 GMT" for n in range(1200)]
    return {
        "a length that is too long": says(OK + b"Content-Length: 100\r\n\r\nnews", **no_http),
        "a length that is too short": says(OK + b"Content-Length: 4\r\n\r\nnews and more", **four),
        "a length below nothing": says(OK + b"Content-Length: -4\r\n\r\nnews", **no_http),
        "a length that is no number": says(OK + b"Content-Length: 0x4\r\n\r\nnews", **no_http),
        "two lengths": says(OK + b"Content-Length: 4\r\nContent-Length: 8\r\n\r\nnews", **no_http),
        "a length beyond all": says(OK + b"Content-Length: 99999999999999999999\r\n\r\nnews", ends=Reason.TOO_LARGE),
        "a length and chunks": says(CHUNKED[:-2] + b"Content-Length: 9\r\n\r\n4\r\nnews\r\n0\r\n\r\n", **four),
        "a chunk below nothing": says(CHUNKED + b"-4\r\nnews\r\n0\r\n\r\n", **no_http),
        "a chunk of no size": says(CHUNKED + b"news\r\nnews\r\n0\r\n\r\n", **no_http),
        "a chunk shorter than it says": says(CHUNKED + b"8\r\nnews\r\n0\r\n\r\n", **no_http),
        "a chunk longer than it says": says(CHUNKED + b"2\r\nnews\r\n0\r\n\r\n", **no_http),
        "a chunk beyond all": goes_on(CHUNKED + b"f" * 16 + b"\r\n", b"x" * 10_000, ends=Reason.TOO_LARGE),
        "a chunk of more digits than there are": says(CHUNKED + b"f" * 40 + b"\r\nnews", **no_http),
        "chunks without their last": says(CHUNKED + b"4\r\nnews\r\n", **no_http),
        "gzip that is none": says(GZIPPED + b"<html>news</html>", **no_http),
        "gzip that is cut off": says(GZIPPED + gzip.compress(bytes(100_000))[:-4], **no_http),
        "gzip with a wrong checksum": says(GZIPPED + gzip.compress(b"news")[:-8] + b"\0" * 8, **no_http),
        "gzip with a harm inside": says(GZIPPED + gzip.compress(b"news")[:12] + b"\xff" * 50, **no_http),
        "a NUL in Location": says(b"HTTP/1.1 302 Go\r\nLocation: /a\0b\r\n\r\n", **no_http),
        "a NUL in a name": says(OK + b"X\0: y\r\n\r\n", **no_http),
        "other bytes in Location": says(
            b"HTTP/1.1 302 Go\r\nLocation: http://\xff\xfe/\r\nContent-Length: 0\r\n\r\n", ends=Reason.DNS
        ),
        "a megabyte of one header": says(OK + b"X: " + b"y" * 1_000_000 + b"\r\n\r\nnews", **no_http),
        "a megabyte of headers": says(OK + b"X: y\r\n" * 170_000 + b"\r\nnews", **no_http),
        "a flood of cookies": says(with_body(b"news", *flood), **four),
        "one large cookie": says(with_body(b"news", f"Set-Cookie: a={'b' * 90_000}; expires={'1-' * 2000}"), **four),
        "a charset that is another": says(with_body(b"news", "Content-Type: text/html; charset=utf-16"), **four),
        "a charset that does not exist": says(
            with_body(b"news", "Content-Type: text/html; charset=\xff; charset="), **four
        ),
        "a charset that is code": says(with_body(b"news", "Content-Type: text/html; charset=zlib_codec"), **four),
        "a status beyond all": says(b"HTTP/1.1 999 No\r\nContent-Length: 4\r\n\r\nnews", ends="999", size=4),
        "another protocol": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nnews", **no_http),
    }


def redirects() -> dict[str, Case]:
    """Redirects that lead nowhere in the end."""

    def further(web: Web) -> Callable[[Asked], Reply]:
        def move(asked: Asked) -> Reply:
            # Each one is a place of its own.
            target = asked.target + "x"
            web.answers[target] = move
            return reply(302, Location=target)

        return move

    too_many: dict[str, Any] = {"ends": Reason.TOO_MANY_REDIRECTS}
    return {
        "to itself": Case(answer=lambda _: lambda asked: reply(302, Location=asked.target), **too_many),
        "always further": Case(answer=further, **too_many),
        "to an address that never ends": Case(
            answer=lambda _: reply(302, Location=f"/{'x' * 50_000}"), ends=Reason.BAD_REDIRECT
        ),
    }


GROUPS = {
    "bombs": bombs(),
    "without an end": ends_missing(),
    "drip by drip": drops(),
    "lies": lies(),
    "redirects": redirects(),
}


# --- what is done to a connection before any request -----------------------------------------------------------------
def say_nothing(connection: socket.socket, over: Event) -> None:
    """Take the connection, and never answer."""
    over.wait(connection.gettimeout())


def close_at_once(connection: socket.socket, over: Event) -> None:
    """Take the connection, and close it."""


def break_off(connection: socket.socket, over: Event) -> None:
    """Take the connection, and reset it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def greeted(then: Callable[[socket.socket, Event], None], connection: socket.socket, over: Event) -> None:
    """Hear the beginning of what the other side has to say, and do something else."""
    connection.recv(65_536)
    then(connection, over)


def say(words: bytes, connection: socket.socket, over: Event) -> None:
    """Say something at once, and wait until the other side has gone."""
    connection.sendall(words)
    while connection.recv(65_536):
        pass


def drip(start: bytes, drop: bytes, connection: socket.socket, over: Event) -> None:
    """Say something, and go on drop by drop."""
    connection.sendall(start)
    while not over.wait(PACE_S):
        connection.sendall(drop)


def flood(start: bytes, more: bytes, connection: socket.socket, over: Event) -> None:
    """Say something, and go on as fast as can be."""
    connection.sendall(start)
    while not over.is_set():
        connection.sendall(more)


# Scheme, what is done, and how it ends.
CONNECTIONS: dict[str, tuple[str, Callable[[socket.socket, Event], None], Reason]] = {
    "nothing is said": ("http", say_nothing, Reason.TIMEOUT),
    "closed at once": ("http", close_at_once, Reason.PROTOCOL),
    "reset when it is asked": ("http", partial(greeted, break_off), Reason.PROTOCOL),
    # It may become HTTP as long as there is no empty line.
    "another protocol": ("http", partial(say, b"220 mail.example ESMTP\r\n"), Reason.TIMEOUT),
    "nothing is said before TLS": ("https", say_nothing, Reason.TIMEOUT),
    "closed in the TLS handshake": ("https", partial(greeted, close_at_once), Reason.TLS),
    "reset in the TLS handshake": ("https", partial(greeted, break_off), Reason.CONNECT),
    "another protocol before TLS": ("https", partial(say, b"220 mail.example ESMTP\r\n" * 10), Reason.TLS),
    "a TLS handshake that drips": ("https", partial(drip, TLS_START, b"\0"), Reason.TIMEOUT),
    # Empty warnings, which may be sent for ever.
    "a TLS handshake that drips warnings": ("https", partial(drip, b"", b"\x15\x03\x03\0\2\1\0"), Reason.TLS),
    "a TLS handshake without an end": ("https", partial(flood, b"", TLS_START + b"\0" * 16_372), Reason.TLS),
}
