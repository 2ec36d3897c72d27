"""What a sink takes and how it stands; deliveries that are sent again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from worker.store.types import Detail, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("subscription", sa.Text(), server_default="{}", nullable=False),
        sa.Column("paused_why", Detail(), nullable=True),
        sa.Column("added_at", UtcTime(), nullable=True),
        sa.Column("down_since", UtcTime(), nullable=True),
        sa.Column("delivered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("delivered_at", UtcTime(), nullable=True),
    )
    for column in columns:
        op.add_column("sinks", column)
    op.add_column("deliveries", sa.Column("again", sa.SmallInteger(), server_default="0", nullable=False))
    for name, condition in (("created_at", "outcome IS NULL"), ("settled_at", "settled_at IS NOT NULL")):
        where = sa.text(condition)
        op.create_index(
            f"ix_deliveries_sink_id_{name}",
            "deliveries",
            ["sink_id", name],
            unique=False,
            postgresql_where=where,
            sqlite_where=where,
        )
    dead = sa.text("outcome = 'dead'")
    op.create_index(
        "ix_deliveries_dead",
        "deliveries",
        ["sink_id", "settled_at"],
        unique=False,
        postgresql_where=dead,
        sqlite_where=dead,
    )
    # They were counted row by row until now.
    op.execute(
        "UPDATE sinks SET delivered = (SELECT count(*) FROM deliveries WHERE deliveries.sink_id = sinks.id "
        "AND deliveries.outcome = 'delivered')"
    )
