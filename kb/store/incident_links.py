"""What articles were to incidents (C-6): linked in the transaction that says so, told to the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.incidents import LINK_OUTCOMES, MADE
from kb.domain.periods import japan_date
from kb.store import outcomes
from kb.store.models import Article, Incident, IncidentArticle
from kb.store.timeline import add_event

REFUTED = frozenset({"not_helped", "misled"})
"""The outcomes that say that an article did not solve the symptom."""


@dataclass(frozen=True)
class Uses:
    """How an article was used: in how many incidents, in how many it solved them, when last.

    links: the newest of them with their incidents, only for those who may read incidents.
    """

    times: int = 0
    solved: int = 0
    last: datetime | None = None
    links: Sequence[IncidentArticle] = ()

    @property
    def last_day(self) -> date | None:
        """The day of the last use, in Japan."""
        return japan_date(self.last) if self.last else None


def uses(session: Session, article_id: int, *, most: int) -> Uses:
    """Return how an article was used, with at most so many links (0: the numbers alone)."""
    mine = IncidentArticle.article_id == article_id, IncidentArticle.part == "use"
    solved = func.coalesce(func.sum(case((IncidentArticle.outcome == "solved", 1), else_=0)), 0)
    counted = select(func.count(), solved, func.max(IncidentArticle.at)).where(*mine)
    times, solved_times, last = session.execute(counted).one()
    rows = select(IncidentArticle).where(*mine).options(joinedload(IncidentArticle.incident))
    newest = rows.order_by(IncidentArticle.at.desc(), IncidentArticle.id.desc()).limit(most)
    return Uses(times, solved_times, last, session.scalars(newest).all() if times and most else ())


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

    outcome: a key of LINK_OUTCOMES. at: now. revision_id: which text; None: the published one, of what was
    made the newest.
    The article must exist, and for the person, who need not be able to change it. Saying the same again
    changes nothing. An article created from an incident stays so when a later revision is linked.
    """
    if outcome not in LINK_OUTCOMES:
        raise ValueError(outcome)
    article = session.get_one(Article, article_id)
    if revision_id is None:
        revision_id = article.head_id if outcome in MADE else article.published_id
    row = _row(session, incident, article_id, part_of(outcome))
    before = row.outcome if row else ""
    if (before, outcome) == ("created", "updated"):
        outcome = before
    if row is not None and (before, row.revision_id) == (outcome, revision_id):
        return row
    if row is None:
        row = IncidentArticle(incident_id=incident.id, article_id=article_id, part=part_of(outcome))
        session.add(row)
    row.outcome, row.revision_id, row.person_id, row.at = outcome, revision_id, by, at
    tell_search(session, incident, article_id, before, outcome, at)
    incident.updated_at = at
    add_event(session, incident.id, "article", at=at, by=by, article_id=article_id, outcome=outcome)
    return row


def unlink(
    session: Session, incident: Incident, row: IncidentArticle, *, by: int | None, at: datetime
) -> None:
    """Take back, in this transaction, a link that was a mistake; the timeline keeps that it was there."""
    tell_search(session, incident, row.article_id, row.outcome, "", at)
    session.delete(row)
    incident.updated_at = at
    told = {"article_id": row.article_id, "withdrawn": row.outcome}
    add_event(session, incident.id, "article", at=at, by=by, **told)


def _row(session: Session, incident: Incident, article_id: int, part: str) -> IncidentArticle | None:
    mine = IncidentArticle.incident_id == incident.id, IncidentArticle.article_id == article_id
    return session.scalar(select(IncidentArticle).where(*mine, IncidentArticle.part == part))


def tell_search(
    session: Session, incident: Incident, article_id: int, before: str, outcome: str, at: datetime
) -> None:
    """Let what solved this symptom come first next time; what was said before of this incident is void.

    before, outcome: of the link, "" if there was, or is, none.
    """
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
