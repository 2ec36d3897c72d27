"""Sketches of texts, groups that can be asked for, pairs that were split by hand, and recounts of the funnel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from worker.store.types import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    # Nothing was ever written there.
    op.drop_table("bands")
    op.create_table(
        "bands",
        sa.Column("band", sa.LargeBinary(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("band", "article_id", name=op.f("pk_bands")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sketches",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sample", sa.LargeBinary(), nullable=False),
        sa.Column("bands", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_sketches")),
    )
    op.create_index(op.f("ix_sketches_day"), "sketches", ["day"], unique=False)
    op.create_table(
        "splits",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "other_id", name=op.f("pk_splits")),
    )
    op.create_table(
        "funnel_checks",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checked_at", UtcTime(), nullable=False),
        sa.Column("wrong", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_funnel_checks")),
    )
    for column in ("duplicate_of", "group_id"):
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_articles_{column}", "articles", [column], unique=False, postgresql_where=known, sqlite_where=known
        )
