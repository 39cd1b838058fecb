"""「お知らせ」: the list of what a person was told, and the count in the header."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_login import current_user

from kb.notices import following, mailing, queries
from kb.store import notices
from kb.web import db, mail
from kb.web.access import can, may, scope
from kb.web.forms import text

bp = Blueprint("notices", __name__)
bp.register_blueprint(following.bp)
bp.record_once(lambda state: mail.add_source(state.app, mailing.queue))


@bp.get("/notices/")
@may("notices.read")
def index() -> str:
    """List what the person was told, the unread first."""
    number = request.args.get("page", 1, type=int)
    page = queries.listed(db.session(), current_user, scope(), number)
    return render_template("notices/index.html", page=page, unread=unread_notices())


@bp.post("/notices/<int:notice_id>/reading")
@may("notices.read")
def read(notice_id: int) -> Any:
    """Mark one notice read; lead to what it is about unless the person stays in the list."""
    session = db.session()
    told = queries.own(session, current_user, scope(), notice_id)
    told.notice.read_at = told.notice.read_at or db.now()
    session.commit()
    if text("stay"):
        return redirect(url_for(".index"), 303)
    return redirect(url_for(told.endpoint, **told.args), 303)


@bp.post("/notices/reading")
@may("notices.read")
def read_all() -> Any:
    """Mark read what the person had before them."""
    session, until = db.session(), db.now()
    with suppress(ValueError):
        until = min(until, datetime.fromisoformat(text("until")).astimezone(until.tzinfo))
    queries.read_all(session, current_user, until, db.now())
    session.commit()
    return redirect(url_for(".index"), 303)


@bp.app_template_global()
def unread_notices() -> int:
    """Return how many notices wait for the person of this request; asked once."""
    if "unread_notices" not in g:
        g.unread_notices = _count() if can("notices.read") else 0
    return g.unread_notices


def _count() -> int:
    with db.reading() as session:  # the page that answers a post waits for nobody who writes
        return notices.unread_count(session, current_user, scope())
