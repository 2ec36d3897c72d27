"""Values as JSON in columns: dumped by orjson, validated by pydantic when they come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar, cast

import orjson
from pydantic import TypeAdapter

from worker.news.page import Validators

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What poll leaves for parse beside the body: the response it came with."""

    url: str
    content_type: str
    body_hash: str  # hex
    validators: Validators
    max_age: timedelta | None
    redirect_to: str | None


def dump(value: Any) -> str:
    """A frozen dataclass as JSON text."""
    return dump_bytes(value).decode()


def dump_bytes(value: Any) -> bytes:
    """A frozen dataclass as UTF-8 JSON; times end in Z, intervals are seconds."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)


def load(type_: type[T], text: str) -> T:
    """A value back from its JSON text. Raises pydantic's `ValidationError` for what never was one."""
    value: T = _adapter(cast("Any", type_)).validate_json(text)
    return value


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_)


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(type(value).__name__)
