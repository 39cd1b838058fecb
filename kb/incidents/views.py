"""The pages of incidents; each part of the page has its own module."""

from __future__ import annotations

from flask import Blueprint, render_template

from kb.incidents import queries
from kb.web import db
from kb.web.access import may

bp = Blueprint("incidents", __name__)


@bp.get("/incidents/<int:incident_id>")
@may("incident.read")
def show(incident_id: int) -> str:
    """Show an incident: what is seen, its clocks, its timeline, and what it still needs."""
    incident = queries.incident(db.session(), incident_id)
    return render_template("incidents/show.html", incident=incident)
