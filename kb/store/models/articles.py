"""Articles, what their authors saved, and what hangs on them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.domain.articles import article_number
from kb.store.models.base import Base
from kb.store.models.people import Person

article_components = Table(
    "article_components",
    Base.metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("component_id", ForeignKey("components.id"), primary_key=True, index=True),
)


class Component(Base):
    """A system, screen or device that articles (and incidents) are about."""

    __tablename__ = "components"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)


class Article(Base):
    """What a number (KB-0001) stands for.

    The columns title, kind, audience and components repeat the revision that readers see
    (`published`, or `head` while there is none), so that lists and the visibility clause need no join.
    has_guide: whether the published text carries a guide that can be walked.
    version: rises with every change (SQLAlchemy refuses a write made from an older one).
    published_at: when the revision that readers see was published.
    source, source_hash, source_revision_id: the file an article was imported from, its SHA-256, and
    the revision that this made: a later import knows what is new and what was edited here since.
    """

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_confidence_audience", "confidence", "audience"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(30), index=True)
    title: Mapped[str]
    audience: Mapped[str] = mapped_column(String(20))
    confidence: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    review_due: Mapped[date | None] = mapped_column(Date)
    has_guide: Mapped[bool] = mapped_column(default=False)
    head_id: Mapped[int | None] = mapped_column(
        ForeignKey("revisions.id", use_alter=True, name="fk_articles_head_id_revisions")
    )
    published_id: Mapped[int | None] = mapped_column(
        ForeignKey("revisions.id", use_alter=True, name="fk_articles_published_id_revisions")
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    source: Mapped[str | None] = mapped_column(unique=True)
    source_hash: Mapped[str | None] = mapped_column(String(64))
    source_revision_id: Mapped[int | None]

    owner: Mapped[Person | None] = relationship()
    head: Mapped[Revision | None] = relationship(foreign_keys=[head_id], viewonly=True)
    published: Mapped[Revision | None] = relationship(foreign_keys=[published_id], viewonly=True)
    components: Mapped[list[Component]] = relationship(secondary=article_components, order_by=Component.name)

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """KB-0001, as people quote it."""
        return article_number(self.id)


class Revision(Base):
    """What an author saved, whole and never changed again: text and the HTML that the gate let through.

    sections, html: section key -> Markdown, section key -> gated HTML.
    parent_id: the revision that the author had before them. incident_id: the incident that caused it.
    """

    __tablename__ = "revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    incident_id: Mapped[int | None] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(30))
    title: Mapped[str]
    symptom: Mapped[str]
    error_codes: Mapped[list[str]]
    environment: Mapped[str]
    synonyms: Mapped[list[str]]
    audience: Mapped[str] = mapped_column(String(20))
    components: Mapped[list[str]]
    review_due: Mapped[date | None] = mapped_column(Date)
    sections: Mapped[dict[str, str]]
    html: Mapped[dict[str, str]]

    author: Mapped[Person | None] = relationship()


class ArticleLink(Base):
    """An article's published text names another one; derived from the text at each save."""

    __tablename__ = "article_links"

    source_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    target_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Attachment(Base):
    """A file of an article; its bytes lie under `attachments/` by their SHA-256."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_article_sha256", "article_id", "sha256", unique=True),
        Index("ix_attachments_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    created_at: Mapped[datetime]
