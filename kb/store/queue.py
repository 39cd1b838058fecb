"""The queue between the database and the search index."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from kb.store.models import ToIndex


def to_index(session: Session, article_id: int, *, at: datetime) -> None:
    """Say, in this transaction, that the article's entry in the index is behind."""
    if not any(isinstance(row, ToIndex) and row.article_id == article_id for row in session.new):
        session.add(ToIndex(article_id=article_id, queued_at=at))
