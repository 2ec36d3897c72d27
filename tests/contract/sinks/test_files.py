"""What is particular to files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

import pytest

from tests.contract.sinks.folder import Folder
from tests.contract.sinks.parcels import ODD, new_article, new_batch, parcel, records, with_nul


def test_the_place_of_a_part_follows_from_its_batch_alone(folder: Folder) -> None:
    at = datetime(2025, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    batch = str(UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | 42))
    folder.open().deliver(batch, [parcel(new_article())])
    assert folder.parts() == [folder.path / "2025-12-31" / f"part-{batch}.jsonl"]


def test_a_batch_whose_name_has_no_time_has_a_place_too(folder: Folder) -> None:
    batch = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
    folder.open().deliver(batch, [parcel(new_article())])
    assert folder.parts() == [folder.path / "undated" / f"part-{batch}.jsonl"]


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
from worker.sinks.files import FilesSink
folder, batch, bodies = json.loads(sys.stdin.read())
size = sum(len(body) + 1 for body in bodies)
{death}
parcels = [Parcel(key=str(i), article=str(i), revision=1, body=body.encode()) for i, body in enumerate(bodies)]
FilesSink(folder).deliver(batch, parcels)
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
