"""The pages of a submission: the queue, the difference to what is published, remarks, the decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Select, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, joinedload

from articles import forms, guide_view, queries, reviewing, service
from articles.differences import Change, changes, place_of
from kb.domain.errors import Reasons, Refused
from kb.domain.reviewing import UNAPPROVED, may_withdraw
from kb.store import submissions
from kb.store.db import writing
from kb.store.models import Article, Incident, Remark, Revision, Submission
from kb.store.paging import LARGEST_ID, Page, paged
from kb.store.visibility import visible
from kb.web import db, kept, rounds
from kb.web.access import can, may, scope
from kb.web.forms import block, text
from kb.web.locale import label, t

bp = Blueprint("reviews", __name__)
bp.record_once(lambda state: rounds.add(state.app, rounds.in_a_transaction(reviewing.lapse)))
VIEWS = ("side", "inline")
"""How a difference is shown: both texts beside each other, or one under the other."""


@bp.before_app_request
def lapse() -> None:
    """Before anything is shown, take back what was published urgently and not approved in time.

    Who only reads waits for nobody: while another writes, the next request does it.
    """
    if request.method not in db.SAFE or request.endpoint in (None, "static", "web.health"):
        return
    with db.reading() as session:
        due = bool(submissions.overdue(session, db.now()))
    if not due:
        return
    try:
        with writing(db.engine(), waits=False) as session:
            reviewing.lapse(session, db.now())
    except OperationalError:
        return
    except Refused:  # what stood before may not be stored by now: no reason to show nobody anything
        current_app.logger.exception("An urgent publication cannot fall back.")
        return
    db.close()  # what this request has read so far is older


@bp.get("/reviews/")
@may("article.submit")
def index() -> str:
    """List what waits for a decision; and what the person submitted themselves, decided or not."""
    mine = not can("article.publish") or request.args.get("view") == "mine"
    rows = _submitted_by_me() if mine else _waiting()
    page = paged(db.session(), rows, request.args.get("page", 1, type=int))
    return render_template("articles/reviews.html", page=page, mine=mine, own=_own(page))


def _waiting() -> Select[Any]:
    rows = select(Submission).join(Article, Article.id == Submission.article_id)
    rows = rows.join(Revision, Revision.id == Article.head_id)
    rows = rows.where(submissions.WAITS, visible(scope()), Revision.audience.in_(scope().drafts))
    order = Submission.urgent.desc(), Submission.due_at, Submission.submitted_at, Submission.id
    return rows.order_by(*order).options(*_LISTED)


@bp.app_template_global()
def waiting_reviews() -> int:
    """Return how many submissions wait for those who decide, to others none; asked once a request."""
    if "waiting_reviews" not in g:
        g.waiting_reviews = _waiting_count() if can("article.publish") else 0
    return g.waiting_reviews


def _waiting_count() -> int:
    rows = _waiting().with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    with db.reading() as session:  # the page that answers a post waits for nobody who writes
        return session.scalar(rows) or 0


def _submitted_by_me() -> Select[Any]:
    rows = select(Submission).join(Article, Article.id == Submission.article_id)
    rows = rows.where(Submission.submitted_by == current_user.id, visible(scope()))
    return rows.order_by(Submission.id.desc()).options(*_LISTED)


_LISTED = (joinedload(Submission.article), joinedload(Submission.submitter), joinedload(Submission.incident))


def _own(page: Page) -> set[int]:
    """Return which submissions of a page hold words of the reader, who cannot approve those."""
    ids = [row.id for row in page.rows]
    rows = select(Submission.id).where(Submission.id.in_(ids), submissions.written_by(current_user.id))
    return set(db.session().scalars(rows)) if ids else set()


@bp.post("/articles/<int:article_id>/submissions")
@may("article.submit")
def submit(article_id: int) -> Any:
    """Put the draft before a second person."""
    article = _article(article_id)
    written: dict[str, Any] = {"by": current_user.id, "now": db.now(), "words": block("submit_words").strip()}
    submission = reviewing.submit(db.session(), article, base=forms.number("base"), **written)
    db.session().commit()
    flash(t("reviewing.submitted_now"), "success")
    return redirect(_address(submission), 303)


@bp.post("/articles/<int:article_id>/urgent-publication")
@may("article.publish_urgently")
def publish_urgently(article_id: int) -> Any:
    """Let readers see the draft during an outage, marked as not approved."""
    article = _article(article_id)
    number = forms.number("incident")
    incident = db.session().get(Incident, number) if number is not None and number <= LARGEST_ID else None
    written: dict[str, Any] = {"by": current_user.id, "now": db.now()}
    reviewing.publish_urgently(db.session(), article, incident, base=forms.number("base"), **written)
    db.session().commit()
    flash(t("reviewing.urgent_now"), "warning")
    return redirect(url_for("articles.show", article_id=article_id), 303)


@bp.get("/articles/<int:article_id>/submissions/<int:submission_id>")
@may("article.submit")
def show(article_id: int, submission_id: int) -> str:
    """Show the difference to what is published, the remarks, and to whom it belongs the decision."""
    article, submission = _found(db.session(), article_id, submission_id)
    return _page(db.session(), article, submission)


@bp.post("/articles/<int:article_id>/submissions/<int:submission_id>/approval")
@may("article.publish")
def approve(article_id: int, submission_id: int) -> Any:
    """Publish what was submitted, as it was read."""

    def decide(session: Session, article: Article, submission: Submission) -> Any:
        confidence = text("confidence") or "validated"
        reviewing.require_confidence(confidence)
        written: dict[str, Any] = {"base": forms.number("base"), "by": current_user.id, "now": db.now()}
        reviewing.approve(session, article, submission, confidence=confidence, **written)
        session.commit()
        flash(t("articles.published_now"), "success")
        return redirect(url_for("articles.show", article_id=article_id), 303)

    return _deciding(article_id, submission_id, decide)


@bp.post("/articles/<int:article_id>/submissions/<int:submission_id>/return")
@may("article.publish", keeps_text=True)
def send_back(article_id: int, submission_id: int) -> Any:
    """Give the draft back to its author with what is to be mended."""

    def decide(session: Session, article: Article, submission: Submission) -> Any:
        written: dict[str, Any] = {"base": forms.number("base"), "by": current_user.id, "now": db.now()}
        words = block("decision").strip()
        reviewing.send_back(session, article, submission, words=words, **written)
        session.commit()
        flash(t("reviewing.returned_now"), "success")
        return redirect(url_for(".index"), 303)

    return _deciding(article_id, submission_id, decide)


@bp.post("/articles/<int:article_id>/submissions/<int:submission_id>/withdrawal")
@may("article.submit")
def withdraw(article_id: int, submission_id: int) -> Any:
    """Take back what was submitted; it stays a draft."""
    article, submission = _found(db.session(), article_id, submission_id)
    reviewing.withdraw(db.session(), article, submission, by=current_user, now=db.now())
    db.session().commit()
    flash(t("reviewing.withdrawn_now"), "success")
    return redirect(url_for("articles.show", article_id=article_id), 303)


@bp.post("/articles/<int:article_id>/submissions/<int:submission_id>/remarks")
@may("article.publish", keeps_text=True)
def remark(article_id: int, submission_id: int) -> Any:
    """Say something of one line."""

    def decide(session: Session, article: Article, submission: Submission) -> Any:
        place, words = (text("field"), forms.number("line") or 0), block("remark").strip()
        written: dict[str, Any] = {"base": forms.number("base"), "by": current_user.id, "now": db.now()}
        row = reviewing.remark(session, article, submission, place, words, **written)
        session.commit()
        return redirect(_address(submission, anchor=f"remark-{row.id}"), 303)

    return _deciding(article_id, submission_id, decide)


@bp.post("/articles/<int:article_id>/submissions/<int:submission_id>/remarks/<int:remark_id>/removal")
@may("article.publish")
def remove_remark(article_id: int, submission_id: int, remark_id: int) -> Any:
    """Take one's own remark back."""
    _, submission = _found(db.session(), article_id, submission_id)
    known = min(remark_id, LARGEST_ID)
    reviewing.withdraw_remark(db.session(), submission, known, by=current_user.id, now=db.now())
    db.session().commit()
    return redirect(_address(submission), 303)


def _article(article_id: int) -> Article:
    """Return the article whose newest revision exists for the person. Raises Refused 404."""
    article = queries.article(db.session(), article_id, scope())
    queries.revision(db.session(), article, article.head_id, scope())
    return article


def _found(session: Session, article_id: int, submission_id: int) -> tuple[Article, Submission]:
    """Return both where the person may read the text that was submitted. Raises Refused 404."""
    article = queries.article(session, article_id, scope())
    submission = session.get(Submission, submission_id) if submission_id <= LARGEST_ID else None
    if submission is None or submission.article_id != article.id:
        raise Refused("articles.not_found", status=404)
    queries.revision(session, article, _read(article, submission), scope())
    if submission.base_id is not None:
        queries.revision(session, article, submission.base_id, scope())
    return article, submission


def _read(article: Article, submission: Submission) -> int | None:
    """Return the revision that a submission is about: the newest, and once decided the one decided about."""
    return article.head_id if submission.state == "waiting" else submission.decided_revision_id


def _address(submission: Submission, anchor: str | None = None) -> str:
    view = {name: request.args[name] for name in ("view", "all") if name in request.args}
    known = {"article_id": submission.article_id, "submission_id": submission.id}
    return url_for("articles.reviews.show", **known, **view, _anchor=anchor)


def _deciding(
    article_id: int, submission_id: int, decide: Callable[[Session, Article, Submission], Any]
) -> Any:
    """Do it, or show the page again with why not, what changed meanwhile, and what was written."""
    article, submission = _found(db.session(), article_id, submission_id)
    if kept.resuming():
        return _page(db.session(), article, submission)
    try:
        return decide(db.session(), article, submission)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        problems = refused.reasons if isinstance(refused, Reasons) else (refused,)
    db.close()
    with db.reading() as session:
        page = _page(session, *_found(session, article_id, submission_id), problems)
    return page, max(problem.status for problem in problems)


def _page(
    session: Session, article: Article, submission: Submission, problems: Sequence[Refused] = ()
) -> str:
    revision = queries.revision(session, article, _read(article, submission), scope())
    before, after = shown(submission.base), shown(revision)
    every = "all" in request.args
    told = reviewing.remarks(session, submission)
    marked = {"field": text("field") or request.args.get("field", ""), "words": block("remark")}
    marked["line"] = forms.number("line") or request.args.get("line", 0, type=int)
    return render_template(
        "articles/review.html",
        article=article,
        submission=submission,
        revision=revision,
        kind=revision.kind,
        guide=guide_view.proposed(submission.base, revision),
        changes=changes(before, after, context=None if every else 3, every=every),
        view=wanted_view(),
        every=every,
        remarks=placed(told, after),
        remark_total=len(told),
        marked=marked,
        problems=problems,
        since=_since(session, article, after),
        later=reviewing.written_since(session, submission) if submission.state == "waiting" else (),
        missing=service.unpublishable(service.text_of(revision), article.owner_id),
        waits=submission.state == "waiting",
        withdraws=may_withdraw(current_user, submission.submitted_by, article.owner_id),
        own=current_user.id in submissions.writers(session, submission),
        decision=block("decision"),
    )


def _since(session: Session, article: Article, after: dict[str, str]) -> list[Change]:
    """Return what changed between the revision that was posted as read and the newest."""
    read = forms.number("base") if request.method == "POST" else None
    if read is None or read == article.head_id:
        return []
    return changes(shown(queries.revision(session, article, read, scope())), after)


def shown(revision: Revision | None) -> dict[str, str]:
    """Return a revision's fields as lines, the audience in words; of none, nothing."""
    if revision is None:
        return {}
    fields = service.shown_fields(service.text_of(revision))
    return fields | {"audience": label("audience", fields["audience"])}


def wanted_view() -> str:
    """Return how the person wants to see a difference."""
    wanted = request.args.get("view", "")
    return wanted if wanted in VIEWS else VIEWS[0]


def placed(told: Sequence[Remark], now: dict[str, str]) -> dict[str, dict[int, list[Remark]]]:
    """Return field -> line in the text as it is now -> remarks; line 0 for those whose line is gone."""
    found: dict[str, dict[int, list[Remark]]] = defaultdict(lambda: defaultdict(list))
    for row in told:
        before = shown(row.revision).get(row.field, "")
        found[row.field][place_of(row.line, before, now.get(row.field, "")) or 0].append(row)
    return found


def of_edit(session: Session, article: Article | None, form: forms.Form) -> dict[str, Any]:
    """Return what the form shows of the review: the submission unless approved, remarks at their lines."""
    submission = submissions.newest(session, article.id) if article else None
    if submission is None or submission.state not in ("waiting", "returned"):
        return {"submission": None, "remarks": {}}
    found = {}
    for name, lines in placed(reviewing.remarks(session, submission), forms.fields(form)).items():
        found[name] = [(line, row) for line in sorted(lines) for row in lines[line]]
    return {"submission": submission, "remarks": found}


def of_article(article: Article, *, edits: bool) -> dict[str, Any]:
    """Return what an article's page shows of the review. edits: whether the person sees the draft."""
    session = db.session()
    newest = submissions.newest(session, article.id)
    unapproved = article.confidence == UNAPPROVED
    live = newest if newest and newest.state in ("waiting", "returned") and edits else None
    return {
        "submission": live if live and live.decided_revision_id in (None, article.head_id) else None,
        "urgent_until": newest.due_at if unapproved and newest else None,
        "outages": _outages(session) if edits and can("article.publish_urgently", article) else [],
    }


def _outages(session: Session) -> list[tuple[int, str]]:
    """Return the incidents that are not over, newest first, as choices."""
    rows = select(Incident).where(Incident.recovered_at.is_(None), Incident.closed_at.is_(None))
    found = session.scalars(rows.order_by(Incident.id.desc()).limit(50))
    return [(row.id, f"{row.number} {row.symptom[:40]}") for row in found]
