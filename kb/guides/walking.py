"""Walking a guide: each change of a run is one transaction here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.domain.access import Reader, Scope
from kb.domain.diagnosis.guide import OTHER
from kb.domain.diagnosis.walking import (
    Answer,
    answered,
    changed,
    choices,
    mended,
    named,
    rounded,
    standing,
    withdrawn,
)
from kb.domain.errors import Refused
from kb.domain.guide_runs import ABANDONED, ESCALATED, OPEN, REPAIRED, STAFF, WALK
from kb.guides import queries, telling
from kb.guides.queries import Walk
from kb.store import audit, guide_changes, guide_runs, incident_links
from kb.store.article_guides import for_staff
from kb.store.models import GuideRun, Incident
from kb.store.paging import LARGEST_ID

ENDS = (REPAIRED, ESCALATED, ABANDONED)


def start(
    session: Session, article_id: int, incident_id: int | None, *, by: Reader, scope: Scope, now: datetime
) -> GuideRun:
    """Begin to walk an article's published guide, and commit; return the run, an open one if it is the same.

    Raises Refused 404 for what does not exist for the person, 409 for an incident that is closed.
    """
    article, revision, _ = queries.article_with_guide(session, article_id, scope)
    staff = by.role == "staff"
    if staff and not for_staff(revision):
        raise Refused("walks.no_guide", status=404)
    incident = _incident(session, incident_id, staff=staff)
    present = queries.going_on(session, article.id, incident.id if incident else None, by.id)
    if present is not None and queries.exists_for(present, by, scope):
        return present
    row = GuideRun(
        article_id=article.id,
        revision_id=revision.id,
        incident_id=incident.id if incident else None,
        person_id=by.id,
        origin=STAFF if staff else WALK,
        state=OPEN,
        results=[],
        step_at=now,
        started_at=now,
        changed_at=now,
        changed_by_id=by.id,
    )
    session.add(row)
    session.flush()
    walk = queries.walk(session, row, now)
    expected = standing(walk.model, [], runs=walk.runs).expected
    row.expected = [round(minutes, 1) for minutes in (expected.mean, expected.low, expected.high)]
    _audit(session, "guide.started", row, by.id, now, incident=incident.number if incident else None)
    session.commit()
    return row


def _incident(session: Session, incident_id: int | None, *, staff: bool) -> Incident | None:
    if incident_id is None:
        return None
    found = session.get(Incident, incident_id) if 0 < incident_id <= LARGEST_ID and not staff else None
    if found is None:
        raise Refused("incidents.not_found", status=404)
    if found.closed_at is not None:
        raise Refused("incidents.closed", status=409)
    return found


def answer(session: Session, walk: Walk, new: Answer, *, by: int | None, now: datetime) -> None:
    """Keep what came of a step, and commit; the next step is shown from now on."""
    row = _open(walk)
    new = rounded(new)
    confirmed = row.confirmed and row.step == new.step
    _keep(row, answered(walk.guide, walk.model, walk.answers, new, confirmed=confirmed), by, now)
    if row.step == new.step or not _still_open(walk, row.step):
        row.step = ""
    row.confirmed = False
    _show(row, now)
    telling.of_answer(session, walk, new, by=by, now=now)
    session.commit()


def _still_open(walk: Walk, step: str) -> bool:
    return any(choice.step.id == step for choice in choices(walk.guide, walk.model, walk.answers))


def change(session: Session, walk: Walk, new: Answer, *, by: int | None, now: datetime) -> None:
    """Change an answer that was given, and commit."""
    row, new = _open(walk), rounded(new)
    if new in walk.answers:
        return
    _keep(row, changed(walk.guide, walk.answers, new), by, now)
    telling.of_change(session, walk, new.step, new, by=by, now=now)
    session.commit()


def take_back(session: Session, walk: Walk, step: str, *, by: int | None, now: datetime) -> None:
    """Take an answer back, and commit: the step is open again."""
    row = _open(walk)
    named(walk.guide, step)
    _keep(row, withdrawn(walk.answers, step), by, now)
    telling.of_change(session, walk, step, None, by=by, now=now)
    session.commit()


def choose(
    session: Session, walk: Walk, step: str, *, confirmed: bool, by: int | None, now: datetime
) -> None:
    """Show another step than the proposed one ("": the proposed one again), and commit.

    confirmed: the person agreed to a step that cannot be undone.
    """
    row = _open(walk)
    if step and not _still_open(walk, step):
        raise Refused("walks.must_wait", step=named(walk.guide, step).title)
    row.step, row.confirmed = step, confirmed and bool(step)
    _show(row, now)
    _changed(row, by, now)
    session.commit()


def rest(session: Session, walk: Walk, *, by: int | None, now: datetime) -> None:
    """Stop the clock until somebody goes on, and commit."""
    row = _open(walk)
    row.step_minutes, row.step_at = queries.minutes_so_far(row, now), None
    _changed(row, by, now)
    session.commit()


def go_on(session: Session, walk: Walk, *, by: int | None, now: datetime) -> None:
    """Let the clock of a resting walk run again, and commit."""
    row = _open(walk)
    if row.step_at is None:
        row.step_at = now
        if by == row.person_id:
            telling.taken_over(session, walk, now=now)
        _changed(row, by, now)
        session.commit()


def hand_over(session: Session, walk: Walk, person_id: int, *, by: int | None, now: datetime) -> None:
    """Give the walk to a colleague, who is told, and commit; it rests until they go on.

    Raises Refused for who cannot go on with it.
    """
    row = _open(walk)
    if person_id not in dict(queries.colleagues(session, row, now)):
        raise Refused("walks.no_colleague", field="person")
    row.step_minutes, row.step_at = queries.minutes_so_far(row, now), None
    _audit(session, "guide.handed_over", row, by, now, before=row.person_id, holder=person_id)
    telling.of_hand_over(session, walk, person_id, by=by, now=now)
    row.person_id = person_id
    _changed(row, by, now)
    session.commit()


def end(session: Session, walk: Walk, state: str, *, by: int | None, now: datetime) -> None:
    """Close the walk for good, and commit. In an incident, what mended it is linked as its solution.

    Raises Refused 422 for no state of ENDS, or if a repair mended it and it is to end otherwise.
    """
    row = _open(walk)
    if state not in ENDS or (mended(walk.answers) and state != REPAIRED):
        raise Refused("walks.no_such_end")
    row.state, row.ended_at, row.step, row.confirmed, row.step_at = state, now, "", False, None
    _changed(row, by, now)
    incident = row.incident
    if incident is not None and incident.closed_at is None and state == REPAIRED:
        incident_links.link(
            session, incident, row.article_id, "solved", by=by, at=now, revision_id=row.revision_id
        )
    telling.taken_over(session, walk, now=now)
    if state == ESCALATED:
        telling.of_escalation(session, walk, by=by, now=now)
    step = mended(walk.answers)
    _audit(session, "guide.ended", row, by, now, state=state, step=step, steps=len(row.results))
    guide_changes.learnt_more(session, row.article_id, now)
    session.commit()


def confirm_cause(
    session: Session, walk: Walk, cause: str, *, sure: bool, by: int | None, now: datetime
) -> None:
    """Keep what was behind a run ("": not known), and commit.

    Raises Refused("walks.contradicts", 409) if the answers speak against it and nobody said they are sure.
    """
    if cause and cause != OTHER and cause not in walk.cause_titles:
        raise Refused("walks.no_such_cause", field="cause")
    if cause and not sure and guide_runs.speaks_against(walk.row, cause):
        raise Refused("walks.contradicts", status=409, field="cause")
    if guide_runs.confirm_cause(session, walk.row.id, cause or None, by=by, at=now):
        guide_changes.learnt_more(session, walk.row.article_id, now)
    session.commit()


def _open(walk: Walk) -> GuideRun:
    """Return the run if it can still change. Raises Refused 409: what is closed never changes."""
    if walk.row.state != OPEN:
        raise Refused("walks.closed", status=409)
    return walk.row


def _keep(row: GuideRun, answers: Sequence[Answer], by: int | None, now: datetime) -> None:
    row.results = [[answer.step, answer.outcome, answer.minutes] for answer in answers]
    _changed(row, by, now)


def _show(row: GuideRun, now: datetime) -> None:
    row.step_at, row.step_minutes = now, 0.0


def _changed(row: GuideRun, by: int | None, now: datetime) -> None:
    row.changed_at, row.changed_by_id = now, by


def _audit(
    session: Session, action: str, row: GuideRun, by: int | None, now: datetime, **detail: Any
) -> None:
    about: dict[str, Any] = {"object_type": "guide_run", "object_id": row.id}
    audit.record(session, action, at=now, by=by, **about, article=row.article_id, **detail)
