"""Choosing a successor for an article, and what is shown of it; articles like the one being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from articles import forms, queries, retiring
from articles.likes import Like, likes
from kb.domain.articles import wider
from kb.domain.errors import Refused
from kb.store.models import Article
from kb.web import db
from kb.web.access import can, may, scope
from kb.web.forms import block, text
from kb.web.locale import t

bp = Blueprint("retiring", __name__)


@bp.get("/articles/<int:article_id>/retirement")
@may("article.archive")
def choose(article_id: int) -> str:
    """Look for the article that replaces this one: by number or title, the likest stand there at once."""
    session, words = db.session(), " ".join(request.args.get("q", "")[:200].split())
    article = queries.article(session, article_id, scope())
    if words:
        found: Sequence[Article] = retiring.candidates(session, article, words, scope())
    else:
        found = [like.article for like in _likes_of(article)]
    narrower = {other.id for other in found if wider(article.audience, other.audience)}
    shown = {"article": article, "q": words, "found": found, "narrower": narrower}
    return render_template("articles/retirement.html", **shown)


@bp.post("/articles/<int:article_id>/retirement")
@may("article.archive")
def retire(article_id: int) -> Any:
    """Archive the article with its successor; merge: let the successor have its uses."""
    session, merges = db.session(), text("action") == "merge"
    article = queries.article(session, article_id, scope())
    chosen = forms.number("successor")
    if chosen is None:
        raise Refused("retiring.no_successor", field="successor")
    successor = queries.article(session, chosen, scope())
    retiring.retire(session, article, successor, merges=merges, by=current_user.id, now=db.now())
    words = {"number": article.number, "successor": successor.number}
    flash(t("retiring.merged_now" if merges else "retiring.replaced_now", **words), "success")
    return redirect(url_for("articles.show", article_id=successor.id), 303)


@bp.app_template_global()
def article_successor(article: Article) -> Article | None:
    """Return the article that replaces an archived one, if it exists for the person of this request."""
    row = retiring.successor(db.session(), article.id) if article.confidence == "archived" else None
    return row.successor if row is not None and scope().sees(row.successor) else None


@bp.post("/articles/similar")
@may("article.write")
def similar() -> str:
    """Return the articles that are most like what is being written; nothing is stored."""
    with db.reading() as session:
        wanted: dict[str, Any] = {"kind": text("kind"), "but": forms.number("article")}
        found = likes(session, scope(), text("title")[:200], block("symptom"), **wanted)
        return render_template("articles/similar.html", likes=found)


@bp.app_template_global()
def similar_articles(kind: str, title: str, symptom: str, but: int | None = None) -> Sequence[Like]:
    """Return the articles that are most like a text."""
    if not can("article.write") or not (title or symptom).strip():
        return ()
    with db.reading() as session:
        return likes(session, scope(), title, symptom, kind=kind, but=but)


def _likes_of(article: Article) -> Sequence[Like]:
    revision = article.published or article.head
    symptom = revision.symptom if revision else ""
    return likes(db.session(), scope(), article.title, symptom, kind=article.kind, but=article.id)
