"""Rooms are small enough to be read at a sitting. Larger ones are shown at the end of a run, and fail nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from tests.architecture.source import modules, name, tree

LARGEST_MODULE_LINES = 300
LARGEST_FUNCTION_LINES = 40
MOST_ARGUMENTS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _rooms() -> list[Path]:
    """All modules but the migrations, which are records and never edited."""
    return [module for module in modules("worker") if "migrations/versions" not in name(module)]


def test_large_modules_are_reported(report: Callable[[str], None]) -> None:
    for module in _rooms():
        lines = len(module.read_text(encoding="utf-8").splitlines())
        if lines > LARGEST_MODULE_LINES:
            report(f"{name(module)}: {lines} lines")


def test_large_functions_are_reported(report: Callable[[str], None]) -> None:
    for module in _rooms():
        for function in (node for node in ast.walk(tree(module)) if isinstance(node, Function)):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > LARGEST_FUNCTION_LINES:
                report(f"{name(module)}:{function.lineno}: {function.name} has {lines} lines")
            arguments = _arguments(function)
            if arguments > MOST_ARGUMENTS:
                report(f"{name(module)}:{function.lineno}: {function.name} takes {arguments} arguments")


def _arguments(function: Function) -> int:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return sum(argument.arg not in {"self", "cls"} for argument in given)
