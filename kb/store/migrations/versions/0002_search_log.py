"""What was searched for, what helped, and which unanswered searches were dealt with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("opened", sa.JSON(), nullable=False),
        sa.Column("helped", sa.String(length=10), nullable=False),
        sa.Column("unanswered", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
        sa.UniqueConstraint("token", name=op.f("uq_searches_token")),
    )
    op.create_index(op.f("ix_searches_last_at"), "searches", ["last_at"])
    op.create_index("ix_searches_unanswered_last_at", "searches", ["unanswered", "last_at"])

    op.create_table(
        "symptom_outcomes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_symptom_outcomes_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_symptom_outcomes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_symptom_outcomes_article_id"), "symptom_outcomes", ["article_id"])
    op.create_index("ix_symptom_outcomes_token_article_id", "symptom_outcomes", ["token", "article_id"])

    op.create_table(
        "handled_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_handled_searches_article_id_articles"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_handled_searches_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handled_searches")),
        sa.UniqueConstraint("key", name=op.f("uq_handled_searches_key")),
    )
    op.create_index(op.f("ix_handled_searches_at"), "handled_searches", ["at"])


def downgrade() -> None:
    op.drop_table("handled_searches")
    op.drop_table("symptom_outcomes")
    op.drop_table("searches")
