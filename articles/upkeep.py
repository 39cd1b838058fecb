"""Keeping articles true: verified, put in question by a release, and what a publication changes of both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from kb.domain import personal_data
from kb.domain.articles import APPROVED, READABLE
from kb.domain.errors import Refused, refuse_all
from kb.domain.periods import japan_date
from kb.domain.upkeep import TELLS_THE_PAST, is_marked_by_releases, verification_problems
from kb.store import audit, watches
from kb.store.models import Article, Component, ReviewMark, Revision, Verification
from kb.store.notices import notify
from kb.store.ownership import in_charge


def published(session: Session, article: Article, *, by: int | None, now: datetime, imported: bool) -> None:
    """Keep what a publication changes, within its transaction; called once readers see the new revision.

    It ends the marks on the article, and a release note marks the articles of its components (C-9).
    imported: what a file brings was published before, so that it puts nothing in question and is no news.
    """
    keep_later_review(session, article, article.head)
    end_marks(session, article, "revised", by=by, now=now)
    if imported:
        return
    watches.published(session, article, by=by, now=now)
    if article.kind == "release_note":
        _mark(session, article, by=by, now=now)


def keep_later_review(session: Session, article: Article, shown: Revision | None) -> None:
    """Let a verification made after the revision that is shown was written keep its later date."""
    last = last_verification(session, article.id)
    if last is None or shown is None or article.review_due is None or last.at < shown.created_at:
        return
    article.review_due = max(article.review_due, last.review_due)


def _mark(session: Session, release: Article, *, by: int | None, now: datetime) -> None:
    """Mark the published articles of the release's components, once for this release; tell who owns them."""
    components = [component.id for component in release.components]
    marked = select(ReviewMark.article_id).where(ReviewMark.release_id == release.id)
    rows = select(Article).where(
        Article.components.any(Component.id.in_(components)),
        Article.confidence.in_(READABLE),
        Article.kind.not_in(TELLS_THE_PAST),
        Article.id != release.id,
        Article.id.not_in(marked),
    )
    owners: list[int] = []
    for article in session.scalars(rows.order_by(Article.id)) if components else ():
        session.add(ReviewMark(article_id=article.id, release_id=release.id, at=now))
        owners += in_charge(session, article, now)
    if not owners:
        return
    number = {"object_type": "article", "object_id": release.id}
    audit.record(session, "article.release_marked", at=now, by=by, **number, articles=len(owners))
    for person_id in dict.fromkeys(owners):
        about, n = ("article", release.id), owners.count(person_id)
        notify(session, "release_marks", [person_id], about=about, at=now, by=by, n=n)


def verify(
    session: Session,
    article: Article,
    *,
    base: int | None,
    against: str,
    review_due: date | None,
    by: int,
    now: datetime,
) -> None:
    """Keep that what readers see is true, within the transaction. Raises Refused with every reason.

    base: the published revision that the person looked at; if readers see another by now, 409.
    against: the version of the product or environment. review_due: when to look again.
    """
    if article.confidence not in APPROVED:
        raise Refused("upkeep.not_published", status=409)
    if base != article.published_id:
        raise Refused("upkeep.other_revision", status=409)
    refuse_all(verification_problems(against, review_due, japan_date(now)))
    refuse_all(personal_data.problems({"against": against}))
    session.add(
        Verification(
            article_id=article.id,
            revision_id=article.published_id,
            person_id=by,
            at=now,
            against=against,
            review_due=review_due,
        )
    )
    article.review_due = review_due
    end_marks(session, article, "verified", by=by, now=now)
    number = {"object_type": "article", "object_id": article.id}
    audit.record(session, "article.verified", at=now, by=by, **number, revision=article.published_id)


def end_marks(session: Session, article: Article, outcome: str, *, by: int | None, now: datetime) -> None:
    """End every open mark of an article within the transaction."""
    mine = ReviewMark.article_id == article.id, ReviewMark.ended_at.is_(None)
    session.execute(update(ReviewMark).where(*mine).values(ended_at=now, ended_by=by, outcome=outcome))
    session.expire(article, ["open_marks"])


def not_affected(session: Session, article: Article, release_id: int, *, by: int, now: datetime) -> None:
    """End one release's mark: it does not touch what the article says. Raises Refused 409 if it has ended."""
    mine = ReviewMark.article_id == article.id, ReviewMark.release_id == release_id
    mark = session.scalar(select(ReviewMark).where(*mine, ReviewMark.ended_at.is_(None)))
    if mark is None:
        raise Refused("upkeep.mark_ended", status=409)
    mark.ended_at, mark.ended_by, mark.outcome = now, by, "not_affected"
    number = {"object_type": "article", "object_id": article.id}
    audit.record(session, "article.not_affected", at=now, by=by, **number, release=release_id)


def last_verification(session: Session, article_id: int) -> Verification | None:
    """Return the newest verification of an article, with who made it."""
    rows = select(Verification).where(Verification.article_id == article_id)
    newest = rows.order_by(Verification.id.desc()).options(joinedload(Verification.person)).limit(1)
    return session.scalar(newest)


def open_marks(session: Session, article: Article) -> Sequence[ReviewMark]:
    """Return the marks on an article that have not ended, oldest first, with their releases."""
    if not article.open_marks or not is_marked_by_releases(article.kind):
        return ()
    rows = select(ReviewMark).where(ReviewMark.article_id == article.id, ReviewMark.ended_at.is_(None))
    return session.scalars(rows.order_by(ReviewMark.id).options(joinedload(ReviewMark.release))).all()
