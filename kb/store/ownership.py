"""Who is asked about an article: its owner, or the ward's section in charge while nobody is."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from kb.domain.access import WRITERS
from kb.store.models import Article, Person

able = and_(Person.role.in_(WRITERS), Person.disabled_at.is_(None))
"""The condition that a person can be in charge of an article."""


def in_charge(session: Session, article: Article) -> list[int]:
    """Return the owner if they can still act, else every active reviewer of the ward."""
    owner = select(Person.id).where(Person.id == article.owner_id, able)
    if article.owner_id is not None and session.scalar(owner) is not None:
        return [article.owner_id]
    reviewers = select(Person.id).where(Person.role == "reviewer", Person.disabled_at.is_(None))
    return list(session.scalars(reviewers.order_by(Person.id)))


def nobodys() -> ColumnElement[bool]:
    """Return the condition that nobody who can act owns an `Article` row."""
    owned = select(Person.id).where(Person.id == Article.owner_id, able)
    return ~owned.correlate(Article).exists()
