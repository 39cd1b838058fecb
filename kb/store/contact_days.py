"""The contact calendar: holidays by law, and the ward's own days from the table (C-2)."""

from __future__ import annotations

from datetime import date
from functools import cache

import jpholiday
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.worktime import Calendar
from kb.store.models import ContactDay


@cache
def holidays_of(year: int) -> dict[date, str]:
    """Return the Japanese holidays of a year with their names, by the law as the package knows it."""
    return dict(jpholiday.year_holidays(year))


class Holidays:
    """Every Japanese holiday, as a container of dates."""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in holidays_of(day.year)


def calendar(session: Session) -> Calendar:
    """Return the contact calendar with the ward's own days as they are now."""
    days = session.execute(select(ContactDay.day, ContactDay.open)).all()
    return Calendar(
        holidays=Holidays(),
        opened=frozenset(day for day, is_open in days if is_open),
        closed=frozenset(day for day, is_open in days if not is_open),
    )


def own_days(session: Session, year: int | None = None) -> list[ContactDay]:
    """Return the ward's own days in order, of one year or all."""
    rows = select(ContactDay).order_by(ContactDay.day)
    if year is not None:
        rows = rows.where(ContactDay.day.between(date(year, 1, 1), date(year, 12, 31)))
    return list(session.scalars(rows))
