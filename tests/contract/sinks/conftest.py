"""A place of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.sinks.folder import Folder
from tests.contract.sinks.places import Memory, Place
from tests.contract.sinks.postgres import Postgres
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


@pytest.fixture(params=["list", "files", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """A place of each kind; the test runs once with each."""
    match request.param:
        case "list":
            return Memory()
        case "files":
            found: Place = request.getfixturevalue("folder")
        case _:
            found = request.getfixturevalue("database")
    return found
