"""Writes the pages of docs/ that follow from the code: records.md with its JSON Schema, configuration.md, commands.md, reasons.md.

`make docs` runs it; tests/architecture/test_docs.py fails when a page is not what it would write.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import EnumType
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from typer.main import get_command

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from worker.cli.main import app  # noqa: E402
from worker.news import record  # noqa: E402 - found through the path above
from worker.news.reason import WORDS, Reason  # noqa: E402

DOCS = ROOT / "docs"
NOTE = "<!-- Written by `make docs`; changes belong into {source}. -->\n"


def pages() -> dict[Path, str]:
    """What each generated page holds."""
    return {
        DOCS / "records.md": records(),
        DOCS / "record.schema.json": schema(),
        DOCS / "configuration.md": configuration(),
        DOCS / "commands.md": commands(),
        DOCS / "reasons.md": reasons(),
    }


_INTRODUCTION = """\
What Copydesk stores and delivers: one JSON object a revision, in UTF-8, times in ISO 8601 and UTC. Its JSON Schema is
[record.schema.json](record.schema.json). `copydesk export` prints the latest revision of each article, one a line; the sinks get
every revision. `(id, revision)` is the idempotency key: what was delivered under it never changes, and a higher revision replaces a
lower one.
"""


# --- records --------------------------------------------------------------------------------------------------------
def records() -> str:
    """The record, class by class."""
    parts = [
        NOTE.format(source="worker/news/record.py"),
        f"# The record `{record.SCHEMA}`\n",
        _INTRODUCTION,
        "Fields are added without a new version of the form; none is removed or given another meaning within `/1`.\n",
    ]
    parts += [_described(cls) for cls in _classes(record.Record)]
    parts += [_listed(cls) for cls in _enums(record.Record)]
    return "\n".join(parts)


def _classes(first: type[Any]) -> list[type[Any]]:
    found: list[Any] = [first]
    for cls in found:
        found += [inner for inner in _inner(cls) if is_dataclass(inner) and inner not in found]
    return found


def _enums(first: type[Any]) -> list[EnumType]:
    return sorted(
        {inner for cls in _classes(first) for inner in _inner(cls) if isinstance(inner, EnumType)},
        key=lambda cls: cls.__name__,
    )


def _inner(cls: type[Any]) -> Iterator[Any]:
    for hint in get_type_hints(cls).values():
        yield from (part for part in _flat(hint) if isinstance(part, type))


def _flat(hint: Any) -> Iterator[Any]:
    yield hint
    for part in get_args(hint):
        yield from _flat(part)


def _described(cls: type[Any]) -> str:
    words = dict(re.findall(r"^    (\w+): .*?  # (.*)$", inspect.getsource(cls), re.MULTILINE))
    rows = [
        f"| `{field.name}` | {_type(get_type_hints(cls)[field.name])} | {words.get(field.name, '')} |"
        for field in fields(cls)
    ]
    table = "\n".join(["| field | type | |", "|---|---|---|", *rows])
    return f"## {cls.__name__}\n\n{inspect.cleandoc(cls.__doc__ or '')}\n\n{table}\n"


def _type(hint: Any) -> str:
    names = {"str": "string", "int": "integer", "float": "number", "bool": "true or false", "datetime": "time"}
    if hint is type(None):
        return "null"
    inner = get_args(hint)
    if inner and inner[-1] is Ellipsis:
        return f"list of {_type(inner[0])}"
    if inner:
        return " or ".join(_type(part) for part in inner)
    if hint.__module__ == record.__name__:
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return names[hint.__name__]


def _listed(cls: EnumType) -> str:
    members: list[Any] = list(cls)
    values = ", ".join(f"`{member.value}`" for member in members)
    return f"## {cls.__name__}\n\n{inspect.cleandoc(cls.__doc__ or '')} One of {values}.\n"


def schema() -> str:
    """The JSON Schema of the record."""
    made = TypeAdapter(record.Record).json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **made}, indent=1) + "\n"


# --- configuration --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Setting:
    section: str
    name: str
    default: str
    words: str


def configuration() -> str:
    """Every setting, with its variable and its default."""
    file = ROOT / "config" / "copydesk.toml"
    text = file.read_text(encoding="utf-8")
    parts = [NOTE.format(source="config/copydesk.toml and docs/configuration.in.md")]
    parts.append((DOCS / "configuration.in.md").read_text(encoding="utf-8"))
    sections = re.findall(r"(?:^# (.*)\n)?^\[(\w+)\]\n((?:#.*\n)*)", text, re.MULTILINE)
    for words, section, body in sections:
        rows = [
            f"| `{s.name}` | `{s.default}` | `COPYDESK_{section.upper()}__{s.name.upper()}` | {s.words} |"
            for s in _settings(section, body)
        ]
        table = "\n".join(["| setting | default | variable | |", "|---|---|---|---|", *rows])
        parts.append(f"## `[{section}]`\n\n{words}\n\n{table}\n")
    return "\n".join(parts)


def _settings(section: str, body: str) -> Iterator[_Setting]:
    words: list[str] = []
    for line in body.splitlines():
        found = re.fullmatch(r"# (\w+) = (.*)", line)
        if found is None:
            words.append(line.removeprefix("# "))
        else:
            yield _Setting(section, found[1], found[2], " ".join(words))
            words = []


# --- commands -------------------------------------------------------------------------------------------------------
_OF_COMMANDS = """\
Errors are one line that says what to do. Exit codes: 0 done, 1 failed, 2 used wrongly, 3 (`run --once`) something waits longer.
`--json` prints JSON for programs. `copydesk --install-completion` teaches your shell the words.
"""


def commands() -> str:
    """Every command with its arguments and options."""
    parts = [
        NOTE.format(source="worker/cli/"),
        "# Commands\n",
        _OF_COMMANDS,
    ]
    parts += _commands(get_command(app), "copydesk")
    return "\n".join(parts)


def _commands(command: Any, name: str) -> Iterator[str]:
    listed = getattr(command, "commands", {})
    if not listed:
        yield _command(command, name)
    for inner, found in listed.items():
        yield from _commands(found, f"{name} {inner}")


def _command(command: Any, name: str) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join([f"copydesk{name.removeprefix('copydesk')}", *(_argument(p) for p in arguments)])
    rows = [f"| `{_argument(p)}` | {p.help or ''} |" for p in arguments]
    rows += [f"| `{_option(p)}` | {p.help or ''}{_default(p)} |" for p in options]
    table = "\n".join(["| | |", "|---|---|", *rows]) + "\n" if rows else ""
    return f"## `{usage}`\n\n{inspect.cleandoc(command.help or '')}\n\n{table}"


def _argument(parameter: Any) -> str:
    word = parameter.metavar or parameter.name.upper()
    many = "..." if parameter.nargs == -1 else ""
    return f"{word}{many}" if parameter.required or word.startswith("[") else f"[{word}{many}]"


def _option(parameter: Any) -> str:
    flags = "/".join([*parameter.opts, *parameter.secondary_opts])
    return flags if parameter.is_flag else f"{flags} {parameter.name.upper()}"


def _default(parameter: Any) -> str:
    value = parameter.default
    shown = value is not None and not parameter.is_flag and not callable(value)
    return f" Default: `{getattr(value, 'value', value)}`." if shown else ""


# --- reasons --------------------------------------------------------------------------------------------------------
def reasons() -> str:
    """Every reason in words."""
    rows = "\n".join(f"| `{reason.value}` | {WORDS[reason]} |" for reason in Reason)
    return (
        NOTE.format(source="worker/news/reason.py")
        + "\n# Reasons\n\nWhy something was dropped, set aside, or failed. The same words stand in `copydesk why`, in `copydesk "
        "status`, and in the JSON of `copydesk run --once`.\n\n| reason | in words |\n|---|---|\n" + rows + "\n"
    )


def main() -> None:
    """Write the pages."""
    for file, text in pages().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
