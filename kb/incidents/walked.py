"""Walks through guides inside an incident: shown, begun, and asked for their cause when it closes (C-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.diagnosis.guide import OTHER
from kb.domain.errors import Refused
from kb.domain.guide_runs import STAFF
from kb.incidents.gate import Answers
from kb.incidents.page import part
from kb.store import guide_changes, guide_runs
from kb.store.article_guides import guide_of
from kb.store.models import GuideRun, Incident
from kb.web.locale import t


@dataclass(frozen=True)
class Walked:
    """A run of the incident that exists for the reader. causes: (id, words) to choose from, OTHER last.

    cause: the one on record, "" if none. The form's field is `name`.
    """

    run: GuideRun
    causes: Sequence[tuple[str, str]]
    cause: str

    @property
    def name(self) -> str:
        """The field that asks for the cause."""
        return f"guide_cause_{self.run.id}"


@part
def panel(session: Session, incident: Incident, scope: Scope, _now: datetime) -> dict[str, Any]:
    """Return the walks of the incident, with what was chosen in a gate that was sent."""
    return {"walked": walked(session, incident, scope), "walked_posted": request.form}


def walked(session: Session, incident: Incident, scope: Scope) -> list[Walked]:
    """Return the runs of the incident that exist for the reader, oldest first."""
    return [
        Walked(run, _causes(run), guide_runs.cause_of(session, run.id) or "")
        for run in guide_runs.of_incident(session, incident.id)
        if run.origin != STAFF and guide_runs.readable(run, scope)
    ]


def _causes(run: GuideRun) -> list[tuple[str, str]]:
    guide = guide_of(run.revision)
    if guide is None:
        return []
    return [*((cause.id, cause.title) for cause in guide.causes), (OTHER, t("walks.other"))]


def chosen(rows: Sequence[Walked]) -> dict[int, str]:
    """Return {run id: the cause that was sent} where the person chose another than they were shown."""
    found = {}
    for row in rows:
        sent = request.form.get(row.name)
        if sent is not None and sent != request.form.get(f"{row.name}_was", ""):
            found[row.run.id] = sent
    return found


def problems(rows: Sequence[Walked], causes: Mapping[int, str]) -> list[Refused]:
    """Return why these causes cannot be kept: none of the guide's, or, once, against the answers."""
    found = []
    for row in rows:
        cause = causes.get(row.run.id)
        if not cause:
            continue
        if cause not in dict(row.causes):
            found.append(Refused("walks.no_such_cause", field=row.name))
        elif request.form.get(f"{row.name}_sure") != cause and guide_runs.speaks_against(row.run, cause):
            found.append(Refused("walks.contradicts_again", status=409, field=row.name))
    return found


def named(answers: Answers, rows: Sequence[Walked], causes: Mapping[int, str]) -> Answers:
    """Return the gate's answers with the cause's words where the guide's cause alone was chosen.

    Those of a guide that not everybody may read who reads the incident are not told there.
    """
    chosen = [(row, causes[row.run.id]) for row in rows if causes.get(row.run.id, OTHER) != OTHER]
    words = [dict(row.causes).get(cause) for row, cause in chosen if not guide_runs.for_few(row.run)]
    known = [title for title in words if title]
    if not known or answers.cause or answers.cause_state == "not_found":
        return answers
    return replace(answers, cause_state="confirmed", cause=known[-1])


def confirm(
    session: Session, rows: Sequence[Walked], causes: Mapping[int, str], by: int, now: datetime
) -> None:
    """Keep the causes in this transaction; the guides learn from them."""
    for row in rows:
        if row.run.id in causes:
            cause = causes[row.run.id] or None
            if guide_runs.confirm_cause(session, row.run.id, cause, by=by, at=now):
                guide_changes.learnt_more(session, row.run.article_id, now)
