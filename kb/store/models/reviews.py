"""Between writing and publishing: what was submitted, what was said of it, and what nobody has saved yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.store.models.articles import Article, Revision
from kb.store.models.base import Base
from kb.store.models.incidents import Incident
from kb.store.models.people import Person

ONE_WAITS = text("state = 'waiting'")


class Submission(Base):
    """An article's draft put before a second person: who, when, which revision, and what was decided.

    The draft stays one while it waits: what is saved meanwhile is part of what is decided about.
    revision_id: the newest when it was submitted. base_id: what readers saw then with approval, or None.
    decided_revision_id: the newest when it was decided.
    words: to the approver. decision_words: to the author.
    state: a key of SUBMISSION_STATES; at most one of an article waits.
    urgent: readers see it already, because of incident_id; due_at: until when it is approved, else it falls
    back to base_id with base_confidence; fell_back_at: when it did (it still waits then).
    """

    __tablename__ = "submissions"
    __table_args__ = (
        Index(
            "ux_submissions_one_waits",
            "article_id",
            unique=True,
            sqlite_where=ONE_WAITS,
            postgresql_where=ONE_WAITS,
        ),
        Index("ix_submissions_article_id", "article_id"),
        Index("ix_submissions_state_submitted_at", "state", "submitted_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    base_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    base_confidence: Mapped[str] = mapped_column(String(20))
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    submitted_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    urgent: Mapped[bool] = mapped_column(default=False)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"), index=True)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    fell_back_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decided_revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    decision_words: Mapped[str] = mapped_column(default="")

    article: Mapped[Article] = relationship()
    revision: Mapped[Revision] = relationship(foreign_keys=[revision_id])
    base: Mapped[Revision | None] = relationship(foreign_keys=[base_id])
    decided_revision: Mapped[Revision | None] = relationship(foreign_keys=[decided_revision_id])
    submitter: Mapped[Person | None] = relationship(foreign_keys=[submitted_by])
    decider: Mapped[Person | None] = relationship(foreign_keys=[decided_by])
    incident: Mapped[Incident | None] = relationship()


class Remark(Base):
    """What an approver says of one line of a submitted text.

    revision_id: the text that was read. field: as forms name it ("section.steps").
    line: from 1. quote: the line's own words.
    """

    __tablename__ = "remarks"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    field: Mapped[str] = mapped_column(String(50))
    line: Mapped[int]
    quote: Mapped[str]
    words: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]

    person: Mapped[Person | None] = relationship()
    revision: Mapped[Revision] = relationship()


class Autosave(Base):
    """What stands in a person's form and was never saved; nothing but their own form reads it.

    place: which form ("article-12", "new-workaround"). key: of the form as it was opened.
    done: that form was saved or thrown away, so that what is still on its way from it is not kept.
    fields: name -> value as posted.
    """

    __tablename__ = "autosaves"
    __table_args__ = (Index("ux_autosaves_person_id_place", "person_id", "place", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(80))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    done: Mapped[bool] = mapped_column(default=False)
    fields: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(index=True)
