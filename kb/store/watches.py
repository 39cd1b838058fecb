"""Watches: who hears of a publication, within its transaction; searches are asked later, in a round."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from kb.store.models import Article, ToMatch, Watch
from kb.store.notices import notify


def published(session: Session, article: Article, *, by: int | None, now: datetime) -> None:
    """Tell who watches the article, then who watches one of its components; leave the searches to a round."""
    watching = select(Watch.person_id)
    own = session.scalars(watching.where(Watch.article_id == article.id)).all()
    about = ("article", article.id)
    notify(session, "watched_article", own, about=about, at=now, by=by)
    components = [component.id for component in article.components]
    if components:
        theirs = session.scalars(watching.where(Watch.component_id.in_(components)))
        notify(session, "watched_component", set(theirs) - set(own), about=about, at=now, by=by)
    if session.scalar(watching.where(Watch.kind == "search").limit(1)) is not None:
        session.merge(ToMatch(article_id=article.id, by_id=by, queued_at=now))


def follow(session: Session, article_id: int, successor_id: int, *, by: int | None, now: datetime) -> None:
    """Let who watched an article watch the one that replaces it, and tell them, within the transaction."""
    watching = session.scalars(select(Watch.person_id).where(Watch.article_id == article_id)).all()
    notify(session, "watched_replaced", watching, about=("article", successor_id), at=now, by=by)
    there = select(Watch.person_id).where(Watch.article_id == successor_id)
    mine = Watch.article_id == article_id
    session.execute(delete(Watch).where(mine, Watch.person_id.in_(there)))
    moved = {"article_id": successor_id, "key": f"article:{successor_id}"}
    session.execute(update(Watch).where(mine).values(**moved))
