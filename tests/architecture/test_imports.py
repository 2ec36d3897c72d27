"""What may import what, where import-linter has no words for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.architecture.source import imports, libraries, modules, name

# Each of these libraries has the rooms that know it; nobody else does.
DOORS = {
    "httpx": ("worker/net/",),
    "httpcore": ("worker/net/",),
    "protego": ("worker/net/",),
    "sqlalchemy": ("worker/store/",),
    "alembic": ("worker/store/",),
    "psycopg": ("worker/store/", "worker/sinks/"),
    "feedparser": ("worker/reading/",),
    "trafilatura": ("worker/reading/",),
    "lxml": ("worker/reading/",),
    "resiliparse": ("worker/reading/",),
    "rensa": ("worker/reading/sketch.py",),
    "numpy": ("worker/reading/forest.py",),
    "fsspec": ("worker/archive.py", "worker/sinks/"),
    "pydantic_settings": ("worker/settings.py",),
}


@pytest.mark.parametrize("module", modules("worker/news", "worker/pipeline"), ids=name)
def test_the_middle_imports_only_the_standard_library_and_itself(module: Path) -> None:
    assert libraries(module) <= sys.stdlib_module_names | {"worker"}


@pytest.mark.parametrize("library", DOORS)
def test_a_library_is_known_only_behind_its_door(library: str) -> None:
    knowing = [name(module) for module in modules("worker") if library in libraries(module)]
    assert [module for module in knowing if not module.startswith(DOORS[library])] == []


def test_no_test_uses_mocks() -> None:
    using = [name(m) for m in modules("tests", "bench") if any(i.startswith("unittest.mock") for i in imports(m))]
    assert using == []
