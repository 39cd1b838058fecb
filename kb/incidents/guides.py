"""Guides that wait for who is in charge of them: changed by learning, or leading astray."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from kb.domain.access import Reader, Scope
from kb.domain.articles import READABLE
from kb.incidents.waiting import Item, Sort
from kb.store import upkeep
from kb.store.models import Article, GuideChange, GuideWarning
from kb.store.visibility import visible


def sorts(reader: Reader, scope: Scope, today: date) -> list[Sort]:
    """Return the guides that learning changed and nobody acknowledged, and those that mislead."""
    mine = and_(visible(scope), upkeep.mine(reader, today), Article.confidence.in_(READABLE))
    return [_changes(mine), _warnings(mine)]


def _changes(mine: ColumnElement[bool]) -> Sort:
    newest = (
        select(func.max(GuideChange.id))
        .where(GuideChange.acknowledged_at.is_(None))
        .group_by(GuideChange.article_id)
    )
    rows = select(GuideChange, Article).join(Article, Article.id == GuideChange.article_id)

    def item(row: Any) -> Item:
        return _item(row.Article, "guide_changed", row.GuideChange.at, "changes")

    waiting = rows.where(GuideChange.id.in_(newest), mine)
    return Sort("guide_changes", waiting.order_by(GuideChange.at, GuideChange.id), item)


def _warnings(mine: ColumnElement[bool]) -> Sort:
    rows = select(GuideWarning, Article).join(Article, Article.id == GuideWarning.article_id)
    waiting = rows.where(GuideWarning.revision_id == Article.published_id, mine)

    def item(row: Any) -> Item:
        first = row.GuideWarning.reasons[0][0]
        return _item(row.Article, f"guide_{first}", row.GuideWarning.at)

    return Sort("guide_warnings", waiting.order_by(GuideWarning.at, GuideWarning.id), item)


def _item(article: Article, why: str, since: Any, anchor: str | None = None) -> Item:
    args = {"article_id": article.id, "_anchor": anchor}
    return Item(article.title, why, "guides.record.show", number=article.number, since=since, args=args)
