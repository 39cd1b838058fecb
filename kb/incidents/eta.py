"""How far each expected time of recovery was off, by class of incident (C-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from kb.domain.incidents import SEVERITIES
from kb.domain.updates import eta_error
from kb.store.models import Incident, IncidentUpdate

SAID = ("incident_id", "at", "eta_from", "eta_to", "confidence")
"""What is read of each update: a year has many, and their texts do not count."""


@dataclass(frozen=True)
class EtaError:
    """One expected time that the ward was given, and what came of it.

    minutes: 0 recovered within what was said, above 0 later, below 0 earlier. lead_minutes: how long
    before the recovery it was said.
    """

    incident_id: int
    severity: str
    said_at: datetime
    eta_from: datetime
    eta_to: datetime
    confidence: str
    recovered_at: datetime
    minutes: int

    @property
    def lead_minutes(self) -> int:
        """Minutes between saying it and the recovery."""
        return int((self.recovered_at - self.said_at).total_seconds() // 60)


@dataclass(frozen=True)
class EtaClass:
    """The errors of one severity. median_minutes: of the sizes, whether early or late."""

    severity: str
    count: int
    within: int
    early: int
    late: int
    median_minutes: float
    worst_minutes: int


def eta_errors(session: Session, incidents: Iterable[Incident | Row[Any]]) -> list[EtaError]:
    """Return a row for each expected time that was given before its incident recovered, oldest first.

    incidents: id, severity and recovered_at of each are read.
    """
    over = {incident.id: incident for incident in incidents if incident.recovered_at is not None}
    if not over:
        return []
    columns = (getattr(IncidentUpdate, name) for name in SAID)
    rows = (
        select(*columns)
        .where(IncidentUpdate.incident_id.in_(over), IncidentUpdate.eta_to.is_not(None))
        .order_by(IncidentUpdate.at, IncidentUpdate.id)
    )
    return [
        found
        for update in session.execute(rows)
        if (found := _error(over[update.incident_id], update)) is not None
    ]


def _error(incident: Incident | Row[Any], update: Row[Any]) -> EtaError | None:
    recovered, last = incident.recovered_at, update.eta_to
    if recovered is None or last is None or update.at >= recovered:
        return None
    first = update.eta_from or last
    return EtaError(
        incident_id=incident.id,
        severity=incident.severity,
        said_at=update.at,
        eta_from=first,
        eta_to=last,
        confidence=update.confidence,
        recovered_at=recovered,
        minutes=eta_error(first, last, recovered),
    )


def by_class(errors: Sequence[EtaError]) -> list[EtaClass]:
    """Return the errors summed up by severity, in the order of SEVERITIES, without empty classes."""
    return [
        EtaClass(
            severity=severity,
            count=len(minutes),
            within=sum(each == 0 for each in minutes),
            early=sum(each < 0 for each in minutes),
            late=sum(each > 0 for each in minutes),
            median_minutes=median(abs(each) for each in minutes),
            worst_minutes=max(minutes, key=abs),
        )
        for severity in SEVERITIES
        if (minutes := [each.minutes for each in errors if each.severity == severity])
    ]
