"""Incidents with their events, status updates, articles and actions; days of contact; mail to send"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_contact_days")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outbox_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_next_try_at"), "outbox", ["next_try_at"])
    op.create_index(op.f("ix_outbox_person_id"), "outbox", ["person_id"])

    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("symptom", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=2), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("offices", sa.JSON(), nullable=False),
        sa.Column("counters", sa.JSON(), nullable=False),
        sa.Column("reporter", sa.String(length=200), nullable=False),
        sa.Column("reported_by", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("on_status_page", sa.Boolean(), nullable=False),
        sa.Column("detected_at", sa.DateTime(), nullable=True),
        sa.Column("contacted_at", sa.DateTime(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("recovered_at", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("cause_state", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("cause_note", sa.Text(), nullable=False),
        sa.Column("knowledge_outcome", sa.String(length=20), nullable=False),
        sa.Column("knowledge_article_id", sa.Integer(), nullable=True),
        sa.Column("knowledge_revision_id", sa.Integer(), nullable=True),
        sa.Column("knowledge_reason", sa.Text(), nullable=False),
        sa.Column("no_action_reason", sa.Text(), nullable=False),
        sa.Column("post_mortem_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["knowledge_article_id"], ["articles.id"], name=op.f("fk_incidents_knowledge_article_id_articles")
        ),
        sa.ForeignKeyConstraint(
            ["knowledge_revision_id"],
            ["revisions.id"],
            name=op.f("fk_incidents_knowledge_revision_id_revisions"),
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["people.id"], name=op.f("fk_incidents_lead_id_people")),
        sa.ForeignKeyConstraint(
            ["post_mortem_id"], ["articles.id"], name=op.f("fk_incidents_post_mortem_id_articles")
        ),
        sa.ForeignKeyConstraint(["reported_by"], ["people.id"], name=op.f("fk_incidents_reported_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("source", name=op.f("uq_incidents_source")),
        sa.UniqueConstraint("year", "serial", name="uq_incidents_year_serial"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_closed_at_severity", "incidents", ["closed_at", "severity"])
    op.create_index(op.f("ix_incidents_contacted_at"), "incidents", ["contacted_at"])
    op.create_index(op.f("ix_incidents_created_at"), "incidents", ["created_at"])
    op.create_index(op.f("ix_incidents_knowledge_article_id"), "incidents", ["knowledge_article_id"])
    op.create_index(op.f("ix_incidents_lead_id"), "incidents", ["lead_id"])
    op.create_index(op.f("ix_incidents_on_status_page"), "incidents", ["on_status_page"])
    op.create_index(op.f("ix_incidents_post_mortem_id"), "incidents", ["post_mortem_id"])
    op.create_index(op.f("ix_incidents_recovered_at"), "incidents", ["recovered_at"])
    op.create_index(op.f("ix_incidents_reported_by"), "incidents", ["reported_by"])

    op.create_table(
        "incident_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("check_due", sa.Date(), nullable=True),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.Column("effect_note", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(), nullable=True),
        sa.Column("reopened_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_incident_actions_created_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_actions_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["people.id"], name=op.f("fk_incident_actions_owner_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["reopened_by_id"], ["incidents.id"], name=op.f("fk_incident_actions_reopened_by_id_incidents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_actions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incident_actions_check_due"), "incident_actions", ["check_due"])
    op.create_index(op.f("ix_incident_actions_due"), "incident_actions", ["due"])
    op.create_index(op.f("ix_incident_actions_incident_id"), "incident_actions", ["incident_id"])
    op.create_index(op.f("ix_incident_actions_owner_id"), "incident_actions", ["owner_id"])

    op.create_table(
        "incident_articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_incident_articles_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_articles_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_incident_articles_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_incident_articles_revision_id_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_articles")),
        sa.UniqueConstraint("incident_id", "article_id", "part", name="uq_incident_articles_link"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incident_articles_article_id"), "incident_articles", ["article_id"])
    op.create_index(op.f("ix_incident_articles_at"), "incident_articles", ["at"])
    op.create_index(op.f("ix_incident_articles_outcome"), "incident_articles", ["outcome"])

    op.create_table(
        "incident_components",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("component_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["component_id"], ["components.id"], name=op.f("fk_incident_components_component_id_components")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_components_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("incident_id", "component_id", name=op.f("pk_incident_components")),
    )
    op.create_index(op.f("ix_incident_components_component_id"), "incident_components", ["component_id"])

    op.create_table(
        "incident_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_id"], ["incident_events.id"], name=op.f("fk_incident_events_about_id_incident_events")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_events_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_incident_events_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_events")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_events_incident_id_at", "incident_events", ["incident_id", "at", "id"])

    op.create_table(
        "incident_updates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ward_text", sa.Text(), nullable=False),
        sa.Column("staff_text", sa.Text(), nullable=False),
        sa.Column("eta_from", sa.DateTime(), nullable=True),
        sa.Column("eta_to", sa.DateTime(), nullable=True),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("next_due", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["incident_events.id"], name=op.f("fk_incident_updates_event_id_incident_events")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_updates_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_updates")),
        sa.UniqueConstraint("event_id", name=op.f("uq_incident_updates_event_id")),
    )
    op.create_index("ix_incident_updates_incident_id_at", "incident_updates", ["incident_id", "at", "id"])
    op.create_index(op.f("ix_incident_updates_next_due"), "incident_updates", ["next_due"])

    op.add_column("revisions", sa.Column("incident_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_revisions_incident_id"), "revisions", ["incident_id"])
    op.add_column("people", sa.Column("email", sa.String(length=254), nullable=False, server_default=""))
    op.create_index(op.f("ix_symptom_outcomes_incident_id"), "symptom_outcomes", ["incident_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_symptom_outcomes_incident_id"), "symptom_outcomes")
    op.drop_column("people", "email")
    op.drop_index(op.f("ix_revisions_incident_id"), "revisions")
    op.drop_column("revisions", "incident_id")
    for table in (
        "incident_updates",
        "incident_events",
        "incident_components",
        "incident_articles",
        "incident_actions",
        "incidents",
        "outbox",
        "contact_days",
    ):
        op.drop_table(table)
