"""Recording an incident: one transaction, its first event and its audit row inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.domain.errors import Refused, refuse_all
from kb.domain.incidents import CHANNELS, LONGEST, SEVERITIES, Stamps, stamp_problems
from kb.domain.periods import in_japan
from kb.domain.personal_data import problems
from kb.store import audit, components
from kb.store.models import Incident
from kb.store.timeline import add_event


@dataclass(frozen=True)
class Report:
    """What is known when an incident is recorded; see `Incident` for the fields."""

    symptom: str
    severity: str = "P3"
    urgent: bool = False
    components: Sequence[str] = ()
    offices: Sequence[str] = ()
    counters: Sequence[str] = ()
    reporter: str = ""
    reported_by: int | None = None
    channel: str = "phone"
    lead_id: int | None = None
    on_status_page: bool = False
    stamps: Stamps = field(default_factory=Stamps)


def report_problems(report: Report, now: datetime) -> list[Refused]:
    """Return every reason why this cannot be recorded."""
    found = []
    if not report.symptom.strip():
        found.append(Refused("incidents.symptom_missing", field="symptom"))
    if report.severity not in SEVERITIES:
        found.append(Refused("incidents.unknown_severity", field="severity"))
    if report.channel not in CHANNELS:
        found.append(Refused("incidents.unknown_channel", field="channel"))
    found += _size_problems(report)
    texts = {"symptom": report.symptom, "reporter": report.reporter}
    texts |= {name: "\n".join(getattr(report, name)) for name in ("components", "offices", "counters")}
    return found + stamp_problems(report.stamps, now) + problems(texts)


def _size_problems(report: Report) -> list[Refused]:
    lengths = {"symptom": [report.symptom], "reporter": [report.reporter]}
    lists = {name: list(getattr(report, name)) for name in ("components", "offices", "counters")}
    found = []
    for name, texts in (lengths | lists).items():
        most = LONGEST["symptom" if name == "symptom" else "entry"]
        if any(len(text) > most for text in texts):
            found.append(Refused("incidents.too_long", field=name, most=most))
        if len(texts) > LONGEST["entries"]:
            found.append(Refused("incidents.too_many", field=name, most=LONGEST["entries"]))
    return found


def record(session: Session, report: Report, *, by: int | None, now: datetime) -> Incident:
    """Add an incident with its number to the transaction. Raises Refused with every reason."""
    refuse_all(report_problems(report, now))
    year = in_japan(now).year
    serial = (session.scalar(select(func.max(Incident.serial)).where(Incident.year == year)) or 0) + 1
    incident = Incident(
        year=year,
        serial=serial,
        symptom=report.symptom.strip(),
        severity=report.severity,
        urgent=report.urgent,
        offices=list(report.offices),
        counters=list(report.counters),
        reporter=report.reporter,
        reported_by=report.reported_by,
        channel=report.channel,
        lead_id=report.lead_id,
        on_status_page=report.on_status_page,
        detected_at=report.stamps.detected,
        contacted_at=report.stamps.contacted,
        started_at=report.stamps.started,
        recovered_at=report.stamps.recovered,
        components=components.named(session, report.components),
        created_at=now,
        updated_at=now,
    )
    session.add(incident)
    session.flush()
    first = {"recorded": True, "offices": incident.offices, "counters": incident.counters}
    add_event(session, incident.id, "change", at=now, by=by, text=incident.symptom, **first)
    audit.record(session, "incident.recorded", at=now, by=by, object_type="incident", object_id=incident.id)
    return incident
