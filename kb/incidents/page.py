"""The page of one incident: every part of it brings its own data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.errors import Refused
from kb.incidents import queries
from kb.store.models import Incident
from kb.web import db
from kb.web.access import scope

Part = Callable[[Session, Incident, Scope, datetime], dict[str, Any]]
PARTS: list[Part] = []


def part(function: Part) -> Part:
    """Make what a function returns, names and values for the template, part of the page."""
    PARTS.append(function)
    return function


def page(session: Session, incident: Incident, **values: Any) -> str:
    """Return the incident's page. values: what the request adds, for instance `refused` and `posted`."""
    now = db.now()
    found: dict[str, Any] = {"posted": {}, "refused": None}
    for data in PARTS:
        found |= data(session, incident, scope(), now)
    return render_template("incidents/show.html", incident=incident, **(found | values))


def again(incident_id: int, refused: Refused | None = None) -> Response:
    """Answer a post with the page, what was written still in its form.

    The template has `posted`, the form's values, and `refused`, why it was not taken (None: text that
    came back after signing in); a part's form looks at `request.endpoint` to know whether it is meant.
    """
    db.close()
    with db.reading() as session:
        incident = queries.incident(session, incident_id)
        shown = page(session, incident, posted=request.form, refused=refused)
    return make_response(shown, refused.status if refused else 200)


def back(incident_id: int, anchor: str) -> Any:
    """Lead back to the incident's page after a change."""
    return redirect(url_for("incidents.show", incident_id=incident_id, _anchor=anchor), 303)
