"""Search in the database alone, for the time in which there is no index: slower, plainer, never wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.store.models import Article, Revision
from kb.store.visibility import visible
from search.analysis import QUERY_WORDS, Query
from search.folding import fold
from search.scoring import FACETS, Answer, Hit

_TITLE_WORTH = 3.0


@dataclass(frozen=True)
class _Row:
    """An article as far as this search needs it; the texts folded."""

    id: int
    title: str
    text: str
    facets: Mapping[str, tuple[str, ...]]


def search(
    session: Session, scope: Scope, query: Query, filters: Mapping[str, str], offset: int, limit: int
) -> Answer:
    """Return the articles that exist for the reader and hold half of what was typed, best first."""
    needles = _needles(query)
    if not needles:
        return Answer(0, (), {facet: {} for facet in FACETS}, (), query)
    holding = [(row, {needle for needle in needles if needle in row.text}) for row in _rows(session, scope)]
    met: set[str] = set().union(*(present for _, present in holding))
    half = sum(map(len, met)) / 2
    found = [
        (row, _worth(row, present)) for row, present in holding if present and sum(map(len, present)) >= half
    ]
    chosen = sorted((one for one in found if _passes(one[0], filters)), key=lambda one: (-one[1], one[0].id))
    return Answer(
        total=len(chosen),
        hits=tuple(Hit(row.id, worth) for row, worth in chosen[offset : offset + limit]),
        facets={facet: _counts((row for row, _ in found), facet, filters) for facet in FACETS},
        missing=tuple(typed for needle, typed in needles.items() if needle not in met),
        query=query,
    )


def _worth(row: _Row, present: set[str]) -> float:
    return sum(len(needle) * (_TITLE_WORTH if needle in row.title else 1.0) for needle in present)


def _needles(query: Query) -> dict[str, str]:
    """Return {folded: as typed} of the words and identifiers; words that only ask are left out."""
    terms = [
        *(term for term in query.words if term.weight == 1),
        *(term for term in query.identifiers if term.typed),
    ]
    needles = {fold(term.typed): term.typed for term in terms[:QUERY_WORDS]}
    needles.pop("", None)
    return needles


def _rows(session: Session, scope: Scope) -> Iterator[_Row]:
    rows = (
        select(Article.id, Article.kind, Article.audience, Revision)
        .join(Revision, Revision.id == func.coalesce(Article.published_id, Article.head_id))
        .where(and_(visible(scope), Article.confidence != "archived"))
        .execution_options(yield_per=200)
    )
    for article_id, kind, audience, revision in session.execute(rows):
        listed = (*revision.error_codes, *revision.synonyms, *revision.components)
        plain = (revision.title, revision.symptom, revision.environment)
        text = fold("\n".join([*plain, *listed, *revision.sections.values()]))
        facets = {"kind": (kind,), "audience": (audience,), "component": tuple(revision.components)}
        yield _Row(article_id, fold(revision.title), text, facets)


def _passes(row: _Row, filters: Mapping[str, str], without: str = "") -> bool:
    return all(name in row.facets[facet] for facet, name in filters.items() if facet != without)


def _counts(rows: Iterable[_Row], facet: str, filters: Mapping[str, str]) -> dict[str, int]:
    names = (name for row in rows if _passes(row, filters, without=facet) for name in row.facets[facet])
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
