"""What is particular to files in a store that shows a file while it is written: those of fsspec that are no store of objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from tests.contract.sinks.folder import Folder
from tests.contract.sinks.parcels import batch_of, new_article, new_batch, parcel, records
from tests.contract.sinks.places import tools
from tests.harness import START
from worker.news.errors import SinkDown
from worker.pipeline.ports import Sink
from worker.sinks.build import open_sink


class InPlace(LocalFileSystem):  # type: ignore[misc]
    """A file system whose readers see a file grow; `halfway` is where writers meet."""

    protocol = "inplace"
    halfway: Barrier | None = None

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: object) -> None:
        del mode
        half = len(value) // 2
        with Path(path).open("wb", buffering=0) as file:
            file.write(value[:half])
            if self.halfway is not None:
                self.halfway.wait(30)
            file.write(value[half:])


class Careful(InPlace):
    """One that moves nothing over what is there."""

    protocol = "careful"

    def mv(self, path1: str, path2: str, **_: object) -> None:
        if Path(path2).exists():
            raise FileExistsError(path2)
        Path(path1).rename(path2)


class Stuck(InPlace):
    """One that moves nothing at all."""

    protocol = "stuck"

    def mv(self, path1: str, path2: str, **_: object) -> None:
        raise PermissionError(path1)


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    """The stores by their names."""
    for store in (InPlace, Careful, Stuck):
        fsspec.register_implementation(store.protocol, store, clobber=True)
    yield
    InPlace.halfway = None


def open_at(scheme: str, folder: Folder) -> Sink:
    return open_sink("files", {"path": f"{scheme}://{folder.path}"}, tools())


@pytest.mark.parametrize("scheme", ["inplace", "careful"])
def test_a_batch_that_comes_again_replaces_its_part(folder: Folder, scheme: str) -> None:
    batch, one = new_batch(), parcel(new_article())
    for _ in range(3):
        assert list(open_at(scheme, folder).deliver(batch, [one])) == []
    assert folder.names() == [f"date={_day(folder)}/country=PT/part-{batch}.jsonl"]
    assert folder.stored() == records(one)
    assert len([path for path in folder.path.rglob("*") if path.is_file()]) == 1


def test_two_workers_with_the_same_batch_do_not_write_into_each_other_s_file(folder: Folder) -> None:
    """Each waits in the middle of its file for the other one."""
    batch, parcels = new_batch(), [parcel(new_article()) for _ in range(5)]
    InPlace.halfway = Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(open_at("inplace", folder).deliver, batch, parcels) for _ in range(2)]
        assert [list(one.result()) for one in running] == [[], []]
    assert folder.stored() == records(*parcels)
    assert [path.name for path in folder.path.rglob("*") if path.is_file()] == [f"part-{batch}.jsonl"]


def test_a_reader_sees_nothing_of_a_part_that_broke_off(folder: Folder) -> None:
    batch, one = new_batch(), parcel(new_article())
    InPlace.halfway = Barrier(2)
    InPlace.halfway.abort()
    with pytest.raises(BrokenBarrierError):
        InPlace.halfway.wait()
    with pytest.raises(SinkDown):
        open_at("inplace", folder).deliver(batch, [one])
    assert folder.parts() == []
    InPlace.halfway = None
    assert list(open_at("inplace", folder).deliver(batch, [one])) == []
    assert folder.stored() == records(one)


def test_a_store_that_moves_nothing_is_down_and_loses_nothing(folder: Folder) -> None:
    batch, one = new_batch(), parcel(new_article())
    with pytest.raises(SinkDown, match="stuck://") as caught:
        open_at("stuck", folder).deliver(batch, [one])
    assert isinstance(caught.value.__cause__, PermissionError)
    assert folder.parts() == []


def test_what_a_killed_process_left_in_a_store_is_swept_a_day_later(folder: Folder) -> None:
    before = batch_of(START - timedelta(days=2))
    open_at("inplace", folder).deliver(before, [parcel(new_article())])
    (part,) = folder.parts()
    old, young, stranger = (
        part.with_name(name) for name in (f".{part.name}.1.part", f".{part.name}.2.part", ".x.part")
    )
    for file, days in ((old, 2), (young, 0), (stranger, 2)):
        file.write_bytes(b"half")
        at = (START - timedelta(days=days)).timestamp()
        os.utime(file, (at, at))
    open_at("inplace", folder).deliver(new_batch(), [parcel(new_article())])
    assert [file.exists() for file in (old, young, stranger, part)] == [False, True, True, True]


def _day(folder: Folder) -> str:
    (day,) = folder.path.iterdir()
    return day.name.removeprefix("date=")
