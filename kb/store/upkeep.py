"""What waits to be looked at again, as queries: for the list to work through and for what waits today."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select

from kb.domain.access import WARD_OFFICERS, Reader, Scope
from kb.domain.articles import READABLE
from kb.store.models import Article, Flag, ReviewMark
from kb.store.ownership import nobodys
from kb.store.visibility import visible


def mine(reader: Reader, today: date) -> ColumnElement[bool]:
    """Return the condition: the reader's own `Article`s; for ward officers nobody's too."""
    own = Article.owner_id == reader.id
    return or_(own, nobodys(today)) if reader.role in WARD_OFFICERS else own


def overdue(scope: Scope, today: date) -> Select[tuple[Article]]:
    """Return the published articles that are past their review date, the longest first."""
    rows = select(Article).where(visible(scope), Article.confidence.in_(READABLE), Article.review_due < today)
    return rows.order_by(Article.review_due, Article.id)


def marked(scope: Scope) -> Select[tuple[ReviewMark]]:
    """Return the marks that releases left on published articles and that have not ended, by release."""
    rows = select(ReviewMark).join(Article, Article.id == ReviewMark.article_id)
    rows = rows.where(visible(scope), Article.confidence.in_(READABLE), ReviewMark.ended_at.is_(None))
    return rows.order_by(ReviewMark.release_id.desc(), ReviewMark.article_id)


def flagged(scope: Scope, *, closed: bool = False) -> Select[tuple[Flag]]:
    """Return the open conversations, those that wait for an answer first; or the closed ones."""
    rows = select(Flag).join(Article, Article.id == Flag.article_id).where(visible(scope))
    if closed:
        return rows.where(Flag.closed_at.is_not(None)).order_by(Flag.closed_at.desc(), Flag.id.desc())
    rows = rows.where(Flag.closed_at.is_(None))
    return rows.order_by(Flag.waits_for != "owner", Flag.at, Flag.id)
