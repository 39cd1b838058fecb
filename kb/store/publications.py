"""When which text of an article was published: the audit log has said so since the first day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kb.store.models import AuditRow, Revision


def published_texts(session: Session, article_id: int) -> list[Revision]:
    """Return the revisions of an article that were published at some time, oldest first."""
    ids = published_ids(session, article_id)
    found = select(Revision).where(Revision.article_id == article_id, Revision.id.in_(ids))
    return list(session.scalars(found.order_by(Revision.id)))


def published_ids(session: Session, article_id: int) -> list[int]:
    """Return the ids of the revisions of an article that were published at some time, in that order."""
    rows = _published([article_id]).with_only_columns(AuditRow.detail).order_by(AuditRow.id)
    return list(dict.fromkeys(detail["revision"] for detail in session.scalars(rows)))


def first_published(session: Session, article_ids: Collection[int]) -> dict[int, datetime]:
    """Return {article id: when somebody first published it here}, without those that nobody did.

    What a file brings was published elsewhere and before: when it was taken in says nothing of that.
    """
    rows = _published(article_ids).with_only_columns(AuditRow.object_id, func.min(AuditRow.at))
    rows = rows.where(AuditRow.person_id.is_not(None))
    return {row[0]: row[1] for row in session.execute(rows.group_by(AuditRow.object_id))}


def _published(article_ids: Collection[int]) -> Select[tuple[AuditRow]]:
    about = AuditRow.object_type == "article", AuditRow.object_id.in_(article_ids)
    return select(AuditRow).where(AuditRow.action == "article.published", *about)
