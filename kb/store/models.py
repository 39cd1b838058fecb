"""Every table. Features meet here and nowhere else.

Times are aware UTC in Python and text without zone in SQLite; `UtcDateTime` keeps the two apart.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from kb.domain.articles import article_number

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive one is refused: nobody knows what it means."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The registry of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        dict[str, str]: JSON,
        list[str]: JSON,
        list[int]: JSON,
        str: Text,
    }


class Person(Base):
    """Someone who may sign in; see `kb.domain.people` for the rules."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    organisation: Mapped[str] = mapped_column(String(20))
    consent_reference: Mapped[str] = mapped_column(default="")
    access_until: Mapped[date | None] = mapped_column(Date)
    trained_on: Mapped[date | None] = mapped_column(Date)
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    password_expires_at: Mapped[datetime | None]
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def trained(self) -> bool:
        """Whether the privacy training of C-11 is on record."""
        return self.trained_on is not None


class SignIn(Base):
    """A session kept on the server: signing out ends it here, whatever the cookie says.

    token_hash: SHA-256 of the random token in the signed cookie.
    """

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class AuditRow(Base):
    """One change or refusal: who, when, what. Never holds what was refused."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    action: Mapped[str] = mapped_column(String(60), index=True)
    object_type: Mapped[str] = mapped_column(String(30), default="")
    object_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(45), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    person: Mapped[Person | None] = relationship()


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
    version: rises with every change (SQLAlchemy refuses a write made from an older one).
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
    head_id: Mapped[int | None] = mapped_column(
        ForeignKey("revisions.id", use_alter=True, name="fk_articles_head_id_revisions")
    )
    published_id: Mapped[int | None] = mapped_column(
        ForeignKey("revisions.id", use_alter=True, name="fk_articles_published_id_revisions")
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
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
    parent_id: the revision that the author had before them.
    """

    __tablename__ = "revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
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
    __table_args__ = (Index("ix_attachments_article_sha256", "article_id", "sha256", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    created_at: Mapped[datetime]


class ToIndex(Base):
    """An article whose entry in the search index is behind the database.

    Written in the transaction that changes the article, removed once the index has committed.
    """

    __tablename__ = "to_index"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(index=True)
    queued_at: Mapped[datetime]


class Search(Base):
    """What somebody searched for, from the first keystroke to the last, and what came of it.

    Nobody is named: `token` is random, new for each search, and its only other copy is in a cookie.
    words: the query masked and folded, blanks single. missing: its words that stand in no article.
    opened: articles opened from the results. helped: "yes", "no" or "" (nobody said).
    unanswered: nothing was found, or it did not help; what authors are shown.
    """

    __tablename__ = "searches"
    __table_args__ = (Index("ix_searches_unanswered_last_at", "unanswered", "last_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    words: Mapped[str]
    results: Mapped[int]
    missing: Mapped[list[str]]
    opened: Mapped[list[int]] = mapped_column(default=list)
    helped: Mapped[str] = mapped_column(String(10), default="")
    unanswered: Mapped[bool]
    role: Mapped[str] = mapped_column(String(20))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)


class SymptomOutcome(Base):
    """What an article did for a symptom; rows are added and never changed.

    words: the symptom masked and folded; "" when the article was not reached by a search.
    outcome: "solved" or "not_solved". source: "page" (the reader said so) or "incident".
    token: of the search or the visit; the newest row for a token and article counts. None: each counts.
    """

    __tablename__ = "symptom_outcomes"
    __table_args__ = (
        Index("ix_symptom_outcomes_token_article_id", "token", "article_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    words: Mapped[str]
    outcome: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(20))
    incident_id: Mapped[int | None]
    token: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]


class HandledSearch(Base):
    """Somebody dealt with the unanswered searches for these words.

    One row for each wording, so that it does not matter how wordings are grouped later.
    key: SHA-256 of words. state: "writing", "added" (the words, to article_id) or "not_ours".
    """

    __tablename__ = "handled_searches"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    words: Mapped[str]
    state: Mapped[str] = mapped_column(String(20))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(index=True)

    person: Mapped[Person | None] = relationship()
    article: Mapped[Article | None] = relationship()


class ThesaurusGroup(Base):
    """Words that the ward wants to find each other; the groups that are shipped stay in their file.

    words, finds: without finds, all words are equal; with finds, whoever types one of the words also
    finds those. shipped_key: the shipped group that this row stands for; without words it is not used.
    """

    __tablename__ = "thesaurus_groups"
    __table_args__ = {"sqlite_autoincrement": True}  # the numbers of deleted rows never come back

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    words: Mapped[list[str]]
    finds: Mapped[list[str]] = mapped_column(default=list)
    shipped_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    updated_at: Mapped[datetime]
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    person: Mapped[Person | None] = relationship()

    __mapper_args__ = {"version_id_col": version}
