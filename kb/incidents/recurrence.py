"""The same cause again: which incidents share it, and which actions it shows to have had no effect (C-5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.domain.access import Scope
from kb.domain.actions import came_back, cause_key, same_cause
from kb.domain.incidents import action_due
from kb.domain.periods import japan_date
from kb.incidents.page import part
from kb.store import audit
from kb.store.models import Component, Incident, IncidentAction
from kb.store.timeline import add_event

SHOWN = 5


def began(incident: Incident) -> datetime:
    """Return when the ward met the incident, as far as is known."""
    return incident.contacted_at or incident.detected_at or incident.created_at


def of_the_same_cause(session: Session, incident: Incident) -> list[Incident]:
    """Return the other incidents of the same confirmed cause and component, the newest first."""
    if incident.cause_state != "confirmed" or not cause_key(incident.cause):
        return []
    key = cause_key(incident.cause)
    labels = session.scalars(select(Incident.cause).where(Incident.cause_state == "confirmed").distinct())
    mine = _components(incident)
    shared = Incident.components.any(Component.id.in_(mine)) if mine else ~Incident.components.any()
    found = session.scalars(
        select(Incident)
        .where(Incident.cause_state == "confirmed", Incident.id != incident.id, shared)
        .where(Incident.cause.in_([label for label in labels if cause_key(label) == key]))
        .options(selectinload(Incident.components))
    )
    same = [one for one in found if same_cause(incident.cause, mine, one.cause, _components(one))]
    return sorted(same, key=began, reverse=True)


def _components(incident: Incident) -> frozenset[int]:
    return frozenset(component.id for component in incident.components)


def since(session: Session, action: IncidentAction) -> Incident | None:
    """Return the newest incident of the same cause that began after the action was done, or None."""
    done = action.done_at
    if done is None:
        return None
    return next((one for one in of_the_same_cause(session, action.incident) if began(one) > done), None)


def reopen(session: Session, incident: Incident, *, by: int | None, now: datetime) -> list[IncidentAction]:
    """Reopen, in this transaction, every action called effective that this incident shows was not.

    Both incidents get an event of it. Asked whenever the incident's cause is confirmed.
    """
    found = list(_refuted(session, incident))
    for action in found:
        action.reopened_at, action.reopened_by_id = now, incident.id
        action.done_at = action.checked_at = action.check_due = None
        action.effect = ""
        action.due = action_due(incident.severity, japan_date(now))
        action.incident.updated_at = now
        for here, change, there in (
            (action.incident, "reopened", incident),
            (incident, "reopens", action.incident),
        ):
            told = {"change": change, "incident": there.number, "action_id": action.id}
            add_event(session, here.id, "action", at=now, by=by, text=action.text, **told)
        audit.record(
            session,
            "action.recurred",
            at=now,
            by=by,
            object_type="action",
            object_id=action.id,
            incident=incident.number,
        )
    return found


def _refuted(session: Session, incident: Incident) -> Iterator[IncidentAction]:
    others = [one.id for one in of_the_same_cause(session, incident)]
    rows = select(IncidentAction).where(
        IncidentAction.incident_id.in_(others), IncidentAction.effect == "effective"
    )
    for action in session.scalars(rows.options(joinedload(IncidentAction.incident))):
        if (
            action.done_at
            and action.checked_at
            and came_back(began(incident), action.done_at, action.checked_at)
        ):
            yield action


@part
def panel(session: Session, incident: Incident, scope: Scope, now: datetime) -> dict[str, Any]:
    """Return what the incident's page shows: other incidents of its cause, actions it reopened."""
    reopened = select(IncidentAction).where(IncidentAction.reopened_by_id == incident.id)
    actions: Sequence[IncidentAction] = session.scalars(
        reopened.options(joinedload(IncidentAction.incident)).order_by(IncidentAction.id)
    ).all()
    same = of_the_same_cause(session, incident)
    return {"recurrence": {"same": same[:SHOWN], "times": len(same), "reopened": actions}}
