"""Walks through guides as the rules want them: closed runs in order, each with its confirmed cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.access import Scope
from kb.domain.diagnosis.belief import authored
from kb.domain.diagnosis.eta import Told
from kb.domain.diagnosis.guide import DONE, ESCALATION
from kb.domain.diagnosis.learning import Run, contradicts
from kb.domain.guide_runs import ESCALATED, IMPORTED, OPEN, REPAIRED, TEACHES
from kb.store import audit
from kb.store.article_guides import guide_of
from kb.store.models import GuideRun, GuideRunCause, Incident

_FEW = "restricted"


@dataclass(frozen=True)
class Closed:
    """A closed run: its row (id, revision, state, times, incident), and what it teaches."""

    row: GuideRun
    run: Run


def closed(session: Session, article_id: int, until: datetime | None = None) -> list[Closed]:
    """Return an article's closed runs, oldest first, whatever they ended in, with their causes in force.

    until: as it was known at this moment; an imported run may have ended long before it was known.
    """
    rows = select(GuideRun).where(GuideRun.article_id == article_id, GuideRun.state != OPEN)
    if until is not None:
        rows = rows.where(GuideRun.ended_at <= until, GuideRun.changed_at <= until)
    ordered = rows.options(joinedload(GuideRun.incident)).order_by(GuideRun.ended_at, GuideRun.id)
    causes = causes_of(session, article_id, until)
    return [Closed(row, as_run(row, causes.get(row.id), until)) for row in session.scalars(ordered)]


def count(session: Session, article_id: int, until: datetime | None = None) -> int:
    """Return how many closed runs an article's guide learns from. until: see `closed`."""
    rows = select(func.count()).select_from(GuideRun).where(*_teaching(article_id))
    if until is not None:
        rows = rows.where(GuideRun.ended_at <= until, GuideRun.changed_at <= until)
    return session.scalar(rows) or 0


def state(session: Session, article_id: int) -> tuple[object, ...]:
    """Return what changes whenever a run is closed or deleted, a cause confirmed, an incident recovered.

    Closed runs and causes never change themselves. What a rolled back transaction had written may come back
    under the same ids, but not at the same moment.
    """
    runs = select(func.count(), func.max(GuideRun.id), func.max(GuideRun.changed_at)).where(
        *_teaching(article_id)
    )
    causes = select(func.count(), func.max(GuideRunCause.id), func.max(GuideRunCause.at)).join(
        GuideRun, GuideRun.id == GuideRunCause.run_id
    )
    over = select(GuideRun.id, Incident.recovered_at).join(Incident, Incident.id == GuideRun.incident_id)
    escalated = over.where(*_teaching(article_id), GuideRun.state == ESCALATED).order_by(GuideRun.id)
    return (
        tuple(session.execute(runs).one()),
        tuple(session.execute(causes.where(GuideRun.article_id == article_id)).one()),
        tuple(tuple(row) for row in session.execute(escalated)),
    )


def _teaching(article_id: int) -> tuple[ColumnElement[bool], ...]:
    return GuideRun.article_id == article_id, GuideRun.state.in_(TEACHES)


def teaching(session: Session, article_id: int, until: datetime | None = None) -> list[Closed]:
    """Return the closed runs that an article's guide learns from, oldest first. until: see `closed`."""
    return [one for one in closed(session, article_id, until) if one.row.state in TEACHES]


def as_run(row: GuideRun, cause: str | None, until: datetime | None = None) -> Run:
    """Return a run as the rules want it.

    Calling for help is its last result once the incident is over: what help took is known by then. An
    imported run says itself what help took.
    """
    results = [(str(step), str(outcome), float(minutes)) for step, outcome, minutes in row.results]
    recovered = row.incident.recovered_at if row.incident else None
    if row.state == ESCALATED and row.origin != IMPORTED and row.ended_at and recovered:
        waited = (recovered - row.ended_at).total_seconds() / 60
        if waited > 0 and (until is None or recovered <= until):
            results.append((ESCALATION, DONE, waited))
    return Run(tuple(results), cause)


def told_of(one: Closed) -> Told | None:
    """Return what a run was expected to take and took; None if either is not known."""
    spent = minutes_of(one)
    return Told(*one.row.expected, spent) if spent is not None and one.row.expected else None


def minutes_of(one: Closed) -> float | None:
    """Return how long a run took, help included; None if it was given up or nobody measured."""
    minutes = [spent for _, _, spent in one.run.results]
    helped = any(step == ESCALATION for step, _, _ in one.run.results)
    whole = one.row.state == REPAIRED or (one.row.state == ESCALATED and helped)
    measured = all(minutes) or one.row.origin != IMPORTED  # in a walk 0 is an answer given at once
    return sum(minutes) if whole and measured else None


def causes_of(session: Session, article_id: int, until: datetime | None = None) -> dict[int, str]:
    """Return {run id: the cause in force} of an article's runs, without those that nobody confirmed."""
    newest = (
        select(func.max(GuideRunCause.id))
        .join(GuideRun, GuideRun.id == GuideRunCause.run_id)
        .where(GuideRun.article_id == article_id)
        .group_by(GuideRunCause.run_id)
    )
    if until is not None:
        newest = newest.where(GuideRunCause.at <= until)
    rows = select(GuideRunCause.run_id, GuideRunCause.cause).where(GuideRunCause.id.in_(newest))
    return {run_id: cause for run_id, cause in session.execute(rows) if cause is not None}


def cause_of(session: Session, run_id: int) -> str | None:
    """Return the cause in force of one run."""
    rows = select(GuideRunCause.cause).where(GuideRunCause.run_id == run_id)
    return session.scalars(rows.order_by(GuideRunCause.id.desc()).limit(1)).first()


def confirm_cause(session: Session, run_id: int, cause: str | None, *, by: int | None, at: datetime) -> bool:
    """Say, in this transaction, what was behind a run (None: withdrawn); the newest word counts.

    cause: must be an id of the run's guide or OTHER. Return False if that was said already.
    """
    before = cause_of(session, run_id)
    if before == cause:
        return False
    session.add(GuideRunCause(run_id=run_id, cause=cause, at=at, person_id=by))
    audit.record(
        session,
        "guide.cause",
        at=at,
        by=by,
        object_type="guide_run",
        object_id=run_id,
        cause=cause,
        before=before,
    )
    session.flush()
    return True


def readable(row: GuideRun, scope: Scope) -> bool:
    """Tell whether a run's article and the text that is walked exist for the scope's reader.

    Whose walk it is, and whether ward staff may see it, the features ask besides.
    """
    return scope.sees(row.article) and row.revision.audience in scope.texts(row.article.owner_id)


def for_few(row: GuideRun) -> bool:
    """Tell whether not everybody who reads incidents may read the run's guide: they tell no words of it."""
    return _FEW in (row.article.audience, row.revision.audience)


def speaks_against(row: GuideRun, cause: str) -> bool:
    """Tell whether a run's answers speak against a cause of its guide, by the author's numbers."""
    guide = guide_of(row.revision)
    return guide is not None and contradicts(authored(guide), as_run(row, cause))


def of_incident(session: Session, incident_id: int) -> Sequence[GuideRun]:
    """Return the runs inside an incident, oldest first, with their articles."""
    rows = select(GuideRun).where(GuideRun.incident_id == incident_id)
    return session.scalars(rows.options(joinedload(GuideRun.article)).order_by(GuideRun.id)).all()


@dataclass(frozen=True)
class Case:
    """A closed run that confirmed a cause; its incident, if it was walked in one."""

    run_id: int
    incident_id: int | None
    number: str


def cases(session: Session, article_id: int) -> dict[str, list[Case]]:
    """Return {cause: the closed runs that confirmed it, oldest first} of an article's guide."""
    causes = causes_of(session, article_id)
    rows = select(GuideRun).where(GuideRun.id.in_(causes), GuideRun.state.in_(TEACHES))
    ordered = rows.options(joinedload(GuideRun.incident)).order_by(GuideRun.ended_at, GuideRun.id)
    found: dict[str, list[Case]] = {}
    for row in session.scalars(ordered):
        number = row.incident.number if row.incident else ""
        found.setdefault(causes[row.id], []).append(Case(row.id, row.incident_id, number))
    return found
