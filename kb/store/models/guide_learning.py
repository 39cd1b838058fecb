"""What an owner is told of a guide's learning, when learning stands still, which guides mislead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.store.models.base import Base
from kb.store.models.people import Person


class GuideFreeze(Base):
    """A guide whose numbers stand still since `frozen_at`; at most one of an article has no end."""

    __tablename__ = "guide_freezes"
    __table_args__ = (
        Index(
            "uq_guide_freezes_open",
            "article_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    frozen_at: Mapped[datetime]
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    frozen_by: Mapped[Person | None] = relationship(foreign_keys=[frozen_by_id])


class GuideWarning(Base):
    """A guide that misleads, by the runs with the text of this revision; at most one row of an article.

    reasons: [[key, n, of], ...] with the keys of `kb.store.guide_health`. at: the run that last said so.
    """

    __tablename__ = "guide_warnings"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), unique=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    reasons: Mapped[list[list[Any]]] = mapped_column(JSON)
    at: Mapped[datetime]


class GuideChange(Base):
    """Something that learning did to a guide and its owner has to know of. Rows are never deleted.

    runs: how many the guide had learnt from by then. told: {"first": [before, after] or None, "shares":
    [[cause, before, after], ...] (doubled or halved), "largest": [cause, before, after] or None}; ids, None
    for calling for help.
    """

    __tablename__ = "guide_changes"
    __table_args__ = (
        Index("ix_guide_changes_article_id_at", "article_id", "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    runs: Mapped[int]
    told: Mapped[dict[str, Any]]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    acknowledged_by: Mapped[Person | None] = relationship(foreign_keys=[acknowledged_by_id])
