"""The ward's own groups of words for the search, and what it changed of those that are shipped"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "thesaurus_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("finds", sa.JSON(), nullable=False),
        sa.Column("shipped_key", sa.String(length=200), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["people.id"], name=op.f("fk_thesaurus_groups_updated_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thesaurus_groups")),
        sa.UniqueConstraint("shipped_key", name=op.f("uq_thesaurus_groups_shipped_key")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("thesaurus_groups")
