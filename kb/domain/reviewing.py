"""From a draft to a published article: what a second person decides, and what an outage may publish before.

Sources: contract C-6, C-8 (the ward trusts what is published); the ward's rule of two persons.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta
from typing import Protocol

from kb.domain.access import Reader, may
from kb.domain.articles import Label, Text, text_problems
from kb.domain.errors import Refused, refuse_all
from kb.domain.worktime import Calendar, closing_after

SUBMISSION_STATES: dict[str, Label] = {
    "waiting": Label("審査待ち", "Waiting for review"),
    "returned": Label("差し戻し", "Returned"),
    "approved": Label("承認", "Approved"),
    "withdrawn": Label("取り下げ", "Withdrawn"),
    "superseded": Label("置き換え（取り込み）", "Replaced by an import"),
}
UNAPPROVED = "unapproved"
"""The confidence of what was published urgently: seen, and marked, until it is approved or falls back."""
URGENT_DAYS = 2
"""Working days within which somebody approves what was published urgently; then it falls back."""
LONGEST_REMARK = 2_000
AUTOSAVE_KEPT = timedelta(days=30)
"""How long what was kept by itself, and never saved, is offered."""


class Outage(Protocol):
    """What the urgent lane needs to know of an incident."""

    recovered_at: datetime | None
    closed_at: datetime | None


def require_second_person(person_id: int | None, writers: Container[int]) -> None:
    """Raise Refused 403 if this person wrote any of what is to be decided; nobody is no second person."""
    if person_id is None or person_id in writers:
        raise Refused("reviewing.own_text", status=403)


def may_withdraw(reader: Reader, submitted_by: int | None, owner_id: int | None) -> bool:
    """Return whether this person may take back what waits: who submitted it, the owner, or a ward officer."""
    theirs = reader.id is not None and reader.id in (submitted_by, owner_id)
    return theirs or may(reader, "article.publish")


def require_outage(incident: Outage | None) -> None:
    """Raise Refused unless there is an incident that is not over: nothing else is urgent."""
    if incident is None or incident.recovered_at is not None or incident.closed_at is not None:
        raise Refused("reviewing.no_outage", field="incident")


def require_something(text: Text) -> None:
    """Raise Refused for a text that helps nobody; an outage does not wait for the other sections."""
    reasons = text_problems(text)
    if not any(words.strip() for words in text.sections.values()):
        reasons.append(Refused("reviewing.nothing_written"))
    refuse_all(reasons)


def approve_by(published: datetime, calendar: Calendar) -> datetime:
    """Return until when an urgent publication stands: the close of the second working day after its day."""
    return closing_after(published, URGENT_DAYS, calendar)
