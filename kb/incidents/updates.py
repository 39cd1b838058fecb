"""Status updates of an incident: what the ward and its staff are told, with the ETA as data (C-4)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, flash, g, request
from flask.sansio.blueprints import BlueprintSetupState
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.errors import Refused, refuse_all
from kb.domain.personal_data import problems
from kb.domain.updates import FARTHEST, NEXT_UPDATE, Update, rounded_up, update_problems
from kb.incidents import eta, overdue, queries
from kb.incidents.changing import open_incident
from kb.incidents.clocks import span_words
from kb.incidents.page import again, back, part
from kb.store import audit
from kb.store.contact_days import calendar
from kb.store.models import Incident, IncidentUpdate
from kb.store.timeline import add_event
from kb.web import db, kept, mail
from kb.web.access import can, may
from kb.web.forms import block, local, moment, text
from kb.web.locale import t, words_in

bp = Blueprint("updates", __name__)
SHOWN = 20
"""Updates on the page; the timeline has all of them."""
ETA_MINUTES = ("15", "30", "60")
NEXT_MINUTES = ("15", "30", "60", "120")
CONFIDENCE = "medium"
MOST_MINUTES = FARTHEST // timedelta(minutes=1)


@part
def panel(session: Session, incident: Incident, _scope: Scope, now: datetime) -> dict[str, Any]:
    """Return what was told so far, newest first, what is due, and the form of the next update."""
    told = newest(session, incident.id)
    due = overdue.due_of(incident, told[0] if told else None, calendar(session))
    return {
        "updates": told,
        "update_due": due,
        "update_late": due is not None and due < now,
        "update_form": _offered(incident, told[0] if told else None, now) | _of_guide(incident, now),
        "update_of_guide": bool(_of_guide(incident, now)),
        "eta_choices": ("unknown", *ETA_MINUTES, "at"),
        "next_choices": _next_choices(incident),
        "eta_errors": eta.eta_errors(session, [incident]),
    }


def newest(session: Session, incident_id: int, most: int = SHOWN) -> Sequence[IncidentUpdate]:
    """Return the incident's updates, newest first."""
    rows = select(IncidentUpdate).where(IncidentUpdate.incident_id == incident_id)
    return session.scalars(
        rows.order_by(IncidentUpdate.at.desc(), IncidentUpdate.id.desc()).limit(most)
    ).all()


def _offered(incident: Incident, last: IncidentUpdate | None, now: datetime) -> dict[str, str]:
    """Return the form as it opens: what was told last, as far as it still holds."""
    lasts = last is not None and last.eta_to is not None and last.eta_to > now
    return {
        "ward_text": "",
        "staff_text": last.staff_text if last else "",
        "eta": "at" if lasts else "unknown",
        "eta_from": local(last.eta_from) if last and lasts else "",
        "eta_to": local(last.eta_to) if last and lasts else "",
        "confidence": (last.confidence if last else "") or CONFIDENCE,
        "next": "none" if incident.recovered_at else _usual_next(incident.severity),
        "next_due": "",
    }


def _of_guide(incident: Incident, now: datetime) -> dict[str, str]:
    """Return what a walk through a guide brings into the form: its range in minutes from now, in the address.

    eta_learnt: 0 while the guide's times are its author's guesses; the ward is told that they may change.
    """
    low, high = (request.args.get(name, type=int) for name in ("eta_low", "eta_high"))
    if low is None or high is None or not 0 <= low <= high <= MOST_MINUTES or incident.recovered_at:
        return {}
    learnt = request.args.get("eta_learnt") == "1"
    say = partial(words_in, "ja")
    words = say("updates.of_guide", low=span_words(low, say=say), high=span_words(high, say=say))
    return {
        "ward_text": words if learnt else words + say("updates.of_guide_not_learnt"),
        "eta": "at",
        "eta_from": local(rounded_up(now + timedelta(minutes=low))),
        "eta_to": local(rounded_up(now + timedelta(minutes=high))),
        "confidence": CONFIDENCE if learnt else "low",
    }


def _usual_next(severity: str) -> str:
    minutes = str(NEXT_UPDATE[severity] // timedelta(minutes=1))
    return minutes if minutes in NEXT_MINUTES else "day"


def _next_choices(incident: Incident) -> tuple[str, ...]:
    over = ("none",) if incident.recovered_at else ()
    return (*over, *NEXT_MINUTES, "day", "at")


@bp.post("/incidents/<int:incident_id>/updates")
@may("incident.write", keeps_text=True)
def create(incident_id: int) -> Any:
    """Tell the ward and its staff how things stand."""
    try:
        if kept.resuming():
            return again(incident_id)
        told = _posted(db.now())
        tell(db.session(), incident_id, told, by=current_user.id, now=db.now())
    except Refused as refused:
        return again(incident_id, refused)
    flash(t("updates.sent"), "success")
    return back(incident_id, "updates")


def _posted(now: datetime) -> Update:
    """Return the posted update. Raises Refused for a time that is none, or a choice that needs one."""
    first, last = _posted_eta(now)
    return Update(
        ward_text=block("ward_text").strip(),
        staff_text=block("staff_text").strip(),
        eta_from=first,
        eta_to=last,
        confidence=text("confidence") if last else "",
        next_due=_posted_next(now),
    )


def _posted_eta(now: datetime) -> tuple[datetime | None, datetime | None]:
    chosen = text("eta")
    if chosen in ETA_MINUTES:
        at = rounded_up(now + timedelta(minutes=int(chosen)))
        return at, at
    if chosen != "at":
        return None, None
    first, last = moment("eta_from"), moment("eta_to")
    if first is None and last is None:
        raise Refused("updates.eta_missing", field="eta_to")
    return first or last, last or first


def _posted_next(now: datetime) -> datetime | None:
    chosen = text("next")
    if chosen in NEXT_MINUTES:
        return rounded_up(now + timedelta(minutes=int(chosen)))
    if chosen == "day":
        return overdue.next_day(db.session(), now)
    return moment("next_due") if chosen == "at" else None


def tell(
    session: Session, incident_id: int, update: Update, *, by: int | None, now: datetime
) -> IncidentUpdate:
    """Add a status update with its event and commit. Raises Refused with every reason, or 409 if closed."""
    incident = open_incident(session, incident_id)
    texts = {"ward_text": update.ward_text, "staff_text": update.staff_text}
    recovered = incident.recovered_at is not None
    refuse_all(update_problems(update, now, recovered=recovered) + problems(texts))
    event = add_event(session, incident.id, "update", at=now, by=by, text=update.ward_text, **_data(update))
    row = IncidentUpdate(
        incident_id=incident.id,
        event_id=event.id,
        at=now,
        ward_text=update.ward_text,
        staff_text=update.staff_text,
        eta_from=update.eta_from,
        eta_to=update.eta_to,
        confidence=update.confidence,
        next_due=update.next_due,
    )
    session.add(row)
    incident.updated_at = now
    audit.record(session, "incident.told", at=now, by=by, object_type="incident", object_id=incident.id)
    session.commit()
    return row


def _data(update: Update) -> dict[str, Any]:
    """Return what the timeline's event keeps of an update; moments as ISO 8601."""
    moments = {name: getattr(update, name) for name in ("eta_from", "eta_to", "next_due")}
    told: dict[str, Any] = {name: at.isoformat() if at else None for name, at in moments.items()}
    return told | {"staff_text": update.staff_text, "confidence": update.confidence}


@bp.post("/incidents/<int:incident_id>/status-page")
@may("incident.write")
def show_to_staff(incident_id: int) -> Any:
    """Show the incident on the staff's status page, or no longer."""
    shown = text("on") == "1"
    switch(db.session(), incident_id, shown, by=current_user.id, now=db.now())
    flash(t("updates.switch.now_on" if shown else "updates.switch.now_off"), "success")
    return back(incident_id, "updates")


def switch(session: Session, incident_id: int, shown: bool, *, by: int | None, now: datetime) -> None:
    """Put the incident on the status page or take it off, and commit; an event only where that changes it."""
    incident = queries.incident(session, incident_id, change=True)
    if incident.on_status_page == shown:
        return
    incident.on_status_page = shown
    incident.updated_at = now
    add_event(session, incident.id, "change", at=now, by=by, fields={"on_status_page": [not shown, shown]})
    audit.record(
        session,
        "incident.shown" if shown else "incident.hidden",
        at=now,
        by=by,
        object_type="incident",
        object_id=incident.id,
    )
    session.commit()


@bp.record_once
def _remind_by_mail(state: BlueprintSetupState) -> None:
    mail.add_source(state.app, overdue.remind)


@bp.app_template_filter()
def from_iso(value: str) -> datetime:
    """Return a moment as an event's data keeps it."""
    return datetime.fromisoformat(value)


@bp.app_template_global()
def late_updates() -> list[overdue.Awaited]:
    """Return the overdue updates that the person of this request is in charge of, for every page."""
    if current_user.is_anonymous or not can("incident.write"):
        return []
    if "late_updates" not in g:
        g.late_updates = []
        with suppress(OperationalError), db.reading() as session:  # the page of an error must not fail, too
            late = overdue.awaited(session, db.now())
            g.late_updates = overdue.of_reader(late, current_user.id, current_user.role)
    return g.late_updates
