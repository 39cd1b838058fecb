"""Contact hours: when contact is received, how much of a span falls in them (C-2).

Weekdays 8:30-17:15 Japan time; Japanese holidays and 12/29-1/3 are closed; the ward opens or closes
single days against that rule. Holidays come as an argument: the law's list is no business of the rules.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kb.domain.errors import Refused
from kb.domain.periods import JAPAN, in_japan

OPENS, CLOSES = time(8, 30), time(17, 15)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Which days are contact days. opened, closed: the ward's own days, which win over the rule."""

    holidays: Container[date] = ()
    opened: Container[date] = ()
    closed: Container[date] = ()

    def is_open(self, day: date) -> bool:
        """Return whether contact is received on this day."""
        if day in self.closed:
            return False
        return day in self.opened or not (day.weekday() >= _SATURDAY or year_end(day) or day in self.holidays)


def year_end(day: date) -> bool:
    """Return whether the ward office is closed over the turn of the year: 12/29-1/3."""
    return (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)


def open_spans(start: datetime, end: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Yield the pieces of start..end that lie in contact hours, aware, in Japan time, in order."""
    first, last = in_japan(start), in_japan(end)
    day = first.date()
    while day <= last.date():
        if calendar.is_open(day):
            begin = max(first, datetime.combine(day, OPENS, JAPAN))
            until = min(last, datetime.combine(day, CLOSES, JAPAN))
            if begin < until:
                yield begin, until
        if day == date.max:
            return
        day += DAY


def contact_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Return how much of start..end falls in contact hours. Raises Refused("clocks.order")."""
    if end < start:
        raise Refused("clocks.order")
    return sum((until - begin for begin, until in open_spans(start, end, calendar)), timedelta())


def contact_minutes(start: datetime, end: datetime, calendar: Calendar) -> int:
    """Return the whole minutes of start..end that fall in contact hours.

    start, end: aware moments. A minute that is not yet full is not counted.
    Raises Refused("clocks.order") if end is before start. Source: contract C-2.
    """
    return contact_time(start, end, calendar) // MINUTE


def wall_minutes(start: datetime, end: datetime) -> int:
    """Return the whole minutes of start..end. Raises Refused("clocks.order") if end is before start."""
    if end < start:
        raise Refused("clocks.order")
    return (end - start) // MINUTE


def receives(moment: datetime, calendar: Calendar) -> bool:
    """Return whether the moment lies in contact hours; closing time itself does not."""
    local = in_japan(moment)
    return calendar.is_open(local.date()) and OPENS <= local.time() < CLOSES


def next_opening(moment: datetime, calendar: Calendar) -> datetime:
    """Return the moment itself if it lies in contact hours, else when they next begin, in Japan time."""
    local = in_japan(moment)
    if receives(moment, calendar):
        return local
    day = local.date() if local.time() < OPENS else local.date() + DAY
    while not calendar.is_open(day):
        day += DAY
    return datetime.combine(day, OPENS, JAPAN)


def starts_at(contact: datetime, urgent: bool, calendar: Calendar) -> datetime:
    """Return from when the ward can expect recovery to start: at once if urgent, else in contact hours."""
    return in_japan(contact) if urgent else next_opening(contact, calendar)


def closing_after(moment: datetime, days: int, calendar: Calendar) -> datetime:
    """Return when contact hours end on the so-manieth contact day after the moment's day, in Japan time."""
    day = in_japan(moment).date()
    while days > 0:
        day += DAY
        days -= calendar.is_open(day)
    return datetime.combine(day, CLOSES, JAPAN)
