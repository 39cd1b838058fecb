"""Who is in charge of a guide governs its learning: acknowledges changes, freezes it, corrects causes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.domain.access import WARD_OFFICERS, Reader
from kb.domain.diagnosis.guide import OTHER, Guide
from kb.domain.errors import Refused
from kb.guides import queries
from kb.store import audit, guide_changes, guide_learning, guide_runs
from kb.store.models import Article, GuideFreeze, GuideRun


def in_charge(reader: Reader, article: Article) -> bool:
    """Tell whether this person governs the article's guide: its owner, and the ward's officers."""
    return reader.role in WARD_OFFICERS or (reader.id is not None and reader.id == article.owner_id)


def require_in_charge(reader: Reader, article: Article) -> None:
    """Raise Refused 403 for somebody who is not in charge of the article."""
    if not in_charge(reader, article):
        raise Refused("guide_record.not_in_charge", status=403)


def acknowledge(session: Session, article: Article, last: int, *, by: Reader, now: datetime) -> None:
    """Note that the changes up to this one were seen, and commit."""
    require_in_charge(by, article)
    seen = guide_changes.acknowledge(session, article.id, last, by=by.id, at=now)
    if not seen:
        raise Refused("guide_record.nothing_waits", status=409)
    _audit(session, "guide.change_acknowledged", article, by, now, changes=len(seen))
    session.commit()


def freeze(session: Session, article: Article, *, by: Reader, now: datetime) -> None:
    """Let the numbers stand still as they are now, and commit. What waited counts as seen."""
    require_in_charge(by, article)
    if guide_learning.freeze_of(session, article.id):
        raise Refused("guide_record.frozen", status=409)
    session.add(GuideFreeze(article_id=article.id, frozen_at=now, frozen_by_id=by.id))
    last = guide_changes.newest(session, article.id)
    if last is not None:
        guide_changes.acknowledge(session, article.id, last.id, by=by.id, at=now)
    _audit(session, "guide.frozen", article, by, now)
    session.commit()


def unfreeze(session: Session, article: Article, *, by: Reader, now: datetime) -> None:
    """Let the guide learn again, also from what was walked meanwhile, and commit."""
    require_in_charge(by, article)
    row = guide_learning.freeze_of(session, article.id)
    if row is None:
        raise Refused("guide_record.not_frozen", status=409)
    row.ended_at, row.ended_by_id = now, by.id
    _audit(session, "guide.unfrozen", article, by, now)
    guide_changes.learnt_more(session, article.id, now)
    session.commit()


def correct(
    session: Session, run: GuideRun, guide: Guide, cause: str, *, sure: bool, by: Reader, now: datetime
) -> None:
    """Say what was behind a closed run ("": not known), and commit; the numbers are recomputed.

    guide: of the text that readers see, whose causes count too. Raises Refused("guide_record.contradicts",
    409) if the answers speak against it and nobody said that they are sure.
    """
    walk = queries.walk(session, run, now)
    if cause and cause not in {OTHER, *(one.id for one in (*walk.guide.causes, *guide.causes))}:
        raise Refused("guide_record.no_cause", field="cause")
    if cause and not sure and guide_runs.speaks_against(run, cause):
        raise Refused("guide_record.contradicts", status=409, field="cause")
    guide_runs.confirm_cause(session, run.id, cause or None, by=by.id, at=now)
    guide_changes.learnt_more(session, run.article_id, now)
    session.commit()


def _audit(session: Session, action: str, article: Article, by: Reader, now: datetime, **detail: Any) -> None:
    about: dict[str, Any] = {"object_type": "article", "object_id": article.id}
    audit.record(session, action, at=now, by=by.id, **about, **detail)
