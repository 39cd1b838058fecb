"""Two clocks for every duration: as the wall shows it, and in contact hours (C-2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.worktime import Calendar, contact_minutes, open_spans, starts_at, wall_minutes
from kb.incidents.page import part
from kb.store import contact_days
from kb.store.models import Incident
from kb.web.locale import t

FORESEEN = timedelta(days=2)
"""For how long an open page can count contact hours by itself."""
DURATIONS = (
    ("to_start", "contacted", "started"),
    ("to_recover", "started", "recovered"),
    ("in_all", "contacted", "recovered"),
    ("to_close", "recovered", "closed"),
)
"""Name, from which moment, to which; names have words in clocks.toml."""


@dataclass(frozen=True)
class Clock:
    """One duration with both clocks, whole minutes. running: its end has not come yet."""

    name: str
    since: datetime
    wall: int
    contact: int
    running: bool


def clocks(incident: Incident, calendar: Calendar, now: datetime) -> list[Clock]:
    """Return every duration whose beginning is known; what still runs counts until now."""
    found = [clock(incident, name, calendar, now) for name, _, _ in DURATIONS]
    return [each for each in found if each is not None]


def clock(incident: Incident, name: str, calendar: Calendar, now: datetime | None) -> Clock | None:
    """Return one duration of DURATIONS, or None if it has not begun. now: None leaves out what still runs."""
    first, last = next((first, last) for key, first, last in DURATIONS if key == name)
    since: datetime | None = getattr(incident, f"{first}_at")
    ended: datetime | None = getattr(incident, f"{last}_at")
    until = ended or now
    if since is None or until is None:
        return None
    until = max(since, until)
    contact = contact_minutes(since, until, calendar)
    return Clock(name, since, wall_minutes(since, until), contact, ended is None)


@part
def panel(session: Session, incident: Incident, _scope: Scope, now: datetime) -> dict[str, Any]:
    """Return both clocks of every duration, and from when recovery of a late contact is expected."""
    calendar = contact_days.calendar(session)
    contacted = incident.contacted_at
    expected = starts_at(contacted, incident.urgent, calendar) if contacted else None
    shown = clocks(incident, calendar, now)
    return {
        "clocks": shown,
        "clocks_now": now,
        "clocks_spans": _spans(calendar, now) if any(each.running for each in shown) else "",
        "expected_start": expected if expected and contacted and expected > contacted else None,
    }


def _spans(calendar: Calendar, now: datetime) -> str:
    """Return the coming contact hours as the script reads them: "1811500000-1811531500 ..."."""
    spans = open_spans(now, now + FORESEEN, calendar)
    return " ".join(f"{int(begin.timestamp())}-{int(until.timestamp())}" for begin, until in spans)


def span_words(minutes: float, days_of: int = 24, say: Callable[..., str] = t) -> str:
    """Return minutes in words, the two largest units: 2日3時間. days_of: hours of a day, 0 for hours alone.

    Contact hours are told in hours alone: a day of them would be taken for a working day. say: `words_in` of
    one language, for what is read later by others.
    """
    hours, rest = divmod(int(minutes), 60)
    days, hours = divmod(hours, days_of) if days_of else (0, hours)
    pieces = [("clocks.days", days), ("clocks.hours", hours), ("clocks.minutes", rest)]
    told = [say(key, n=number) for key, number in pieces if number]
    return "".join(told[:2]).strip() or say("clocks.minutes", n=0).strip()
