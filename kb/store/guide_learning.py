"""What closed runs taught an article's guide: its events in their order, and the numbers in force.

Nothing of it is stored: the numbers are recomputed from the runs each time, so that a corrected cause or a
deleted run leaves no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.articles import READABLE
from kb.domain.diagnosis.belief import Model
from kb.domain.diagnosis.guide import Guide, edited_steps
from kb.domain.diagnosis.learning import Event, Release, learnt
from kb.store import guide_runs, publications
from kb.store.article_guides import guide_of
from kb.store.models import Article, GuideFreeze, Revision, article_components

RELEASE_KIND = "release_note"
_MOST_KEPT = 200


@dataclass(frozen=True)
class _Kept:
    """Numbers that were reckoned, and what they rest on."""

    state: tuple[object, ...]
    guide: Guide
    model: Model


_KEPT: dict[tuple[str, int, datetime | None], _Kept] = {}


@dataclass(frozen=True)
class Lesson:
    """An event of a guide and when it was. closed: the run, or None: then release_id is the release note."""

    at: datetime
    event: Event
    closed: guide_runs.Closed | None = None
    release_id: int | None = None


def in_force(session: Session, article_id: int, guide: Guide) -> Model:
    """Return the numbers in force of an article's guide: learnt, or as they were when it was frozen."""
    return numbers(session, article_id, guide, frozen_at(session, article_id))


def learnt_from(session: Session, article_id: int) -> int:
    """Return how many closed runs the numbers in force rest on."""
    return guide_runs.count(session, article_id, frozen_at(session, article_id))


def numbers(session: Session, article_id: int, guide: Guide, until: datetime | None = None) -> Model:
    """Return a guide's numbers by what was known at a moment, or is known now.

    A process keeps the last ones of each article: a walk asks for them at each step, and a thousand runs take
    a moment to read. They hold as long as nothing that they rest on has changed (`_state`).
    """
    place = str(session.get_bind().engine.url), article_id, until
    state = _state(session, article_id)
    known = _KEPT.get(place)
    if known and known.state == state and known.guide == guide:
        return known.model
    model = learnt(guide, [lesson.event for lesson in lessons(session, article_id, until)])
    if len(_KEPT) >= _MOST_KEPT:
        _KEPT.clear()
    _KEPT[place] = _Kept(state, guide, model)
    return model


def _state(session: Session, article_id: int) -> tuple[object, ...]:
    """Return what changes whenever something changes that the numbers of an article's guide rest on."""
    texts = publications.published_ids(session, article_id)
    released = sorted(releases(session, article_id).items())
    return guide_runs.state(session, article_id), tuple(texts), tuple(released)


def lessons(session: Session, article_id: int, until: datetime | None = None) -> list[Lesson]:
    """Return what a guide learns from, oldest first: closed runs, and releases of what it is about.

    until: what was known at this moment; an author's edit counts whenever it was made.
    """
    closed = guide_runs.teaching(session, article_id, until)
    edited = _edited_since(session, article_id, [one.row.revision_id for one in closed])
    found = [
        Lesson(
            one.row.ended_at or one.row.changed_at,
            replace(one.run, edited=edited[one.row.revision_id]),
            closed=one,
        )
        for one in closed
    ]
    for release_id, at in releases(session, article_id).items():
        if until is None or at <= until:
            found.append(Lesson(at, Release(), release_id=release_id))
    return sorted(found, key=lambda lesson: lesson.at)


def releases(session: Session, article_id: int) -> dict[int, datetime]:
    """Return {release note: when it was published} of those that name a component of the article."""
    mine = select(article_components.c.component_id).where(article_components.c.article_id == article_id)
    notes = (
        select(Article.id)
        .join(article_components, article_components.c.article_id == Article.id)
        .where(article_components.c.component_id.in_(mine), Article.kind == RELEASE_KIND)
    )
    return publications.first_published(session, set(session.scalars(notes)))


def named_by(session: Session, release: Article) -> Sequence[Article]:
    """Return the published articles that share a component with a release note."""
    its = [component.id for component in release.components]
    rows = (
        select(Article)
        .join(article_components, article_components.c.article_id == Article.id)
        .where(article_components.c.component_id.in_(its), Article.confidence.in_(READABLE))
    )
    return session.scalars(rows.where(Article.id != release.id).distinct().order_by(Article.id)).all()


def freeze_of(session: Session, article_id: int) -> GuideFreeze | None:
    """Return the freeze that holds an article's guide now."""
    holds = GuideFreeze.article_id == article_id, GuideFreeze.ended_at.is_(None)
    return session.scalars(select(GuideFreeze).where(*holds)).first()


def frozen_at(session: Session, article_id: int) -> datetime | None:
    """Return since when the numbers of an article's guide stand still, None if they do not."""
    freeze = freeze_of(session, article_id)
    return freeze.frozen_at if freeze else None


def _edited_since(session: Session, article_id: int, walked: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return {revision: steps whose numbers were changed in a text published after it}."""
    if not walked:
        return {}
    edits = _edits(publications.published_texts(session, article_id))
    return {
        revision: frozenset().union(*(steps for since, steps in edits if since > revision))
        for revision in set(walked)
    }


def _edits(texts: Sequence[Revision]) -> list[tuple[int, frozenset[str]]]:
    """Return (revision, steps that it changed) of published texts; a step that was gone is still known."""
    known: Guide | None = None
    found = []
    for text in texts:
        guide = guide_of(text)
        if guide is None:
            continue
        if known is not None:
            found.append((text.id, edited_steps(known, guide)))
            here = {step.id for step in guide.steps}
            gone = tuple(step for step in known.steps if step.id not in here)
            known = replace(guide, steps=(*guide.steps, *gone))
        else:
            known = guide
    return found
