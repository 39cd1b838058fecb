"""The list of incidents, a new one, and the page of one; each part of the page has its own module."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from kb.domain.errors import Refused
from kb.incidents import (
    actions,
    calendar_pages,
    changing,
    clocks,
    closing,
    forms,
    linking,
    numbers,
    overdue,
    page,
    post_mortem,
    queries,
    reports,
    status_pages,
    timeline,
    today,
    updates,
)
from kb.incidents.forms import Form
from kb.incidents.recording import record
from kb.store.models import Incident
from kb.web import db, kept
from kb.web.access import may
from kb.web.locale import label, t

bp = Blueprint("incidents", __name__)
bp.add_app_template_filter(clocks.span_words, "span")
for part in (
    actions,
    closing,
    today,
    timeline,
    changing,
    reports,
    updates,
    status_pages,
    calendar_pages,
    numbers,
    linking,
):
    bp.register_blueprint(part.bp)
page.part(post_mortem.panel)


@bp.get("/incidents/")
@may("incident.read")
def index() -> str:
    """List the incidents, those that are not over first."""
    session, filters = db.session(), forms.wanted_filters()
    counted = queries.choices(session, filters, current_user.id)
    choices = {
        name: [
            (key, label(name, key) if name in ("state", "severity") else key, count) for key, count in rows
        ]
        for name, rows in counted.items()
    }
    number = request.args.get("page", 1, type=int)
    found = queries.listed(session, filters, current_user.id, number)
    return render_template(
        "incidents/index.html",
        page=found,
        filters=filters,
        choices=choices,
        overdue=overdue.overdue(session, db.now()),
    )


@bp.get("/incidents/new")
@may("incident.write")
def new() -> str:
    """Show the form of a new incident: contact has come now, and whoever opens it is in charge."""
    return _form(forms.empty(db.now(), current_user.id))


def _form(form: Form, refused: Refused | None = None) -> str:
    with db.reading() as session:
        found = changing.choices(session, form)
        return render_template("incidents/new.html", form=form, refused=refused, **found)


@bp.post("/incidents/new")
@may("incident.write", keeps_text=True)
def create() -> Any:
    """Record an incident."""
    form = forms.posted()
    try:
        if kept.resuming():
            return _form(form)
        incident = _create(form)
    except Refused as refused:
        db.close()
        return make_response(_form(form, refused), refused.status)
    flash(t("incidents.recorded", number=incident.number), "success")
    return redirect(url_for(".show", incident_id=incident.id), 303)


def _create(form: Form) -> Incident:
    report, session = changing.report_of(form), db.session()
    changing.require_lead(session, report.lead_id, now=db.now())
    incident = record(session, report, by=current_user.id, now=db.now())
    session.commit()
    return incident


@bp.get("/incidents/INC-<int:year>-<int:serial>")
@may("incident.read")
def by_number(year: int, serial: int) -> Response:
    """Lead from the number people quote to the incident."""
    found = queries.by_number(db.session(), year, serial)
    return redirect(url_for(".show", incident_id=found.id), 301)  # type: ignore[return-value]


@bp.get("/incidents/<int:incident_id>")
@may("incident.read")
def show(incident_id: int) -> str:
    """Show an incident: what is seen, its clocks, its timeline, and what it still needs."""
    session = db.session()
    return page.page(session, queries.incident(session, incident_id))
