"""The access decision as SQL: the same scope, the same answer (a test compares the two)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, true

from kb.domain.access import Scope
from kb.domain.articles import READABLE
from kb.store.models import Article


def visible(scope: Scope) -> ColumnElement[bool]:
    """Return the condition under which an `Article` row exists for the scope's reader."""
    published = and_(Article.confidence.in_(READABLE), Article.audience.in_(scope.published))
    nobody = scope.unpublished == "own" and scope.reader_id is None  # owned by NULL is not owned by them
    if scope.unpublished == "none" or nobody:
        return published
    own = true() if scope.unpublished == "all" else Article.owner_id == scope.reader_id
    return or_(published, and_(Article.audience.in_(scope.drafts), own))
