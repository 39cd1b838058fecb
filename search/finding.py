"""A person's search: the index and the database together, and only what exists for that person."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.domain.access import Scope
from kb.store.models import Article, ToIndex
from kb.store.paging import Page
from kb.store.visibility import visible
from search import entries, fallback, scoring
from search.analysis import Query, analyse_query
from search.index import Index, IndexDamaged, IndexUnusable
from search.queue import Queue
from search.scoring import Answer
from search.snapshot import Snapshots
from search.snippet import Parts, marked, snippet

PER_PAGE = 20
MOST_PAGES = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """An article that was found, with its title and a piece of its text cut at the matches."""

    article: Article
    title: Parts
    snippet: Parts
    score: float


@dataclass(frozen=True)
class Found:
    """A page of results. missing: what was typed and stands in no article the person may read.

    degraded: there was no index; the database was searched instead.
    """

    page: Page
    facets: Mapping[str, Mapping[str, int]]
    missing: tuple[str, ...]
    degraded: bool


class Finder:
    """Searches for people; one for each process."""

    def __init__(self, index: Index, queue: Queue) -> None:
        self._index = index
        self._queue = queue
        self._snapshots = Snapshots(index)

    def find(
        self, session: Session, scope: Scope, text: str, filters: Mapping[str, str], number: int
    ) -> Found:
        """Return page `number` of what the text finds; a number past either end gives the nearest page."""
        query = analyse_query(text)
        number = min(max(1, number), MOST_PAGES)
        answer, degraded = self._answer(session, scope, query, filters, number)
        last = max(1, -(-answer.total // PER_PAGE))
        if number > last:
            answer, degraded = self._answer(session, scope, query, filters, number := last)
        rows = list(_results(session, scope, query, answer))
        return Found(Page(rows, number, answer.total, PER_PAGE), answer.facets, answer.missing, degraded)

    def _answer(
        self, session: Session, scope: Scope, query: Query, filters: Mapping[str, str], number: int
    ) -> tuple[Answer, bool]:
        """Return the answer and whether the index could not give it."""
        offset = (number - 1) * PER_PAGE
        hidden = _hidden(session, scope)  # before the snapshot: what leaves the queue later is in the index
        try:
            with self._snapshots.newest() as snapshot:
                allowed = snapshot.rows.allowed(scope.sees, hidden)
                return scoring.search(snapshot, query, allowed, filters, offset, PER_PAGE), False
        except IndexUnusable as reason:
            if isinstance(reason, IndexDamaged):
                log.error("the search index is damaged: %s", reason)
                self._index.condemn()
            self._queue.wake()
        return fallback.search(session, scope, query, filters, offset, PER_PAGE), True

    def warm(self) -> None:
        """Load what the first search needs: the dictionary and the index."""
        analyse_query("検索")
        with suppress(IndexUnusable), self._snapshots.newest():
            pass

    def close(self) -> None:
        """Let go of the index's files."""
        self._snapshots.close()


def _hidden(session: Session, scope: Scope) -> list[int]:
    """Return the articles whose entry may be old and that do not exist for the reader any more."""
    seen = select(Article.id).where(visible(scope), Article.confidence != "archived")
    rows = select(ToIndex.article_id).distinct().where(ToIndex.article_id.not_in(seen))
    return list(session.scalars(rows))


def _results(session: Session, scope: Scope, query: Query, answer: Answer) -> Iterator[Result]:
    """Yield the hits that exist for the reader now, in order."""
    rows = (
        select(Article)
        .where(Article.id.in_([hit.id for hit in answer.hits]), visible(scope))
        .options(joinedload(Article.published), joinedload(Article.head), selectinload(Article.components))
    )
    articles = {article.id: article for article in session.scalars(rows)}
    for hit in answer.hits:
        article = articles.get(hit.id)
        revision = entries.shown(article) if article else None
        if article and revision:
            text = entries.readable(revision)
            yield Result(article, marked(revision.title, query), snippet(text, query), hit.score)
