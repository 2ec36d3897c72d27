"""Who may catch everything."""

from __future__ import annotations

import ast

from tests.architecture.source import modules, name, tree

# One outer wrapper writes any bug as an outcome. The others adapt a library that promises nothing about its exceptions;
# each says in a comment beside the `except` which.
MAY_CATCH_EVERYTHING = {
    "worker/archive.py",
    "worker/reading/xmlfeed.py",
    "worker/sinks/build.py",
    "worker/sinks/shelves.py",
    "worker/wiring.py",
}


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"} for kind in caught)


def test_everything_is_caught_only_where_it_is_allowed() -> None:
    catching = {
        name(module)
        for module in modules("worker")
        if any(isinstance(node, ast.ExceptHandler) and _catches_everything(node) for node in ast.walk(tree(module)))
    }
    assert catching <= MAY_CATCH_EVERYTHING, "handle the errors you know, or list the module with its reason"
