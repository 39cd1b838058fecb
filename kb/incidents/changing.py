"""Changing an incident: its fields, its moments, and going on after it was closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.errors import Refused, refuse_all
from kb.domain.incidents import CHANNELS, LONGEST, SEVERITIES, STAMPS, Stamps, stamp_problems
from kb.domain.periods import to_minute
from kb.domain.personal_data import problems
from kb.incidents import forms, queries
from kb.incidents.forms import Form
from kb.incidents.page import again, back, part
from kb.incidents.recording import Report, report_problems
from kb.store import accounts, audit, components
from kb.store.models import Incident
from kb.store.timeline import add_event
from kb.web import db, kept
from kb.web.access import may, scope
from kb.web.forms import block, moment, text
from kb.web.locale import label, t

bp = Blueprint("changing", __name__)
BY_HAND = ("detected", "contacted", "started", "recovered")
"""The moments that people set; closing has its own gate."""
FIELDS = ("symptom", "severity", "urgent", "offices", "counters", "reporter", "channel", "lead_id")


@part
def panel(_session: Session, incident: Incident, _scope: Scope, _now: datetime) -> dict[str, Any]:
    """Return the moments to show and those that one tap can set next."""
    moments = stamps_of(incident)
    shown = [(key, getattr(moments, key)) for key in STAMPS if key != "detected" or moments.detected]
    waiting = [key for key in ("started", "recovered") if getattr(moments, key) is None]
    return {"stamps": shown, "next_stamps": [] if incident.closed_at else waiting}


def stamps_of(incident: Incident) -> Stamps:
    """Return the moments of an incident."""
    return Stamps(**{key: getattr(incident, f"{key}_at") for key in STAMPS})


@bp.post("/incidents/<int:incident_id>/stamps")
@may("incident.write")
def stamp(incident_id: int) -> Any:
    """Set one moment, to now unless another time is given."""
    key = text("stamp")
    try:
        if key not in BY_HAND:
            raise Refused("incidents.unknown_stamp")
        at = moment("stamp_at") or to_minute(db.now())
        set_stamp(db.session(), incident_id, key, at, by=current_user.id, now=db.now())
    except Refused as refused:
        return again(incident_id, refused)
    return back(incident_id, "stamps")


def set_stamp(
    session: Session, incident_id: int, key: str, at: datetime, *, by: int | None, now: datetime
) -> None:
    """Set a moment and commit. Raises Refused if it lies in the future or out of order, or 409 if closed."""
    incident = open_incident(session, incident_id)
    refuse_all(stamp_problems(replace(stamps_of(incident), **{key: at}), now))
    _stamped(session, incident, key, at, by=by, now=now)
    incident.updated_at = now
    audit.record(
        session,
        "incident.stamped",
        at=now,
        by=by,
        object_type="incident",
        object_id=incident.id,
        stamp=key,
    )
    session.commit()


def _stamped(
    session: Session, incident: Incident, key: str, at: datetime | None, *, by: int | None, now: datetime
) -> None:
    was: datetime | None = getattr(incident, f"{key}_at")
    setattr(incident, f"{key}_at", at)
    told = {"stamp": key, "was": was.isoformat() if was else None, "set": at.isoformat() if at else None}
    earlier = at if at != to_minute(now) else None  # so that a tap stands behind what was written just before
    add_event(session, incident.id, "stamp", at=now, by=by, happened_at=earlier, **told)


def open_incident(session: Session, incident_id: int) -> Incident:
    """Return the incident to be changed. Raises Refused 404, or 409 if it is closed."""
    incident = queries.incident(session, incident_id, change=True)
    if incident.closed_at is not None:
        raise Refused("incidents.closed", status=409)
    return incident


@bp.get("/incidents/<int:incident_id>/edit")
@may("incident.write")
def edit(incident_id: int) -> str:
    """Show the form with what is known."""
    incident = queries.incident(db.session(), incident_id)
    if incident.closed_at is not None:
        raise Refused("incidents.closed", status=409)
    return _form(db.session(), incident, forms.of_incident(incident))


def _form(session: Session, incident: Incident, form: Form, **values: Any) -> str:
    return render_template(
        "incidents/edit.html",
        incident=incident,
        form=form,
        **choices(session, form),
        **values,
    )


def choices(session: Session, form: Form) -> dict[str, Any]:
    """Return what the fields of an incident offer."""
    tables = {"severity": SEVERITIES, "channel": CHANNELS}
    return {
        "leads": accounts.choices(session, db.now(), form.lead_id),
        "known_components": queries.component_names(session, scope()),
        "choices": {name: [(key, label(name, key)) for key in table] for name, table in tables.items()},
    }


@bp.post("/incidents/<int:incident_id>/edit")
@may("incident.write", keeps_text=True)
def save(incident_id: int) -> Any:
    """Change the fields. Somebody else's change in between answers 409 and shows both."""
    form = forms.posted()
    try:
        if kept.resuming():
            return _again(incident_id, form)
        change(db.session(), incident_id, form.base, report_of(form), by=current_user.id, now=db.now())
    except Refused as refused:
        return _again(incident_id, form, refused)
    flash(t("incidents.edit.saved"), "success")
    return redirect(url_for("incidents.show", incident_id=incident_id), 303)


def _again(incident_id: int, form: Form, refused: Refused | None = None) -> Response:
    """Answer with the form; if another change came between, with its values beside the person's own."""
    db.close()
    with db.reading() as session:
        incident = queries.incident(session, incident_id)
        present = forms.of_incident(incident)
        theirs: dict[str, Any] = {}
        if refused and refused.key == "incidents.stale":
            theirs = forms.changes(present, form)
            form = replace(form, base=present.base)
        shown = _form(session, incident, form, refused=refused, theirs=theirs)
    return make_response(shown, refused.status if refused else 200)


def report_of(form: Form) -> Report:
    """Return the posted values, ready for the rules. Raises Refused for a time that is none."""
    return Report(
        symptom=form.symptom,
        severity=form.severity,
        urgent=form.urgent,
        components=forms.entries(form.components),
        offices=forms.entries(form.offices),
        counters=forms.entries(form.counters),
        reporter=form.reporter,
        channel=form.channel,
        lead_id=form.lead_id,
        stamps=Stamps(**{key: moment(f"{key}_at") for key in BY_HAND}),
    )


def change(
    session: Session, incident_id: int, base: str, report: Report, *, by: int | None, now: datetime
) -> None:
    """Change the incident's fields and moments and commit; what was before stays in the timeline.

    base: what the form was made from (`forms.digest`).
    Raises Refused 409 if it is closed or was changed since the form was shown, else every reason at once.
    """
    incident = open_incident(session, incident_id)
    if base != forms.of_incident(incident).base:
        raise Refused("incidents.stale", status=409)
    refuse_all(report_problems(report, now))
    require_lead(session, report.lead_id, incident.lead_id, now=now)
    changed = _change_fields(session, incident, report)
    for key in BY_HAND:
        old, new = getattr(incident, f"{key}_at"), getattr(report.stamps, key)
        if (to_minute(old) if old else None) != new:
            _stamped(session, incident, key, new, by=by, now=now)
            changed[f"{key}_at"] = None
    if not changed:
        return
    fields = {name: values for name, values in changed.items() if values is not None}
    if fields:
        add_event(session, incident.id, "change", at=now, by=by, fields=fields)
    incident.updated_at = now
    audit.record(
        session,
        "incident.changed",
        at=now,
        by=by,
        object_type="incident",
        object_id=incident.id,
        fields=sorted(changed),
    )
    session.commit()


def _change_fields(session: Session, incident: Incident, report: Report) -> dict[str, Any]:
    """Set what differs; return name -> [before, after] as the timeline keeps it."""
    changed: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(report, name)
        value = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        if name == "symptom":
            value = value.strip()
        if value != getattr(incident, name):
            changed[name] = [getattr(incident, name), value]
            setattr(incident, name, value)
    before = [component.name for component in incident.components]
    if sorted(report.components) != before:
        incident.components = components.named(session, report.components)
        changed["components"] = [before, [component.name for component in incident.components]]
    return changed


def require_lead(
    session: Session, person_id: int | None, present: int | None = None, *, now: datetime
) -> None:
    """Raise Refused if this person cannot be in charge of an incident; who is already may stay."""
    if person_id is not None and person_id not in dict(accounts.choices(session, now, present)):
        raise Refused("incidents.unknown_lead", field="lead_id")


@bp.post("/incidents/<int:incident_id>/reopening")
@may("incident.write", keeps_text=True)
def reopen(incident_id: int) -> Any:
    """Go on with a closed incident."""
    try:
        if kept.resuming():
            return again(incident_id)
        reopened(db.session(), incident_id, block("reopen_reason").strip(), by=current_user.id, now=db.now())
    except Refused as refused:
        return again(incident_id, refused)
    flash(t("incidents.reopen.done"), "success")
    return back(incident_id, "timeline")


def reopened(session: Session, incident_id: int, reason: str, *, by: int | None, now: datetime) -> None:
    """Open a closed incident again and commit. Raises Refused 409 if it is open, 422 without a reason."""
    incident = queries.incident(session, incident_id, change=True)
    if incident.closed_at is None:
        raise Refused("incidents.not_closed", status=409)
    if not reason:
        raise Refused("incidents.reopen_reason_missing", field="reopen_reason")
    if len(reason) > LONGEST["text"]:
        raise Refused("incidents.too_long", field="reopen_reason", most=LONGEST["text"])
    refuse_all(problems({"reopen_reason": reason}))
    was = incident.closed_at
    incident.closed_at = None
    incident.updated_at = now
    told = {"reopened": True, "was": was.isoformat()}
    add_event(session, incident.id, "change", at=now, by=by, text=reason, **told)
    audit.record(session, "incident.reopened", at=now, by=by, object_type="incident", object_id=incident.id)
    session.commit()
