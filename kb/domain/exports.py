"""Requests to take data out of the house (C-11): what must stand in one, and when it is good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kb.domain.errors import Refused

EXPORTS = ("incidents", "articles")
TEXTS = ("purpose", "readers", "security", "in_charge")
LONGEST_TEXT = 1_000
LONGEST_DAYS = 366


@dataclass(frozen=True)
class Wanted:
    """what: one of EXPORTS. begins, ends: the days between which it is made and used, both included."""

    what: str
    begins: date | None
    ends: date | None
    purpose: str
    readers: str
    security: str
    in_charge: str


def request_problems(wanted: Wanted, today: date) -> list[Refused]:
    """Return every reason why this is no complete request."""
    found = []
    if wanted.what not in EXPORTS:
        found.append(Refused("privacy.what_missing", field="what"))
    for name in TEXTS:
        text = getattr(wanted, name)
        if not text.strip():
            found.append(Refused("privacy.missing", field=name))
        if len(text) > LONGEST_TEXT:
            found.append(Refused("privacy.too_long", field=name, most=LONGEST_TEXT))
    if wanted.begins is None or wanted.ends is None:
        found.append(Refused("privacy.period_missing", field="ends"))
    elif wanted.ends < max(wanted.begins, today) or (wanted.ends - wanted.begins).days > LONGEST_DAYS:
        found.append(Refused("privacy.period_wrong", field="ends", most=LONGEST_DAYS))
    return found


def use_problem(state: str, what: str, begins: date, ends: date, wanted: str, today: date) -> Refused | None:
    """Return why a request does not cover this export today, or None."""
    if state != "approved":
        return Refused("privacy.not_approved")
    if what != wanted:
        return Refused("privacy.other_export")
    if not begins <= today <= ends:
        return Refused("privacy.expired")
    return None
