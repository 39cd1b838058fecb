"""Who is asked about an article: its owner, or the ward's section in charge while nobody is."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from kb.domain.periods import japan_date
from kb.store import accounts
from kb.store.models import Article, Person


def in_charge(session: Session, article: Article, now: datetime) -> list[int]:
    """Return the owner if they can still act, else every active reviewer of the ward."""
    today = japan_date(now)
    owner = select(Person.id).where(Person.id == article.owner_id, accounts.can_act(today))
    if article.owner_id is not None and session.scalar(owner) is not None:
        return [article.owner_id]
    return accounts.reviewers(session, today)


def nobodys(today: date) -> ColumnElement[bool]:
    """Return the condition that nobody who can act owns an `Article` row."""
    return accounts.nobodys(Article.owner_id, today)
