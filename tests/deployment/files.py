"""docker-compose.yml and ops/Dockerfile as their engines read them; only what these two files use is known here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from tests.architecture.source import ROOT

COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "ops" / "Dockerfile"
OUR_IMAGE = "copydesk:"
# `$$`, `${NAME}`, `${NAME:-default}`, or a `$` that means nothing.
_DOLLAR = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}|(?P<wrong>))")
_SECRET = re.compile(r"^#   ops/secrets/(\w+)\s+(\S.*)$", re.MULTILINE)


def composed(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The compose file with its anchors, merges and variables resolved (compose specification, 12-interpolation)."""
    found: dict[str, Any] = _filled(yaml.safe_load(COMPOSE.read_bytes()), variables or {})
    return found


def services() -> dict[str, dict[str, Any]]:
    """The services by name."""
    found: dict[str, dict[str, Any]] = composed()["services"]
    return found


def documented_secrets() -> dict[str, str]:
    """What the head of the compose file says that each secret holds, with USER and PASSWORD to be filled in."""
    return dict(_SECRET.findall(COMPOSE.read_text(encoding="utf-8")))


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, variables) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, variables) for inner in value]
    return _DOLLAR.sub(lambda found: _meant(found, variables), value) if isinstance(value, str) else value


def _meant(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    assert found["name"], f"a single $: {found.string}"
    value = variables.get(found["name"], found["default"])
    assert value is not None, f"{found['name']} has no value and no default"
    return value


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of the image by stage, each as (word, rest)."""
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    found: list[list[tuple[str, str]]] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        if word:
            found[-1].append((word, rest.strip()))
    return found


def image_environment() -> dict[str, str]:
    """What the image sets for each process; `$PATH` is that of the image below it."""
    settings = [part for word, rest in stages()[-1] if word == "ENV" for part in shlex.split(rest)]
    return dict(setting.split("=", 1) for setting in settings)


def seconds(duration: str) -> float:
    """A duration of the compose file; only seconds are used there."""
    assert duration.endswith("s")
    return float(duration.removesuffix("s"))
