"""What was put before a second person: asked by articles' pages, by lists of what is to do, by imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from kb.store import accounts
from kb.store.models import Article, Revision, Submission
from kb.store.notices import settle

ASKING = ("submitted", "published_urgently")
"""The notices that ask for a decision."""
WAITS = Submission.state == "waiting"


def waiting(session: Session, article_id: int) -> Submission | None:
    """Return the article's submission that waits for a decision, or None."""
    return session.scalar(select(Submission).where(WAITS, Submission.article_id == article_id))


def newest(session: Session, article_id: int) -> Submission | None:
    """Return the article's last submission, decided or not, or None."""
    rows = select(Submission).where(Submission.article_id == article_id)
    return session.scalars(rows.order_by(Submission.id.desc()).limit(1)).first()


def writers(session: Session, submission: Submission) -> set[int]:
    """Return who wrote any of what is to be decided: every revision since what was approved last."""
    rows = select(Revision.author_id).where(
        Revision.article_id == submission.article_id,
        Revision.id > (submission.base_id or 0),
        Revision.author_id.is_not(None),
    )
    return {author for author in session.scalars(rows.distinct()) if author is not None}


def written_by(person_id: int | None) -> ColumnElement[bool]:
    """Return the condition under which the person wrote some of what a `Submission` row puts forward."""
    own = aliased(Revision)
    rows = select(own.id).where(
        own.article_id == Submission.article_id,
        own.id > func.coalesce(Submission.base_id, 0),
        own.author_id == person_id,
    )
    return rows.correlate(Submission).exists()


def end(
    session: Session,
    submission: Submission,
    state: str,
    article: Article,
    *,
    by: int | None,
    now: datetime,
    words: str = "",
) -> None:
    """Note within the transaction how a submission ended and about which revision: nobody need decide it."""
    submission.state, submission.decision_words = state, words
    submission.decided_by, submission.decided_at = by, now
    submission.decided_revision_id = article.head_id
    settle(session, ASKING, about=("article", article.id), at=now)


def overdue(session: Session, now: datetime) -> Sequence[Submission]:
    """Return the urgent publications whose time for an approval is over and that still stand."""
    rows = select(Submission).where(
        WAITS, Submission.urgent, Submission.fell_back_at.is_(None), Submission.due_at <= now
    )
    return session.scalars(rows.order_by(Submission.id)).all()


def withdrawn_due(session: Session, submission: Submission, incident_id: int) -> datetime | None:
    """Return until when what was withdrawn would have stood, for this incident and on the same approval."""
    rows = select(func.min(Submission.due_at)).where(
        Submission.article_id == submission.article_id,
        Submission.state == "withdrawn",
        Submission.urgent,
        Submission.incident_id == incident_id,
        Submission.base_id.is_not_distinct_from(submission.base_id),
    )
    return session.scalar(rows)


def deciders(session: Session, submission: Submission, now: datetime) -> Sequence[int]:
    """Return who may decide: reviewers who wrote none of it, or else administrators who did not."""
    return accounts.deciders(session, now, writers(session, submission))


def concerned(session: Session, submission: Submission) -> set[int]:
    """Return who hears what became of it: whoever wrote any of it, and whoever submitted it."""
    submitter = {submission.submitted_by} if submission.submitted_by else set()
    return writers(session, submission) | submitter
