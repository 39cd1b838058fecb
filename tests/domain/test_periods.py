"""Japan time and eras."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kb.domain.periods import age_in_days, era_year, in_japan, japan_date


@pytest.mark.parametrize(
    ("day", "era"),
    [
        (date(2026, 11, 23), "令和8年"),
        (date(2019, 5, 1), "令和元年"),
        (date(2019, 4, 30), "平成31年"),
        (date(1989, 1, 7), "昭和64年"),
        (date(1900, 1, 1), ""),
    ],
)
def test_a_year_has_its_era(day, era):
    assert era_year(day) == era


def test_the_day_changes_at_midnight_in_japan():
    before, after = datetime(2026, 11, 22, 14, 59, tzinfo=UTC), datetime(2026, 11, 22, 15, 0, tzinfo=UTC)

    assert (japan_date(before), japan_date(after)) == (date(2026, 11, 22), date(2026, 11, 23))
    assert age_in_days(before, after) == 1
    assert age_in_days(after, before) == 0


def test_a_moment_from_the_database_is_utc():
    assert in_japan(datetime(2026, 1, 1)).hour == 9  # noqa: DTZ001
