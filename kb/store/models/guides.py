"""Walks through guides, and which cause was behind them. They hold ids and figures, no free text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.store.models.articles import Article, Revision
from kb.store.models.base import Base
from kb.store.models.incidents import Incident
from kb.store.models.people import Person


class GuideRun(Base):
    """One walk through the guide of a revision. Once it is closed it never changes.

    person_id: who holds it now. state: a key of RUN_STATES; origin: a key of RUN_ORIGINS.
    results: [[step id, outcome, minutes], ...] in order; calling for help is no row of it (see ended_at).
    step, step_at: the step before the person and since when, None while the walk rests; step_minutes: what
    was spent on it before. step is "" where it is the proposed one; confirmed: a step that cannot be undone
    was agreed to. changed_at, changed_by_id: the last answer.
    expected: [mean, low, high] minutes told at the start; empty for imported runs.
    source: names an imported run, so that it is imported once.
    """

    __tablename__ = "guide_runs"
    __table_args__ = (
        Index("ix_guide_runs_article_id_ended_at", "article_id", "ended_at", "id"),
        Index("ix_guide_runs_person_id_state", "person_id", "state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    incident_id: Mapped[int | None] = mapped_column(
        ForeignKey("incidents.id", ondelete="SET NULL"), index=True
    )
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    origin: Mapped[str] = mapped_column(String(10), default="walk")
    state: Mapped[str] = mapped_column(String(10), default="open")
    results: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    step: Mapped[str] = mapped_column(String(40), default="")
    confirmed: Mapped[bool] = mapped_column(default=False)
    step_at: Mapped[datetime | None]
    step_minutes: Mapped[float] = mapped_column(default=0.0)
    expected: Mapped[list[float]] = mapped_column(JSON, default=list)
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]
    source: Mapped[str | None] = mapped_column(unique=True)

    article: Mapped[Article] = relationship()
    revision: Mapped[Revision] = relationship()
    incident: Mapped[Incident | None] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    changed_by: Mapped[Person | None] = relationship(foreign_keys=[changed_by_id])

    __mapper_args__ = {"version_id_col": version}


class GuideRunCause(Base):
    """What was confirmed to be behind a run. Rows are added and never changed: the newest counts.

    cause: an id of the guide's causes, OTHER, or None: what was said before is withdrawn.
    """

    __tablename__ = "guide_run_causes"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("guide_runs.id", ondelete="CASCADE"), index=True)
    cause: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
