"""Owners are told of articles past their review date: the day after it, then each week."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.articles import READABLE
from kb.domain.periods import japan_date
from kb.store.models import Article, Notice
from kb.store.notices import notify
from kb.store.ownership import nobodys

MORNING = timedelta(hours=8, minutes=30)
"""A day's reminders come when contact hours begin, not at midnight."""


def remind(session: Session, now: datetime) -> None:
    """Tell each owner of their overdue articles; those of nobody stand in the list of the ward's officers."""
    today = japan_date(now - MORNING)
    late = Article.confidence.in_(READABLE), Article.review_due < today, ~nobodys(today)
    told = select(Notice.object_id, Notice.person_id, Notice.data).where(Notice.kind == "review_due")
    known = {(object_id, person_id, data.get("week")) for object_id, person_id, data in session.execute(told)}
    for article in session.scalars(select(Article).where(*late).order_by(Article.id)):
        week = f"{article.review_due}+{(today - article.review_due).days // 7}"
        if (article.id, article.owner_id, week) not in known:
            notify(
                session, "review_due", [article.owner_id], about=("article", article.id), at=now, week=week
            )
