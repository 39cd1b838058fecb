"""Forms: CSRF by Flask-WTF, and posted values read without surprises."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, Response, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect

from kb.domain.errors import Refused
from kb.domain.periods import EARLIEST, JAPAN, in_japan
from kb.web import errors, kept

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Protect every post; a form older than the session keeps what was written in it."""
    csrf.init_app(app)
    app.register_error_handler(CSRFError, _stale_form)
    app.jinja_env.filters.update(local=local)


def _stale_form(error: CSRFError) -> Response:
    if not kept.wanted():
        return errors.refused_page(Refused("errors.csrf", status=400))
    if current_user.is_anonymous:
        return kept.sign_in_first()
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in kept.OURS]
    return kept.way_back(request.full_path.rstrip("?"), fields)


def text(name: str) -> str:
    """Return a posted single-line value without the blanks around it; line ends become blanks."""
    return " ".join(request.form.get(name, "").split("\r\n")).replace("\n", " ").strip()


def block(name: str) -> str:
    """Return a posted multi-line value with plain line ends."""
    return request.form.get(name, "").replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def moment(name: str) -> datetime | None:
    """Return a posted <input type="datetime-local"> in UTC, or None if it is empty.

    What is posted is Japan time. Raises Refused("errors.moment", field=name) for anything else,
    also for a time with a zone of its own and for a year that was not typed to its end (0202).
    """
    posted = request.form.get(name, "").strip()
    if not posted:
        return None
    try:
        found = datetime.fromisoformat(posted)
    except ValueError:
        raise Refused("errors.moment", field=name) from None
    at = found.replace(tzinfo=JAPAN)
    if found.tzinfo is not None or at < EARLIEST:
        raise Refused("errors.moment", field=name)
    return at.astimezone(UTC)


def local(value: datetime | None) -> str:
    """Return a moment as <input type="datetime-local"> takes it: Japan time, to the minute; "" for None."""
    return f"{in_japan(value):%Y-%m-%dT%H:%M}" if value else ""
