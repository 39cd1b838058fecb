"""Walks through guides, and which cause was behind them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guide_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("step_at", sa.DateTime(), nullable=True),
        sa.Column("step_minutes", sa.Double(), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_guide_runs_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["people.id"], name=op.f("fk_guide_runs_changed_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_guide_runs_incident_id_incidents"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_guide_runs_person_id_people")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_guide_runs_revision_id_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_runs")),
        sa.UniqueConstraint("source", name=op.f("uq_guide_runs_source")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_guide_runs_article_id_ended_at", "guide_runs", ["article_id", "ended_at", "id"])
    op.create_index("ix_guide_runs_person_id_state", "guide_runs", ["person_id", "state"])
    op.create_index(op.f("ix_guide_runs_incident_id"), "guide_runs", ["incident_id"])
    op.create_table(
        "guide_run_causes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_guide_run_causes_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["guide_runs.id"],
            name=op.f("fk_guide_run_causes_run_id_guide_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_run_causes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_guide_run_causes_run_id"), "guide_run_causes", ["run_id"])


def downgrade() -> None:
    op.drop_table("guide_run_causes")
    op.drop_table("guide_runs")
