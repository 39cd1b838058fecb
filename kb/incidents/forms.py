"""What the forms of an incident hold: from a request, from an incident, and into the rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from flask import request

from kb.domain.incidents import SEVERITIES, STATES
from kb.store.models import Incident
from kb.web import forms

BROUGHT = {"symptom": 2_000, "components": 200, "offices": 200, "counters": 200, "reporter": 200}
"""What an address may bring into the form of a new incident: field -> characters at most."""


@dataclass(frozen=True)
class Form:
    """Every value as the form shows it; entries one a line.

    base: what the edit form was made from (`digest`), or "" in the form of a new incident.
    """

    symptom: str = ""
    severity: str = "P3"
    urgent: bool = False
    components: str = ""
    offices: str = ""
    counters: str = ""
    reporter: str = ""
    channel: str = "phone"
    lead_id: int | None = None
    detected_at: str = ""
    contacted_at: str = ""
    started_at: str = ""
    recovered_at: str = ""
    base: str = ""


def wanted_filters() -> dict[str, str]:
    """Return the filters of the list that the address names; what is none of the choices is left out."""
    found = {name: request.args.get(name, "").strip()[:200] for name in ("state", "severity", "year", "lead")}
    known = {
        "state": found["state"] in {"open", *STATES},
        "severity": found["severity"] in SEVERITIES,
        "year": found["year"].isascii() and found["year"].isdigit() and len(found["year"]) == 4,
        "lead": found["lead"] == "me",
    }
    kept = {name: value for name, value in found.items() if known[name]}
    words = {name: " ".join(request.args.get(name, "")[:200].split()) for name in ("component", "q")}
    return kept | {name: value for name, value in words.items() if value}


def empty(now: datetime, lead_id: int | None) -> Form:
    """Return the form of a new incident: contact received now, and what the address brings."""
    brought = {
        name: "\n".join(value.strip()[:longest] for value in request.args.getlist(name)[:10])
        for name, longest in BROUGHT.items()
    }
    urgent = request.args.get("urgent") == "1"
    severity = request.args.get("severity", "")
    return Form(
        **{name: value for name, value in brought.items() if value},
        severity=severity if severity in SEVERITIES else Form.severity,
        urgent=urgent,
        contacted_at=forms.local(now),
        lead_id=lead_id,
    )


def posted() -> Form:
    """Return the form as posted."""
    lead = forms.text("lead_id")
    return Form(
        symptom=forms.block("symptom"),
        severity=forms.text("severity"),
        urgent=bool(forms.text("urgent")),
        components=forms.block("components"),
        offices=forms.block("offices"),
        counters=forms.block("counters"),
        reporter=forms.text("reporter"),
        channel=forms.text("channel"),
        lead_id=int(lead) if lead.isascii() and lead.isdigit() and len(lead) < 19 else None,
        detected_at=forms.text("detected_at"),
        contacted_at=forms.text("contacted_at"),
        started_at=forms.text("started_at"),
        recovered_at=forms.text("recovered_at"),
        base=forms.text("base"),
    )


def of_incident(incident: Incident) -> Form:
    """Return the form that changes this incident."""
    form = Form(
        symptom=incident.symptom,
        severity=incident.severity,
        urgent=incident.urgent,
        components="\n".join(component.name for component in incident.components),
        offices="\n".join(incident.offices),
        counters="\n".join(incident.counters),
        reporter=incident.reporter,
        channel=incident.channel,
        lead_id=incident.lead_id,
        detected_at=forms.local(incident.detected_at),
        contacted_at=forms.local(incident.contacted_at),
        started_at=forms.local(incident.started_at),
        recovered_at=forms.local(incident.recovered_at),
    )
    return replace(form, base=digest(form))


def digest(form: Form) -> str:
    """Return what tells two states of the fields apart."""
    fields = {name: value for name, value in asdict(form).items() if name != "base"}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:32]


def entries(text: str) -> Sequence[str]:
    """Return the entries of a field of several lines, each once, in order."""
    return tuple(dict.fromkeys(entry for line in text.split("\n") if (entry := " ".join(line.split()))))


def changes(now_shown: Form, before: Form) -> dict[str, Any]:
    """Return the fields in which two forms differ: name -> value of the first."""
    old = asdict(before)
    return {name: value for name, value in asdict(now_shown).items() if name != "base" and value != old[name]}
