"""The schema: bringing a database to the current one, and refusing one that is another."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from worker.store.database import Database

# Two migrations at once would each make the same tables.
_ADVISORY = 0x636F7079


class UnknownSchemaError(Exception):
    """The database has another schema than this version of Copydesk knows."""


def migrate(database: Database) -> str:
    """Bring the database to the current schema and return its revision. Raises `UnknownSchemaError`."""
    config = _config()
    with database.write() as c:
        if database.is_postgres:
            c.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
        _refuse_newer(_current(c))
        config.attributes["connection"] = c
        command.upgrade(config, "head")
    return _head()


def check_schema(database: Database) -> None:
    """Raise `UnknownSchemaError` unless the database has the schema that this version knows."""
    with database.read() as c:
        current = _current(c)
    _refuse_newer(current)
    if current != _head():
        found = "none" if current is None else current
        message = f"the database has the schema {found}, this version needs {_head()}: run `copydesk migrate`"
        raise UnknownSchemaError(message)


def _current(c: Connection) -> str | None:
    return MigrationContext.configure(c).get_current_revision()


def _refuse_newer(current: str | None) -> None:
    """A schema that no migration of ours makes is a later version's: there is no way back to ours."""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        message = f"the database has the schema {current}, which this version ({_head()}) does not know: a newer Copydesk made it, use that one"
        raise UnknownSchemaError(message)


def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return str(head)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
