"""What all tests may ask for: real servers, empty databases, and the recorded data when it is at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.servers import PostgresServer, RedisServer

RECORDED_VARIABLE = "COPYDESK_RECORDED"
NOT_AT_HAND = "COPYDESK_RECORDED is not set: recorded data not at hand"
# How many tests really read recorded data is left here for whoever must be sure that some did.
RECORDED_COUNT = Path("build", "recorded-tests.txt")

# Examples are new ones each time; a slow machine is no failure; a failing example can be repeated from the output.
hypothesis.settings.register_profile("ci", derandomize=False, deadline=None, print_blob=True)
hypothesis.settings.register_profile("thorough", hypothesis.settings.get_profile("ci"), max_examples=2000)
hypothesis.settings.load_profile("ci")

_ran_recorded = pytest.StashKey[int]()
_reported = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count the tests that read recorded data, and to gather what is only reported."""
    config.stash[_ran_recorded] = 0
    config.stash[_reported] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the recorded data is marked, so that `-m recorded` finds all of them."""
    for item in items:
        if {"recorded", "recorded_folder"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.recorded)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs recorded data when there is none."""
    if item.get_closest_marker("recorded") is not None and RECORDED_VARIABLE not in os.environ:
        pytest.skip(NOT_AT_HAND)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count the tests that read recorded data, those that fail too."""
    if item.get_closest_marker("recorded") is not None:
        item.config.stash[_ran_recorded] += 1
    yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave the count in a file; two runs side by side each leave theirs."""
    file = session.config.rootpath / RECORDED_COUNT
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="ascii") as out:
        out.write(f"{session.config.stash[_ran_recorded]}\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what tests reported without failing."""
    lines = config.stash[_reported]
    if lines:
        terminalreporter.section("reported")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Takes a line to be shown at the end of the run: for what should be known and is no failure."""
    return pytestconfig.stash[_reported].append


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis for all tests; who kills it starts it again."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests; who kills it starts it again."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new, empty database of either kind; the test runs once with each."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'copydesk.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.start()
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="session")
def recorded_folder() -> Path:
    """The folder with the recorded data; a variable that names no folder fails, an unset one skips."""
    if RECORDED_VARIABLE not in os.environ:
        pytest.skip(NOT_AT_HAND)
    folder = Path(os.environ[RECORDED_VARIABLE])
    assert folder.is_dir(), f"{RECORDED_VARIABLE} names no folder: {folder}"
    return folder


@pytest.fixture
def recorded(recorded_folder: Path) -> Path:
    """The same, for one test."""
    return recorded_folder
