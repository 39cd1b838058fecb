"""What articles were to incidents (C-6): linked in the transaction that says so, told to the search."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.incidents import LINK_OUTCOMES, MADE
from kb.store import outcomes
from kb.store.models import Article, Incident, IncidentArticle
from kb.store.timeline import add_event

REFUTED = frozenset({"not_helped", "misled"})
"""The outcomes that say that an article did not solve the symptom."""


def part_of(outcome: str) -> str:
    """Return the part of a link that an outcome belongs to: "use" or "made"."""
    return "made" if outcome in MADE else "use"


def link(
    session: Session,
    incident: Incident,
    article_id: int,
    outcome: str,
    *,
    by: int | None,
    at: datetime,
    revision_id: int | None = None,
) -> IncidentArticle:
    """Say, in this transaction, what the article was to the incident; the newest outcome of a part counts.

    outcome: a key of LINK_OUTCOMES. at: now. revision_id: which text; None: the published one.
    The article must exist, and for the person, who need not be able to change it. Saying the same again
    changes nothing. An article created from an incident stays so when a later revision is linked.
    """
    if outcome not in LINK_OUTCOMES:
        raise ValueError(outcome)
    article = session.get_one(Article, article_id)
    if revision_id is None:
        revision_id = article.published_id
    row = _row(session, incident, article_id, part_of(outcome))
    before = row.outcome if row else ""
    if row is not None and (before, row.revision_id) == (outcome, revision_id):
        return row
    if row is None:
        row = IncidentArticle(incident_id=incident.id, article_id=article_id, part=part_of(outcome))
        session.add(row)
    row.outcome = "created" if (before, outcome) == ("created", "updated") else outcome
    row.revision_id, row.person_id, row.at = revision_id, by, at
    _tell_search(session, incident, article_id, before, outcome, at)
    incident.updated_at = at
    add_event(session, incident.id, "article", at=at, by=by, article_id=article_id, outcome=outcome)
    return row


def unlink(
    session: Session, incident: Incident, row: IncidentArticle, *, by: int | None, at: datetime
) -> None:
    """Take back, in this transaction, a link that was a mistake; the timeline keeps that it was there."""
    _tell_search(session, incident, row.article_id, row.outcome, "", at)
    session.delete(row)
    incident.updated_at = at
    told = {"article_id": row.article_id, "withdrawn": row.outcome}
    add_event(session, incident.id, "article", at=at, by=by, **told)


def _row(session: Session, incident: Incident, article_id: int, part: str) -> IncidentArticle | None:
    mine = IncidentArticle.incident_id == incident.id, IncidentArticle.article_id == article_id
    return session.scalar(select(IncidentArticle).where(*mine, IncidentArticle.part == part))


def _tell_search(
    session: Session, incident: Incident, article_id: int, before: str, outcome: str, at: datetime
) -> None:
    """Let what solved this symptom come first next time; what was said before of this incident is void."""
    if outcome == "solved":
        said = outcomes.SOLVED
    elif outcome in REFUTED or before == "solved":
        said = outcomes.NOT_SOLVED
    else:
        return
    outcomes.record(
        session,
        article_id,
        incident.symptom,
        outcome=said,
        source="incident",
        at=at,
        token=f"inc-{incident.id}",
        incident_id=incident.id,
    )
