"""Files of records in a folder or a store of objects: a part for each batch and country, whole or not there; again it replaces itself."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
import zstandard

from worker.news.reason import Reason
from worker.pipeline.ports import Clock, Parcel, Returned, Sink
from worker.sinks.kind import SinkKind, Tools
from worker.sinks.shelves import Shelf, objection, shelf_of

_TIMED = 7
_COUNTRY = re.compile(r"[A-Z]{2}")
# As records are filed. A quotation mark within a text has a backslash before it, and no key before it is called so: this is the outlet.
_FILED_COUNTRY = re.compile(rb'"outlet":\{"id":"[^"\\]*","name":"(?:[^"\\]|\\.)*","country":"([A-Z]{2})"')
_NOWHERE = "it names no country of its outlet, and has no place without one"
# Above this level a batch costs more time than it saves space.
_ZSTD_LEVEL = 3
LONGEST_TIMEOUT_S = 45
# A part that is begun then is done before the lease of its batch ends.
LONGEST = timedelta(seconds=40)


class Form(StrEnum):
    """How records are written."""

    JSONL = "jsonl"
    PARQUET = "parquet"


class Compression(StrEnum):
    """How JSON Lines are packed; Parquet packs its columns by itself."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a form makes of records: `read` what it keeps of one, and its country; `pack` the file of several.

    `read` raises `ValueError` for what is no record, or names no country.
    """

    suffix: str
    read: Callable[[bytes], tuple[str, Any]]
    pack: Callable[[Sequence[Any]], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesOptions:
    """What the settings say. `path` is a folder or an fsspec URL; the others name a store of objects, `storage` all that it takes."""

    path: str
    format: Form = Form.JSONL
    compression: Compression = Compression.NONE
    endpoint_url: str | None = None
    region: str | None = None
    timeout_s: int = 20  # of the parts of a batch on their way to a store
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    storage: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if (wrong := objection(self.path)) is not None:
            raise ValueError(f"path: {wrong}")
        if self.format is Form.PARQUET and self.compression is not Compression.NONE:
            raise ValueError("compression: Parquet packs its columns by itself")
        if self.format is Form.PARQUET and find_spec("pyarrow") is None:
            raise ValueError("format: Parquet needs pyarrow: `pip install copydesk[parquet]`")
        if self.endpoint_url is not None and not _is_endpoint(self.endpoint_url):
            raise ValueError("endpoint_url: should be http://HOST:PORT or https://HOST, without a login")
        if (self.key is None) != (self.secret is None):
            raise ValueError("key: it is nothing without `secret`, and `secret` nothing without it")
        if not 1 <= self.timeout_s <= LONGEST_TIMEOUT_S:
            raise ValueError(f"timeout_s: should be from 1 to {LONGEST_TIMEOUT_S}")

    def storage_options(self) -> dict[str, object]:
        """What fsspec is told."""
        client = {"region_name": self.region} if self.region else {}
        named = {"endpoint_url": self.endpoint_url, "key": self.key, "secret": self.secret, "client_kwargs": client}
        given = {name: value for name, value in named.items() if value} | dict(self.storage)
        inner = self.storage.get("client_kwargs")
        return given | ({"client_kwargs": client | inner} if isinstance(inner, dict) else {})


@dataclass(frozen=True, slots=True)
class FilesSink:
    """The `Sink` port: `<path>/date=<UTC day of the batch>/country=<of the outlet>/part-<batch>.<form>`."""

    shelf: Shelf
    shape: Shape
    clock: Clock

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Write the parts of a batch; their places follow from the batch and its records, wherever and whenever it is repeated."""
        now = self.clock.now()
        self.shelf.sweep(now=now)
        kept, returned = self._read(parcels)
        names = {country: f"date={_day(batch)}/country={country}/part-{batch}{self.shape.suffix}" for country in kept}
        parts = {names[country]: self.shape.pack([found for _, found in kept[country]]) for country in sorted(kept)}
        late = self.shelf.write(parts, is_late=lambda: self.clock.now() > now + LONGEST)
        for country in (country for country, name in names.items() if name in late):
            words = f"the store took longer than {LONGEST.total_seconds():.0f} s for the parts before"
            sent = [parcel for parcel, _ in kept[country]]
            returned += [Returned(key=one.key, reason=Reason.SINK_SLOW, detail=words, tried=False) for one in sent]
        return returned

    def _read(self, parcels: Sequence[Parcel]) -> tuple[dict[str, list[tuple[Parcel, Any]]], list[Returned]]:
        """The parcels by country, each with what is kept of it; and what is no record."""
        kept, returned = dict[str, list[tuple[Parcel, Any]]](), list[Returned]()
        for parcel in parcels:
            try:
                country, found = self.shape.read(parcel.body)
            except ValueError as error:
                returned.append(Returned(key=parcel.key, reason=Reason.SINK_REFUSED, detail=str(error)))
            else:
                kept.setdefault(country, []).append((parcel, found))
        return kept, returned


def shape_of(form: Form, compression: Compression) -> Shape:
    """What a form makes of records."""
    if form is Form.PARQUET:
        # An extra: who never writes Parquet need not have it.
        from worker.sinks.parquet import packed, row_of  # noqa: PLC0415

        def read(body: bytes) -> tuple[str, Any]:
            row = row_of(body)
            return _country(row["country"]), row

        return Shape(".parquet", read, packed)
    suffix, pack = _PACKERS[compression]
    return Shape(f".jsonl{suffix}", _line, lambda lines: pack(b"\n".join([*lines, b""])))


_PACKERS: Mapping[Compression, tuple[str, Callable[[bytes], bytes]]] = {
    Compression.NONE: ("", lambda lines: lines),
    # A time in it would make a repeated batch another file.
    Compression.GZIP: (".gz", lambda lines: gzip.compress(lines, mtime=0)),
    Compression.ZSTD: (".zst", lambda lines: zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(lines)),
}


def _line(body: bytes) -> tuple[str, bytes]:
    # To parse a record takes as long as to write it.
    if (found := _FILED_COUNTRY.search(body)) is not None:
        return found[1].decode(), body
    try:
        return _country(orjson.loads(body)["outlet"]["country"]), body
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(_NOWHERE) from error


def _country(found: object) -> str:
    if not (isinstance(found, str) and _COUNTRY.fullmatch(found)):
        raise ValueError(_NOWHERE)
    return found


def _day(batch: str) -> str:
    """The day in a UUIDv7's 48 bits of milliseconds (RFC 9562 §5.7)."""
    number = UUID(batch)
    if number.version != _TIMED:
        return "undated"
    return datetime.fromtimestamp((number.int >> 80) / 1000, UTC).strftime("%Y-%m-%d")


def _is_endpoint(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None


def _open(options: FilesOptions, tools: Tools) -> Sink:
    shelf = shelf_of(options.path, options.storage_options(), timeout=timedelta(seconds=options.timeout_s))
    return FilesSink(shelf, shape_of(options.format, options.compression), tools.clock)


KIND = SinkKind(options=FilesOptions, open=_open)
