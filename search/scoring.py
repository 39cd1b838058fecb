"""Ranking: BM25 per field over the index's postings, evidence for a match, a second look at the top.

Permissions come first: what the reader may not find takes no part in ranking, counts, facets or the list of
words that were not found. The numbers are in `search.tuning`; docs/search.md says how they were measured.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from search.analysis import Query
from search.bm25 import Floats, gather, held
from search.matching import Asked
from search.reading import understand
from search.rows import Mask
from search.second_look import factors
from search.snapshot import Snapshot
from search.thesaurus import Thesaurus
from search.tuning import TUNED, Tuning
from search.widening import has, widen

TOP = 50
NO_THESAURUS = Thesaurus.of(())
_BIT_OF_HIRAGANA = re.compile("[ぁ-ゖー]{1,3}")
FACETS = ("kind", "audience", "component")

Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class Hit:
    """An article that was found. The score only orders; it says nothing of one query against another."""

    id: int
    score: float


@dataclass(frozen=True)
class Answer:
    """total: matches under the filters; facets: {facet: {name: matches under the other filters}};
    missing: the words, as typed, that stand in no article the reader may find; query: as understood."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    missing: tuple[str, ...]
    query: Query


def search(
    snapshot: Snapshot,
    query: Query,
    allowed: Mask,
    filters: Mapping[str, str] | None = None,
    offset: int = 0,
    limit: int = 20,
    thesaurus: Thesaurus = NO_THESAURUS,
    tuning: Tuning = TUNED,
) -> Answer:
    """Return the best matches among the allowed documents, from `offset` on.

    filters: {facet: name}. An empty query matches nothing.
    """
    query = widen(_understood(snapshot, query, allowed, thesaurus, tuning), thesaurus, tuning)
    asked = Asked(snapshot, query, allowed, tuning)
    if not query or not allowed.any():
        return Answer(0, (), {facet: {} for facet in FACETS}, _missing_words(asked), query)
    matched = asked.matched()
    masks = {facet: snapshot.rows.having(facet, name) for facet, name in (filters or {}).items()}
    documents = np.flatnonzero(_all_of(matched, masks))
    ranked = _ranked(asked, documents, offset + limit)
    return Answer(
        total=len(documents),
        hits=tuple(Hit(int(snapshot.rows.ids[at]), float(score)) for at, score in ranked[offset:]),
        facets={
            facet: snapshot.rows.counts(facet, _all_of(matched, masks, without=facet)) for facet in FACETS
        },
        missing=_missing_words(asked),
        query=query,
    )


def _understood(
    snapshot: Snapshot, query: Query, allowed: Mask, thesaurus: Thesaurus, tuning: Tuning
) -> Query:
    """Return the query with what it was perhaps meant to say, in words of documents that may be found."""

    known = gather(snapshot, "words", {term.key for term in query.words}, tuning)  # quicker than one by one

    @cache
    def count(word: str) -> int:
        found = known.get(word) or held(snapshot, "words", word, tuning)
        return found.count_in(allowed)

    return understand(query, snapshot.lexicons(), count, partial(has, thesaurus), tuning)


def _all_of(mask: Mask, masks: Mapping[str, Mask], without: str = "") -> Mask:
    for facet, other in masks.items():
        mask = mask & other if facet != without else mask
    return mask


def _ranked(asked: Asked, documents: Numbers, most: int) -> list[tuple[int, float]]:
    """Return (document, score) of the first `most`, the first TOP of them looked at a second time."""
    ids = asked.snapshot.rows.ids
    scores = asked.scores()[documents]
    order = _best(scores, ids[documents], max(most, TOP))
    top = documents[order[:TOP]]
    again = scores[order[:TOP]] * factors(asked, top)
    second = np.lexsort((ids[top], -again))
    first = [(int(top[at]), float(again[at])) for at in second]
    rest = [(int(documents[at]), float(scores[at])) for at in order[TOP:]]
    return (first + rest)[:most]


def _best(scores: Floats, ids: NDArray[np.int64], most: int) -> Numbers:
    """Return the places of the `most` highest scores, highest first, the lower id first where equal."""
    if len(scores) > 4 * most:
        bound = np.partition(scores, len(scores) - most)[len(scores) - most]
        places = np.flatnonzero(scores >= bound)
    else:
        places = np.arange(len(scores))
    order: Numbers = places[np.lexsort((ids[places], -scores[places]))][:most]
    return order


def _missing_words(asked: Asked) -> tuple[str, ...]:
    """Return what was typed and stands in no allowed document, in no wording.

    Words that only ask are not named, nor bits of hiragana: they come of a word that was cut wrongly.
    """
    missing = [
        word.term.typed
        for word in asked.words
        if word.term.weight == 1 and not _BIT_OF_HIRAGANA.fullmatch(word.term.typed)
        if not word.is_known(surely=True)
    ]
    missing += [
        term.typed
        for term in asked.query.identifiers
        if term.typed and not asked.held("identifiers", term.key).stands_in(asked.allowed)
    ]
    return tuple(dict.fromkeys(missing))
