"""「過去にこの症状で解決」: articles that solved a symptom told in the same words before.

Never part of the score: a panel of its own. Each process keeps the outcomes in memory by their words and
reads only new ones. Taking thousands apart takes seconds: `warm` does it in the background.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.periods import japan_date
from kb.store.models import Article, Incident, SymptomOutcome
from kb.store.outcomes import SOLVED
from kb.store.visibility import visible
from search.analysis import QUERY_CHARS
from search.folding import fold
from search.likeness import Likeness, bag

MOST = 3
_AT_ONCE = 200
_ASKED_AT_ONCE = 100


@dataclass(frozen=True)
class Solution:
    """An article that solved the symptom before: how often, and when last.

    incident_ids: the newest of the incidents in which it did, for those who may read incidents.
    """

    article: Article
    times: int
    last: datetime
    incident_ids: tuple[int, ...] = ()

    @property
    def last_day(self) -> date:
        """The day in Japan on which it solved it last."""
        return japan_date(self.last)


@dataclass(frozen=True)
class _Match:
    article_id: int
    cosine: float
    times: int
    last: datetime
    incident_ids: tuple[int, ...]


_Moments = dict[str, tuple[datetime, int]]
"""When a symptom was solved and in which incident (0: none), by what says so: an answer or an incident."""


class Solved:
    """The outcomes that one process has read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest = 0
        self._likeness = Likeness()
        self._numbers: dict[str, int] = {}
        self._by_text: list[dict[int, _Moments]] = []
        self._told: dict[tuple[str, int], int] = {}

    def find(self, session: Session, scope: Scope, text: str) -> list[Solution]:
        """Return the articles that exist for the reader and solved this symptom, the likest first."""
        self.learn(session)
        found = _visible(session, scope, self._matches(text))
        return [
            Solution(article, match.times, match.last, match.incident_ids)
            for match, article in islice(found, MOST)
        ]

    def learn(self, session: Session, most: int = _AT_ONCE) -> int:
        """Read the outcomes that are new, at most so many; return how many that were."""
        with self._lock:
            rows = select(SymptomOutcome).where(SymptomOutcome.id > self._newest)
            new = session.scalars(rows.order_by(SymptomOutcome.id).limit(most)).all()
            for row in new:
                self._take(row)
            return len(new)

    def warm(self, begin: Callable[[], Session]) -> None:
        """Read all outcomes, each batch in a session of its own."""
        while True:
            with begin() as session:
                if self.learn(session) < _AT_ONCE:
                    return

    def _take(self, row: SymptomOutcome) -> None:
        self._newest = row.id
        teller = row.token or f"#{row.id}"
        before = self._told.pop((teller, row.article_id), None)
        if before is not None:
            self._by_text[before][row.article_id].pop(teller, None)
        text = " ".join(fold(row.words).split())[:QUERY_CHARS]
        if row.outcome != SOLVED or not text:
            return
        number = self._number(text)
        self._told[teller, row.article_id] = number
        self._by_text[number].setdefault(row.article_id, {})[teller] = (row.at, row.incident_id or 0)

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = self._likeness.add(bag(text))
            self._by_text.append({})
        return self._numbers[text]

    def _matches(self, text: str) -> list[_Match]:
        """Return the articles that solved what is told in like words: by cosine, then by how often."""
        found: dict[int, tuple[float, _Moments]] = {}
        with self._lock:
            for number, cosine in self._likeness.like(bag(text)).items():
                for article_id, moments in self._by_text[number].items():
                    best, known = found.get(article_id, (0.0, {}))
                    found[article_id] = max(best, cosine), known | moments
        matches = [
            _match(article_id, cosine, moments) for article_id, (cosine, moments) in found.items() if moments
        ]
        return sorted(matches, key=lambda m: (-m.cosine, -m.times, m.article_id))


def incidents_of(session: Session, solutions: Sequence[Solution]) -> dict[int, Incident]:
    """Return {id: incident} of what solutions name."""
    wanted = {incident_id for solution in solutions for incident_id in solution.incident_ids}
    if not wanted:
        return {}
    return {one.id: one for one in session.scalars(select(Incident).where(Incident.id.in_(wanted)))}


def _match(article_id: int, cosine: float, moments: _Moments) -> _Match:
    newest = sorted(moments.values(), reverse=True)
    incidents = tuple(dict.fromkeys(incident_id for _, incident_id in newest if incident_id))
    return _Match(article_id, round(cosine, 3), len(moments), newest[0][0], incidents[:MOST])


def _visible(session: Session, scope: Scope, matches: Sequence[_Match]) -> Iterator[tuple[_Match, Article]]:
    """Yield the matches whose article exists for the reader and is not archived."""
    for start in range(0, len(matches), _ASKED_AT_ONCE):
        some = matches[start : start + _ASKED_AT_ONCE]
        rows = select(Article).where(
            Article.id.in_([match.article_id for match in some]),
            visible(scope),
            Article.confidence != "archived",
        )
        articles = {article.id: article for article in session.scalars(rows)}
        yield from ((match, articles[match.article_id]) for match in some if match.article_id in articles)
