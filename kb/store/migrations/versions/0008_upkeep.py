"""Articles kept true: verifications, marks of releases, flags with their conversations, successors"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("published_at", sa.DateTime(), nullable=True))
    op.create_index("ix_articles_published_at", "articles", ["published_at"])
    op.execute(
        "UPDATE articles SET published_at ="
        " (SELECT created_at FROM revisions WHERE revisions.id = articles.published_id)"
    )
    op.create_table(
        "verifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("against", sa.Text(), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        _references("verifications", "article_id", "articles", ondelete="CASCADE"),
        _references("verifications", "revision_id", "revisions"),
        _references("verifications", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index(op.f("ix_verifications_article_id"), "verifications", ["article_id"])
    op.create_table(
        "review_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        _references("review_marks", "article_id", "articles", ondelete="CASCADE"),
        _references("review_marks", "release_id", "articles", ondelete="CASCADE"),
        _references("review_marks", "ended_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_marks")),
        sa.UniqueConstraint("article_id", "release_id", name="uq_review_marks_article_id_release_id"),
    )
    op.create_index(op.f("ix_review_marks_release_id"), "review_marks", ["release_id"])
    only_open = sa.text("ended_at IS NULL")
    op.create_index("ix_review_marks_open", "review_marks", ["article_id"], sqlite_where=only_open)
    _flags()
    op.create_table(
        "successors",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("merged", sa.Boolean(), nullable=False),
        _references("successors", "article_id", "articles", ondelete="CASCADE"),
        _references("successors", "successor_id", "articles", ondelete="CASCADE"),
        _references("successors", "person_id", "people"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_successors")),
    )
    op.create_index(op.f("ix_successors_successor_id"), "successors", ["successor_id"])


def _flags() -> None:
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("waits_for", sa.String(length=10), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        _references("flags", "article_id", "articles", ondelete="CASCADE"),
        _references("flags", "revision_id", "revisions"),
        _references("flags", "person_id", "people"),
        _references("flags", "closed_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
    )
    op.create_index(op.f("ix_flags_article_id"), "flags", ["article_id"])
    op.create_index(op.f("ix_flags_person_id"), "flags", ["person_id"])
    op.create_index("ix_flags_closed_at_article_id", "flags", ["closed_at", "article_id"])
    op.create_table(
        "flag_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flag_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _references("flag_messages", "flag_id", "flags", ondelete="CASCADE"),
        _references("flag_messages", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag_messages")),
    )
    op.create_index(op.f("ix_flag_messages_flag_id"), "flag_messages", ["flag_id"])


def _references(table: str, column: str, other: str, **rules: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, **rules)


def downgrade() -> None:
    for table in ("successors", "flag_messages", "flags", "review_marks", "verifications"):
        op.drop_table(table)
    op.drop_index("ix_articles_published_at", "articles")
    op.drop_column("articles", "published_at")
