"""The `Archive` port: one suite for the fake, a folder and a store in memory; then what is particular to files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
import zstandard

from tests.doubles import DictArchive
from worker.archive import LARGEST_BODY, BlobArchive
from worker.clock import new_id
from worker.news.errors import ArchiveDown, Transient
from worker.news.page import Held
from worker.news.reason import Reason
from worker.pipeline.ports import Archive

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
# What a browser gets, and what it never should.
BODIES = {
    "empty": b"",
    "tiny": b"a",
    "page": "<p>A manhã em São Tomé.</p>".encode() * 500,
    "zeros": bytes(100_000),
    "all bytes": bytes(range(256)) * 40,
    "5 MB that do not shrink": os.urandom(5_000_000),
    "a packed body": zstandard.ZstdCompressor().compress(b"packed twice" * 100),
}


@dataclass(frozen=True)
class Kind:
    """A kind of archive; each call opens the same place once more."""

    open: Callable[[], Archive]


@pytest.fixture(params=["dict", "folder", "file URL", "memory"])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    """An archive of each kind, empty."""
    match request.param:
        case "dict":
            archive = DictArchive()
            return Kind(lambda: archive)
        case "folder":
            return Kind(lambda: BlobArchive(str(tmp_path / "archive")))
        case "file URL":
            return Kind(lambda: BlobArchive((tmp_path / "archive").as_uri()))
        case _:
            # One store for the whole process: each test has a folder of its own in it.
            url = f"memory://{new_id()}"
            return Kind(lambda: BlobArchive(url))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an archive of files is."""
    return tmp_path / "archive"


# --- the promise ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_comes_out_as_it_went_in_wherever_it_is_opened(kind: Kind, body: bytes) -> None:
    key = kind.open().put(Held(body), now=NOW)
    assert kind.open().get(key) == body


def test_the_same_body_on_the_same_day_has_one_key(kind: Kind) -> None:
    archive = kind.open()
    keys = {archive.put(Held(b"a body"), now=NOW + timedelta(hours=hours)) for hours in (-12, 0, 11)}
    assert len(keys) == 1
    assert archive.get(keys.pop()) == b"a body"


def test_another_day_is_another_key_and_so_is_another_body(kind: Kind) -> None:
    archive = kind.open()
    put = [(b"a", NOW), (b"b", NOW), (b"a", NOW + timedelta(days=1))]
    keys = {archive.put(Held(body), now=now): body for body, now in put}
    assert len(keys) == 3
    assert {key: archive.get(key) for key in keys} == keys


def test_keys_name_the_day_so_that_old_days_can_be_found(kind: Kind) -> None:
    assert kind.open().put(Held(b"a"), now=NOW).startswith("pages/2026-11-24/")


@pytest.mark.parametrize("key", ["pages/2026-11-24/00.zst", "pages/1999-01-01/never.zst", "nowhere"])
def test_a_body_that_is_not_there_is_named_so(kind: Kind, key: str) -> None:
    archive = kind.open()
    archive.put(Held(b"another"), now=NOW)
    with pytest.raises(Transient, match=key) as caught:
        archive.get(key)
    assert caught.value.reason is Reason.NO_BODY


def test_an_archive_without_any_body_has_none(kind: Kind) -> None:
    with pytest.raises(Transient) as caught:
        kind.open().get("pages/2026-11-24/00.zst")
    assert caught.value.reason is Reason.NO_BODY


def test_threads_may_put_the_same_bodies_at_once(kind: Kind) -> None:
    bodies = [bytes([n]) * 50_000 for n in range(5)]
    start = Barrier(4)

    def put() -> list[str]:
        archive = kind.open()
        start.wait()
        keys = [archive.put(Held(body), now=NOW) for body in bodies]
        assert [archive.get(key) for key in keys] == bodies
        return keys

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(put) for _ in range(4)]
    assert len({tuple(one.result()) for one in running}) == 1


# --- the mark -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["folder", "memory"])
def test_processes_that_share_an_archive_see_its_mark(folder: Path, where: str) -> None:
    url = str(folder) if where == "folder" else f"memory://{new_id()}"
    archive = BlobArchive(url)
    assert not archive.has_probe()
    archive.write_probe()
    archive.write_probe()
    assert BlobArchive(url).has_probe()
    assert not BlobArchive(f"{url}-another").has_probe()


# --- damage ---------------------------------------------------------------------------------------------------------
def kept(folder: Path, body: bytes) -> tuple[BlobArchive, str, Path]:
    """An archive with one body, its key and its file."""
    archive = BlobArchive(str(folder))
    key = archive.put(Held(body), now=NOW)
    return archive, key, folder / key


def lacks(archive: BlobArchive, key: str) -> bool:
    with pytest.raises(Transient) as caught:
        archive.get(key)
    return caught.value.reason is Reason.NO_BODY


@pytest.mark.parametrize("left", [0, 1, 4, 20, -1])
def test_a_file_that_was_cut_off_is_no_body(folder: Path, left: int) -> None:
    archive, key, file = kept(folder, os.urandom(1000))
    file.write_bytes(file.read_bytes()[:left])
    assert lacks(archive, key)


def test_a_file_of_something_else_is_no_body(folder: Path) -> None:
    archive, key, file = kept(folder, b"a body")
    file.write_bytes(b"<html>")
    assert lacks(archive, key)


def test_a_bit_that_fell_over_is_noticed(folder: Path) -> None:
    archive, key, file = kept(folder, os.urandom(1000))
    packed = bytearray(file.read_bytes())
    packed[500] ^= 1
    file.write_bytes(packed)
    assert lacks(archive, key)


@pytest.mark.parametrize(
    "says_its_size",
    [
        True,
        False,
    ],
)
def test_a_file_that_unpacks_beyond_any_body_is_no_body(folder: Path, *, says_its_size: bool) -> None:
    archive, key, file = kept(folder, b"a body")
    packer = zstandard.ZstdCompressor(level=1, write_content_size=says_its_size)
    file.write_bytes(packer.compress(bytes(LARGEST_BODY + 1)))
    assert lacks(archive, key)


def test_a_folder_that_cannot_be_is_trouble_of_ours(folder: Path) -> None:
    archive, key, _ = kept(folder, b"a body")
    folder.rename(folder.with_name("moved"))
    folder.write_bytes(b"")
    with pytest.raises(ArchiveDown, match=folder.name):
        archive.put(Held(b"another"), now=NOW)
    with pytest.raises(ArchiveDown, match=folder.name):
        archive.get(key)
    with pytest.raises(ArchiveDown, match=folder.name):
        archive.write_probe()
    folder.unlink()
    folder.with_name("moved").rename(folder)
    assert archive.get(key) == b"a body"


# --- whole, or not at all -------------------------------------------------------------------------------------------
def test_nothing_but_bodies_is_left_in_the_folder(folder: Path) -> None:
    archive = BlobArchive(str(folder))
    keys = {archive.put(Held(body), now=NOW) for body in (b"a", b"b", b"a")}
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == keys


def test_a_reader_never_sees_half_a_body(folder: Path) -> None:
    bodies = [os.urandom(500_000) for _ in range(20)]
    written = Event()

    def write() -> None:
        try:
            for body in bodies:
                BlobArchive(str(folder)).put(Held(body), now=NOW)
        finally:
            written.set()

    reader = BlobArchive(str(folder))
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not written.is_set():
            for file in folder.rglob("[!.]*.zst"):
                assert reader.get(str(file.relative_to(folder))) in bodies
    writing.result()


# What a child does before its blob is whole: it fills a file of at most half the size, or dies in a system call.
_DEATHS = {
    "in the middle of the write": """
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (len(body) // 2, len(body) // 2))
""",
    "before the blob is on the disk": "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)",
    "before the blob has its name": "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)",
}
_CHILD = """
import os, pathlib, resource, signal, sys
from datetime import datetime
from worker.archive import BlobArchive
from worker.news.page import Held
body = sys.stdin.buffer.read()
archive = BlobArchive(sys.argv[1])
{death}
archive.put(Held(body), now=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.faults
@pytest.mark.parametrize("death", list(_DEATHS))
def test_a_process_that_is_killed_leaves_no_half_blob(folder: Path, death: str) -> None:
    body = os.urandom(300_000)
    command = [sys.executable, "-c", _CHILD.format(death=_DEATHS[death]), str(folder), NOW.isoformat()]
    child = subprocess.run(command, input=body, check=False, timeout=60)
    assert child.returncode in {-signal.SIGKILL, -signal.SIGXFSZ}
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert len(left) == 1, "what the child began lies there, hidden"
    assert left[0].name.startswith(".")
    archive, key, file = kept(folder, body)
    assert archive.get(key) == body
    assert not file.name.startswith(".")
