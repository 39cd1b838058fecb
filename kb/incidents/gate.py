"""The close gate: what an incident left behind, kept step by step, and asked for in full when it closes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.errors import Refused, refuse_all
from kb.domain.incidents import (
    CAUSE_STATES,
    KNOWLEDGE_OUTCOMES,
    LONGEST,
    Closing,
    Stamps,
    closing_problems,
    stamp_problems,
)
from kb.domain.personal_data import problems
from kb.incidents import recurrence
from kb.store import audit
from kb.store.incident_links import link
from kb.store.models import Article, Incident, IncidentAction, IncidentArticle, Revision
from kb.store.paging import LARGEST_ID
from kb.store.timeline import add_event
from kb.store.visibility import visible

TEXTS = ("cause", "cause_note", "knowledge_reason", "no_action_reason")
TOLD = (*TEXTS, "cause_state", "knowledge_outcome")
"""What the timeline says in full; the article is left out, which not every reader may see."""
MADE = {"improved": "updated", "new": "created"}
"""The knowledge outcomes that say what became of the article, as a link says it."""
CAUSES_OFFERED = 100
REVISIONS_OFFERED = 8


@dataclass(frozen=True)
class Answers:
    """What the gate's form holds: the columns of `Incident` with the same names."""

    cause_state: str = ""
    cause: str = ""
    cause_note: str = ""
    knowledge_outcome: str = ""
    knowledge_article_id: int | None = None
    knowledge_revision_id: int | None = None
    knowledge_reason: str = ""
    no_action_reason: str = ""


def answers(incident: Incident) -> Answers:
    """Return what is on record."""
    return Answers(**{name: getattr(incident, name) for name in Answers.__dataclass_fields__})


def closing(session: Session, incident: Incident) -> Closing:
    """Return what the rules look at (`kb.domain.incidents.closing_problems`)."""
    count = select(func.count()).where(IncidentAction.incident_id == incident.id)
    return Closing(
        cause_state=incident.cause_state,
        cause=incident.cause,
        cause_note=incident.cause_note,
        recovered=incident.recovered_at is not None,
        knowledge_outcome=incident.knowledge_outcome,
        knowledge_article=incident.knowledge_article_id is not None,
        knowledge_revision=incident.knowledge_revision_id is not None,
        knowledge_reason=incident.knowledge_reason,
        actions=session.scalar(count) or 0,
        no_action_reason=incident.no_action_reason,
    )


def linked(session: Session, incident: Incident, scope: Scope) -> list[tuple[Article, str]]:
    """Return the incident's articles that exist for the reader, with the outcome of the link ("" if none).

    Links, the post-mortem, and the article chosen here; each once, what solved it first, what it made last.
    """
    rows = select(IncidentArticle.article_id, IncidentArticle.outcome).where(
        IncidentArticle.incident_id == incident.id
    )
    outcomes: dict[int, str] = {}
    solved_first = (IncidentArticle.outcome == "solved").desc()
    in_order = rows.order_by(solved_first, IncidentArticle.part.desc(), IncidentArticle.id)
    for article_id, outcome in session.execute(in_order):
        outcomes.setdefault(article_id, outcome)
    for article_id in (incident.post_mortem_id, incident.knowledge_article_id):
        if article_id is not None:
            outcomes.setdefault(article_id, "")
    found = session.scalars(select(Article).where(Article.id.in_(outcomes), visible(scope)))
    by_id = {article.id: article for article in found}
    return [(by_id[number], outcome) for number, outcome in outcomes.items() if number in by_id]


def revisions(
    session: Session, incident: Incident, articles: list[Article], scope: Scope
) -> dict[int, list[Revision]]:
    """Return each article's revisions that the reader may open: chosen, caused by this incident, newest."""
    found = {}
    for article in articles:
        mine = (Revision.article_id == article.id, Revision.audience.in_(scope.texts(article.owner_id)))
        caused = (Revision.incident_id == incident.id).desc().nulls_last()
        chosen = (Revision.id == incident.knowledge_revision_id).desc()
        rows = select(Revision).where(*mine).order_by(chosen, caused, Revision.id.desc())
        found[article.id] = list(session.scalars(rows.limit(REVISIONS_OFFERED)))
    return found


def causes(session: Session) -> list[str]:
    """Return confirmed causes, the most frequent first, so that the same one is called the same."""
    count = func.count()
    rows = select(Incident.cause).where(Incident.cause_state == "confirmed", Incident.cause != "")
    return list(
        session.scalars(
            rows.group_by(Incident.cause).order_by(count.desc(), Incident.cause).limit(CAUSES_OFFERED)
        )
    )


def article_named(session: Session, number: str, scope: Scope) -> int:
    """Return the id of the article with this number (KB-0012 or 12), or raise Refused: hidden is absent."""
    digits = number.strip().upper().removeprefix("KB-")
    known = digits.isascii() and digits.isdigit() and len(digits) < 19
    found = session.get(Article, int(digits)) if known else None
    if found is None or not scope.sees(found):
        raise Refused("closing.no_such_article", field="knowledge_number")
    return found.id


def save(
    session: Session, incident: Incident, given: Answers, *, scope: Scope, by: int | None, now: datetime
) -> list[IncidentAction]:
    """Keep in this transaction what is filled in, complete or not; return the actions that it reopened.

    Raises Refused with every reason. A confirmed cause is compared with earlier incidents' (C-5).
    """
    if incident.closed_at is not None:
        raise Refused("closing.closed_already", status=409)
    refuse_all(_problems(session, incident, given, scope))
    given = _without_idle(given)
    changed = [name for name, value in asdict(given).items() if value != getattr(incident, name)]
    if not changed:
        return []
    told = {name: [getattr(incident, name), getattr(given, name)] for name in changed if name in TOLD}
    for name in changed:
        setattr(incident, name, getattr(given, name))
    incident.updated_at = now
    chosen = any(name not in TOLD for name in changed)  # which, only those learn who may see the article
    add_event(session, incident.id, "change", at=now, by=by, fields=told, chosen=chosen)
    _audit(session, "closing.saved", incident, by, now, fields=changed)
    if chosen or "knowledge_outcome" in changed:
        _link(session, incident, by, now)
    return recurrence.reopen(session, incident, by=by, now=now)


def _link(session: Session, incident: Incident, by: int | None, now: datetime) -> None:
    """Let the article that was made from this incident say so, unless its link knows a revision already."""
    made, article_id = MADE.get(incident.knowledge_outcome), incident.knowledge_article_id
    revision_id = incident.knowledge_revision_id
    if made is None or article_id is None:
        return
    mine = IncidentArticle.incident_id == incident.id, IncidentArticle.article_id == article_id
    linked = select(IncidentArticle.id).where(*mine, IncidentArticle.part == "made")
    if revision_id is not None or session.scalar(linked) is None:
        link(session, incident, article_id, made, by=by, at=now, revision_id=revision_id)


def _without_idle(given: Answers) -> Answers:
    """Drop what the other answers make meaningless, so that no figure counts it."""
    if given.knowledge_outcome == "none":
        given = replace(given, knowledge_article_id=None)
    if given.knowledge_outcome != "improved" or given.knowledge_article_id is None:
        given = replace(given, knowledge_revision_id=None)
    return given


def _problems(session: Session, incident: Incident, given: Answers, scope: Scope) -> list[Refused]:
    texts = {name: getattr(given, name) for name in TEXTS}
    most = {"cause": LONGEST["entry"]}
    found = [
        Refused("closing.too_long", field=name, most=most.get(name, LONGEST["text"]))
        for name, text in texts.items()
        if len(text) > most.get(name, LONGEST["text"])
    ]
    if given.cause_state and given.cause_state not in CAUSE_STATES:
        found.append(Refused("incidents.closing.cause_state", field="cause_state"))
    if given.knowledge_outcome and given.knowledge_outcome not in KNOWLEDGE_OUTCOMES:
        found.append(Refused("incidents.closing.knowledge_outcome", field="knowledge_outcome"))
    return found + _article_problems(session, incident, given, scope) + problems(texts)


def _article_problems(session: Session, incident: Incident, given: Answers, scope: Scope) -> list[Refused]:
    number = given.knowledge_article_id
    if number is None or given.knowledge_outcome == "none":
        return []
    if number != incident.knowledge_article_id:
        article = session.get(Article, number) if number <= LARGEST_ID else None
        if article is None or not scope.sees(article):
            return [Refused("closing.no_such_article", field="knowledge_article")]
    if given.knowledge_outcome == "reused" and _made_here(session, incident, number):
        return [Refused("closing.made_here", field="knowledge_article")]
    revision_id = given.knowledge_revision_id
    if revision_id is None or given.knowledge_outcome != "improved":
        return []
    if (number, revision_id) == (incident.knowledge_article_id, incident.knowledge_revision_id):
        return []
    known = session.get(Revision, revision_id) if revision_id <= LARGEST_ID else None
    article = session.get(Article, number)
    seen = article is not None and known is not None and known.audience in scope.texts(article.owner_id)
    if known is None or known.article_id != number or not seen:
        return [Refused("closing.revision_of_another", field="knowledge_revision")]
    return []


def _made_here(session: Session, incident: Incident, number: int) -> bool:
    """Return whether the article was written because of this incident: that is no reuse."""
    mine = IncidentArticle.incident_id == incident.id, IncidentArticle.article_id == number
    return (
        session.scalar(select(IncidentArticle.id).where(*mine, IncidentArticle.outcome == "created"))
        is not None
    )


def close(session: Session, incident: Incident, *, by: int | None, now: datetime) -> list[IncidentAction]:
    """Close the incident in this transaction, or raise Refused with everything that is missing (C-5, C-6).

    Returns the actions that it reopened: what is affected may have become known after the cause.
    """
    if incident.closed_at is not None:
        raise Refused("closing.closed_already", status=409)
    stamps = Stamps(
        incident.detected_at, incident.contacted_at, incident.started_at, incident.recovered_at, now
    )
    refuse_all(closing_problems(closing(session, incident)) + stamp_problems(stamps, now))
    incident.closed_at = incident.updated_at = now
    add_event(session, incident.id, "stamp", at=now, by=by, stamp="closed", was=None, set=now.isoformat())
    _audit(session, "closing.closed", incident, by, now)
    return recurrence.reopen(session, incident, by=by, now=now)


def _audit(
    session: Session, action: str, incident: Incident, by: int | None, now: datetime, **detail: Any
) -> None:
    audit.record(session, action, at=now, by=by, object_type="incident", object_id=incident.id, **detail)
