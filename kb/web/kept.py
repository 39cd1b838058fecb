"""Text that outlives a session: signed in again, the writer finds it still there.

A post that meets an ended session (or a form older than it) is not lost: its fields travel, signed,
through the sign-in form and come back as a page with one button that leads to the filled form.
They are never stored on the server, and another person who signs in there does not get them.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, current_app, make_response, render_template, request, session, url_for
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from kb.store.models import SignIn
from kb.web import db
from kb.web.locale import local_path

RESUME = "_resume"
OURS = frozenset({"csrf_token", RESUME, "action"})
LIVES = 12 * 3600
"""Seconds until kept text is forgotten."""


def wanted() -> bool:
    """Return whether this request carries text whose loss would hurt."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method == "POST" and getattr(view, "keeps_text", False)


def resuming() -> bool:
    """Return whether this post only brings kept text back to its form."""
    return request.method == "POST" and RESUME in request.form


def sign_in_first() -> Response:
    """Answer 401 with the sign-in page, the text inside its form."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in OURS]
    payload = _serializer().dumps({"path": request.full_path.rstrip("?"), "fields": fields, "for": _was()})
    page = render_template("people/sign_in.html", next=None, kept=payload, problem=None, login="")
    return make_response(page, 401)


def give_back(payload: str) -> Response | None:
    """Return the page that leads the signed-in person back to their text, or None if it is not theirs."""
    try:
        kept: dict[str, Any] = _serializer().loads(payload, max_age=LIVES)
    except BadData:
        return None
    if kept["for"] not in (None, current_user.id):
        return None
    return way_back(local_path(kept["path"]) or url_for("articles.home"), kept["fields"])


def way_back(action: str, fields: list[tuple[str, str]]) -> Response:
    """Return the page with the text in hidden fields and one button to its form."""
    return make_response(render_template("web/kept.html", action=action, fields=fields))


def gone(action: str) -> Response:
    """Answer 404 to a save of what no longer exists for its writer, and give them their own text.

    action: where the text can go on as something new.
    """
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in {*OURS, "base"}]
    page = render_template("web/kept.html", action=action, fields=fields, gone=True)
    return make_response(page, 404)


def _was() -> int | None:
    """Return whose session the cookie named before it ended, if it is known."""
    token = session.get("_user_id")
    if not isinstance(token, str):
        return None
    with db.reading() as reading:
        return reading.scalar(select(SignIn.person_id).where(SignIn.token_hash == digest(token)))


def digest(token: str) -> str:
    """Return what the database keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept text")
