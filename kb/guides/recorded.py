"""What a guide's record page shows: its runs, what they taught, how its expectations held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.domain.access import Scope
from kb.domain.diagnosis.belief import authored
from kb.domain.diagnosis.eta import Calibration, calibration
from kb.domain.diagnosis.guide import Guide
from kb.domain.diagnosis.learning import LEARNT_FROM, course
from kb.domain.errors import Refused
from kb.domain.guide_runs import OPEN, TEACHES
from kb.store import guide_changes, guide_health, guide_learning, guide_runs
from kb.store.article_guides import guide_of
from kb.store.guide_learning import Lesson
from kb.store.guide_runs import Closed
from kb.store.models import Article, GuideChange, GuideFreeze, GuideRun, GuideWarning
from kb.store.paging import LARGEST_ID
from kb.store.visibility import visible


@dataclass(frozen=True)
class CauseRow:
    """A cause: its share as the author gave it and in force, and the runs that confirmed it."""

    id: str
    guess: float
    share: float
    cases: Sequence[Closed]


@dataclass(frozen=True)
class Course:
    """The shares of the causes after each lesson; the first are the author's."""

    lessons: Sequence[Lesson]
    shares: Sequence[dict[str, float]]


@dataclass(frozen=True)
class Record:
    """A guide's record. runs: closed ones, newest first, of which `used` taught what is in force."""

    article: Article
    guide: Guide
    runs: Sequence[Closed]
    used: int
    causes: Sequence[CauseRow]
    course: Course
    held: Calibration | None
    freeze: GuideFreeze | None
    changes: Sequence[GuideChange]
    releases: Sequence[tuple[Article, datetime]]
    warning: GuideWarning | None

    @property
    def ends(self) -> Counter[str]:
        """How many runs ended in which state."""
        return Counter(one.row.state for one in self.runs)

    @property
    def learnt(self) -> bool:
        """Whether the numbers rest on enough runs."""
        return self.used >= LEARNT_FROM

    @property
    def waiting(self) -> list[GuideChange]:
        """What nobody has acknowledged yet, newest first."""
        return [change for change in self.changes if change.acknowledged_at is None]

    @property
    def step_titles(self) -> dict[str, str]:
        """The words for the ids of steps."""
        return {step.id: step.title for step in self.guide.steps}

    @property
    def cause_titles(self) -> dict[str, str]:
        """The words for the ids of causes, without OTHER."""
        return {cause.id: cause.title for cause in self.guide.causes}


def with_guide(session: Session, article_id: int, scope: Scope) -> tuple[Article, Guide]:
    """Return a published article that exists for the reader and its guide, or raise Refused 404."""
    found = session.get(Article, article_id) if 0 < article_id <= LARGEST_ID else None
    if found is None or not scope.sees(found) or found.published is None:
        raise Refused("articles.not_found", status=404)
    guide = guide_of(found.published)
    if guide is None:
        raise Refused("guide_record.no_guide", status=404)
    return found, guide


def run_of(session: Session, article: Article, run_id: int) -> GuideRun:
    """Return a closed run of an article, or raise Refused 404."""
    found = session.get(GuideRun, run_id) if 0 < run_id <= LARGEST_ID else None
    if found is None or found.article_id != article.id or found.state == OPEN:
        raise Refused("guide_record.no_run", status=404)
    return found


def record(session: Session, article: Article, guide: Guide, scope: Scope) -> Record:
    """Return the record of an article's guide; release notes that are hidden from the reader are left out."""
    runs = guide_runs.closed(session, article.id)
    lessons = guide_learning.lessons(session, article.id)
    freeze = guide_learning.freeze_of(session, article.id)
    shares = course(guide, [lesson.event for lesson in lessons])
    return Record(
        article=article,
        guide=guide,
        runs=runs[::-1],
        used=guide_learning.learnt_from(session, article.id),
        causes=_causes(session, article, guide, runs),
        course=Course(lessons, shares),
        held=calibration([told for one in runs if (told := guide_runs.told_of(one))]),
        freeze=freeze,
        changes=guide_changes.of_article(session, article.id),
        releases=_releases(session, article, scope),
        warning=guide_health.of_text(session, article),
    )


def _causes(session: Session, article: Article, guide: Guide, runs: Sequence[Closed]) -> list[CauseRow]:
    guess, now = authored(guide), guide_learning.in_force(session, article.id, guide)
    confirmed = [one for one in runs if one.row.state in TEACHES]
    rows = [
        CauseRow(cause, before, share, [one for one in confirmed if one.run.cause == cause][::-1])
        for cause, before, share in zip(guess.causes, guess.prior, now.prior, strict=True)
    ]
    return sorted(rows, key=lambda row: -row.share)


def _releases(session: Session, article: Article, scope: Scope) -> list[tuple[Article, datetime]]:
    found = guide_learning.releases(session, article.id)
    rows = select(Article).where(Article.id.in_(found), visible(scope)).options(joinedload(Article.owner))
    return sorted(((row, found[row.id]) for row in session.scalars(rows)), key=lambda one: one[1])
