"""Japan time, eras and ages: stored in UTC, shown in Japan (architecture, ground rules)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan has kept +09:00 without summer time since 1951, so a fixed offset is exact."""

EARLIEST = datetime(2000, 1, 1, tzinfo=JAPAN)
"""What a form or a file tells from before was mistyped; nobody counts contact hours over centuries."""

ERAS = ((date(2019, 5, 1), "令和", "R"), (date(1989, 1, 8), "平成", "H"), (date(1926, 12, 25), "昭和", "S"))


def in_japan(moment: datetime) -> datetime:
    """Return the moment in Japan time; a naive moment is taken for UTC, as the database gives it."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(JAPAN)


def to_minute(moment: datetime) -> datetime:
    """Return the minute a moment lies in: what people see and type."""
    return moment.replace(second=0, microsecond=0)


def japan_date(moment: datetime) -> date:
    """Return the date in Japan at this moment."""
    return in_japan(moment).date()


def era_year(day: date) -> str:
    """Return the year of the Japanese era: 令和8年; 令和元年 for a first year; "" before 昭和."""
    for start, name, _ in ERAS:
        if day >= start:
            year = day.year - start.year + 1
            return f"{name}{'元' if year == 1 else year}年"
    return ""


def age_in_days(moment: datetime, now: datetime) -> int:
    """Return how many days in Japan lie between the two; 0 for the same day, never negative."""
    return max(0, (japan_date(now) - japan_date(moment)).days)
