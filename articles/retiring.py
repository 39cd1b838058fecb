"""Archiving with a successor, merging one article into another, and where an old number leads on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from articles import service
from kb.domain.access import Scope
from kb.domain.articles import READABLE, wider
from kb.domain.errors import Refused
from kb.store import audit, watches
from kb.store.models import Article, Flag, HandledSearch, IncidentArticle, Successor, SymptomOutcome
from kb.store.notices import notify
from kb.store.paging import LARGEST_ID
from kb.store.visibility import visible

MOST = 10
_NUMBER = re.compile(r"(?:KB-?)?0*(\d{1,18})", re.IGNORECASE)


def candidates(session: Session, article: Article, words: str, scope: Scope) -> Sequence[Article]:
    """Return the published articles that these words may mean: a number, or a piece of a title."""
    rows = select(Article).where(visible(scope), Article.confidence.in_(READABLE), Article.id != article.id)
    named = _NUMBER.fullmatch(words.strip())
    if named:
        return session.scalars(rows.where(Article.id == int(named[1]))).all()
    pieces = [Article.title.contains(word, autoescape=True) for word in words.split()[:5]]
    return session.scalars(rows.where(*pieces).order_by(Article.title).limit(MOST)).all() if pieces else ()


def retire(
    session: Session, article: Article, successor: Article, *, merges: bool, by: int, now: datetime
) -> None:
    """Archive an article that another replaces, and commit; merges: its uses go to the other one too.

    Nothing is deleted: text and history stay with the old number, which leads on to the new one.
    Raises Refused 409 for an article that is archived, 422 for a successor that readers do not see.
    """
    service.require_in_use(article)
    if successor.id == article.id or successor.confidence not in READABLE:
        raise Refused("retiring.no_successor", field="successor")
    moved = _move_uses(session, article, successor) if merges else {}
    session.add(
        Successor(article_id=article.id, successor_id=successor.id, at=now, person_id=by, merged=merges)
    )
    about: dict[str, Any] = {"object_type": "article", "object_id": article.id, "successor": successor.id}
    audit.record(session, "article.merged" if merges else "article.replaced", at=now, by=by, **about, **moved)
    watches.follow(session, article.id, successor.id, by=by, now=now)
    owners, what = [article.owner_id, successor.owner_id], ("article", successor.id)
    notify(session, "article_merged" if merges else "article_replaced", owners, about=what, at=now, by=by)
    service.archive(session, article, by=by, now=now)


def _move_uses(session: Session, article: Article, successor: Article) -> dict[str, int]:
    """Let the uses of one article be those of another; return how many of each.

    An incident that names both keeps both. Outcomes are added and never changed, so they are copied.
    What readers told of a text that more people may not read stays with it.
    """
    there = select(IncidentArticle.incident_id, IncidentArticle.part)
    there = there.where(IncidentArticle.article_id == successor.id)
    known = {(incident_id, part) for incident_id, part in session.execute(there)}
    links = session.scalars(select(IncidentArticle).where(IncidentArticle.article_id == article.id)).all()
    moving = [link for link in links if (link.incident_id, link.part) not in known]
    for link in moving:
        link.article_id = successor.id
    outcomes = session.scalars(
        select(SymptomOutcome).where(SymptomOutcome.article_id == article.id).order_by(SymptomOutcome.id)
    ).all()
    session.add_all(_copy(outcome, successor.id) for outcome in outcomes)
    told = () if wider(successor.audience, article.audience) else (Flag,)
    for table in (*told, HandledSearch):
        moved = update(table).where(table.article_id == article.id)
        session.execute(moved.values(article_id=successor.id))
    return {"incidents": len(moving), "outcomes": len(outcomes)}


def _copy(outcome: SymptomOutcome, article_id: int) -> SymptomOutcome:
    return SymptomOutcome(
        article_id=article_id,
        words=outcome.words,
        outcome=outcome.outcome,
        source=outcome.source,
        incident_id=outcome.incident_id,
        token=outcome.token,
        at=outcome.at,
    )


def bring_back(session: Session, article: Article) -> None:
    """Let an archived article lead nowhere again, within the transaction."""
    session.execute(delete(Successor).where(Successor.article_id == article.id))


def leads_to(session: Session, article_id: int, scope: Scope) -> Article | None:
    """Return the article to which a number leads that does not exist for the reader; None: nowhere.

    A successor may have a successor; the first that exists for the reader is meant. What was never for the
    reader leads them nowhere: that it was there is not told.
    """
    passed: set[int] = set()
    while 0 < article_id <= LARGEST_ID and article_id not in passed:
        passed.add(article_id)
        article = session.get(Article, article_id)
        if article is None:
            return None
        if scope.sees(article):
            return article if len(passed) > 1 else None
        if len(passed) == 1 and article.audience not in scope.published:
            return None
        article_id = (
            session.scalar(select(Successor.successor_id).where(Successor.article_id == article_id)) or 0
        )
    return None


def successor(session: Session, article_id: int) -> Successor | None:
    """Return where an article leads, if it was replaced."""
    rows = select(Successor).where(Successor.article_id == article_id)
    return session.scalar(rows.options(joinedload(Successor.successor)))


def predecessors(session: Session, article_id: int) -> set[int]:
    """Return the ids of all articles that lead to this one, over any number of steps."""
    found: set[int] = set()
    newest = {article_id}
    while newest:
        rows = session.scalars(select(Successor.article_id).where(Successor.successor_id.in_(newest)))
        newest = set(rows) - found - {article_id}
        found |= newest
    return found
