"""The pages of actions: on their incident, one by one, and all of them in one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_login import current_user
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.actions import Planned, check_due
from kb.domain.errors import Reasons, Refused
from kb.domain.incidents import ACTION_KINDS
from kb.domain.periods import japan_date
from kb.incidents import acting, queries, recurrence, reminders
from kb.incidents.page import back, page, part
from kb.store import accounts
from kb.store.models import Incident, IncidentAction
from kb.web import db, kept, mail
from kb.web.access import may
from kb.web.forms import block, text
from kb.web.locale import label, t

bp = Blueprint("actions", __name__)
bp.record_once(lambda state: mail.add_source(state.app, reminders.remind))


@dataclass(frozen=True)
class Form:
    """What stands in the forms of an action; days as the browser sends them."""

    kind: str = "corrective"
    text: str = ""
    owner: str = ""
    due: str = ""
    check: str = ""
    evidence: str = ""
    done_on: str = ""
    effect: str = ""
    effect_note: str = ""


@part
def panel(session: Session, incident: Incident, scope: Scope, now: datetime) -> dict[str, Any]:
    """Return what the incident's page needs to show and add actions."""
    due = acting.default_due(incident, now).isoformat()
    return {"actions": _shown(session, incident, Form(owner=str(current_user.id or ""), due=due))}


def _shown(session: Session, incident: Incident, form: Form) -> dict[str, Any]:
    today = japan_date(db.now())
    rows = [(action, acting.state(action, today)) for action in acting.of_incident(session, incident.id)]
    return {"rows": rows, "form": form, "owners": accounts.choices(session, db.now()), "kinds": _kinds()}


def _kinds() -> list[tuple[str, str]]:
    return [(key, label("action_kind", key)) for key in ACTION_KINDS]


@bp.get("/actions/")
@may("incident.read")
def index() -> str:
    """List actions: the person's own, what is overdue, what is left, everything."""
    session, today = db.session(), japan_date(db.now())
    view = request.args.get("view", "mine")
    view = view if view in acting.VIEWS else "mine"
    found = acting.listed(session, view, current_user.id, today, request.args.get("page", 1, type=int))
    return render_template(
        "incidents/actions_index.html",
        page=found,
        rows=[(action, acting.state(action, today)) for action in found.rows],
        view=view,
        counts=acting.counts(session, current_user.id, today),
    )


@bp.get("/actions/<int:action_id>")
@may("incident.read")
def show(action_id: int) -> str:
    """Show an action with what can be done next."""
    return _page(db.session(), acting.action(db.session(), action_id))


def _page(
    session: Session, action: IncidentAction, form: Form | None = None, problems: Sequence[Refused] = ()
) -> str:
    today = japan_date(db.now())
    return render_template(
        "incidents/action.html",
        action=action,
        incident=action.incident,
        state=acting.state(action, today),
        form=form or _of(action, today),
        problems=problems,
        owners=accounts.choices(session, db.now(), action.owner_id),
        kinds=_kinds(),
        done_day=japan_date(action.done_at) if action.done_at else None,
        recurred=recurrence.since(session, action),
    )


def _of(action: IncidentAction, today: date) -> Form:
    return Form(
        kind=action.kind,
        text=action.text,
        owner=str(action.owner_id or ""),
        due=action.due.isoformat(),
        check=(action.check_due or check_due(today)).isoformat(),
        evidence=action.evidence,
        done_on=today.isoformat(),
        effect=action.effect,
        effect_note=action.effect_note,
    )


@bp.post("/incidents/<int:incident_id>/actions")
@may("incident.write", keeps_text=True)
def create(incident_id: int) -> Any:
    """Add an action to an incident, closed or not."""
    incident = queries.incident(db.session(), incident_id)
    form = _posted()
    if kept.resuming():
        return _again(incident_id, form)
    try:
        acting.add(db.session(), incident, _planned(form), by=current_user.id, now=db.now())
    except Refused as refused:
        return _again(incident_id, form, _reasons(refused)), refused.status
    db.session().commit()
    flash(t("closing.action_added"), "success")
    return back(incident_id, "actions")


def _again(incident_id: int, form: Form, problems: Sequence[Refused] = ()) -> str:
    db.close()
    with db.reading() as session:
        incident = queries.incident(session, incident_id)
        shown = _shown(session, incident, form) | {"problems": problems, "open": True}
        return page(session, incident, actions=shown)


@bp.post("/actions/<int:action_id>")
@may("incident.write", keeps_text=True)
def save(action_id: int) -> Any:
    """Change what is planned."""

    def change(action: IncidentAction, form: Form) -> None:
        check = _day(form.check, "check_due")
        acting.change(db.session(), action, _planned(form), check=check, by=current_user.id, now=db.now())

    return _do(action_id, change, "closing.action_changed")


@bp.post("/actions/<int:action_id>/done")
@may("incident.write", keeps_text=True)
def finish(action_id: int) -> Any:
    """Say that the action is done, with its evidence."""

    def done(action: IncidentAction, form: Form) -> None:
        days = {"done": _day(form.done_on, "done_on"), "check": _day(form.check, "check_due")}
        acting.finish(db.session(), action, evidence=form.evidence, by=current_user.id, now=db.now(), **days)

    return _do(action_id, done, "closing.action_done")


@bp.post("/actions/<int:action_id>/check")
@may("incident.write", keeps_text=True)
def check(action_id: int) -> Any:
    """Say whether the action had its effect."""

    def checked(action: IncidentAction, form: Form) -> None:
        acting.check(
            db.session(),
            action,
            effect=form.effect,
            note=form.effect_note,
            by=current_user.id,
            now=db.now(),
        )

    return _do(action_id, checked, "closing.action_checked")


@bp.post("/actions/<int:action_id>/undoing")
@may("incident.write")
def undo(action_id: int) -> Any:
    """Put the action back among what is to be done."""
    return _do(
        action_id,
        lambda action, _: acting.undo(db.session(), action, by=current_user.id, now=db.now()),
        "closing.action_undone",
    )


def _do(action_id: int, change: Callable[[IncidentAction, Form], None], done: str) -> Any:
    """Change an action in one transaction; a refused or stale form comes back as it was sent."""
    action = acting.action(db.session(), action_id)
    form = _posted()
    try:
        if kept.resuming():
            return _refused(action_id, form, ())
        if text("base") != str(action.version):
            raise Refused("closing.action_stale", status=409)
        change(action, form)
    except Refused as refused:
        return _refused(action_id, form, _reasons(refused)), refused.status
    db.session().commit()
    flash(t(done), "success")
    return back(action.incident_id, "actions")


def _refused(action_id: int, form: Form, reasons: Sequence[Refused]) -> str:
    db.close()
    with db.reading() as session:
        return _page(session, acting.action(session, action_id), form, reasons)


def _reasons(refused: Refused) -> Sequence[Refused]:
    return refused.reasons if isinstance(refused, Reasons) else (refused,)


def _posted() -> Form:
    return Form(
        kind=text("action_kind"),
        text=block("action_text").strip(),
        owner=text("action_owner"),
        due=text("action_due"),
        check=text("check_due"),
        evidence=block("evidence").strip(),
        done_on=text("done_on"),
        effect=text("effect"),
        effect_note=block("effect_note").strip(),
    )


def _planned(form: Form) -> Planned:
    owner = form.owner
    known = owner.isascii() and owner.isdigit() and len(owner) < 19
    if owner and not known:
        raise Refused("closing.owner_unknown", field="action_owner")
    return Planned(form.kind, form.text, _day(form.due, "action_due"), int(owner) if owner else None)


def _day(value: str, field: str) -> date | None:
    """Return the day, None for an empty field. Raises Refused for what is no day of this century."""
    if not value:
        return None
    with suppress(ValueError):
        day = date.fromisoformat(value)
        if 2000 <= day.year < 2100:
            return day
    raise Refused("closing.day_unreadable", field=field)
