"""Outlets are switched by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.add_column("outlets", sa.Column("switch", sa.String(length=8), nullable=True))
    op.add_column("feeds", sa.Column("named", sa.Boolean(), server_default=sa.text("(true)"), nullable=False))
