"""What pages and commands show of accounts and of the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.errors import Refused
from kb.domain.people import access_problem
from kb.domain.periods import JAPAN, japan_date
from kb.people.terms import fold_login, fold_name
from kb.store.models import AuditRow, Person
from kb.store.paging import LARGEST_ID, Page, paged


@dataclass(frozen=True)
class AuditFilter:
    """Which audit rows: by or about a person, of an action, on days in Japan (both ends included)."""

    person: int | None = None
    action: str = ""
    first: date | None = None
    last: date | None = None


def person(session: Session, person_id: int, *, to_change: bool = False) -> Person:
    """Return the account, or raise Refused 404. to_change: other writers wait for this transaction."""
    known = person_id <= LARGEST_ID
    found = session.get(Person, person_id, with_for_update=to_change) if known else None
    if found is None:
        raise Refused("people.not_found", status=404)
    return found


def person_by_login(session: Session, login: str) -> Person:
    """Return the account with this login, or raise Refused 404."""
    found = session.scalar(select(Person).where(Person.login == fold_login(login)))
    if found is None:
        raise Refused("people.no_such_login", status=404, login=login)
    return found


def listed(session: Session, words: str, number: int) -> Page:
    """Return the accounts whose name or login holds the words; those that are disabled come last."""
    rows = select(Person).order_by(Person.disabled_at.is_not(None), Person.login)
    if words:
        name = Person.name.icontains(fold_name(words), autoescape=True)
        rows = rows.where(or_(name, Person.login.icontains(fold_login(words), autoescape=True)))
    return paged(session, rows, number)


def everyone(session: Session) -> Sequence[Person]:
    """Return every account by login."""
    return session.scalars(select(Person).order_by(Person.login)).all()


def states(person: Person, now: datetime) -> list[str]:
    """Return what an administrator should know at a glance: keys of the words people.state."""
    found = []
    problem = access_problem(person, japan_date(now))
    if problem is not None:
        found.append("disabled" if person.disabled_at else "ended")
    if person.locked_at is not None:
        found.append("locked")
    if person.password_expires_at is not None:
        found.append("expired" if now >= person.password_expires_at else "one_time")
    return found or ["active"]


def audit(session: Session, wanted: AuditFilter, number: int) -> Page:
    """Return the audit rows that pass the filter, newest first."""
    rows = select(AuditRow).where(*_conditions(wanted)).options(joinedload(AuditRow.person))
    return paged(session, rows.order_by(AuditRow.at.desc(), AuditRow.id.desc()), number)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.person is not None:
        about = and_(AuditRow.object_type == "person", AuditRow.object_id == wanted.person)
        found.append(or_(AuditRow.person_id == wanted.person, about))
    if wanted.action:
        found.append(AuditRow.action == wanted.action)
    if wanted.first:
        found.append(AuditRow.at >= _midnight(wanted.first))
    if wanted.last and wanted.last < date.max:
        found.append(AuditRow.at < _midnight(wanted.last + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    """Return when the day begins in Japan; the year 1 begins no earlier than UTC can tell."""
    if day == date.min:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day, time(), JAPAN).astimezone(UTC)


def actions(session: Session) -> list[str]:
    """Return the actions that the log knows, by name."""
    return list(session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action)))


def names(session: Session, rows: Sequence[AuditRow]) -> dict[int, str]:
    """Return the names of the accounts that the rows are about, in one query."""
    wanted = {row.object_id for row in rows if row.object_type == "person"}
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return dict(found.all())
