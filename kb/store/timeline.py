"""The timeline of an incident: events are added, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.store.models import IncidentEvent


def add_event(
    session: Session,
    incident_id: int,
    kind: str,
    *,
    at: datetime,
    by: int | None,
    text: str = "",
    happened_at: datetime | None = None,
    about_id: int | None = None,
    **data: Any,
) -> IncidentEvent:
    """Add an event to the transaction and return it with its id.

    kind: a key of EVENT_KINDS. at: now. happened_at: when it happened, if that was earlier (back-dated).
    text and data must have passed `personal_data.problems`; data must be JSON.
    """
    event = IncidentEvent(
        incident_id=incident_id,
        at=happened_at or at,
        recorded_at=at,
        person_id=by,
        kind=kind,
        text=text,
        about_id=about_id,
        data=data,
    )
    session.add(event)
    session.flush()
    return event
