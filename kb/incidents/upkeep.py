"""What waits for the owner of articles: reviews that are overdue, and what releases put in question."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import contains_eager

from kb.domain.access import Reader, Scope
from kb.incidents.waiting import Item, Sort
from kb.store import upkeep
from kb.store.models import Article, Flag, ReviewMark


def sorts(reader: Reader, scope: Scope, today: date) -> list[Sort]:
    """Return what is to be looked at again of the reader's articles; for ward officers nobody's too."""
    mine = upkeep.mine(reader, today)
    marks = upkeep.marked(scope).where(mine).options(contains_eager(ReviewMark.article))
    flags = upkeep.flagged(scope).where(mine, Flag.waits_for == "owner").options(contains_eager(Flag.article))
    return [
        Sort("flags", flags, _flag),
        Sort("marks", marks, lambda row: _about(row.ReviewMark.article, "marks", since=row.ReviewMark.at)),
        Sort("reviews", upkeep.overdue(scope, today).where(mine), _overdue),
    ]


def _flag(row: Any) -> Item:
    flag = row.Flag
    args, number = {"article_id": flag.article_id, "flag_id": flag.id}, flag.article.number
    title = flag.article.title
    return Item(title, f"flag_{flag.kind}", "articles.flags.show", number=number, since=flag.at, args=args)


def _overdue(row: Any) -> Item:
    return _about(row.Article, "reviews", due=row.Article.review_due, late=True)


def _about(article: Article, why: str, **when: Any) -> Item:
    args = {"article_id": article.id, "_anchor": "verify"}
    return Item(article.title, why, "articles.show", number=article.number, args=args, **when)
