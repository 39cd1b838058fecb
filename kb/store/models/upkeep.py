"""What keeps articles true: verifications, marks that a release left, what readers flagged, successors."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from kb.store.models.articles import Article, Revision
from kb.store.models.base import Base
from kb.store.models.people import Person


class Verification(Base):
    """Somebody saw that what readers see is still true; kept apart from what was edited.

    against: which version of the product or environment it was checked against.
    review_due: when it is to be looked at again, from then on.
    """

    __tablename__ = "verifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    against: Mapped[str]
    review_due: Mapped[date] = mapped_column(Date)

    person: Mapped[Person | None] = relationship()


class ReviewMark(Base):
    """A release named a component of this article, which is to be checked (C-9); once for each release.

    ended_at, outcome: "verified", "revised" or "not_affected", a key of `kb.domain.upkeep.MARK_ENDS`.
    """

    __tablename__ = "review_marks"
    __table_args__ = (
        UniqueConstraint("article_id", "release_id", name="uq_review_marks_article_id_release_id"),
        Index("ix_review_marks_open", "article_id", sqlite_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    release_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[str] = mapped_column(String(20), default="")

    article: Mapped[Article] = relationship(foreign_keys=[article_id])
    release: Mapped[Article] = relationship(foreign_keys=[release_id])


Article.open_marks = column_property(
    select(func.count(ReviewMark.id))
    .where(ReviewMark.article_id == Article.id, ReviewMark.ended_at.is_(None))
    .correlate_except(ReviewMark)
    .scalar_subquery()
)
"""How many releases ask for this article to be checked: not 0 is 要確認."""


class Flag(Base):
    """What a reader says is wrong with an article: the beginning of a small conversation.

    revision_id: what they had before them. kind: a key of `kb.domain.upkeep.FLAG_KINDS`.
    waits_for: "owner" or "reader", whoever is to speak next; "" once it is closed.
    """

    __tablename__ = "flags"
    __table_args__ = (Index("ix_flags_closed_at_article_id", "closed_at", "article_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    waits_for: Mapped[str] = mapped_column(String(10), default="owner")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    article: Mapped[Article] = relationship()
    revision: Mapped[Revision | None] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    messages: Mapped[list[FlagMessage]] = relationship(order_by="FlagMessage.id")


class FlagMessage(Base):
    """One thing said in a conversation; plain text."""

    __tablename__ = "flag_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    flag_id: Mapped[int] = mapped_column(ForeignKey("flags.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    text: Mapped[str]

    person: Mapped[Person] = relationship()


class Successor(Base):
    """Where an archived article leads; gone once it is brought back. merged: its uses went there too."""

    __tablename__ = "successors"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    successor_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    merged: Mapped[bool] = mapped_column(default=False)

    article: Mapped[Article] = relationship(foreign_keys=[article_id])
    successor: Mapped[Article] = relationship(foreign_keys=[successor_id])
