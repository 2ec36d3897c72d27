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


def flat(body: bytes | str) -> dict[str, Any]:
    """The columns of a record's JSON, in their order. Raises `ValueError` for what is no record."""
    found = orjson.loads(body)
    try:
        return {name: _READ[kind](_value(found, name)) for name, kind in COLUMNS.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no record: {type(error).__name__} {error}") from error


def _value(record: Mapping[str, Any], name: str) -> Any:
    match name:
        case "outlet":
            return record["outlet"]["id"]
        case "country":
            return record["outlet"]["country"]
        case "language":
            return (record.get("language") or {}).get("code")
        case "access":
            return record["access"]["value"]
        case "group_id":
            return (record.get("group") or {}).get("id")
        case _:
            return record[name]


_READ: Mapping[str, Callable[[Any], Any]] = {
    TEXT: lambda value: value,
    NUMBER: int,
    LIST: list,
    TIME: lambda value: None if value is None else datetime.fromisoformat(value),
}
