"""What an administrator does to accounts: one transaction each, its audit row inside."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.domain.errors import Refused, refuse_all
from kb.domain.people import ONE_TIME_PASSWORD_LIVES, access_problem
from kb.domain.periods import japan_date
from kb.people import passwords
from kb.people.entry import Act, tell
from kb.people.terms import (
    Terms,
    fingerprint,
    fold_login,
    login_problem,
    settled,
    terms_of,
    terms_problems,
)
from kb.store.models import Person
from kb.web import sessions


def add(
    session: Session, login: str, terms: Terms, password_hash: str, act: Act, *, one_time: bool = True
) -> Person:
    """Add an account and commit. Raises Refused with every reason.

    one_time: the password works for a day and must be changed at the first sign-in.
    """
    login, terms = fold_login(login), settled(terms)
    wrong = login_problem(login)
    refuse_all([*([wrong] if wrong else []), *terms_problems(terms, japan_date(act.now))])
    person = Person(login=login, created_at=act.now, **asdict(terms))
    _give(person, password_hash, act.now, one_time=one_time)
    _insert(session, person)
    tell(session, "people.added", person, act, role=person.role, organisation=person.organisation)
    session.commit()
    return person


def _insert(session: Session, person: Person) -> None:
    if session.scalar(select(Person.id).where(Person.login == person.login)) is not None:
        raise Refused("people.login_taken", field="login", login=person.login)
    session.add(person)
    try:
        session.flush()
    except IntegrityError as error:  # two at once, on a database that does not queue its writers
        session.rollback()
        raise Refused("people.login_taken", field="login", login=person.login) from error


def change(session: Session, person: Person, terms: Terms, act: Act, *, base: str) -> None:
    """Keep new terms and commit; they hold from the person's next request on.

    base: the fingerprint of the terms that the form showed. Raises Refused 409 if they have changed
    since, and Refused with every reason if the new ones cannot be kept.
    """
    before, terms = terms_of(person), settled(terms)
    if fingerprint(before) != base:
        raise Refused("people.stale", status=409)
    if person.id == act.by and terms.role != before.role:
        raise Refused("people.not_yourself", field="role")
    refuse_all(terms_problems(terms, japan_date(act.now)))
    changes = _changes(before, terms)
    if not changes:
        return
    for name in changes:
        setattr(person, name, getattr(terms, name))
    if before.role == "administrator":
        _keep_an_administrator(session, act.now)
    tell(session, "people.changed", person, act, changes=changes)
    session.commit()


def _changes(before: Terms, after: Terms) -> dict[str, list[Any]]:
    old, new = asdict(before), asdict(after)
    return {name: [_plain(old[name]), _plain(new[name])] for name in old if old[name] != new[name]}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def disable(session: Session, person: Person, act: Act) -> None:
    """Let the person in no longer, end their sessions, and commit."""
    if person.id == act.by:
        raise Refused("people.not_yourself")
    if person.disabled_at is not None:
        raise Refused("people.already_disabled", status=409)
    person.disabled_at = act.now
    if person.role == "administrator":
        _keep_an_administrator(session, act.now)
    sessions.end(session, act.now, person_id=person.id)
    tell(session, "people.disabled", person, act)
    session.commit()


def enable(session: Session, person: Person, act: Act) -> None:
    """Let a disabled person in again, and commit."""
    if person.disabled_at is None:
        raise Refused("people.not_disabled", status=409)
    person.disabled_at = None
    tell(session, "people.enabled", person, act)
    session.commit()


def unlock(session: Session, person: Person, act: Act) -> None:
    """Let somebody try again after too many wrong passwords, and commit."""
    if person.locked_at is None:
        raise Refused("people.not_locked", status=409)
    _unlock(session, person, act)
    session.commit()


def reset(session: Session, person: Person, password_hash: str, act: Act) -> None:
    """Replace the password by a one-time one, unlock, end the person's sessions, and commit."""
    if person.id == act.by:
        raise Refused("people.not_yourself")
    _give(person, password_hash, act.now, one_time=True)
    if person.locked_at is not None:
        _unlock(session, person, act)
    person.failed_sign_ins = 0
    sessions.end(session, act.now, person_id=person.id)
    tell(session, "people.password_reset", person, act)
    session.commit()


def create_first_administrator(session: Session, now: datetime) -> str | None:
    """Add the account "admin" unless there is, or was, an administrator; return its one-time password."""
    known = select(Person.id).where((Person.role == "administrator") | (Person.login == "admin"))
    if session.scalar(known.limit(1)) is not None:
        return None
    password = passwords.one_time_password()
    terms = Terms("管理者", "administrator", "ward")
    add(session, "admin", terms, passwords.hashed(password), Act(None, now))
    return password


def _give(person: Person, password_hash: str, now: datetime, *, one_time: bool) -> None:
    person.password_hash = password_hash
    person.must_change_password = one_time
    person.password_expires_at = now + ONE_TIME_PASSWORD_LIVES if one_time else None


def _unlock(session: Session, person: Person, act: Act) -> None:
    person.locked_at = None
    person.failed_sign_ins = 0
    tell(session, "people.unlocked", person, act)


def _keep_an_administrator(session: Session, now: datetime) -> None:
    """Refuse what would leave nobody who can manage accounts."""
    session.flush()
    administrators = session.scalars(select(Person).where(Person.role == "administrator"))
    if all(access_problem(person, japan_date(now)) for person in administrators):
        raise Refused("people.last_administrator")
