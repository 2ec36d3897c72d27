"""One watched cell for each group of cases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.cell import Alarm, Cell


@pytest.fixture(scope="session")
def alarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alarm]:
    """A file and a port that no reader may touch."""
    made = Alarm(tmp_path_factory.mktemp("trap"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def cells(alarm: Alarm) -> Iterator[dict[str, Cell]]:
    """The cells by group; a new one is made by whoever needs it."""
    made: dict[str, Cell] = {}
    yield made
    for cell in made.values():
        cell.end()
