"""Incidents, what happened in them, and what must not happen again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.domain.incidents import incident_number
from kb.store.models.articles import Article, Component, Revision
from kb.store.models.base import Base
from kb.store.models.people import Person

incident_components = Table(
    "incident_components",
    Base.metadata,
    Column("incident_id", ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("component_id", ForeignKey("components.id"), primary_key=True, index=True),
)


class Incident(Base):
    """What a number (INC-2027-0001) stands for: its newest state; how it came about is in its events.

    year, serial: the number; years are those of Japan time at recording.
    symptom: the reporter's words. offices, counters: names, in the reporter's order.
    reporter: section or role of who called, no name; reported_by: their account, if they have one.
    lead_id: who is in charge. on_status_page: whether ward staff see it while it lasts.
    cause: a short label ("プリントサーバーの停止"), the same cause when it folds to the same; cause_state:
    "", "confirmed" or "not_found" (then cause_note says why).
    knowledge_outcome: a key of KNOWLEDGE_OUTCOMES or "".
    source: where an imported incident comes from; source_hash: SHA-256 of what was imported.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("year", "serial", name="uq_incidents_year_serial"),
        Index("ix_incidents_closed_at_severity", "closed_at", "severity"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    year: Mapped[int]
    serial: Mapped[int]
    symptom: Mapped[str]
    severity: Mapped[str] = mapped_column(String(2))
    urgent: Mapped[bool] = mapped_column(default=False)
    offices: Mapped[list[str]] = mapped_column(default=list)
    counters: Mapped[list[str]] = mapped_column(default=list)
    reporter: Mapped[str] = mapped_column(String(200), default="")
    reported_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    on_status_page: Mapped[bool] = mapped_column(default=False, index=True)
    detected_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    recovered_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    cause_state: Mapped[str] = mapped_column(String(20), default="")
    cause: Mapped[str] = mapped_column(String(200), default="")
    cause_note: Mapped[str] = mapped_column(default="")
    knowledge_outcome: Mapped[str] = mapped_column(String(20), default="")
    knowledge_article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), index=True)
    knowledge_revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    knowledge_reason: Mapped[str] = mapped_column(default="")
    no_action_reason: Mapped[str] = mapped_column(default="")
    post_mortem_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    source: Mapped[str | None] = mapped_column(unique=True)
    source_hash: Mapped[str | None] = mapped_column(String(64))

    lead: Mapped[Person | None] = relationship(foreign_keys=[lead_id])
    reporting_person: Mapped[Person | None] = relationship(foreign_keys=[reported_by])
    components: Mapped[list[Component]] = relationship(secondary=incident_components, order_by=Component.name)
    knowledge_article: Mapped[Article | None] = relationship(foreign_keys=[knowledge_article_id])
    knowledge_revision: Mapped[Revision | None] = relationship(foreign_keys=[knowledge_revision_id])
    post_mortem: Mapped[Article | None] = relationship(foreign_keys=[post_mortem_id])

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """INC-2027-0001, as people quote it."""
        return incident_number(self.year, self.serial)

    @property
    def state(self) -> str:
        """A key of STATES: "waiting", "recovering", "recovered" or "closed"."""
        if self.closed_at is not None:
            return "closed"
        if self.recovered_at is not None:
            return "recovered"
        return "waiting" if self.started_at is None else "recovering"


class IncidentEvent(Base):
    """Something that happened in an incident. Rows are added and never changed: a correction is a new one.

    at: when it happened; recorded_at: when it was written (later: back-dated). Order: at, then id.
    kind: a key of EVENT_KINDS. about_id: the event that this one corrects or ends (a visit's leaving).
    data: what the kind keeps besides its text; JSON, no personal data.
    """

    __tablename__ = "incident_events"
    __table_args__ = (
        Index("ix_incident_events_incident_id_at", "incident_id", "at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(default="")
    about_id: Mapped[int | None] = mapped_column(ForeignKey("incident_events.id"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    person: Mapped[Person | None] = relationship()
    about: Mapped[IncidentEvent | None] = relationship(remote_side=[id])


class IncidentUpdate(Base):
    """What the ward was told at a moment (C-4); rows are added and never changed.

    eta_from, eta_to: the expected time of recovery; both None while it is unknown.
    confidence: a key of ETA_CONFIDENCES. next_due: when the ward hears again; None after the last one.
    """

    __tablename__ = "incident_updates"
    __table_args__ = (Index("ix_incident_updates_incident_id_at", "incident_id", "at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("incident_events.id"), unique=True)
    at: Mapped[datetime]
    ward_text: Mapped[str]
    staff_text: Mapped[str] = mapped_column(default="")
    eta_from: Mapped[datetime | None]
    eta_to: Mapped[datetime | None]
    confidence: Mapped[str] = mapped_column(String(10), default="")
    next_due: Mapped[datetime | None] = mapped_column(index=True)


class IncidentArticle(Base):
    """What an article was to an incident: one row for how it was used, one for what it was made from.

    part: "use" (outcome solved, partly, not_helped, misled) or "made" (created, updated); see LINK_OUTCOMES.
    revision_id: the revision that stood (use) or that came of it (made).
    """

    __tablename__ = "incident_articles"
    __table_args__ = (
        UniqueConstraint("incident_id", "article_id", "part", name="uq_incident_articles_link"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    part: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(20), index=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(index=True)

    incident: Mapped[Incident] = relationship()
    article: Mapped[Article] = relationship()


class IncidentAction(Base):
    """What is done so that the same incident does not recur (C-5).

    kind: a key of ACTION_KINDS. done_at with evidence; effect: a key of EFFECTS, "" until it is checked.
    reopened_by_id: the incident of the same cause that showed the action had not been effective.
    """

    __tablename__ = "incident_actions"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    due: Mapped[date] = mapped_column(Date, index=True)
    done_at: Mapped[datetime | None]
    evidence: Mapped[str] = mapped_column(default="")
    check_due: Mapped[date | None] = mapped_column(Date, index=True)
    effect: Mapped[str] = mapped_column(String(20), default="")
    effect_note: Mapped[str] = mapped_column(default="")
    checked_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]
    reopened_by_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    incident: Mapped[Incident] = relationship(foreign_keys=[incident_id])
    reopened_by: Mapped[Incident | None] = relationship(foreign_keys=[reopened_by_id])
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])

    __mapper_args__ = {"version_id_col": version}


class ContactDay(Base):
    """A day on which contact is received, or is not, against the rule of C-2 (`kb.domain.worktime`)."""

    __tablename__ = "contact_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    open: Mapped[bool]
    note: Mapped[str] = mapped_column(String(200), default="")
