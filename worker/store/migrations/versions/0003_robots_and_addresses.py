"""robots.txt by origin, hosts' IP addresses, redirects that polls and fetches resume, outlets whose robots.txt is not asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from worker.store.types import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here. The table robots was never written to before."""
    op.drop_table("robots")
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("fetched_at", UtcTime(), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("why", sa.String(length=32), server_default="", nullable=False),
        sa.Column("ask_at", sa.Text(), nullable=True),
        sa.Column("hops", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_robots")),
    )
    op.add_column("hosts", sa.Column("asked_at", UtcTime(), nullable=True))
    op.add_column("hosts", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("resume_steps", sa.Text(), nullable=True))
    op.add_column("feeds", sa.Column("resume", sa.Text(), nullable=True))
    op.add_column("outlets", sa.Column("ignore_robots", sa.Text(), nullable=True))
