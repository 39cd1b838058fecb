"""「記事の手入れ」: verifying an article, and the list of what is to be looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Select, func
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from articles import forms, queries, reminders, upkeep
from articles.forms import Form
from kb.domain.access import WARD_OFFICERS
from kb.domain.articles import APPROVED, READABLE, wider
from kb.domain.periods import japan_date
from kb.domain.upkeep import FURTHEST, next_review
from kb.store import upkeep as waiting
from kb.store.models import Article, Flag, ReviewMark, Verification
from kb.store.paging import LARGEST_ID, paged
from kb.web import db, rounds
from kb.web.access import can, may, scope
from kb.web.forms import text as posted
from kb.web.locale import local_path, t

bp = Blueprint("upkeep", __name__)
bp.record_once(lambda state: rounds.add(state.app, rounds.in_a_transaction(reminders.remind)))


@dataclass(frozen=True)
class Panel:
    """What an article's page shows of its upkeep.

    last: the newest verification; since: whether readers see the revision that it was made for.
    marks: open marks of releases; named: those of them whose release exists for the reader.
    against, due: what the form begins with. first, furthest: the days that it takes.
    """

    last: Verification | None
    same: bool
    marks: Sequence[ReviewMark]
    named: Sequence[Article]
    against: str
    due: date
    first: date
    furthest: date


@bp.app_template_global()
def article_upkeep(article: Article) -> Panel:
    """Return what an article's page shows of its upkeep."""
    session, today = db.session(), japan_date(db.now())
    last = upkeep.last_verification(session, article.id)
    marks = upkeep.open_marks(session, article) if article.confidence in READABLE else ()
    named = [mark.release for mark in marks if scope().sees(mark.release)]
    return Panel(
        last,
        last is not None and last.revision_id == article.published_id,
        marks,
        named,
        against=against(article, named[-1] if named else None) or (last.against if last else ""),
        due=next_review(article.kind, today),
        first=date.fromordinal(today.toordinal() + 1),
        furthest=today + FURTHEST,
    )


@bp.app_template_global("upkeep_against")
def against(article: Article, release: Article | None) -> str:
    """Return the release as the form begins with it: whoever reads the article reads what is sent."""
    if release is None or wider(article.audience, release.audience):
        return ""
    return f"{release.number} {release.title}"


def with_review(form: Form, article: Article) -> Form:
    """Return the form with the review date that a verification set since the revision was written."""
    due = article.review_due.isoformat() if article.review_due else ""
    return replace(form, review_due=max(form.review_due, due))


@bp.post("/articles/<int:article_id>/verification")
@may("article.verify")
def verify(article_id: int) -> Any:
    """Keep that the article is true, who says so, against which version, and when to look again."""
    session, due = db.session(), None
    article = queries.article(session, article_id, scope())
    with suppress(ValueError):
        due = date.fromisoformat(posted("review_due"))
    upkeep.verify(
        session,
        article,
        base=forms.number("base"),
        against=posted("against"),
        review_due=due,
        by=current_user.id,
        now=db.now(),
    )
    session.commit()
    flash(t("upkeep.verified_now", number=article.number), "success")
    return _back(article_id)


@bp.post("/articles/<int:article_id>/marks/<int:release_id>/dismissal")
@may("article.verify")
def dismiss(article_id: int, release_id: int) -> Any:
    """Say that a release does not touch what the article says."""
    session = db.session()
    article = queries.article(session, article_id, scope())
    upkeep.not_affected(session, article, min(release_id, LARGEST_ID), by=current_user.id, now=db.now())
    session.commit()
    flash(t("upkeep.dismissed_now", number=article.number), "success")
    return _back(article_id)


def _back(article_id: int) -> Any:
    """Lead on in the list that the person works through, or to the article."""
    target = local_path(posted("next")) or url_for("articles.show", article_id=article_id)
    return redirect(target, 303)


@bp.get("/upkeep/")
@may("upkeep.read")
def overdue() -> str:
    """List the articles that are past their review date."""
    rows = waiting.overdue(scope(), japan_date(db.now())).options(joinedload(Article.owner))
    return _listed("overdue", rows)


@bp.get("/upkeep/marks")
@may("upkeep.read")
def marks() -> str:
    """List the articles that releases put in question; of one release if the address names it."""
    release_id = request.args.get("article_id", type=int)
    rows = waiting.marked(scope())
    if release_id is not None:
        rows = rows.where(ReviewMark.release_id == min(release_id, LARGEST_ID))
    article = contains_eager(ReviewMark.article).joinedload(Article.owner)
    release = _release(release_id)
    return _listed("marks", rows.options(article, joinedload(ReviewMark.release)), release=release)


@bp.get("/upkeep/flags")
@may("upkeep.read")
def flags() -> str:
    """List what readers told and what is not closed; with ?state=closed what is."""
    closed = request.args.get("state") == "closed"
    article = contains_eager(Flag.article).joinedload(Article.owner)
    rows = waiting.flagged(scope(), closed=closed).options(article, selectinload(Flag.messages))
    return _listed("flags", rows, closed=closed)


def _release(release_id: int | None) -> Article | None:
    return queries.article(db.session(), release_id, scope()) if release_id is not None else None


def _listed(view: str, rows: Select[Any], **shown: Any) -> str:
    session, today = db.session(), japan_date(db.now())
    whole = request.args.get("owner", "all" if current_user.role in WARD_OFFICERS else "me") == "all"
    if not whole:
        rows = rows.where(waiting.mine(current_user, today))
    args = {name: value for name, value in request.args.items() if name in ("owner", "article_id", "state")}
    return render_template(
        "articles/upkeep.html",
        view=view,
        page=paged(session, rows, request.args.get("page", 1, type=int)),
        whole=whole,
        args=args,
        counts=_counts(whole),
        next_review=lambda article: next_review(article.kind, today),
        first=date.fromordinal(today.toordinal() + 1),
        furthest=today + FURTHEST,
        **{"release": None, "closed": False} | shown,
    )


def _counts(whole: bool) -> dict[str, int]:
    """Return how many rows each tab has."""
    today = japan_date(db.now())
    queries_of = {
        "overdue": waiting.overdue(scope(), today),
        "marks": waiting.marked(scope()),
        "flags": waiting.flagged(scope()),
    }
    found = {}
    for view, rows in queries_of.items():
        wanted = rows if whole else rows.where(waiting.mine(current_user, today))
        counted = wanted.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
        found[view] = db.session().scalar(counted) or 0
    return found


@bp.app_template_global()
def upkeep_open(article: Article) -> bool:
    """Return whether the person of this request may verify the article, and there is something to verify."""
    return article.confidence in APPROVED and can("article.verify", article)
