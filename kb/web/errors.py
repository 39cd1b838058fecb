"""One place that turns a rule's no, and everything else that goes wrong, into a page."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_login import current_user
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from kb.domain.errors import Refused
from kb.store import audit
from kb.store.db import writing
from kb.web import db
from kb.web.locale import WORDS, refusals

AUDITED = frozenset({403, 404})


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Refused, refused_page)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, reasons: list[str], headers: Any = None) -> Response:
    """Return the error page: what happened, why, and what to do next."""
    known = status if f"errors.{status}.title" in WORDS else (400 if status < 500 else 500)
    response = make_response(
        render_template("web/error.html", status=status, known=known, reasons=reasons), status
    )
    response.headers.extend(headers or {})
    return response


def refused_page(refused: Refused) -> Response:
    """Return the page for a rule's no; what touches access is audited."""
    db.close()
    if refused.status in AUDITED and current_user.is_authenticated:
        _audit_refusal(refused)
    return page(refused.status, refusals(refused))


def _audit_refusal(refused: Refused) -> None:
    numbers = [value for value in (request.view_args or {}).values() if isinstance(value, int)]
    with writing(db.engine()) as session:
        audit.record(
            session,
            "access.refused",
            at=db.now(),
            by=current_user.id,
            object_type=(request.blueprint or ""),
            object_id=numbers[0] if numbers and numbers[0] < 2**63 else None,
            address=request.remote_addr or "",
            endpoint=request.endpoint,
            status=refused.status,
        )


def _http(error: HTTPException) -> Response:
    db.close()
    if isinstance(error, SecurityError):  # the host is not ours, so no address can be put on a page
        return make_response("400 Bad Request\n", 400, {"Content-Type": "text/plain; charset=utf-8"})
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return page(error.code or 500, [], kept)


def _stale(error: StaleDataError) -> Response:
    return refused_page(Refused("articles.stale", status=409))


def _unexpected(error: Exception) -> Response:
    current_app.logger.exception("%s %s", request.method, request.path)
    db.close()
    if current_app.testing:
        raise error
    return page(500, [])
