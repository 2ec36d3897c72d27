"""What is particular to files."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import zstandard
from fsspec.registry import known_implementations
from pyarrow import parquet

from tests.contract.sinks.folder import Columns, Folder
from tests.contract.sinks.parcels import ODD, batch_of, new_article, new_batch, parcel, records, with_nul
from tests.harness import START, FakeClock
from worker.news.errors import SinkDown
from worker.news.reason import Reason
from worker.sinks.build import mistakes_of
from worker.sinks.files import LONGEST, Compression, FilesSink, Form, shape_of
from worker.sinks.parquet import SCHEMA
from worker.sinks.shelves import Shelf, shelf_of


def test_the_place_of_a_part_follows_from_its_batch_alone(folder: Folder) -> None:
    at = datetime(2025, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    batch = batch_of(at)
    folder.open().deliver(batch, [parcel(new_article())])
    assert folder.names() == [f"date=2025-12-31/country=PT/part-{batch}.jsonl"]


def test_a_batch_whose_name_has_no_time_has_a_place_too(folder: Folder) -> None:
    batch = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
    folder.open().deliver(batch, [parcel(new_article())])
    assert folder.names() == [f"date=undated/country=PT/part-{batch}.jsonl"]


def test_a_part_holds_its_records_byte_by_byte_a_line_each_in_their_order(folder: Folder) -> None:
    parcels = [parcel(new_article(), text=ODD), with_nul(new_article()), parcel(new_article())]
    folder.open().deliver(new_batch(), parcels)
    (part,) = folder.parts()
    assert part.read_bytes().split(b"\n") == [*(one.body for one in parcels), b""]


def test_nothing_but_parts_is_left_in_the_folder(folder: Folder) -> None:
    batches = [new_batch() for _ in range(3)]
    for batch in [*batches, *batches]:
        folder.open().deliver(batch, [parcel(new_article())])
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == sorted(f"part-{batch}.jsonl" for batch in batches)


def test_a_reader_never_sees_half_a_part(folder: Folder) -> None:
    batch, parcels = new_batch(), [parcel(new_article(), text="x" * 20_000) for _ in range(50)]
    whole = b"".join(one.body + b"\n" for one in parcels)
    done = Event()

    def write() -> None:
        for _ in range(20):
            folder.open().deliver(batch, parcels)
        done.set()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not done.is_set() and not writing.done():
            assert {part.read_bytes() for part in folder.parts()} <= {whole}
    writing.result()


# What a child does before its part is whole: it fills a file of at most half the size, or dies in a system call.
_DEATHS = {
    "in the middle of the write": """
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))
""",
    "before the part is on the disk": "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)",
    "before the part has its name": "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)",
}
_CHILD = """
import json, os, pathlib, resource, signal, sys
from worker.pipeline.ports import Parcel
from tests.contract.sinks.folder import Folder
folder, batch, bodies = json.loads(sys.stdin.read())
size = sum(len(body) + 1 for body in bodies)
{death}
parcels = [Parcel(key=str(i), article=str(i), revision=1, body=body.encode()) for i, body in enumerate(bodies)]
Folder(pathlib.Path(folder)).open().deliver(batch, parcels)
"""


@pytest.mark.faults
@pytest.mark.parametrize("death", list(_DEATHS))
def test_a_process_that_is_killed_leaves_no_half_part(folder: Folder, death: str) -> None:
    batch, parcels = new_batch(), [parcel(new_article(), text="x" * 1000) for _ in range(100)]
    told = json.dumps([str(folder.path), batch, [one.body.decode() for one in parcels]])
    code = _CHILD.format(death=_DEATHS[death])
    child = subprocess.run([sys.executable, "-c", code], input=told.encode(), check=False, timeout=60)
    assert child.returncode in {-signal.SIGKILL, -signal.SIGXFSZ}
    left = [path for path in folder.path.rglob("*") if path.is_file()]
    assert len(left) == 1, "what the child began lies there, hidden"
    assert left[0].name.startswith(".")
    assert folder.parts() == []
    folder.open().deliver(batch, parcels)
    assert folder.stored() == records(*parcels)


def test_a_batch_of_two_countries_has_a_part_for_each(folder: Folder) -> None:
    batch = new_batch()
    spanish = {"id": "diario", "name": "El Diario", "country": "ES", "language": "es"}
    parcels = [parcel(new_article()), parcel(new_article(), outlet=spanish), parcel(new_article())]
    folder.open().deliver(batch, parcels)
    assert [name.split("/")[1:] for name in folder.names()] == [
        ["country=ES", f"part-{batch}.jsonl"],
        ["country=PT", f"part-{batch}.jsonl"],
    ]
    assert folder.stored() == records(*parcels)


@pytest.mark.parametrize("outlet", [None, {}, {"country": None}, {"country": "../.."}, {"country": "pt"}, "PT"])
def test_a_record_without_a_country_comes_back_and_its_neighbours_are_written(folder: Folder, outlet: object) -> None:
    good, bad = parcel(new_article()), parcel(new_article(), outlet=outlet)
    (returned,) = folder.open().deliver(new_batch(), [bad, good])
    assert (returned.key, returned.reason) == (bad.key, Reason.SINK_REFUSED)
    assert folder.stored() == records(good)


@pytest.mark.parametrize(
    ("compression", "suffix", "unpack"),
    [("gzip", ".jsonl.gz", gzip.decompress), ("zstd", ".jsonl.zst", zstandard.ZstdDecompressor().decompress)],
)
def test_lines_may_be_packed_and_a_repeated_batch_is_the_same_file(
    folder: Folder, compression: str, suffix: str, unpack: Callable[[bytes], bytes]
) -> None:
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(3)]
    folder.open(compression=compression).deliver(batch, parcels)
    (part,) = folder.parts()
    before = part.read_bytes()
    folder.open(compression=compression).deliver(batch, parcels)
    assert part.name == f"part-{batch}{suffix}"
    assert part.read_bytes() == before
    assert unpack(before) == b"".join(one.body + b"\n" for one in parcels)


def test_parquet_has_the_columns_of_every_table_and_the_same_schema_when_they_are_empty(columns: Columns) -> None:
    full = parcel(new_article(), authors=["Ana Reis", "Rui"], group={"id": "g"}, text=ODD)
    bare = parcel(new_article(), url=None, language=None, authors=[], published_at=None, fetched_at=None)
    columns.open().deliver(new_batch(), [full])
    columns.open().deliver(new_batch(), [bare])
    rows = {row["id"]: row for row in columns.table().to_pylist()}
    assert {part.suffix for part in columns.parts()} == {".parquet"}
    assert all(parquet.read_schema(part).equals(SCHEMA) for part in columns.parts())
    assert rows[full.article]["authors"] == ["Ana Reis", "Rui"]
    assert rows[full.article]["text"] == ODD
    assert rows[full.article]["group_id"] == "g"
    assert rows[full.article]["published_at"] == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert rows[bare.article]["published_at"] is None
    assert rows[bare.article]["language"] is None
    assert rows[bare.article]["country"] == "PT"


@pytest.mark.parametrize(
    "wrong", [{"published_at": "yesterday"}, {"type": ["x"]}, {"title": 7}, {"authors": "Ana"}, {"revision": 1 << 40}]
)
def test_what_is_no_row_comes_back_from_parquet_and_its_neighbours_are_written(
    columns: Columns, wrong: dict[str, Any]
) -> None:
    good, bad = parcel(new_article()), parcel(new_article(), **wrong)
    (returned,) = columns.open().deliver(new_batch(), [good, bad])
    assert (returned.key, returned.reason) == (bad.key, Reason.SINK_REFUSED)
    assert next(iter(wrong)) in returned.detail
    assert columns.stored() == records(good)
    assert [one.key for one in columns.open().deliver(new_batch(), [bad])] == [bad.key]


def test_what_a_killed_process_left_is_swept_a_day_later(folder: Folder) -> None:
    """Its batch is of the day before the last."""
    folder.open().deliver(batch_of(START - timedelta(days=2)), [parcel(new_article())])
    (part,) = folder.parts()
    left = [part.with_name(f".{part.name}.7-{n}.part") for n in (1, 2)]
    stranger = part.with_name(".notes.part")
    for file in (*left, stranger):
        file.write_bytes(b"half")
    old = (START - timedelta(days=2)).timestamp()
    for file in (left[0], stranger):
        os.utime(file, (old, old))
    os.utime(left[1], (START.timestamp(), START.timestamp()))
    folder.open().deliver(new_batch(), [parcel(new_article())])
    assert [file.exists() for file in (*left, stranger)] == [False, True, True]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": ""}, "path: should be a folder or a URL"),
        ({"path": "nowhere://bucket"}, "path: there is no store nowhere://"),
        ({"path": "s3://"}, "path: should be s3://BUCKET/FOLDER"),
        ({"path": "sftp://ana:pa55word@host/news"}, "path: a password has its place in `storage`"),
        (
            {"path": "s3://news", "endpoint_url": "minio:9000"},
            "endpoint_url: should be http://HOST:PORT or https://HOST",
        ),
        ({"path": "s3://news", "endpoint_url": "http://ana:pa55word@minio"}, "without a login"),
        ({"path": "s3://news", "key": "AKIA"}, "key: it is nothing without `secret`"),
        ({"path": "s3://news", "timeout_s": 46}, "timeout_s: should be from 1 to 45"),
        ({"path": "a", "format": "parquet", "compression": "gzip"}, "compression: Parquet packs its columns by itself"),
    ],
)
def test_settings_that_can_t_work_are_refused_before_anything_is_sent(given: dict[str, object], words: str) -> None:
    (mistake,) = mistakes_of("out", "files", given)
    assert words in mistake
    assert "pa55word" not in mistake


def test_a_store_whose_library_is_not_here_is_refused_with_what_to_install() -> None:
    missing = (scheme for scheme, known in known_implementations.items() if not find_spec(known["class"].split(".")[0]))
    scheme = next(missing, None)
    if scheme is None:
        pytest.skip("the libraries of all stores are here")
    (mistake,) = mistakes_of("out", "files", {"path": f"{scheme}://news/x"})
    assert str(known_implementations[scheme].get("err", "its library is missing")) in mistake


def test_what_a_text_says_of_an_outlet_is_not_where_its_record_goes(folder: Folder) -> None:
    """The country is found without reading all of a record."""
    lure = '"outlet":{"id":"x","name":"X","country":"ES","language":"es"}'
    for one in (parcel(new_article(), url=f"https://paper.example/{lure}"), parcel(new_article(), change=lure)):
        folder.open().deliver(new_batch(), [one])
    assert {name.split("/")[1] for name in folder.names()} == {"country=PT"}


def test_the_country_of_something_else_is_not_the_outlet_s(folder: Folder) -> None:
    one = parcel(new_article(), outlet={"id": "x", "name": "X"}, place={"name": "Y", "country": "ES"})
    (returned,) = folder.open().deliver(new_batch(), [one])
    assert (returned.key, returned.reason) == (one.key, Reason.SINK_REFUSED)
    assert folder.parts() == []


@pytest.mark.parametrize("name", ['The "Paper"', "\\", 'x","country":"ES', "Diário {1}", ODD])
def test_the_name_of_an_outlet_may_have_any_letters(folder: Folder, name: str) -> None:
    one = parcel(new_article(), outlet={"id": "paper", "name": name, "country": "PT", "language": "pt"})
    assert list(folder.open().deliver(new_batch(), [one])) == []
    assert [found.split("/")[1] for found in folder.names()] == ["country=PT"]


@dataclass
class Slow:
    """A folder where each part takes more than half of the time that there is for a batch."""

    shelf: Shelf
    clock: FakeClock

    def write(self, parts: Mapping[str, bytes], *, is_late: Callable[[], bool]) -> Sequence[str]:
        def after_a_while() -> bool:
            late = is_late()
            self.clock.at += LONGEST * 0.51
            return late

        return self.shelf.write(parts, is_late=after_a_while)

    def sweep(self, *, now: datetime) -> None:
        self.shelf.sweep(now=now)


def test_parts_that_a_slow_disk_leaves_no_time_for_come_back_untried(folder: Folder) -> None:
    clock = FakeClock()
    slow = Slow(shelf_of(str(folder.path), {}, timeout=LONGEST), clock)
    sink = FilesSink(slow, shape_of(Form.JSONL, Compression.NONE), clock)
    parcels = [parcel(new_article(), outlet={"id": "x", "country": country}) for country in ("DE", "ES", "PT")]
    returned = list(sink.deliver(new_batch(), parcels))
    assert [(one.key, one.reason, one.tried) for one in returned] == [(parcels[2].key, Reason.SINK_SLOW, False)]
    assert folder.stored() == records(*parcels[:2])


def test_a_disk_that_is_full_is_down_and_takes_the_same_batch_afterwards(tiny_disk: Path) -> None:
    folder = Folder(tiny_disk / "records")
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(bytes(400 << 10))
    batch, parcels = new_batch(), [parcel(new_article(), text="x" * 2000) for _ in range(150)]
    with pytest.raises(SinkDown, match="No space"):
        folder.open().deliver(batch, parcels)
    assert folder.parts() == []
    ballast.unlink()
    assert not list(folder.path.rglob(".*")), "nothing of it is left"
    assert list(folder.open().deliver(batch, parcels)) == []
    assert folder.stored() == records(*parcels)
