"""Finds a kind of sink, checks what the settings say to it, and opens one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from worker.news.errors import CopydeskError, HostDown, SinkDown
from worker.news.reason import Reason
from worker.news.subscription import Subscription
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
# Kinds whose libraries an extra of the same name installs.
_EXTRAS = {"postgres"}
# `<option>_file` names a file with the option's value: passwords have no place in a configuration.
_FROM_FILE = "_file"


class NoKindError(Exception):
    """There is no such kind, or it can't be had, in words."""


class WrongSettings(ValueError):
    """All that is wrong with the settings of a sink, a line each, with what would be right."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("; ".join(mistakes))


@dataclass(frozen=True, slots=True)
class Plugin:
    """A sink that somebody else wrote: an error in it is trouble of the sink, and no bug of ours."""

    kind: str
    sink: Sink

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Hand the batch on. Raises `SinkDown`."""
        keys = {parcel.key for parcel in parcels}
        try:
            returned = tuple(self.sink.deliver(batch, parcels))
            strangers = [one for one in returned if one.key not in keys]
        except (SinkDown, MemoryError):
            raise
        except HostDown as error:
            raise SinkDown(Reason.SINK_DOWN, str(error), retry_after=error.retry_after) from error
        except CopydeskError as error:
            raise SinkDown(Reason.SINK_DOWN, str(error)) from error
        # A plugin promises nothing about its exceptions.
        except Exception as error:
            raise self._broken(f"{type(error).__name__}: {error}") from error
        if strangers:
            raise self._broken("it returned what was not in the batch")
        return returned

    def _broken(self, words: str) -> SinkDown:
        return SinkDown(Reason.SINK_DOWN, f"an error in the plugin {self.kind}: {words}")


def kinds() -> list[str]:
    """The names of all kinds that can be had."""
    return sorted({*BUILT_IN, *(found.name for found in entry_points(group=GROUP))})


def kind_of(name: str) -> SinkKind[Any]:
    """A kind by its name. Raises `NoKindError`."""
    if name not in BUILT_IN:
        return _plugin(name)
    try:
        found: SinkKind[Any] = import_module(BUILT_IN[name]).KIND
    except ImportError as error:
        extra = f"; `pip install copydesk[{name}]`" if name in _EXTRAS else ""
        raise NoKindError(f"the kind {name} can't be had: {error}{extra}") from error
    return found


def mistakes_of(name: str, kind: str, options: Mapping[str, object]) -> list[str]:
    """What is wrong with a sink's settings, a line each, with what would be right."""
    try:
        _read(name, kind, options)
    except WrongSettings as wrong:
        return wrong.mistakes
    return []


def open_sink(kind: str, options: Mapping[str, object], tools: Tools) -> Sink:
    """A sink, ready for use. Raises `WrongSettings`."""
    found, read = _read(tools.name, kind, options)
    try:
        sink = found.open(read, tools)
    # A plugin promises nothing about its exceptions.
    except Exception as error:
        if kind in BUILT_IN:
            raise
        raise WrongSettings([f"sinks.{tools.name}: {_trouble(kind, error)}"]) from error
    return sink if kind in BUILT_IN else Plugin(kind, sink)


def _read(name: str, kind: str, options: Mapping[str, object]) -> tuple[SinkKind[Any], Any]:
    """A kind, and the options as its dataclass; those of `_file` settings are read. Raises `WrongSettings`."""
    try:
        found = kind_of(kind)
        return found, TypeAdapter(found.options).validate_python(_given(name, kind, found, options))
    except WrongSettings:
        raise
    except NoKindError as error:
        raise WrongSettings([f"sinks.{name}.kind: {error}"]) from error
    except ValidationError as error:
        # Without the cause, which repeats what was found: that may be a password.
        raise WrongSettings([_in_words(name, kind, dict(problem)) for problem in error.errors()]) from None
    # A plugin promises nothing about its exceptions.
    except Exception as error:
        if kind in BUILT_IN:
            raise
        raise WrongSettings([f"sinks.{name}: {_trouble(kind, error)}"]) from error


def _given(name: str, kind: str, found: SinkKind[Any], options: Mapping[str, object]) -> dict[str, object]:
    """The options by their names. Raises `WrongSettings` with the mistakes that can be seen without their types."""
    known = [field.name for field in fields(found.options)]
    given: dict[str, object] = {}
    mistakes: list[str] = []
    for option, value in options.items():
        named = option.removesuffix(_FROM_FILE)
        if option in known:
            given[option] = value
        elif option == named or named not in known:
            mistakes.append(
                f"sinks.{name}.{option}: there is no such setting; the kind {kind} has {', '.join(known)}, "
                f"and every sink {', '.join(_of_every_sink())}"
            )
        elif named in options:
            mistakes.append(f"sinks.{name}.{option}: {named} is there too; one of the two is enough")
        else:
            try:
                given[named] = _contents(found, named, str(value))
            except (OSError, UnicodeDecodeError) as error:
                words = error.strerror if isinstance(error, OSError) else "it is no text"
                mistakes.append(f"sinks.{name}.{option}: {value} can't be read: {words}")
    if mistakes:
        raise WrongSettings(mistakes)
    return given


def _contents(found: SinkKind[Any], option: str, file: str) -> str | list[str]:
    """What a file says for an option: its text, or for a list a line each."""
    text = Path(file).read_text(encoding="utf-8").strip()
    kind = get_type_hints(found.options)[option]
    return text.splitlines() if (get_origin(kind) or kind) in {list, tuple} else text


def _in_words(name: str, kind: str, problem: Mapping[str, Any]) -> str:
    place = ".".join([f"sinks.{name}", *map(str, problem["loc"])])
    if problem["type"] == "missing":
        return f"{place}: the kind {kind} needs it"
    return f"{place}: {str(problem['msg']).removeprefix('Value error, ')}"


def _of_every_sink() -> Iterator[str]:
    """The settings that every sink has, whatever its kind; times carry their unit."""
    yield from ("kind", "enabled", "from")
    for field in fields(Subscription):
        yield f"{field.name}_s" if "timedelta" in str(field.type) else field.name


def _plugin(name: str) -> SinkKind[Any]:
    """A kind that an installed package names. Raises `NoKindError`."""
    named: list[EntryPoint] = [found for found in entry_points(group=GROUP) if found.name == name]
    if not named:
        raise NoKindError(f"there is no kind {name!r}; there are {', '.join(kinds())}")
    if len(named) > 1:
        raise NoKindError(f"{name} is the name of several plugins: {', '.join(sorted(one.value for one in named))}")
    try:
        found = named[0].load()
    # It runs code of theirs.
    except Exception as error:
        raise NoKindError(_trouble(name, error)) from error
    if not isinstance(found, SinkKind) or not is_dataclass(found.options):
        raise NoKindError(f"the plugin {name} names no SinkKind with a dataclass of options: {named[0].value}")
    taken = sorted({field.name for field in fields(found.options)} & set(_of_every_sink()))
    if taken:
        raise NoKindError(f"the plugin {name} has options that every sink has, and never gets them: {', '.join(taken)}")
    return found


def _trouble(kind: str, error: Exception) -> str:
    return f"an error in the plugin {kind}: {type(error).__name__}: {error}"
