"""A record as a row: its main fields by column, the same ones wherever records stand in tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

# Column → how it is read: text, whole number, list of texts, time. All but the first may be NULL.
TEXT, NUMBER, LIST, TIME = "text", "number", "list", "time"
COLUMNS: Mapping[str, str] = {
    "id": TEXT,
    "revision": NUMBER,
    "change": TEXT,
    "merged_into": TEXT,
    "url": TEXT,
    "outlet": TEXT,
    "country": TEXT,
    "language": TEXT,
    "type": TEXT,
    "access": TEXT,
    "title": TEXT,
    "summary": TEXT,
    "section": TEXT,
    "authors": LIST,
    "topics": LIST,
    "published_at": TIME,
    "modified_at": TIME,
    "fetched_at": TIME,
    "group_id": TEXT,
    "content_hash": TEXT,
    "text": TEXT,
}
# Fields that stand one level down, under a name of their own.
_INNER: Mapping[str, tuple[str, str]] = {
    "outlet": ("outlet", "id"),
    "country": ("outlet", "country"),
    "language": ("language", "code"),
    "access": ("access", "value"),
    "group_id": ("group", "id"),
}
# What may be null as a whole; its columns are then null as well.
_MAY_BE_NULL = frozenset({"language", "group"})


def flat(body: bytes | str) -> dict[str, Any]:
    """The columns of a record's JSON, in their order: str, int, list[str] or aware datetime, or None. Raises `ValueError`, in words
    that name the column, for what is no record.
    """
    record = orjson.loads(body)
    row = {name: _column(record, name, kind) for name, kind in COLUMNS.items()}
    if row["id"] is None:
        raise ValueError("it is no record: id is null")
    return row


def _column(record: Any, name: str, kind: str) -> Any:
    try:
        value = _value(record, name)
        return None if value is None else _READ[kind](value)
    except KeyError as error:
        raise ValueError(f"it is no record: it has no {error.args[0]}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"it is no record: {name}: {error}") from error


def _value(record: Any, name: str) -> Any:
    if name not in _INNER:
        return _object(record)[name]
    outer, inner = _INNER[name]
    found = _object(record)[outer]
    return None if found is None and outer in _MAY_BE_NULL else _object(found)[inner]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is wanted, not {type(value).__name__}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is wanted, not {type(value).__name__}")
    return value


def _number(value: Any) -> int:
    # In Python true is a number, in tables it is none.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a whole number is wanted, not {type(value).__name__}")
    return value


def _list(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"a list is wanted, not {type(value).__name__}")
    return [_text(item) for item in value]


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(_text(value))
    if time.tzinfo is None:
        raise ValueError("a time with its zone is wanted")
    return time


_READ: Mapping[str, Callable[[Any], Any]] = {TEXT: _text, NUMBER: _number, LIST: _list, TIME: _time}
