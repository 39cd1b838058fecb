"""What pages show of articles; every query goes through the reader's scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.domain.access import Scope
from kb.domain.articles import AUDIENCES, CONFIDENCES, KINDS, READABLE
from kb.domain.errors import Refused
from kb.store.models import Article, ArticleLink, Component, Revision, article_components
from kb.store.paging import LARGEST_ID, Page, paged
from kb.store.visibility import visible

ORDERS = {
    "updated": (Article.updated_at.desc(), Article.id.desc()),
    "title": (Article.title, Article.id),
    "number": (Article.id,),
    "review": (Article.review_due.is_(None), Article.review_due, Article.id),
}


def article(session: Session, article_id: int, scope: Scope) -> Article:
    """Return the article, or raise Refused 404, the same for hidden and for absent."""
    found = session.get(Article, article_id) if 0 < article_id <= LARGEST_ID else None
    if found is None or not scope.sees(found):
        raise Refused("articles.not_found", status=404)
    return found


def revision(session: Session, article: Article, revision_id: int | None, scope: Scope) -> Revision:
    """Return one revision of this article, or raise Refused 404.

    A revision for an audience that the reader does not belong to is hidden like an article of its own.
    """
    known = revision_id is not None and 0 < revision_id <= LARGEST_ID
    found = session.get(Revision, revision_id) if known else None
    if found is None or found.article_id != article.id or found.audience not in scope.texts(article.owner_id):
        raise Refused("articles.not_found", status=404)
    return found


def history(session: Session, article: Article, number: int, scope: Scope) -> Page:
    """Return the article's revisions that the reader may see, newest first."""
    mine = (Revision.article_id == article.id, Revision.audience.in_(scope.texts(article.owner_id)))
    rows = select(Revision).where(*mine).order_by(Revision.id.desc())
    return paged(session, rows.options(joinedload(Revision.author)), number)


def listed(session: Session, scope: Scope, filters: dict[str, str], number: int) -> Page:
    """Return the articles that exist for the reader and pass the filters, in the order asked for."""
    rows = (
        select(Article)
        .where(visible(scope), *_conditions(filters, scope))
        .order_by(*ORDERS.get(filters.get("order", ""), ORDERS["updated"]))
        .options(selectinload(Article.components), joinedload(Article.owner))
    )
    return paged(session, rows, number)


def _conditions(filters: dict[str, str], scope: Scope, without: str = "") -> list[ColumnElement[bool]]:
    columns = {"kind": Article.kind, "audience": Article.audience, "confidence": Article.confidence}
    found: list[ColumnElement[bool]] = [
        column == filters[name] for name, column in columns.items() if filters.get(name) and name != without
    ]
    if filters.get("component") and without != "component":
        found.append(Article.components.any(Component.name == filters["component"]))
    if filters.get("owner") == "me":
        found.append(Article.owner_id == scope.reader_id)
    return found


def choices(session: Session, scope: Scope, filters: dict[str, str]) -> dict[str, list[tuple[str, int]]]:
    """Return for each filter its values with how many visible articles each would leave."""
    found = {}
    columns = {"kind": Article.kind, "audience": Article.audience, "confidence": Article.confidence}
    orders = {"kind": KINDS, "audience": AUDIENCES, "confidence": CONFIDENCES}
    for name, column in columns.items():
        where = [visible(scope), *_conditions(filters, scope, without=name)]
        counts = dict(session.execute(select(column, func.count()).where(*where).group_by(column)).all())
        found[name] = [(key, counts[key]) for key in orders[name] if key in counts]
    found["component"] = component_counts(session, scope, _conditions(filters, scope, without="component"))
    return found


def component_counts(
    session: Session, scope: Scope, where: Sequence[ColumnElement[bool]] = ()
) -> list[tuple[str, int]]:
    """Return the components of visible articles with their counts, by name."""
    rows = (
        select(Component.name, func.count())
        .join(article_components, article_components.c.component_id == Component.id)
        .join(Article, Article.id == article_components.c.article_id)
        .where(visible(scope), *where)
        .group_by(Component.name)
        .order_by(Component.name)
    )
    return [(name, count) for name, count in session.execute(rows)]


def backlinks(
    session: Session, article: Article, scope: Scope, replaced: Collection[int] = ()
) -> Sequence[Article]:
    """Return the published articles for the reader that lead here, or to what this one replaced."""
    rows = select(Article).join(ArticleLink, ArticleLink.source_id == Article.id)
    return session.scalars(
        rows.where(
            ArticleLink.target_id.in_([article.id, *replaced]),
            visible(scope),
            Article.confidence.in_(READABLE),
            Article.id != article.id,
        )
        .distinct()
        .order_by(Article.title)
    ).all()


def start_page(session: Session, scope: Scope, today: date) -> dict[str, Any]:
    """Return what a person sees first: their drafts, what they have to review, what is new, what there is."""
    kinds = select(Article.kind, func.count()).where(visible(scope), Article.confidence.in_(READABLE))
    counts = dict(session.execute(kinds.group_by(Article.kind)).all())
    rows = select(Article).where(visible(scope)).options(selectinload(Article.components)).limit(10)
    newest = Article.updated_at.desc(), Article.id.desc()
    found: dict[str, Any] = {
        "drafts": [],
        "due": [],
        "recent": session.scalars(rows.where(Article.confidence.in_(READABLE)).order_by(*newest)).all(),
        "kinds": [(key, counts.get(key, 0)) for key in KINDS],
    }
    if scope.reader_id is not None:
        mine = rows.where(Article.owner_id == scope.reader_id)
        soon = Article.confidence.in_(READABLE), Article.review_due <= today + timedelta(days=30)
        drafting = Article.confidence == "work_in_progress"
        found["drafts"] = session.scalars(mine.where(drafting).order_by(*newest)).all()
        found["due"] = session.scalars(mine.where(*soon).order_by(Article.review_due)).all()
    return found
