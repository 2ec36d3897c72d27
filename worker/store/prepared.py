"""Statements that are made once: SQLAlchemy takes longer to put one together than a database takes to run it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, Update, bindparam, case, or_, update
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@cache
def update_by(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Update:
    """An UPDATE by some columns, as `key_<name>`, of others, as `new_<name>`."""
    return (
        update(table)
        .where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


def update_row(c: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Set columns of the row with a key. The values are plain ones."""
    statement = update_by(table, tuple(key), tuple(values))
    c.execute(
        statement,
        {f"key_{name}": value for name, value in key.items()}
        | {f"new_{name}": value for name, value in values.items()},
    )


@cache
def add_up(dialect: str, table: Table, keys: tuple[str, ...], counts: tuple[str, ...]) -> Any:
    """An INSERT of counts that adds to those that stand under the same key."""
    insert = _INSERTS[dialect](table).values({name: bindparam(name) for name in (*keys, *counts)})
    added = {name: table.c[name] + insert.excluded[name] for name in counts}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=added)


@cache
def put_earlier(dialect: str, table: Table, key: str, time: str) -> Any:
    """An INSERT of a time that stays the earliest that was put there."""
    insert = _INSERTS[dialect](table)
    earlier = case(
        (or_(table.c[time].is_(None), insert.excluded[time] < table.c[time]), insert.excluded[time]),
        else_=table.c[time],
    )
    return insert.values({key: bindparam(key), time: bindparam(time)}).on_conflict_do_update(
        index_elements=[key], set_={time: earlier}
    )
