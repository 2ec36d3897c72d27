"""Opens a sink by its kind and what its settings say."""

from __future__ import annotations

import re
from collections.abc import Mapping

from worker.pipeline.ports import Sink
from worker.sinks.files import FilesSink

# Kind → the options it needs, and those it may have.
KINDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "files": (frozenset({"path"}), frozenset()),
    "postgres": (frozenset({"url"}), frozenset({"table"})),
}
# PostgreSQL cuts names at 63 letters, and `<table>_revisions` is one.
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,50}")


def mistakes_of(name: str, kind: str, options: Mapping[str, str]) -> list[str]:
    """What is wrong with a sink's settings, a line each, with what would be right."""
    if kind not in KINDS:
        return [f"sinks.{name}.kind: there is no kind {kind!r}; there are {', '.join(sorted(KINDS))}"]
    needed, allowed = KINDS[kind]
    missing = [f"sinks.{name}.{option}: the kind {kind} needs it" for option in sorted(needed - options.keys())]
    known = needed | allowed
    unknown = [
        f"sinks.{name}.{option}: the kind {kind} has no such setting; it has {', '.join(sorted(known))}"
        for option in sorted(options.keys() - known)
    ]
    if kind == "postgres" and not _TABLE.fullmatch(options.get("table", "copydesk_articles")):
        unknown.append(f"sinks.{name}.table: lower-case letters, digits and _ only, at most 51 of them")
    return missing + unknown


def open_sink(kind: str, options: Mapping[str, str]) -> Sink:
    """A sink, ready for use. Raises `ValueError` for a kind or an option that there is not."""
    mistakes = mistakes_of(kind, kind, options)
    if mistakes:
        raise ValueError("; ".join(mistakes))
    if kind == "files":
        return FilesSink(options["path"])
    # The driver is an extra: who has no such sink need not have it.
    from worker.sinks.postgres import PostgresSink  # noqa: PLC0415

    return PostgresSink(options["url"], table=options.get("table", "copydesk_articles"))
