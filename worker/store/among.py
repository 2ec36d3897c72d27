"""Conditions over many values as one parameter: a list of a hundred is not compiled, sent and planned anew each time."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY


def among(c: Connection, column: Column[Any], values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """Whether a column of numbers or words has one of these values."""
    if c.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(column.type)))
    return column.in_(select(func.json_each(json.dumps(list(values))).table_valued("value").c.value))
