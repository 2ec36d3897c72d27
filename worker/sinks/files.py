"""Files of records in a folder or a store of objects: a part for each batch and country, whole or not there; again it replaces itself."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.util import find_spec
from uuid import UUID

import orjson
import zstandard

from worker.news.reason import Reason
from worker.pipeline.ports import Clock, Parcel, Returned, Sink
from worker.sinks.kind import SinkKind, Tools
from worker.sinks.shelves import Shelf, shelf_of

_TIMED = 7
_COUNTRY = re.compile(r"[A-Z]{2}")
# Above this level a batch costs more time than it saves space.
_ZSTD_LEVEL = 3
LONGEST_TIMEOUT_S = 45


class Form(StrEnum):
    """How records are written."""

    JSONL = "jsonl"
    PARQUET = "parquet"


class Compression(StrEnum):
    """How JSON Lines are packed; Parquet packs its columns by itself."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


_PACKERS: Mapping[Compression, tuple[str, Callable[[bytes], bytes]]] = {
    Compression.NONE: ("", lambda lines: lines),
    # A time in it would make a repeated batch another file.
    Compression.GZIP: (".gz", lambda lines: gzip.compress(lines, mtime=0)),
    Compression.ZSTD: (".zst", lambda lines: zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(lines)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesOptions:
    """What the settings say. `path` is a folder or an fsspec URL; the others name a store of objects, `storage` all that it takes."""

    path: str
    format: Form = Form.JSONL
    compression: Compression = Compression.NONE
    endpoint_url: str | None = None
    region: str | None = None
    timeout_s: int = 20  # of one part on its way to a store
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    storage: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.format is Form.PARQUET and self.compression is not Compression.NONE:
            raise ValueError("compression: Parquet packs its columns by itself")
        if self.format is Form.PARQUET and find_spec("pyarrow") is None:
            raise ValueError("format: Parquet needs pyarrow: `pip install copydesk[parquet]`")
        if not 1 <= self.timeout_s <= LONGEST_TIMEOUT_S:
            raise ValueError(f"timeout_s: should be from 1 to {LONGEST_TIMEOUT_S}")

    def storage_options(self) -> dict[str, object]:
        """What fsspec is told."""
        client = {"region_name": self.region} if self.region else {}
        named = {"endpoint_url": self.endpoint_url, "key": self.key, "secret": self.secret, "client_kwargs": client}
        return {name: value for name, value in named.items() if value} | dict(self.storage)


@dataclass(frozen=True, slots=True)
class FilesSink:
    """The `Sink` port: `<path>/date=<UTC day of the batch>/country=<of the outlet>/part-<batch>.<form>`."""

    shelf: Shelf
    form: Form
    compression: Compression
    clock: Clock

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Write the parts of a batch; their places follow from the batch and its records, wherever and whenever it is repeated."""
        self.shelf.sweep(now=self.clock.now())
        returned: list[Returned] = []
        for country, sent in sorted(_by_country(parcels, returned).items()):
            name, content = self._part(batch, sent, returned)
            if content:
                self.shelf.write(f"date={_day(batch)}/country={country}/{name}", content)
        return returned

    def _part(self, batch: str, sent: Sequence[Parcel], returned: list[Returned]) -> tuple[str, bytes]:
        if self.form is Form.PARQUET:
            # An extra: who never writes Parquet need not have it.
            from worker.sinks.parquet import parquet_of  # noqa: PLC0415

            return f"part-{batch}.parquet", parquet_of(sent, returned)
        suffix, pack = _PACKERS[self.compression]
        return f"part-{batch}.jsonl{suffix}", pack(b"".join(parcel.body + b"\n" for parcel in sent))


def _by_country(parcels: Sequence[Parcel], returned: list[Returned]) -> dict[str, list[Parcel]]:
    found: dict[str, list[Parcel]] = {}
    for parcel in parcels:
        country = _country_of(parcel.body)
        if country is None:
            detail = "it names no country of its outlet, and has no place without one"
            returned.append(Returned(key=parcel.key, reason=Reason.SINK_REFUSED, detail=detail))
        else:
            found.setdefault(country, []).append(parcel)
    return found


def _country_of(body: bytes) -> str | None:
    try:
        country = orjson.loads(body)["outlet"]["country"]
    except (ValueError, TypeError, KeyError):
        return None
    return country if isinstance(country, str) and _COUNTRY.fullmatch(country) else None


def _day(batch: str) -> str:
    """The day in a UUIDv7's 48 bits of milliseconds (RFC 9562 §5.7)."""
    number = UUID(batch)
    if number.version != _TIMED:
        return "undated"
    return datetime.fromtimestamp((number.int >> 80) / 1000, UTC).strftime("%Y-%m-%d")


def _open(options: FilesOptions, tools: Tools) -> Sink:
    shelf = shelf_of(options.path, options.storage_options(), timeout=timedelta(seconds=options.timeout_s))
    return FilesSink(shelf, options.format, options.compression, tools.clock)


KIND = SinkKind(options=FilesOptions, open=_open)
