"""Status updates that the ward waits for: of which incidents, and who takes care of them (C-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from kb.domain.periods import in_japan, japan_date
from kb.domain.updates import NEXT_UPDATE
from kb.domain.worktime import Calendar, next_opening, starts_at
from kb.store import accounts, contact_days
from kb.store.models import Incident, IncidentUpdate, Person
from kb.store.outbox import queue_mail
from kb.web import mail
from kb.web.locale import LABELS, LANGUAGES, words_in

ENGINEERS = "engineer"
"""Who takes care of an incident that nobody is in charge of."""


@dataclass(frozen=True)
class Awaited:
    """An incident that is not over, and when its next update is due.

    nobodys: whether nobody who can act is in charge of it.
    """

    incident: Incident
    due: datetime
    nobodys: bool

    @property
    def key(self) -> str:
        """Names this one reminder: a later update makes another."""
        return f"update-due-{self.incident.id}-{self.due:%Y%m%d%H%M}"


def latest_id() -> object:
    """Return the scalar subquery of an `Incident` row's newest update."""
    newest = aliased(IncidentUpdate)
    rows = select(newest.id).where(newest.incident_id == Incident.id)
    return rows.order_by(newest.at.desc(), newest.id.desc()).limit(1).correlate(Incident).scalar_subquery()


def due_of(incident: Incident, latest: IncidentUpdate | None, calendar: Calendar) -> datetime | None:
    """Return when the ward hears next of an incident, or None once it is over.

    Before the first update that is as long after recovery should have begun (C-2) as between two
    updates, and in contact hours unless the case is urgent.
    """
    if incident.recovered_at is not None or incident.closed_at is not None:
        return None
    if latest is not None:
        return latest.next_due
    begun = starts_at(incident.contacted_at or incident.created_at, incident.urgent, calendar)
    return starts_at(begun + NEXT_UPDATE[incident.severity], incident.urgent, calendar).astimezone(UTC)


def awaited(session: Session, now: datetime) -> list[Awaited]:
    """Return the incidents whose update is overdue, the longest first."""
    nobodys = accounts.nobodys(Incident.lead_id, japan_date(now))
    rows = session.execute(
        select(Incident, IncidentUpdate, nobodys)
        .outerjoin(IncidentUpdate, IncidentUpdate.id == latest_id())
        .where(Incident.recovered_at.is_(None), Incident.closed_at.is_(None))
        .where(or_(IncidentUpdate.id.is_(None), IncidentUpdate.next_due < now))
    ).all()
    days = contact_days.calendar(session) if rows else Calendar()
    found = [(incident, due_of(incident, latest, days), bool(free)) for incident, latest, free in rows]
    late = [Awaited(incident, due, free) for incident, due, free in found if due is not None and due < now]
    return sorted(late, key=lambda each: (each.due, each.incident.id))


def overdue(session: Session, now: datetime) -> set[int]:
    """Return the ids of the incidents whose update is overdue."""
    return {each.incident.id for each in awaited(session, now)}


def of_reader(late: Iterable[Awaited], reader_id: int | None, role: str) -> list[Awaited]:
    """Return those that a person is in charge of; what nobody is in charge of is every engineer's."""
    return [
        each
        for each in late
        if each.incident.lead_id == reader_id or (each.nobodys and role == ENGINEERS)
    ]


def in_charge(session: Session, late: Awaited, today: date) -> Sequence[int]:
    """Return the ids of who is reminded: the person in charge, or every engineer if nobody can act."""
    lead = late.incident.lead_id
    if lead is not None and not late.nobodys:
        return [lead]
    rows = select(Person.id).where(Person.role == ENGINEERS, accounts.may_sign_in(today))
    return session.scalars(rows.order_by(Person.id)).all()


def next_day(session: Session, now: datetime) -> datetime:
    """Return the same time on the next contact day, or its opening if that is outside contact hours."""
    later = now.replace(second=0, microsecond=0) + timedelta(days=1)
    return next_opening(later, contact_days.calendar(session)).astimezone(UTC)


def remind(session: Session, now: datetime) -> None:
    """Queue a message to everybody in charge of an overdue update: one for each time that one is missed."""
    for each in awaited(session, now):
        subject, body = _message(each)
        for person_id in in_charge(session, each, japan_date(now)):
            queue_mail(session, each.key, person_id, subject, body, now)


def _message(late: Awaited) -> tuple[str, str]:
    """Return subject and body in both languages; the symptom stays inside."""
    incident, due = late.incident, f"{in_japan(late.due):%Y-%m-%d %H:%M}"
    paragraphs = []
    for tongue in LANGUAGES:
        severity = getattr(LABELS["severity"][incident.severity], tongue)
        values = {"number": incident.number, "severity": severity, "due": due}
        paragraphs.append(words_in(tongue, "updates.mail.body", **values))
    address = mail.link("incidents.show", incident_id=incident.id)
    subject = words_in(LANGUAGES[0], "updates.mail.subject", number=incident.number)
    return subject, "\n\n".join([*paragraphs, *([address] if address else [])]) + "\n"
