"""What pages show of incidents."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.domain.errors import Refused
from kb.store.models import Incident

LARGEST_ID = 2**63 - 1


def incident(session: Session, incident_id: int) -> Incident:
    """Return the incident, or raise Refused 404. Who may see incidents at all, a view's permission says."""
    found = session.get(Incident, incident_id) if incident_id <= LARGEST_ID else None
    if found is None:
        raise Refused("incidents.not_found", status=404)
    return found
