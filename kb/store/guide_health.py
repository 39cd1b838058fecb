"""Guides that mislead: reconsidered whenever a run of theirs ends or its cause is confirmed.

Only runs with the text that readers see count, so that a new text starts afresh; imported ones do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kb.domain.diagnosis.eta import calibration
from kb.domain.diagnosis.guide import OTHER
from kb.domain.guide_runs import ABANDONED, IMPORTED
from kb.store import guide_runs
from kb.store.guide_runs import Closed
from kb.store.models import Article, GuideWarning

LEAST, LEAST_TIMED = 5, 10
"""Runs below which nothing is said of how they ended, of how long they took."""
TOO_OFTEN = 1 / 3
FAR_OFF = 2.0
ABANDONED_OFTEN, UNKNOWN_CAUSE, SLOW, QUICK = "abandoned", "unknown_cause", "slow", "quick"


def reconsider(session: Session, article_id: int, at: datetime) -> None:
    """Say, in this transaction, whether the guide of an article misleads."""
    article = session.get(Article, article_id)
    revision_id = article.published_id if article else None
    runs = [one for one in guide_runs.closed(session, article_id) if _counts(one, revision_id)]
    found = reasons(runs)
    session.execute(delete(GuideWarning).where(GuideWarning.article_id == article_id))
    if found and revision_id is not None:
        told = [list(reason) for reason in found]
        session.add(GuideWarning(article_id=article_id, revision_id=revision_id, reasons=told, at=at))


def reasons(runs: Sequence[Closed]) -> list[tuple[str, int, int]]:
    """Return why these runs say that a guide misleads: (key, how many, of how many)."""
    confirmed = [one.run.cause for one in runs if one.run.cause is not None]
    found = [
        (ABANDONED_OFTEN, sum(one.row.state == ABANDONED for one in runs), len(runs)),
        (UNKNOWN_CAUSE, confirmed.count(OTHER), len(confirmed)),
    ]
    often = [row for row in found if row[2] >= LEAST and row[1] / row[2] >= TOO_OFTEN]
    held = calibration([told for one in runs if (told := guide_runs.told_of(one))])
    if held is None or held.runs < LEAST_TIMED:
        return often
    if held.ratio >= FAR_OFF:
        return [*often, (SLOW, held.later, held.runs)]
    return [*often, (QUICK, held.sooner, held.runs)] if held.ratio <= 1 / FAR_OFF else often


def of_text(session: Session, article: Article) -> GuideWarning | None:
    """Return the warning about the text of an article that readers see, if there is one."""
    rows = select(GuideWarning).where(GuideWarning.article_id == article.id)
    return session.scalars(rows.where(GuideWarning.revision_id == article.published_id)).first()


def _counts(one: Closed, revision_id: int | None) -> bool:
    return one.row.revision_id == revision_id and one.row.origin != IMPORTED
