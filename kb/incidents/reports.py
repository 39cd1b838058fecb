"""What ward staff have to do with incidents: reporting what they see, and hearing what became of it.

Of an incident they see their own words, its state in plain words and the expected recovery; nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.domain.errors import Refused
from kb.domain.incidents import Stamps
from kb.domain.periods import to_minute
from kb.incidents.forms import entries
from kb.incidents.recording import Report, record
from kb.store.models import Incident, IncidentEvent, IncidentUpdate
from kb.store.paging import Page, paged
from kb.web import db, kept
from kb.web.access import may
from kb.web.forms import block, text
from kb.web.locale import t

bp = Blueprint("reports", __name__)
EFFECTS = {"stopped": "P1", "hampered": "P2", "device": "P3", "question": "P4"}
"""What staff choose from, and the severity that it stands for until an engineer says otherwise."""
FIELDS = ("symptom", "offices", "counters", "reporter")
PER_PAGE = 20


@dataclass(frozen=True)
class Told:
    """What somebody who reported an incident may know of it. words, offices, counters: what they wrote."""

    incident: Incident
    words: str
    offices: Sequence[str]
    counters: Sequence[str]
    eta_from: datetime | None = None
    eta_to: datetime | None = None
    next_due: datetime | None = None


@bp.get("/reports/")
@may("incident.report")
def index() -> str:
    """List what the person has reported."""
    page = listed(db.session(), current_user.id, request.args.get("page", 1, type=int))
    return render_template("incidents/reports.html", page=page)


def listed(session: Session, person_id: int, number: int) -> Page:
    """Return one page of a person's own reports as `Told`, newest first."""
    rows = select(Incident).where(Incident.reported_by == person_id)
    page = paged(session, rows.order_by(Incident.created_at.desc(), Incident.id.desc()), number, PER_PAGE)
    ids = [incident.id for incident in page.rows]
    written, updates = _first_events(session, ids), _last_updates(session, ids)
    told = [_told(incident, written.get(incident.id), updates.get(incident.id)) for incident in page.rows]
    return Page(told, page.number, page.total, page.per_page)


def _first_events(session: Session, ids: Sequence[int]) -> dict[int, IncidentEvent]:
    first = select(func.min(IncidentEvent.id)).where(
        IncidentEvent.incident_id.in_(ids), IncidentEvent.kind == "change"
    )
    rows = select(IncidentEvent).where(IncidentEvent.id.in_(first.group_by(IncidentEvent.incident_id)))
    return {event.incident_id: event for event in session.scalars(rows)}


def _last_updates(session: Session, ids: Sequence[int]) -> dict[int, IncidentUpdate]:
    rows = select(IncidentUpdate).where(IncidentUpdate.incident_id.in_(ids))
    return {
        update.incident_id: update
        for update in session.scalars(rows.order_by(IncidentUpdate.at, IncidentUpdate.id))
    }


def _told(incident: Incident, event: IncidentEvent | None, update: IncidentUpdate | None) -> Told:
    own = event if event is not None and event.person_id == incident.reported_by else None
    words = own.text if own else ""
    data = own.data if own else {}
    offices, counters = data.get("offices", []), data.get("counters", [])
    if update is None or incident.recovered_at is not None:
        return Told(incident, words, offices, counters)
    return Told(incident, words, offices, counters, update.eta_from, update.eta_to, update.next_due)


@bp.get("/reports/new")
@may("incident.report")
def new() -> str:
    """Show the form for somebody who sees that something is wrong."""
    return _form({name: request.args.get(name, "")[:2_000] for name in FIELDS})


def _form(values: Any, refused: Refused | None = None) -> str:
    return render_template("incidents/report.html", values=values, effects=EFFECTS, refused=refused)


@bp.post("/reports/new")
@may("incident.report", keeps_text=True)
def create() -> Any:
    """Record what somebody of the ward reports, for the engineers to take up."""
    try:
        if kept.resuming():
            return _form(request.form)
        incident = _create()
    except Refused as refused:
        db.close()
        return make_response(_form(request.form, refused), refused.status)
    flash(t("incidents.reports.received", number=incident.number), "success")
    return redirect(url_for(".index"), 303)


def _create() -> Incident:
    session, now = db.session(), db.now()
    report = Report(
        symptom=block("symptom"),
        severity=EFFECTS.get(text("effect"), ""),
        urgent=bool(text("urgent")),
        offices=entries(block("offices")),
        counters=entries(block("counters")),
        reporter=text("reporter"),
        reported_by=current_user.id,
        channel="page",
        stamps=Stamps(contacted=to_minute(now)),
    )
    incident = record(session, report, by=current_user.id, now=now)
    session.commit()
    return incident
