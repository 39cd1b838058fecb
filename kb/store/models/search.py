"""What the search keeps: its queue, what was asked and what came of it, the ward's own words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.store.models.articles import Article
from kb.store.models.base import Base
from kb.store.models.people import Person


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
    incident_id: Mapped[int | None] = mapped_column(index=True)
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
