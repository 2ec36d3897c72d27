"""`INSERT … ON CONFLICT` for both databases, which spell it alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(c: Connection, table: Table) -> Any:
    """The insert of the connection's own dialect; it has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return (postgresql if c.dialect.name == "postgresql" else sqlite).insert(table)
