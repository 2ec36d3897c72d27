"""A place of each kind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.sinks.bucket import Bucket, open_bucket, s3_server
from tests.contract.sinks.folder import Columns, Folder
from tests.contract.sinks.places import Memory, Place
from tests.contract.sinks.postgres import Postgres
from tests.contract.sinks.receiver import Receiver, open_receiver
from tests.contract.sinks.stream import Stream, open_stream
from tests.servers import PostgresServer


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Postgres]:
    """An empty database."""
    postgres_server.start()
    url = postgres_server.create_database()
    made = Postgres(postgres_server, url)
    yield made
    for sink in made.opened:
        sink.close()
    postgres_server.drop_database(url)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder that is not there yet."""
    return Folder(tmp_path / "records")


@pytest.fixture
def columns(tmp_path: Path) -> Columns:
    """A folder for Parquet that is not there yet."""
    return Columns(tmp_path / "records")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server that speaks S3."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def bucket(s3: tuple[int, subprocess.Popen[bytes]]) -> Bucket:
    """An empty bucket."""
    return open_bucket(s3)


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    """An empty Redis."""
    yield from open_stream(tmp_path)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver that has taken nothing yet."""
    yield from open_receiver(tmp_path)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 700 KB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(params=["list", "folder", "columns", "bucket", "database", "receiver", "stream"])
def place(request: pytest.FixtureRequest) -> Place:
    """A place of each kind; the test runs once with each."""
    if request.param == "list":
        return Memory()
    found: Place = request.getfixturevalue(request.param)
    return found
