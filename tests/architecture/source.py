"""The project's own source as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def modules(*rooms: str) -> list[Path]:
    """The Python files of some folders or files under the root, sorted."""
    found = [
        file for room in rooms for file in ([ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py"))
    ]
    return sorted(found)


def name(module: Path) -> str:
    """A module as its path from the root."""
    return module.relative_to(ROOT).as_posix()


@cache
def tree(module: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(module.read_text(encoding="utf-8"), filename=str(module))


def imports(module: Path) -> Iterator[str]:
    """The full names of the modules that one imports, at any depth of its code."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def libraries(module: Path) -> set[str]:
    """The top names of what a module imports."""
    return {imported.partition(".")[0] for imported in imports(module)}
