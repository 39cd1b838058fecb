"""Signing in and out, and one's own password.

Hashing takes tens of milliseconds, so it never runs inside a write transaction: first `attempt` or
`new_hash` with a session that reads, then one short transaction that trusts nothing it has not re-read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.errors import Reasons, Refused
from kb.domain.people import WRONG, locks, sign_in_problem
from kb.domain.periods import japan_date
from kb.people import passwords
from kb.people.terms import fold_login
from kb.store import audit
from kb.store.models import Person
from kb.web import sessions


@dataclass(frozen=True)
class Act:
    """Who does something (None: nobody signed in, or the command line), when, and from where."""

    by: int | None
    now: datetime
    address: str = ""


@dataclass(frozen=True)
class Attempt:
    """A login and a password that were tried: whose they are, and whether they belong together.

    password_hash: what was compared with. new_hash: its successor, if its parameters are outdated.
    """

    person_id: int | None
    password_hash: str | None
    right: bool
    new_hash: str | None = None


def attempt(reading: Session, login: str, password: str) -> Attempt:
    """Compare the password; an unknown login takes as long as a known one."""
    row = reading.execute(
        select(Person.id, Person.password_hash).where(Person.login == fold_login(login))
    ).one_or_none()
    reading.rollback()
    person_id, known = row if row else (None, None)
    right = passwords.matches(known, password)
    outdated = right and known is not None and passwords.outdated(known)
    return Attempt(person_id, known, right, passwords.hashed(password) if outdated else None)


def sign_in(session: Session, tried: Attempt, act: Act, *, former: str | None = None) -> tuple[Person, str]:
    """Begin a session and commit. Return the person and the token of the session.

    former: the token of a session that this browser still has; it ends.
    Raises Refused(WRONG), the same for every reason, once the failure is counted and audited.
    """
    person = session.get(Person, tried.person_id, with_for_update=True) if tried.person_id else None
    problem = _problem(person, tried, act)
    if person is None or problem is not None:
        _count_failure(session, person, problem or Refused(WRONG), act)
        session.commit()
        raise Refused(WRONG)
    person.failed_sign_ins = 0
    person.password_hash = tried.new_hash or person.password_hash
    if former:
        sessions.end(session, act.now, token=former)
    token = sessions.begin(session, person, act.now)
    tell(session, "people.signed_in", person, Act(person.id, act.now, act.address))
    session.commit()
    return person, token


def _problem(person: Person | None, tried: Attempt, act: Act) -> Refused | None:
    if person is None or not tried.right or person.password_hash != tried.password_hash:
        return Refused(WRONG)
    return sign_in_problem(person, act.now, japan_date(act.now))


def _count_failure(session: Session, person: Person | None, problem: Refused, act: Act) -> None:
    """A locked account is not counted further; a right password that came too late is no guess."""
    if person is None:
        audit.record(
            session, "people.sign_in_failed", at=act.now, by=None, address=act.address, reason=problem.key
        )
        return
    tell(session, "people.sign_in_failed", person, act, reason=problem.key)
    if problem.key != WRONG or person.locked_at is not None:
        return
    person.failed_sign_ins += 1
    if locks(person.failed_sign_ins):
        person.locked_at = act.now
        tell(session, "people.locked", person, act)


def sign_out(session: Session, person_id: int, token: str, act: Act) -> None:
    """End the session on the server and commit."""
    sessions.end(session, act.now, token=token)
    audit.record(
        session,
        "people.signed_out",
        at=act.now,
        by=act.by,
        object_type="person",
        object_id=person_id,
        address=act.address,
    )
    session.commit()


def new_hash(reading: Session, person_id: int, current: str, new: str, again: str) -> tuple[str, str]:
    """Return the hash that the current password was compared with, and the hash of the new one.

    Raises Refused with every reason, each naming its field: current, new or again.
    """
    known, login = reading.execute(
        select(Person.password_hash, Person.login).where(Person.id == person_id)
    ).one()
    reading.rollback()
    problems = []
    if not passwords.matches(known, current):
        problems.append(Refused("people.current_password_wrong", field="current"))
    problems += _new_password_problems(login, current, new, again)
    if problems:
        raise Reasons(problems)
    return known, passwords.hashed(new)


def _new_password_problems(login: str, current: str, new: str, again: str) -> list[Refused]:
    weak = passwords.problem(new, login)
    if weak is not None:
        return [Refused(weak.key, **weak.values, field="new")]
    if new == current:
        return [Refused("people.password_same", field="new")]
    if new != again:
        return [Refused("people.passwords_differ", field="again")]
    return []


def change_password(
    session: Session, person_id: int, hashes: tuple[str, str], act: Act
) -> tuple[Person, str]:
    """Keep one's new password and commit: every session of the person ends, a new one begins.

    hashes: what `new_hash` returned. Raises Refused 409 if the password was changed meanwhile.
    """
    known, new = hashes
    person = session.get_one(Person, person_id, with_for_update=True)
    if person.password_hash != known:
        raise Refused("people.stale", status=409)
    person.password_hash = new
    person.must_change_password = False
    person.password_expires_at = None
    sessions.end(session, act.now, person_id=person.id)
    token = sessions.begin(session, person, act.now)
    tell(session, "people.password_changed", person, act)
    session.commit()
    return person, token


def refuse_current_password(session: Session, person_id: int, act: Act) -> None:
    """Audit that somebody in this session did not know its password, and commit."""
    tell(session, "people.password_refused", session.get_one(Person, person_id), act)
    session.commit()


def tell(session: Session, action: str, person: Person, act: Act, **detail: Any) -> None:
    """Audit what happened to an account, in its transaction."""
    audit.record(
        session,
        action,
        at=act.now,
        by=act.by,
        object_type="person",
        object_id=person.id,
        address=act.address,
        **detail,
    )
