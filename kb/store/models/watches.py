"""What people follow: watches, what search watches have yet to be asked about, and secret feed addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.store.models.articles import Article, Component
from kb.store.models.base import Base
from kb.store.models.people import Person


class Watch(Base):
    """Somebody wants to hear of an article, of a component's articles, or of new matches of a search.

    kind: "article", "component" or "search". key: the kind and what is watched, once for each person.
    words: of a search, as they were typed.
    """

    __tablename__ = "watches"
    __table_args__ = (UniqueConstraint("person_id", "key", name="uq_watches_person_id_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(10), index=True)
    key: Mapped[str] = mapped_column(String(80))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    component_id: Mapped[int | None] = mapped_column(
        ForeignKey("components.id", ondelete="CASCADE"), index=True
    )
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    article: Mapped[Article | None] = relationship()
    component: Mapped[Component | None] = relationship()


class ToMatch(Base):
    """An article published since the watched searches were last asked. by_id: who published it."""

    __tablename__ = "to_match"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    queued_at: Mapped[datetime]


class FeedToken(Base):
    """The secret part of a person's feed address; token_hash: its SHA-256. One for each person."""

    __tablename__ = "feed_tokens"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
