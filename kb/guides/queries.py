"""Which walks exist for whom, and with which guide and numbers they are walked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.domain import access
from kb.domain.access import WRITERS, Reader, Scope
from kb.domain.articles import READABLE
from kb.domain.diagnosis.belief import Model
from kb.domain.diagnosis.guide import Guide
from kb.domain.diagnosis.walking import Answer
from kb.domain.errors import Refused
from kb.domain.guide_runs import OPEN, STAFF
from kb.domain.people import access_problem
from kb.domain.periods import japan_date
from kb.domain.worktime import starts_at
from kb.store import contact_days, guide_runs
from kb.store.article_guides import guide_of
from kb.store.guide_learning import in_force, learnt_from
from kb.store.models import Article, GuideRun, Person, Revision
from kb.store.paging import LARGEST_ID
from kb.store.visibility import visible

MOST = 50
"""Open walks that a person's list shows."""


@dataclass(frozen=True)
class Walk:
    """A run with the guide that is walked and the numbers in force. runs: how many these rest on.

    model: with the minutes until help counted from now. help_from: when contact is next received, None if
    it is now.
    """

    row: GuideRun
    guide: Guide
    model: Model
    runs: int
    help_from: datetime | None = None

    @property
    def answers(self) -> list[Answer]:
        """What was answered so far, in order."""
        return [Answer(*result) for result in self.row.results]

    @property
    def titles(self) -> dict[str, str]:
        """The words for the ids of causes and steps, which are two different lists."""
        return {step.id: step.title for step in self.guide.steps}

    @property
    def cause_titles(self) -> dict[str, str]:
        """The words for the ids of causes, without OTHER."""
        return {cause.id: cause.title for cause in self.guide.causes}


def exists_for(run: GuideRun, reader: Reader, scope: Scope) -> bool:
    """Tell whether a run exists for the reader: the article does, and the text that is walked.

    Ward staff see their own walks alone, and nobody else sees those.
    """
    if not guide_runs.readable(run, scope):
        return False
    if run.origin == STAFF or reader.role not in WRITERS:
        return run.origin == STAFF and run.person_id == reader.id
    return True


def run(session: Session, run_id: int, reader: Reader, scope: Scope, *, change: bool = False) -> GuideRun:
    """Return the run if it exists for the reader, or raise Refused 404. change: nobody else changes it."""
    known = 0 < run_id <= LARGEST_ID
    found = session.get(GuideRun, run_id, with_for_update=change or None) if known else None
    if found is None or not exists_for(found, reader, scope):
        raise Refused("walks.not_found", status=404)
    return found


def walk(session: Session, row: GuideRun, now: datetime) -> Walk:
    """Return a run with its guide. Raises Refused 409 if today's rules no longer read that.

    Outside contact hours (C-2) help takes longer by what is left until they begin, unless the incident is
    urgent: that changes when to stop trying.
    """
    guide = guide_of(row.revision)
    if guide is None:
        raise Refused("walks.unreadable", status=409)
    model = in_force(session, row.article_id, guide)
    urgent = row.incident is not None and row.incident.urgent
    opens = starts_at(now, urgent, contact_days.calendar(session))
    wait = max((opens - now).total_seconds() / 60, 0.0)
    model = replace(model, escalation=model.escalation + wait)
    return Walk(row, guide, model, learnt_from(session, row.article_id), opens if wait else None)


def article_with_guide(session: Session, article_id: int, scope: Scope) -> tuple[Article, Revision, Guide]:
    """Return a published article that exists for the reader, with its guide, or raise Refused 404."""
    found = session.get(Article, article_id) if 0 < article_id <= LARGEST_ID else None
    readable = found is not None and found.confidence in READABLE
    if found is None or not readable or not scope.sees(found) or found.published is None:
        raise Refused("articles.not_found", status=404)
    guide = guide_of(found.published)
    if guide is None:
        raise Refused("walks.no_guide", status=404)
    return found, found.published, guide


def open_of(session: Session, person_id: int | None, scope: Scope) -> Sequence[GuideRun]:
    """Return the open walks that a person holds, the newest change first."""
    rows = (
        select(GuideRun)
        .join(Article, Article.id == GuideRun.article_id)
        .where(GuideRun.person_id == person_id, GuideRun.state == OPEN, visible(scope))
        .options(joinedload(GuideRun.article), joinedload(GuideRun.incident))
        .order_by(GuideRun.changed_at.desc(), GuideRun.id.desc())
    )
    return session.scalars(rows.limit(MOST)).all()


def going_on(
    session: Session, article_id: int, incident_id: int | None, person_id: int | None
) -> GuideRun | None:
    """Return the open walk that a start would repeat: in an incident anybody's, else one's own untouched."""
    rows = select(GuideRun).where(GuideRun.article_id == article_id, GuideRun.state == OPEN)
    rows = rows.where(GuideRun.incident_id == incident_id).order_by(GuideRun.id.desc())
    if incident_id is not None:
        return session.scalars(rows.limit(1)).first()
    found = session.scalars(rows.where(GuideRun.person_id == person_id).limit(1)).first()
    return found if found is not None and not found.results else None


def colleagues(session: Session, row: GuideRun, now: datetime) -> list[tuple[int, str]]:
    """Return id and name of everybody who could go on with a walk instead of its holder."""
    rows = select(Person).where(Person.role.in_(WRITERS), Person.id != row.person_id)
    others = session.scalars(rows.order_by(Person.name, Person.id))
    return [(one.id, one.name) for one in others if _may_go_on(row, one, now)]


def _may_go_on(row: GuideRun, person: Person, now: datetime) -> bool:
    """Tell whether a person may sign in today, and the walk and its incident exist for them (C-10, C-11)."""
    if access_problem(person, japan_date(now)) is not None or not access.may(person, "guide.hand_over"):
        return False
    told = row.incident_id is None or access.may(person, "incident.read")
    return told and exists_for(row, person, access.scope(person))


def minutes_so_far(row: GuideRun, now: datetime) -> float:
    """Return the minutes spent on the step that is shown; a walk that rests counts none."""
    running = (now - row.step_at).total_seconds() / 60 if row.step_at else 0.0
    return row.step_minutes + max(running, 0.0)
