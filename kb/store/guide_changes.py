"""What learning did to a guide that its owner has to know of: written down, and told, as it happens.

To be called in every transaction that gives a guide something to learn from: a run is closed, its cause is
confirmed or corrected, a release note is published, a freeze ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.domain.diagnosis.belief import authored
from kb.domain.diagnosis.reasons import Change, Move, change
from kb.store import audit, guide_health, guide_learning
from kb.store.article_guides import guide_of
from kb.store.models import Article, GuideChange
from kb.store.notices import notify
from kb.store.ownership import in_charge


def learnt_more(session: Session, article_id: int, at: datetime) -> GuideChange | None:
    """Tell the owner, in this transaction, if what was learnt since they were last told changes the guide.

    at: now; what was written in this transaction counts. Nothing is told of a frozen guide, nor of an
    author's own edits: both sides of the comparison rest on the text that readers see now.
    """
    session.flush()
    article = session.get(Article, article_id)
    guide_health.reconsider(session, article_id, at)
    guide = guide_of(article.published) if article and article.published else None
    if article is None or guide is None or guide_learning.freeze_of(session, article_id):
        return None
    last = newest(session, article_id)
    before = guide_learning.numbers(session, article_id, guide, last.at) if last else authored(guide)
    found = change(before, guide_learning.numbers(session, article_id, guide))
    if not found:
        return None
    runs = guide_learning.learnt_from(session, article_id)
    row = GuideChange(article_id=article_id, at=at, runs=runs, told=_told(found))
    session.add(row)
    about: dict[str, Any] = {"object_type": "article", "object_id": article_id}
    audit.record(session, "guide.changed", at=at, by=None, runs=runs, **about)
    kind = "guide_first" if found.first else "guide_shares"
    notify(session, kind, in_charge(session, article, at), about=("article", article_id), at=at, n=runs)
    return row


def released(session: Session, release: Article, at: datetime) -> None:
    """Tell the owners of guides which a release note, just published, makes forget most of their lessons."""
    if release.kind != guide_learning.RELEASE_KIND:
        return
    session.flush()
    for article in guide_learning.named_by(session, release):
        learnt_more(session, article.id, at)


def newest(session: Session, article_id: int) -> GuideChange | None:
    """Return the change that an article's owner was last told of."""
    rows = select(GuideChange).where(GuideChange.article_id == article_id)
    return session.scalars(rows.order_by(GuideChange.id.desc()).limit(1)).first()


def of_article(session: Session, article_id: int) -> Sequence[GuideChange]:
    """Return the changes of an article's guide, newest first."""
    rows = select(GuideChange).where(GuideChange.article_id == article_id)
    seen = rows.options(joinedload(GuideChange.acknowledged_by))
    return session.scalars(seen.order_by(GuideChange.id.desc())).all()


def acknowledge(
    session: Session, article_id: int, last: int, *, by: int | None, at: datetime
) -> list[GuideChange]:
    """Note, in this transaction, that somebody has seen the changes up to this one; return those."""
    rows = select(GuideChange).where(GuideChange.article_id == article_id, GuideChange.id <= last)
    found = list(session.scalars(rows.where(GuideChange.acknowledged_at.is_(None))))
    for row in found:
        row.acknowledged_at, row.acknowledged_by_id = at, by
    return found


def _told(found: Change) -> dict[str, Any]:
    largest = found.largest
    return {
        "first": list(found.first) if found.first else None,
        "shares": [_move(move) for move in found.shares],
        "largest": _move(largest) if largest else None,
    }


def _move(move: Move) -> list[Any]:
    return [move.cause, round(move.before, 6), round(move.after, 6)]
