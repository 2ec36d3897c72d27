"""The migrated schema is the declared one, on both databases; an unknown one is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from worker.clock import new_id
from worker.store.database import Database, open_database
from worker.store.migrate import UnknownSchemaError, check_schema, migrate
from worker.store.schema import metadata


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    opened = open_database(database_url, new_id=new_id)
    yield opened
    opened.close()


def test_the_migrations_make_the_declared_schema(database: Database) -> None:
    migrate(database)
    with database.read() as c:
        context = MigrationContext.configure(c, opts={"compare_type": True, "compare_server_default": False})
        differences: list[Any] = compare_metadata(context, metadata)
    assert differences == []


def test_partial_indexes_are_partial(database: Database) -> None:
    migrate(database)
    catalog = "SELECT indexdef FROM pg_indexes WHERE indexname = :name"
    if not database.is_postgres:
        catalog = "SELECT sql FROM sqlite_master WHERE name = :name"
    with database.read() as c:
        for name in ("ix_work_due", "ix_work_gate", "ix_work_claimed", "ix_work_begun"):
            assert " WHERE " in c.execute(text(catalog), {"name": name}).scalar_one()


def test_migrating_again_changes_nothing(database: Database) -> None:
    assert migrate(database) == migrate(database)
    check_schema(database)


def test_an_empty_database_is_refused(database: Database) -> None:
    with pytest.raises(UnknownSchemaError, match=r"schema none.*copydesk migrate"):
        check_schema(database)


def test_a_newer_schema_is_refused(database: Database) -> None:
    migrate(database)
    with database.write() as c:
        c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnknownSchemaError, match="schema 9999"):
        check_schema(database)


def test_a_read_writes_nothing_and_a_failed_write_is_undone(database: Database) -> None:
    migrate(database)
    add = text("INSERT INTO sinks (id, kind, enabled) VALUES ('a', 'files', true)")
    with pytest.raises(ZeroDivisionError), database.write() as c:
        _fail(c.execute(add))
    with database.read() as c:
        assert c.execute(text("SELECT count(*) FROM sinks")).scalar_one() == 0
        assert "work" in inspect(c).get_table_names()


def _fail(_: object) -> None:
    raise ZeroDivisionError
