"""Past incidents told in like words, with what ended them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from kb.domain.access import Scope
from kb.incidents.page import part
from kb.store.models import Article, Incident, IncidentArticle
from kb.store.visibility import visible
from kb.web import finding

SHOWN = 5
LEAST, LEAST_TYPED = 0.3, 0.2
"""Likeness from which an incident is looked at; a few typed words share less with a sentence."""
ALIKE = 0.45
SAME_COMPONENT = 0.15
"""What a common component adds to the likeness of the words."""
_LOOKED_AT = 100


@dataclass(frozen=True)
class Past:
    """An incident of like words. solved_by: the articles that solved it and exist for the reader."""

    incident: Incident
    solved_by: Sequence[Article]


@part
def panel(session: Session, incident: Incident, scope: Scope, _now: datetime) -> dict[str, Any]:
    """Return the incidents that are like this one."""
    return {"similar": like(session, incident, scope)}


def like(session: Session, incident: Incident, scope: Scope) -> list[Past]:
    """Return the incidents most like this one: by words, and by whether a component is the same."""
    found = _told(session, incident, incident.symptom, LEAST)
    mine = {component.id for component in incident.components}

    def worth(one: Incident) -> float:
        same = any(component.id in mine for component in one.components)
        return found[one.id] + SAME_COMPONENT * same

    alike = [one for one in _loaded(session, found) if worth(one) >= ALIKE]
    return _ended(session, sorted(alike, key=lambda one: (-round(worth(one), 3), -one.id)), scope)


def told_alike(session: Session, incident: Incident, scope: Scope, words: str) -> list[Past]:
    """Return the other incidents that share these words, the likest first."""
    found = _told(session, incident, words, LEAST_TYPED)
    rows = sorted(_loaded(session, found), key=lambda one: (-round(found[one.id], 3), -one.id))
    return _ended(session, rows, scope)


def _told(session: Session, incident: Incident, words: str, least: float) -> dict[int, float]:
    found = finding.incidents(session, words, least)
    best = sorted(found.items(), key=lambda item: (-item[1], -item[0]))
    return {number: cosine for number, cosine in best if number != incident.id}


def _loaded(session: Session, found: Iterable[int]) -> Sequence[Incident]:
    rows = select(Incident).where(Incident.id.in_(list(found)[:_LOOKED_AT]))
    return session.scalars(rows.options(selectinload(Incident.components))).all()


def _ended(session: Session, incidents: Sequence[Incident], scope: Scope) -> list[Past]:
    """Return the first of them with the articles that solved them, in one question."""
    incidents = incidents[:SHOWN]
    rows = (
        select(IncidentArticle.incident_id, Article)
        .join(Article, Article.id == IncidentArticle.article_id)
        .where(IncidentArticle.incident_id.in_([one.id for one in incidents]), visible(scope))
        .where(IncidentArticle.outcome == "solved")
        .order_by(IncidentArticle.id)
    )
    solved: dict[int, list[Article]] = {}
    for incident_id, article in session.execute(rows) if incidents else ():
        solved.setdefault(incident_id, []).append(article)
    return [Past(one, solved.get(one.id, [])) for one in incidents]
