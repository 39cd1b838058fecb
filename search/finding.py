"""A person's search: the index and the database together, and only what exists for that person."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from kb.domain.access import Scope
from kb.store.models import Article, Revision, ToIndex
from kb.store.paging import Page
from kb.store.visibility import visible
from search import entries, fallback, scoring
from search.analysis import Query, analyse_query
from search.cache import Cache
from search.folding import fold
from search.index import Index, IndexDamaged, IndexUnusable
from search.paste import telling
from search.queue import Queue
from search.scoring import Answer
from search.snapshot import Snapshots
from search.snippet import Parts, Passage, Piece, held, marked, pieces
from search.vocabulary.current import Current
from search.waiting import Waiting

PER_PAGE = 20
MOST_PAGES = 500
_PASSAGE_BYTES = 8 * 1024 * 1024
_BYTES_PER_CHARACTER = 16  # as written and folded, with what Python adds
_PASSAGE_COST = 1_000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """An article that was found, with its title and one or two pieces of its text cut at the matches.

    place: the address on the article's page of what was typed and its beginning does not say ("#steps…"),
    "" where the beginning says it all.
    """

    article: Article
    title: Parts
    pieces: Sequence[Piece]
    place: str
    score: float


@dataclass(frozen=True)
class Found:
    """A page of results. missing: what was typed and stands in no article the person may read.

    degraded: there was no index; the database was searched instead.
    correction: another spelling of the text that would find more, None if there is none.
    """

    page: Page
    facets: Mapping[str, Mapping[str, int]]
    missing: tuple[str, ...]
    degraded: bool
    correction: str | None = None


class Finder:
    """Searches for people; one for each process."""

    def __init__(self, index: Index, queue: Queue, thesaurus: Current | None = None) -> None:
        self._index = index
        self._queue = queue
        self._thesaurus = thesaurus or Current()
        self._snapshots = Snapshots(index)
        self._waiting = Waiting()
        self._passages: Cache[tuple[Passage, ...]] = Cache(_PASSAGE_BYTES)

    def find(
        self, session: Session, scope: Scope, text: str, filters: Mapping[str, str], number: int
    ) -> Found:
        """Return page `number` of what the text finds; a number past either end gives the nearest page."""
        query = analyse_query(telling(text))
        number = min(max(1, number), MOST_PAGES)
        answer, degraded = self._answer(session, scope, query, filters, number)
        last = max(1, -(-answer.total // PER_PAGE))
        if number > last:
            answer, degraded = self._answer(session, scope, query, filters, number := last)
        rows = list(self._results(session, scope, answer.query, answer))
        page = Page(rows, number, answer.total, PER_PAGE)
        missing = sorted(answer.missing, key=lambda word: not any(map(str.isdigit, word)))  # codes first
        return Found(page, answer.facets, tuple(missing), degraded, answer.query.correction or None)

    def _answer(
        self, session: Session, scope: Scope, query: Query, filters: Mapping[str, str], number: int
    ) -> tuple[Answer, bool]:
        """Return the answer and whether the index could not give it."""
        offset = (number - 1) * PER_PAGE
        hidden = _hidden(session, scope)  # before the snapshot: what leaves the queue later is in the index
        newer = self._waiting.newest(session)
        thesaurus = self._thesaurus.newest(session)
        try:
            with self._snapshots.newest(newer) as snapshot:
                allowed = snapshot.rows.allowed(scope.sees, hidden)
                return scoring.search(snapshot, query, allowed, filters, offset, PER_PAGE, thesaurus), False
        except IndexUnusable as reason:
            if isinstance(reason, IndexDamaged):
                log.error("the search index is damaged: %s", reason)
                self._index.condemn()
            self._queue.wake()
        return fallback.search(session, scope, query, filters, offset, PER_PAGE), True

    def _results(self, session: Session, scope: Scope, query: Query, answer: Answer) -> Iterator[Result]:
        """Yield the hits that exist for the reader now, in order."""
        rows = (
            select(Article)
            .where(Article.id.in_([hit.id for hit in answer.hits]), visible(scope))
            .options(selectinload(Article.components))
        )
        articles = {article.id: article for article in session.scalars(rows)}
        passages = self._passages_of(session, articles.values())
        for hit in answer.hits:
            if hit.id in passages:
                article, parts = articles[hit.id], passages[hit.id]
                found = pieces(parts, query)
                place = _place(article.title, parts, found[0], query) if found else ""
                yield Result(article, marked(article.title, query), found, place, hit.score)

    def _passages_of(self, session: Session, articles: Iterable[Article]) -> dict[int, tuple[Passage, ...]]:
        """Return {article's id: the passages of the revision its readers see}; revisions never change."""
        wanted = {number: article.id for article in articles if (number := _shown_id(article))}
        found = {id: known for number, id in wanted.items() if (known := self._passages.peek(number))}
        rest = [number for number, id in wanted.items() if id not in found]
        for revision in session.scalars(select(Revision).where(Revision.id.in_(rest))):
            found[revision.article_id] = self._passages.get(revision.id, partial(_passages, revision))
        return found

    def warm(self) -> None:
        """Load what the first search needs: the dictionaries, the thesaurus, the index and its words."""
        query = analyse_query("検索")
        self._thesaurus.warm()
        with suppress(IndexUnusable), self._snapshots.newest() as snapshot:
            scoring.search(snapshot, query, snapshot.rows.allowed(lambda _: True))

    def forget(self) -> None:
        """Empty the caches, as they are in a new process."""
        self._passages.clear()
        with suppress(IndexUnusable), self._snapshots.newest() as snapshot:
            snapshot.forget()

    def close(self) -> None:
        """Let go of the index's files."""
        self._snapshots.close()


def _hidden(session: Session, scope: Scope) -> list[int]:
    """Return the articles whose entry may be old and that do not exist for the reader any more."""
    own = Article.id == ToIndex.article_id  # asked for each row of the queue: the articles are many
    seen = select(Article.id).where(own, visible(scope), Article.confidence != "archived")
    rows = select(ToIndex.article_id).distinct().where(~seen.exists())
    return list(session.scalars(rows))


def _shown_id(article: Article) -> int | None:
    return article.published_id or article.head_id


def _passages(revision: Revision) -> tuple[tuple[Passage, ...], int]:
    """Return a revision's passages and about how many bytes they take."""
    found = entries.passages(revision)
    return found, sum(len(p.text) * _BYTES_PER_CHARACTER + _PASSAGE_COST for p in found)


def _place(title: str, passages: Sequence[Passage], best: Piece, query: Query) -> str:
    """Return the best piece's address, or "" if the top of the page holds as much of the query."""
    top = "\n".join([fold(title), *(passage.folded for passage in passages if not passage.anchor)])
    if not best.line or held(best.passage.folded, query) <= held(top, query):
        return ""
    return best.address
