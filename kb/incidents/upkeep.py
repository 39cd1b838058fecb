"""What waits for the owner of articles: reviews that are overdue, and what releases put in question."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import contains_eager

from kb.domain.access import Reader, Scope
from kb.incidents.waiting import Item, Sort
from kb.store import upkeep
from kb.store.models import Article, ReviewMark


def sorts(reader: Reader, scope: Scope, today: date) -> list[Sort]:
    """Return what is to be looked at again of the reader's articles; for ward officers nobody's too."""
    mine = upkeep.mine(reader)
    marks = upkeep.marked(scope).where(mine).options(contains_eager(ReviewMark.article))
    return [
        Sort("marks", marks, lambda row: _about(row.ReviewMark.article, "marks", since=row.ReviewMark.at)),
        Sort("reviews", upkeep.overdue(scope, today).where(mine), _overdue),
    ]


def _overdue(row: Any) -> Item:
    return _about(row.Article, "reviews", due=row.Article.review_due, late=True)


def _about(article: Article, why: str, **when: Any) -> Item:
    args = {"article_id": article.id, "_anchor": "verify"}
    return Item(article.title, why, "articles.show", number=article.number, args=args, **when)
