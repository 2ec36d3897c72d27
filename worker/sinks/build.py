"""Finds a kind of sink, checks what the settings say to it, and opens one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from worker.news.errors import CopydeskError, SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel, Returned, Sink
from worker.sinks.kind import SinkKind, Tools

GROUP = "copydesk.sinks"
# Kind → the module with its `KIND`; a module is imported when a sink of its kind is met: its library may be an extra.
BUILT_IN = {
    "files": "worker.sinks.files",
    "postgres": "worker.sinks.postgres",
    "redis-stream": "worker.sinks.redis_stream",
    "webhook": "worker.sinks.webhook",
}
# `<option>_file` names a file with the option's value: passwords have no place in a configuration.
_FROM_FILE = "_file"


class NoKindError(Exception):
    """There is no such kind, or it can't be had, in words."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A sink that somebody else wrote: what it raises unforeseen is trouble of the sink, and not a bug of ours."""

    sink: Sink

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Hand the batch on."""
        try:
            return self.sink.deliver(batch, parcels)
        except (CopydeskError, MemoryError):
            raise
        # A plugin promises nothing about its exceptions.
        except Exception as error:
            raise SinkDown(Reason.SINK_DOWN, f"an error in the plugin: {type(error).__name__}: {error}") from error


def kinds() -> list[str]:
    """The names of all kinds that can be had."""
    return sorted({*BUILT_IN, *_plugins()})


def kind_of(name: str) -> SinkKind[Any]:
    """A kind by its name. Raises `NoKindError`."""
    try:
        found = import_module(BUILT_IN[name]).KIND if name in BUILT_IN else _plugin(name).load()
    except ImportError as error:
        extra = f"; `pip install copydesk[{name}]`" if name in BUILT_IN else ""
        raise NoKindError(f"the kind {name} can't be had: {error}{extra}") from error
    if not isinstance(found, SinkKind) or not is_dataclass(found.options):
        raise NoKindError(f"the plugin {name} names no SinkKind with a dataclass of options")
    return found


def mistakes_of(name: str, kind: str, options: Mapping[str, object]) -> list[str]:
    """What is wrong with a sink's settings, a line each, with what would be right."""
    try:
        _options(kind_of(kind), options)
    except NoKindError as error:
        return [f"sinks.{name}.kind: {error}"]
    except ValidationError as error:
        return [_in_words(name, kind, dict(problem)) for problem in error.errors()]
    except (ValueError, OSError) as error:
        return [f"sinks.{name}: {error}"]
    return []


def open_sink(kind: str, options: Mapping[str, object], tools: Tools) -> Sink:
    """A sink, ready for use. Raises `ValueError` with all that is wrong with its settings."""
    mistakes = mistakes_of(tools.name, kind, options)
    if mistakes:
        raise ValueError("; ".join(mistakes))
    found = kind_of(kind)
    sink = found.open(_options(found, options), tools)
    return sink if kind in BUILT_IN else Plugin(sink)


def _options(kind: SinkKind[Any], options: Mapping[str, object]) -> Any:
    """The options as the kind's dataclass; those of `_file` settings are read."""
    known = {field.name for field in fields(kind.options)}
    given: dict[str, object] = {}
    for option, value in options.items():
        named = option.removesuffix(_FROM_FILE)
        if option not in known and option.endswith(_FROM_FILE) and named in known:
            given[named] = Path(str(value)).read_text(encoding="utf-8").strip()
        else:
            given[option] = value
    unknown = sorted(given.keys() - known)
    if unknown:
        raise ValueError(f"there is no setting {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return TypeAdapter(kind.options).validate_python(given)


def _in_words(name: str, kind: str, problem: Mapping[str, Any]) -> str:
    place = ".".join([f"sinks.{name}", *map(str, problem["loc"])])
    if problem["type"] == "missing":
        return f"{place}: the kind {kind} needs it"
    words = str(problem["msg"]).removeprefix("Value error, ")
    # What was found may be a password.
    return f"{place}: {words}"


def _plugins() -> dict[str, EntryPoint]:
    return {found.name: found for found in entry_points(group=GROUP)}


def _plugin(name: str) -> EntryPoint:
    found = _plugins().get(name)
    if found is None:
        raise NoKindError(f"there is no kind {name!r}; there are {', '.join(kinds())}")
    return found
