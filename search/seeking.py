"""What the search feature offers to others (`kb.web.finding`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.web.finding import Hit
from search import feedback
from search.finding import Finder, Result
from search.incidents import Told
from search.paste import gist
from search.solved import Solution


class Seeking:
    """Articles and incidents for some words."""

    def __init__(self, finder: Finder, told: Told) -> None:
        self._finder = finder
        self._told = told

    def articles(self, session: Session, scope: Scope, text: str, most: int, *, typed: bool) -> list[Hit]:
        """Return at most so many articles, those that solved it before first. typed: count it as a search."""
        text = gist(text)
        found = self._finder.find(session, scope, text, {}, 1)
        if typed:
            feedback.note_search(text, found)
        hits = {result.article.id: _hit(result) for result in found.page.rows}
        solved = {}
        for solution in feedback.solved(text):
            article = solution.article
            known = hits.pop(article.id, None) or Hit(article, [(article.title, False)])
            solved[article.id] = _solved(known, solution)
        return [*solved.values(), *hits.values()][:most]

    def matching(self, session: Session, scope: Scope, text: str) -> list[int]:
        """Return the ids of the articles on the first page of results."""
        found = self._finder.find(session, scope, gist(text), {}, 1)
        return [result.article.id for result in found.page.rows]

    def incidents(self, session: Session, text: str, least: float) -> Mapping[int, float]:
        """Return the incidents told in like words: id -> cosine, from `least` on."""
        return self._told.like(session, gist(text), least)


def _hit(result: Result) -> Hit:
    return Hit(result.article, result.title, result.pieces[0].parts if result.pieces else ())


def _solved(hit: Hit, solution: Solution) -> Hit:
    return replace(hit, solved=solution.times, last=solution.last_day)
