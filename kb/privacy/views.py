"""The pages of what may be kept and what may leave the house (C-11)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from kb.domain.errors import Refused
from kb.domain.exports import EXPORTS, TEXTS, Wanted
from kb.domain.personal_data import KINDS, REFUSE
from kb.privacy import queries, service
from kb.web import db, kept
from kb.web.access import may
from kb.web.forms import block, text
from kb.web.locale import t

bp = Blueprint("privacy", __name__)
NEVER = frozenset(kind for kind, policy in KINDS.items() if policy == REFUSE)


@bp.get("/privacy/")
@may("privacy.ask")
def index() -> str:
    """List the values asked to be kept and the requests to take data out."""
    page = queries.keeps(db.session(), current_user, request.args.get("page", 1, type=int))
    exports = queries.exports(db.session(), current_user)
    return render_template("privacy/index.html", page=page, exports=exports, never=NEVER)


@bp.post("/privacy/keeps/<int:keep_id>/decision")
@may("privacy.decide")
def decide_keep(keep_id: int) -> Any:
    """Let a value pass, or not."""
    row = queries.keep(db.session(), keep_id)
    allow = text("decision") == "allow"
    service.decide_keep(db.session(), row, allow, by=current_user.id, now=db.now())
    flash(t("privacy.allowed" if allow else "privacy.refused"), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/privacy/keeps/<int:keep_id>/withdrawal")
@may("privacy.decide")
def withdraw(keep_id: int) -> Any:
    """Let a value pass no longer."""
    service.withdraw(db.session(), queries.keep(db.session(), keep_id), by=current_user.id, now=db.now())
    flash(t("privacy.refused"), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/privacy/exports/new")
@may("privacy.ask")
def new_export() -> str:
    """Show the form of a request to take data out."""
    return _form({})


@bp.post("/privacy/exports/new")
@may("privacy.ask", keeps_text=True)
def ask_export() -> Any:
    """File a request to take data out."""
    if kept.resuming():
        return _form(request.form)
    texts = {name: block(name).strip() for name in TEXTS}
    wanted = Wanted(text("what"), begins=_day("begins"), ends=_day("ends"), **texts)
    try:
        row = service.ask_export(db.session(), wanted, by=current_user.id, now=db.now())
    except Refused as refused:
        db.close()
        return make_response(_form(request.form, refused), refused.status)
    flash(t("privacy.filed", reference=row.reference), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/privacy/exports/<int:export_id>/decision")
@may("privacy.decide", keeps_text=True)
def decide_export(export_id: int) -> Any:
    """Approve or refuse a request to take data out."""
    row = queries.export(db.session(), export_id)
    approve, words = text("decision") == "approve", block("decision_words")
    service.decide_export(db.session(), row, approve, words, by=current_user.id, now=db.now())
    flash(t("privacy.approved" if approve else "privacy.refused"), "success")
    return redirect(url_for(".index"), 303)


def _form(values: Any, refused: Refused | None = None) -> str:
    return render_template("privacy/export.html", values=values, refused=refused, what=EXPORTS)


def _day(name: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text(name))
    return None
