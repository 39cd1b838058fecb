"""The contact clock of C-2, against a count minute by minute."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import jpholiday
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kb.domain.errors import Refused
from kb.domain.periods import JAPAN
from kb.domain.worktime import (
    Calendar,
    contact_minutes,
    contact_time,
    next_opening,
    receives,
    starts_at,
    wall_minutes,
)
from kb.store.contact_days import Holidays

OPENED, CLOSED = frozenset({date(2027, 5, 8), date(2028, 12, 29)}), frozenset({date(2027, 5, 14)})
CALENDAR = Calendar(Holidays(), OPENED, CLOSED)
FIRST, LAST = datetime(2027, 1, 1, tzinfo=JAPAN), datetime(2030, 12, 31, 23, 59, tzinfo=JAPAN)
moments = st.integers(0, int((LAST - FIRST).total_seconds()) // 60).map(
    lambda minutes: (FIRST + timedelta(minutes=minutes)).astimezone(UTC)
)


@cache
def open_minutes():
    """Every minute of 2027-2030 in contact hours, found by looking at each minute of each day by itself."""
    found, day = [], FIRST.date()
    while day <= LAST.date():
        turn = (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
        free = day.strftime("%a") in ("Sat", "Sun") or turn or jpholiday.is_holiday(day)
        if day in OPENED or (not free and day not in CLOSED):
            for minute in range(24 * 60):
                at = time(minute // 60, minute % 60)
                if time(8, 30) <= at < time(17, 15):
                    found.append(datetime.combine(day, at, JAPAN))
        day += timedelta(days=1)
    return found


def slowly(start, end):
    return bisect_left(open_minutes(), end) - bisect_left(open_minutes(), start)


@settings(max_examples=150, deadline=None)
@given(moments, moments)
@example(FIRST, LAST)
def test_both_clocks_agree_with_a_count_of_every_minute(one, other):
    start, end = min(one, other), max(one, other)

    assert contact_minutes(start, end, CALENDAR) == slowly(start, end)
    assert wall_minutes(start, end) == (end - start).total_seconds() // 60
    assert contact_minutes(start, end, CALENDAR) <= wall_minutes(start, end)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(moments, st.integers(0, 59_999)), min_size=3, max_size=3))
def test_contact_time_adds_up_to_the_millisecond(drawn):
    first, middle, last = sorted(moment + timedelta(milliseconds=extra) for moment, extra in drawn)

    parts = contact_time(first, middle, CALENDAR) + contact_time(middle, last, CALENDAR)
    assert parts == contact_time(first, last, CALENDAR)


@settings(max_examples=100, deadline=None)
@given(moments.filter(lambda moment: moment < datetime(2030, 12, 20, tzinfo=UTC)))
def test_the_next_opening_is_the_next_minute_in_which_contact_is_received(moment):
    expected = open_minutes()[bisect_left(open_minutes(), moment)]

    assert next_opening(moment, CALENDAR) == expected
    assert receives(moment, CALENDAR) == (expected == moment)
    assert contact_minutes(moment, expected, CALENDAR) == 0


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2027-05-10T08:30", "2027-05-10T17:15", 525),
        ("2027-05-10T17:14:30", "2027-05-10T17:16", 0),
        ("2027-05-10T17:14", "2027-05-11T08:31", 2),
        ("2027-05-07T17:00", "2027-05-10T09:00", 15 + 525 + 30),  # Saturday the 8th is opened
        ("2027-05-03T00:00", "2027-05-06T00:00", 0),  # three holidays
        ("2027-12-28T17:00", "2028-01-04T08:40", 25),  # the turn of the year
        ("2027-05-14T00:00", "2027-05-15T00:00", 0),  # a Friday that the ward closed
    ],
)
def test_contact_hours_are_those_of_the_contract(start, end, minutes):
    assert contact_minutes(at(start), at(end), CALENDAR) == minutes


def test_an_urgent_contact_starts_at_once_and_another_at_the_next_opening():
    evening = at("2027-04-30T18:00")

    assert starts_at(evening, True, CALENDAR) == evening
    assert starts_at(evening, False, CALENDAR) == at("2027-05-06T08:30")
    assert starts_at(at("2027-05-10T17:15"), False, CALENDAR) == at("2027-05-11T08:30")


def test_a_span_that_ends_before_it_starts_is_refused():
    with pytest.raises(Refused, match=r"clocks\.order"):
        contact_minutes(at("2027-05-10T09:00"), at("2027-05-10T08:59"), CALENDAR)
