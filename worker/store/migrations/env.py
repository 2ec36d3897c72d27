"""Alembic's entry: runs the migrations over the connection that `worker.store.migrate` gives it."""

from __future__ import annotations

from alembic import context

from worker.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, user_module_prefix="")
with context.begin_transaction():
    context.run_migrations()
