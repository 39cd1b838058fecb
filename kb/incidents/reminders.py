"""Mail about actions that are due, also after their incident has closed (C-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.domain.incidents import ACTION_KINDS
from kb.domain.periods import japan_date
from kb.incidents.acting import LEFT, next_day
from kb.store import accounts
from kb.store.models import IncidentAction
from kb.store.outbox import queue_mail
from kb.web import mail
from kb.web.locale import LANGUAGES, words_in

SOONER = timedelta(days=3)
"""How long before its day somebody is reminded; then the day after it, and each week while it is overdue."""
MORNING = timedelta(hours=8, minutes=30)
"""A day's reminders go out when contact hours begin, not at midnight."""


def remind(session: Session, now: datetime) -> None:
    """Queue a message for every action, and every check of effect, that is due soon or overdue."""
    today = japan_date(now - MORNING)
    rows = select(IncidentAction).where(LEFT, next_day <= today + SOONER).order_by(IncidentAction.id)
    for action in session.scalars(rows.options(joinedload(IncidentAction.incident))):
        key = _key(action, today)
        people = _asked(session, action, now) if key else ()
        for person_id in people:
            subject, body = _message(action, today)
            queue_mail(session, key, person_id, subject, body, now)


def _due(action: IncidentAction) -> date:
    return action.due if action.done_at is None else action.check_due or action.due


def _key(action: IncidentAction, today: date) -> str:
    """Return what names this one reminder, or "" on the day itself: one before, then one each week."""
    due, what = _due(action), "do" if action.done_at is None else "check"
    if due == today:
        return ""
    stage = "soon" if due > today else f"late-{(today - due).days // 7}"
    return f"action-{action.id}-{what}-{due:%Y%m%d}-{stage}"


def _asked(session: Session, action: IncidentAction, now: datetime) -> Sequence[int]:
    """Return who is reminded: the owner, else who led the incident, else the ward's section in charge."""
    for person_id in (action.owner_id, action.incident.lead_id):
        if person_id is not None and person_id in dict(accounts.choices(session, now)):
            return [person_id]
    return accounts.reviewers(session, japan_date(now))


def _message(action: IncidentAction, today: date) -> tuple[str, str]:
    """Return subject and body in both languages; what the action is stays inside."""
    due, number = _due(action), action.incident.number
    what = "do" if action.done_at is None else "check"
    when = "late" if due < today else "soon"
    kind = ACTION_KINDS[action.kind]
    paragraphs = [
        words_in(tongue, f"closing.mail.{what}_{when}", number=number, kind=getattr(kind, tongue), due=due)
        for tongue in LANGUAGES
    ]
    address = mail.link("incidents.actions.show", action_id=action.id)
    subject = words_in(LANGUAGES[0], f"closing.mail.subject_{when}", number=number)
    return subject, "\n\n".join([*paragraphs, *([address] if address else [])]) + "\n"
