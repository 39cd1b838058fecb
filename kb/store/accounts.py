"""Who can act on a day, as SQL: the decision of `kb.domain.people.access_problem` (a test compares the two).

What is in the charge of somebody who cannot act, because the consent ended (C-10) or the account is
disabled, is nobody's: it would be asked of no one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from kb.domain.access import WRITERS
from kb.domain.periods import japan_date
from kb.store.models import Person


def may_sign_in(today: date) -> ColumnElement[bool]:
    """Return the condition that a `Person` may use the wiki on this day in Japan."""
    consent = and_(Person.access_until >= today, func.trim(Person.consent_reference) != "")
    return and_(Person.disabled_at.is_(None), or_(Person.organisation == "ward", consent))


def can_act(today: date) -> ColumnElement[bool]:
    """Return the condition that a `Person` may write, and so be in charge of something, on this day."""
    return and_(Person.role.in_(WRITERS), may_sign_in(today))


def nobodys(person_id: Any, today: date) -> ColumnElement[bool]:
    """Return the condition that a column with a person's id names nobody who can act."""
    acting = select(Person.id).where(Person.id == person_id, can_act(today))
    return ~acting.correlate_except(Person).exists()


def choices(session: Session, now: datetime, present: int | None = None) -> list[tuple[int, str]]:
    """Return id and name of everybody who can be in charge of something, and of who is so at present."""
    rows = select(Person.id, Person.name).where(or_(can_act(japan_date(now)), Person.id == present))
    return [(person_id, name) for person_id, name in session.execute(rows.order_by(Person.name, Person.id))]


def deciders(session: Session, now: datetime, but: Collection[int]) -> list[int]:
    """Return who of the ward may decide on what these people asked for: reviewers, or else administrators."""
    for role in ("reviewer", "administrator"):
        rows = select(Person.id).where(Person.role == role, may_sign_in(japan_date(now)))
        found = list(session.scalars(rows.where(Person.id.not_in(but)).order_by(Person.id)))
        if found:
            return found
    return []


def reviewers(session: Session, today: date) -> list[int]:
    """Return the ids of the ward's section in charge."""
    rows = select(Person.id).where(Person.role == "reviewer", may_sign_in(today))
    return list(session.scalars(rows.order_by(Person.id)))
