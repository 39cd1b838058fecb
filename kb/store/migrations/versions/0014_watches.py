"""What people follow: watches, what watched searches are yet to be asked about, secret feed addresses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("component_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        _references("watches", "person_id", "people"),
        _references("watches", "article_id", "articles", ondelete="CASCADE"),
        _references("watches", "component_id", "components", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
        sa.UniqueConstraint("person_id", "key", name="uq_watches_person_id_key"),
    )
    for column in ("kind", "article_id", "component_id"):
        op.create_index(op.f(f"ix_watches_{column}"), "watches", [column])
    op.create_table(
        "to_match",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("queued_at", sa.DateTime(), nullable=False),
        _references("to_match", "article_id", "articles", ondelete="CASCADE"),
        _references("to_match", "by_id", "people"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_to_match")),
    )
    op.create_table(
        "feed_tokens",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        _references("feed_tokens", "person_id", "people"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_feed_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_feed_tokens_token_hash")),
    )


def _references(table: str, column: str, other: str, **rules: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, **rules)


def downgrade() -> None:
    for table in ("feed_tokens", "to_match", "watches"):
        op.drop_table(table)
