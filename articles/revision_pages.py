"""What was saved, one beside another: two revisions compared, and the history of a section's lines."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from articles import causes, line_history, queries
from articles.differences import changes
from articles.review_pages import shown, wanted_view
from kb.domain.articles import KINDS
from kb.domain.errors import Refused
from kb.store.models import Revision
from kb.web import db
from kb.web.access import can, may, scope

bp = Blueprint("revisions", __name__)


@bp.get("/articles/<int:article_id>/comparison")
@may("article.history")
def compare(article_id: int) -> str:
    """Show what changed between two revisions, the older one first whichever way they were chosen."""
    article = queries.article(db.session(), article_id, scope())
    asked = [request.args.get(name, type=int) for name in ("from", "to")]
    chosen = [queries.revision(db.session(), article, number, scope()) for number in asked]
    old, new = sorted(chosen, key=lambda revision: revision.id)
    every = "all" in request.args
    return render_template(
        "articles/comparison.html",
        article=article,
        old=old,
        new=new,
        changes=changes(shown(old), shown(new), context=None if every else 3, every=every),
        view=wanted_view(),
        every=every,
        incidents=causes.of_revisions(db.session(), chosen) if can("incident.read") else {},
    )


@bp.get("/articles/<int:article_id>/lines/<section>")
@may("article.history")
def lines(article_id: int, section: str) -> str:
    """Show each line of a section with since when it stands there, and why."""
    article = queries.article(db.session(), article_id, scope())
    number = request.args.get("revision", type=int) or article.published_id or article.head_id
    last = queries.revision(db.session(), article, number, scope())
    if section not in {row.key for row in KINDS[last.kind].all_sections}:
        raise Refused("articles.not_found", status=404)
    looked = line_history.revisions(db.session(), article, last, scope())

    def text(revision: Revision) -> str:
        return revision.sections.get(section, "")

    return render_template(
        "articles/lines.html",
        article=article,
        last=last,
        section=section,
        lines=line_history.lines(looked, text),
        incidents=causes.of_revisions(db.session(), looked) if can("incident.read") else {},
    )
