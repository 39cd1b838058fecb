"""Where a form's script sends what stands in it, and where that is thrown away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user

from articles import autosaving, forms, guide_pages, queries
from articles.forms import Form
from kb.domain.articles import KINDS
from kb.domain.errors import Refused
from kb.store.paging import LARGEST_ID
from kb.web import db, rounds
from kb.web.access import may, require, scope
from kb.web.forms import text
from kb.web.locale import refusals, t

bp = Blueprint("autosaves", __name__)
bp.record_once(lambda state: rounds.add(state.app, rounds.in_a_transaction(autosaving.forget_old)))


@bp.post("/articles/autosave")
@may("article.write")
def keep() -> Response:
    """Keep what stands in the form; answer in words: 200 kept, 422 what must not be, 409 no longer."""
    form = guide_pages.written_in(forms.posted())
    if form.kind not in KINDS or not form.key:
        raise Refused("articles.unknown_kind", kind=form.kind)
    article_id = _article_id()
    try:
        autosaving.require_fit(form)
        autosaving.keep(db.session(), form, article_id, by=current_user.id, now=db.now())
        db.session().commit()
    except Refused as refused:
        db.close()
        said = t("autosave.refused", why=" ".join(refusals(refused)))
        return Response(
            said if refused.status == 422 else refusals(refused)[0], refused.status, mimetype="text/plain"
        )
    return Response(t("autosave.kept"), mimetype="text/plain")


@bp.post("/articles/autosave/removal")
@may("article.write")
def throw_away() -> Any:
    """Throw away what was kept, and show the form without it."""
    article_id, kind = _article_id(), text("kind")
    place = autosaving.place_of(Form(kind, incident_id=forms.number("incident")), article_id)
    autosaving.throw_away(db.session(), place, by=current_user.id, now=db.now())
    db.session().commit()
    flash(t("autosave.thrown_away"), "success")
    if article_id is not None:
        return redirect(url_for("articles.edit", article_id=article_id), 303)
    return redirect(url_for("articles.new", kind=kind, incident=forms.number("incident")), 303)


def _article_id() -> int | None:
    """Return the article in the address, if the person may edit it. Raises Refused 404."""
    number = request.args.get("article", type=int)
    if number is None:
        return None
    article = queries.article(db.session(), min(number, LARGEST_ID), scope())
    queries.revision(db.session(), article, article.head_id, scope())
    require("article.edit", article)
    return article.id


def with_kept(form: Form, article_id: int | None) -> Form:
    """Return what was kept of this form, if the address asks for it (?resume=)."""
    if "resume" not in request.args:
        return form
    row = autosaving.offered(db.session(), form, article_id, by=current_user.id, now=db.now())
    kept = autosaving.form_of(row) if row else None
    return replace(kept, key=row.key) if kept and row else form


def of_form(form: Form, article_id: int | None) -> dict[str, Any]:
    """Return what the form's page needs: its key, and what is offered when it is opened."""
    opened = request.method == "GET" and "resume" not in request.args
    with db.reading() as session:
        known = {"by": current_user.id, "now": db.now()}
        row = autosaving.offered(session, form, article_id, **known) if opened else None
    return {"form": form if form.key else replace(form, key=autosaving.new_key()), "autosave": row}
