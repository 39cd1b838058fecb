"""Actions after an incident: planned, done with evidence, checked for effect (C-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.actions import (
    Planned,
    action_state,
    check_due,
    check_problems,
    done_problems,
    planned_problems,
)
from kb.domain.errors import Refused, refuse_all
from kb.domain.incidents import action_due
from kb.domain.periods import JAPAN, japan_date
from kb.incidents import recurrence
from kb.store import accounts, audit
from kb.store.models import Incident, IncidentAction
from kb.store.paging import LARGEST_ID, Page, paged
from kb.store.timeline import add_event

VIEWS = ("mine", "overdue", "open", "all")
next_day = case((IncidentAction.done_at.is_(None), IncidentAction.due), else_=IncidentAction.check_due)
"""The day on which something is due next: to be done, then to be checked."""
LEFT = or_(IncidentAction.done_at.is_(None), IncidentAction.effect == "")
"""Whether something is left to do: the action, or its check."""


def action(session: Session, action_id: int) -> IncidentAction:
    """Return the action with its incident, or raise Refused 404."""
    known = 0 < action_id <= LARGEST_ID
    found = session.get(IncidentAction, action_id) if known else None
    if found is None:
        raise Refused("closing.no_such_action", status=404)
    return found


def state(action: IncidentAction, today: date) -> str:
    """Return a key of ACTION_STATES."""
    return action_state(action.done_at is not None, action.effect, action.due, action.check_due, today)


def of_incident(session: Session, incident_id: int) -> Sequence[IncidentAction]:
    """Return the incident's actions in the order in which they were planned."""
    rows = select(IncidentAction).where(IncidentAction.incident_id == incident_id).order_by(IncidentAction.id)
    people = joinedload(IncidentAction.owner), joinedload(IncidentAction.reopened_by)
    return session.scalars(rows.options(*people)).all()


def listed(session: Session, view: str, reader_id: int | None, today: date, number: int) -> Page:
    """Return one page of actions, what is due first before the rest. view: one of VIEWS."""
    done_with = and_(IncidentAction.done_at.is_not(None), IncidentAction.effect != "")
    rows = (
        select(IncidentAction)
        .where(in_view(view, reader_id, today))
        .order_by(done_with, next_day, IncidentAction.id)
        .options(joinedload(IncidentAction.incident), joinedload(IncidentAction.owner))
    )
    return paged(session, rows, number)


def counts(session: Session, reader_id: int | None, today: date) -> dict[str, int]:
    """Return how many actions each of VIEWS holds."""
    sums = [func.count(case((in_view(view, reader_id, today), 1))) for view in VIEWS]
    return dict(zip(VIEWS, session.execute(select(*sums).select_from(IncidentAction)).one(), strict=True))


def in_view(view: str, reader_id: int | None, today: date) -> ColumnElement[bool]:
    """Return the condition of a view, one of VIEWS."""
    if view == "mine":
        return and_(LEFT, IncidentAction.owner_id == reader_id)
    if view == "overdue":
        return and_(LEFT, next_day < today)
    return LEFT if view == "open" else IncidentAction.id.is_not(None)


def default_due(incident: Incident, now: datetime) -> date:
    """Return until when an action is due unless somebody says otherwise; before recovery, from today on."""
    return action_due(incident.severity, japan_date(incident.recovered_at or now))


def add(
    session: Session, incident: Incident, planned: Planned, *, by: int | None, now: datetime
) -> IncidentAction:
    """Add an action to the transaction, also after the close. Raises Refused with every reason."""
    refuse_all(planned_problems(planned) + _owner_problems(session, planned.owner_id, None, now))
    added = IncidentAction(
        incident_id=incident.id,
        kind=planned.kind,
        text=planned.text.strip(),
        owner_id=planned.owner_id,
        due=planned.due,
        created_at=now,
        created_by=by,
    )
    session.add(added)
    session.flush()
    tell(session, "action.added", incident, added, by, now)
    return added


def change(
    session: Session,
    action: IncidentAction,
    planned: Planned,
    *,
    check: date | None,
    by: int | None,
    now: datetime,
) -> None:
    """Change what is planned, in this transaction. check: the day of the check, once the action is done."""
    refuse_all(planned_problems(planned) + _owner_problems(session, planned.owner_id, action.owner_id, now))
    new = {
        "kind": planned.kind,
        "text": planned.text.strip(),
        "owner_id": planned.owner_id,
        "due": planned.due,
    }
    if action.done_at is not None and not action.effect and check is not None:
        new["check_due"] = check
    changed = [name for name, value in new.items() if value != getattr(action, name)]
    if not changed:
        return
    for name in changed:
        setattr(action, name, new[name])
    tell(session, "action.changed", action.incident, action, by, now, fields=changed)


def finish(
    session: Session,
    action: IncidentAction,
    *,
    evidence: str,
    done: date | None,
    check: date | None,
    by: int | None,
    now: datetime,
) -> None:
    """Say, in this transaction, that the action is done and when its effect is checked (days in Japan)."""
    if action.done_at is not None:
        raise Refused("closing.done_already", status=409)
    today = japan_date(now)
    found = done_problems(evidence, done, japan_date(action.created_at), today)
    if done is not None and check is not None and check < done:
        found.append(Refused("closing.check_too_early", field="check_due"))
    refuse_all(found)
    day = done or today
    action.done_at = now if day == today else datetime.combine(day, time(23, 59), JAPAN)
    action.evidence, action.check_due = evidence.strip(), check or check_due(day)
    action.effect, action.effect_note, action.checked_at = "", "", None
    tell(session, "action.done", action.incident, action, by, now)


def check(
    session: Session, action: IncidentAction, *, effect: str, note: str, by: int | None, now: datetime
) -> None:
    """Keep, in this transaction, whether the action had the effect it was to have. Raises Refused."""
    if action.done_at is None:
        raise Refused("closing.not_done", status=409)
    later = recurrence.since(session, action)
    refuse_all(check_problems(effect, note, recurred=later.number if later else ""))
    action.effect, action.effect_note, action.checked_at = effect, note.strip(), now
    tell(session, "action.checked", action.incident, action, by, now, effect=effect)


def undo(session: Session, action: IncidentAction, *, by: int | None, now: datetime) -> None:
    """Put back, in this transaction, what was done or checked by mistake or has to be done again."""
    if action.done_at is None:
        raise Refused("closing.not_done", status=409)
    action.done_at = action.checked_at = action.check_due = None
    action.effect = ""
    action.due = max(action.due, japan_date(now) + timedelta(days=7))
    tell(session, "action.undone", action.incident, action, by, now)


def _owner_problems(
    session: Session, owner_id: int | None, present: int | None, now: datetime
) -> list[Refused]:
    if owner_id is None or owner_id == present:
        return []
    known = owner_id in {number for number, _ in accounts.choices(session, now)}
    return [] if known else [Refused("closing.owner_unknown", field="action_owner")]


def tell(
    session: Session,
    name: str,
    incident: Incident,
    action: IncidentAction,
    by: int | None,
    now: datetime,
    **data: Any,
) -> None:
    incident.updated_at = now
    add_event(
        session,
        incident.id,
        "action",
        at=now,
        by=by,
        text=action.text,
        change=name.removeprefix("action."),
        action_id=action.id,
        action_kind=action.kind,
        **data,
    )
    audit.record(
        session,
        name,
        at=now,
        by=by,
        object_type="action",
        object_id=action.id,
        incident=incident.number,
    )
