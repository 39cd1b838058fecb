"""Status updates: what one must say, when the next is due, how far an expected time was off (C-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.domain.errors import Refused
from kb.domain.incidents import ETA_CONFIDENCES, LONGEST

NEXT_UPDATE = {
    "P1": timedelta(minutes=30),
    "P2": timedelta(minutes=60),
    "P3": timedelta(days=1),
    "P4": timedelta(days=1),
}
"""How long the ward waits for the next update at most, by severity."""
STEP = timedelta(minutes=5)
"""Expected times are round: nobody knows them to the minute."""
FARTHEST = timedelta(days=90)
PAST_ALLOWED = timedelta(minutes=2)
"""How long a form may have been open before what it offers lies in the past."""


@dataclass(frozen=True)
class Update:
    """One status update, moments aware.

    ward_text: for the ward's section in charge. staff_text: for ward staff at the counters.
    eta_from, eta_to: the expected time of recovery, both None while unknown; the same for one moment.
    next_due: when the ward hears again; None only after recovery.
    """

    ward_text: str
    staff_text: str = ""
    eta_from: datetime | None = None
    eta_to: datetime | None = None
    confidence: str = ""
    next_due: datetime | None = None


def update_problems(update: Update, now: datetime, *, recovered: bool) -> list[Refused]:
    """Return every reason why this cannot be sent. recovered: the incident is over."""
    found = []
    if not update.ward_text.strip():
        found.append(Refused("updates.ward_text_missing", field="ward_text"))
    for field in ("ward_text", "staff_text"):
        if len(getattr(update, field)) > LONGEST["text"]:
            found.append(Refused("incidents.too_long", field=field, most=LONGEST["text"]))
    return found + _eta_problems(update, now) + _next_problems(update, now, recovered=recovered)


def _eta_problems(update: Update, now: datetime) -> list[Refused]:
    first, last = update.eta_from, update.eta_to
    if first is None or last is None:
        return []
    found = []
    if last < first:
        found.append(Refused("updates.eta_order", field="eta_to"))
    if last < now - PAST_ALLOWED:
        found.append(Refused("updates.eta_past", field="eta_to"))
    if last > now + FARTHEST:
        found.append(Refused("updates.too_far", field="eta_to", days=FARTHEST.days))
    if update.confidence not in ETA_CONFIDENCES:
        found.append(Refused("updates.confidence_missing", field="confidence"))
    return found


def _next_problems(update: Update, now: datetime, *, recovered: bool) -> list[Refused]:
    if update.next_due is None:
        return [] if recovered else [Refused("updates.next_missing", field="next_due")]
    if update.next_due < now - PAST_ALLOWED:
        return [Refused("updates.next_past", field="next_due")]
    if update.next_due > now + FARTHEST:
        return [Refused("updates.too_far", field="next_due", days=FARTHEST.days)]
    return []


def rounded_up(moment: datetime) -> datetime:
    """Return the next full five minutes, the moment itself if it is one."""
    minute = moment.replace(second=0, microsecond=0)
    if minute < moment:
        minute += timedelta(minutes=1)
    return minute + timedelta(minutes=-minute.minute % (STEP // timedelta(minutes=1)))


def eta_error(eta_from: datetime, eta_to: datetime, recovered: datetime) -> int:
    """Return by how many minutes recovery missed what was said: 0 within, above 0 late, below 0 early."""
    if recovered > eta_to:
        return (recovered - eta_to) // timedelta(minutes=1)
    if recovered < eta_from:
        return -((eta_from - recovered) // timedelta(minutes=1))
    return 0
