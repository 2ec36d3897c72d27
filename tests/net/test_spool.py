"""Bodies in memory and on disk: what they hold, and that it is given back."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.net.conftest import Made
from tests.net.test_client import get
from tests.net.web import LONGEST_WAIT_S, Reply, Web, reply
from worker.net.spool import Budget, SpooledBody, spool
from worker.news.errors import ArchiveDown, HostDown
from worker.news.page import Accept, Held, Page, Request
from worker.news.reason import Reason

MOST, IN_MEMORY = 100_000, 10_000


def open_files() -> int:
    """How many files without a name this process has open; connections come and go beside them."""
    gc.collect()
    targets = []
    for descriptor in Path("/proc/self/fd").iterdir():
        # One that was closed meanwhile is none.
        with suppress(OSError):
            targets.append(str(descriptor.readlink()))
    return sum(target.endswith("(deleted)") for target in targets)


def is_on_disk(body: SpooledBody) -> bool:
    return body._file is not None


def in_pieces(size: int, piece: int = 1000) -> Iterator[bytes]:
    for at in range(0, size, piece):
        yield bytes(min(piece, size - at))


@pytest.fixture
def budget() -> Budget:
    """A small one."""
    return Budget(MOST)


# --- where bodies are -----------------------------------------------------------------------------------------------
def test_a_small_body_is_in_memory_and_a_larger_one_in_a_file_without_a_name(budget: Budget, tmp_path: Path) -> None:
    small = spool(in_pieces(IN_MEMORY), budget=budget, in_memory=IN_MEMORY)
    assert not is_on_disk(small)
    assert budget.left == MOST - IN_MEMORY
    large = spool(in_pieces(IN_MEMORY + 1), budget=budget, in_memory=IN_MEMORY)
    assert large._file is not None
    assert os.fstat(large._file).st_nlink == 0
    assert budget.left == MOST - IN_MEMORY, "it holds no memory"
    assert (small.size, large.size) == (IN_MEMORY, IN_MEMORY + 1)


def test_no_body_is_in_memory_when_the_others_have_used_it_up(budget: Budget) -> None:
    bodies = [spool(in_pieces(IN_MEMORY), budget=budget, in_memory=IN_MEMORY) for _ in range(12)]
    assert [is_on_disk(body) for body in bodies] == [False] * 10 + [True] * 2
    assert budget.left == 0
    assert {body.read() for body in bodies} == {bytes(IN_MEMORY)}
    assert {body.digest for body in bodies} == {sha256(bytes(IN_MEMORY)).digest()}


def test_a_body_that_outgrows_what_is_left_goes_to_disk_with_what_it_has(budget: Budget) -> None:
    held = spool([bytes(MOST - 1500)], budget=budget, in_memory=MOST)
    body = spool([b"a" * 1000, b"b" * 1000, b"c"], budget=budget, in_memory=MOST)
    assert is_on_disk(body)
    assert body.read() == b"a" * 1000 + b"b" * 1000 + b"c"
    assert budget.left == 1500
    del held


@given(st.lists(st.binary(max_size=400), max_size=12), st.integers(0, 1500), st.integers(0, 1500), st.integers(0, 2000))
def test_a_body_is_what_came_wherever_it_is(pieces: list[bytes], in_memory: int, left: int, size: int) -> None:
    budget = Budget(left)
    body, whole = spool(pieces, budget=budget, in_memory=in_memory), b"".join(pieces)
    assert body.read() == b"".join(body.chunks()) == b"".join(body.chunks()) == whole
    assert (body.size, body.digest) == (len(whole), sha256(whole).digest())
    assert body.start(size) == whole[:size]
    assert budget.left == (left if is_on_disk(body) else left - len(whole))
    held = Held(whole)
    assert (body.size, body.digest, body.start(size)) == (held.size, held.digest, held.start(size))
    del body
    assert budget.left == left


# --- what is given back ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [100, 50_000, 150_000])
def test_what_a_body_holds_is_given_back_with_it(budget: Budget, size: int) -> None:
    before = open_files()
    body = spool(in_pieces(size), budget=budget, in_memory=IN_MEMORY)
    reading = body.chunks()
    next(reading)
    del body
    # Who reads it has it still.
    assert (budget.left, open_files()) != (MOST, before)
    assert sum(map(len, reading)) == size - min(size, 65_536)
    del reading
    assert (budget.left, open_files()) == (MOST, before)


@pytest.mark.parametrize("size", [0, 1000, 50_000])
def test_what_was_held_is_given_back_when_reading_fails_midway(budget: Budget, size: int) -> None:
    def breaking_off() -> Iterator[bytes]:
        yield from in_pieces(size)
        raise HostDown(Reason.PROTOCOL)

    before = open_files()
    with pytest.raises(HostDown):
        spool(breaking_off(), budget=budget, in_memory=IN_MEMORY)
    assert (budget.left, open_files()) == (MOST, before)


def test_a_fetcher_gives_back_what_its_answers_held(web: Web, made: Made) -> None:
    web.answers["/large"] = reply(200, bytes(400_000))
    web.answers["/half"] = Reply([b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + bytes(400_000)])
    fetcher = made(body_in_memory=100_000, bodies_in_memory=150_000)
    get(fetcher, web.url("/large"))
    before = open_files()
    pages = [get(fetcher, web.url("/large")) for _ in range(5)]
    assert open_files() == before + 5
    for _ in range(5):
        with pytest.raises(HostDown):
            get(fetcher, web.url("/half"))
    assert fetcher._budget.left == 150_000
    del pages
    assert fetcher._budget.left == 150_000


def test_all_bodies_together_hold_no_more_than_the_budget(web: Web, made: Made) -> None:
    threads, size, budget = 64, 50_000, 500_000
    web.answers["/a"] = reply(200, bytes(size))
    fetcher = made(body_in_memory=size, bodies_in_memory=budget)
    together = Barrier(threads, timeout=LONGEST_WAIT_S)

    def ask(_: int) -> Page:
        together.wait()
        page = fetcher.fetch(Request(url=web.url("/a"), accept=Accept.PAGE))
        assert isinstance(page, Page)
        return page

    with ThreadPoolExecutor(threads) as pool:
        pages = list(pool.map(ask, range(threads), timeout=LONGEST_WAIT_S))
    in_memory = [page for page in pages if isinstance(page.body, SpooledBody) and not is_on_disk(page.body)]
    assert {page.body.size for page in pages} == {size}
    assert fetcher._budget.left == budget - size * len(in_memory) >= 0
    del pages, in_memory
    gc.collect()
    assert fetcher._budget.left == budget


# --- a disk that is full --------------------------------------------------------------------------------------------
FULL_DISK = """
import os, resource, signal, sys
from worker.net.spool import Budget, spool
from worker.news.errors import ArchiveDown

_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, most))
budget, before = Budget(100_000), len(os.listdir("/proc/self/fd"))
for first, in_memory in ((60_000, 1000), (60_000, 100_000), (1000, 500)):
    try:
        spool([bytes(first), bytes(60_000)], budget=budget, in_memory=in_memory)
    except ArchiveDown as error:
        assert budget.left == 100_000, budget.left
        assert len(os.listdir("/proc/self/fd")) == before
        print(error)
# Whoever counts lines writes a file in the end.
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
"""


def test_a_full_disk_is_the_archives_trouble_and_loses_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK], capture_output=True, text=True, timeout=60, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ran.stdout.splitlines() == ["the folder for temporary files can't take a large body: File too large"] * 3, (
        ran.stderr
    )


def test_a_folder_for_temporary_files_that_is_away_is_the_archives_trouble(
    budget: Budget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "away"))
    with pytest.raises(ArchiveDown, match="temporary files"):
        spool(in_pieces(50_000), budget=budget, in_memory=IN_MEMORY)
    assert budget.left == MOST


def test_no_folder_for_temporary_files_at_all_is_the_archives_trouble(
    budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    with pytest.raises(ArchiveDown, match="No usable temporary directory"):
        spool(in_pieces(50_000), budget=budget, in_memory=IN_MEMORY)
    assert budget.left == MOST


def test_a_process_without_descriptors_can_keep_small_bodies_only(budget: Budget) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        small = spool([b"news"], budget=budget, in_memory=IN_MEMORY)
        with pytest.raises(ArchiveDown):
            spool(in_pieces(50_000), budget=budget, in_memory=IN_MEMORY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert small.read() == b"news"
    assert budget.left == MOST - 4


def test_the_trouble_with_the_disk_comes_through_the_client(
    web: Web, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.answers["/a"] = reply(200, bytes(50_000))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "away"))
    with pytest.raises(ArchiveDown):
        get(made(body_in_memory=1000), web.url("/a"))
