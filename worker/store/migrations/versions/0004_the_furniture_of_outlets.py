"""Lines that stand on many pages of an outlet are counted, and revisions say which of them were left out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from worker.store.types import Detail

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OFTEN = sa.text("pages > 2")


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "furniture_counts",
        sa.Column("outlet_id", sa.String(length=64), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("outlet_id", name=op.f("pk_furniture_counts")),
    )
    op.create_table(
        "furniture",
        sa.Column("outlet_id", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("sample", Detail(), nullable=True),
        sa.Column("spared", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.PrimaryKeyConstraint("outlet_id", "hash", name=op.f("pk_furniture")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_furniture_often",
        "furniture",
        ["outlet_id", "pages", "days", "spared", "hash"],
        unique=False,
        postgresql_where=_OFTEN,
        sqlite_where=_OFTEN,
    )
    op.add_column("revisions", sa.Column("dropped", sa.LargeBinary(), nullable=True))
