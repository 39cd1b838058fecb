"""Ranking: BM25 per field over the index's postings, evidence for a match, a second look at the top.

Permissions come first: what the reader may not find takes no part in ranking, counts, facets or the list of
words that were not found. Constants were measured; docs/search.md says how to measure again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.analysis import Query, Term
from search.fields import FIELDS
from search.index import word_hash
from search.rows import Mask
from search.snapshot import Snapshot

K1 = 0.9
B = 0.75
RARE_SHARE = 0.1
TOP = 50
COVER_FLOOR = 0.2
COVER_POWER = 0.35
NEAR_WEIGHT = 0.25
NEAR_WORDS = 4
MATCH_SHARE = 0.25
TYPO_SHARE = 0.6
_ENTRY_BYTES = 250  # what a cached term costs besides its arrays, about
_BIT_OF_HIRAGANA = re.compile("[ぁ-ゖー]{1,3}")
FACETS = ("kind", "audience", "component")

Floats = NDArray[np.float32]
Documents = NDArray[np.int32]
Numbers = NDArray[np.intp]
_BY_KIND = {
    kind: [number for number, field in enumerate(FIELDS) if field.kind == kind]
    for kind in ("words", "grams", "identifiers")
}


@dataclass(frozen=True)
class Hit:
    """An article that was found. The score only orders; it says nothing of one query against another."""

    id: int
    score: float


@dataclass(frozen=True)
class Answer:
    """total: matches under the filters; facets: {facet: {name: matches under the other filters}};
    missing: the words, as typed, that stand in no article the reader may find."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    missing: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Held:
    """A term in the fields of one kind: the live documents that have it, ascending, their BM25 summed over
    the fields with the fields' weights, and the term's idf over these documents."""

    documents: Documents
    scores: Floats
    idf: float


@dataclass(frozen=True)
class _Found:
    """A query word: the documents that have it in any field, and how much having it says."""

    term: Term
    documents: Documents
    worth: float


def search(
    snapshot: Snapshot,
    query: Query,
    allowed: Mask,
    filters: Mapping[str, str] | None = None,
    offset: int = 0,
    limit: int = 20,
) -> Answer:
    """Return the best matches among the allowed documents, from `offset` on.

    filters: {facet: name}. An empty query matches nothing.
    """
    if not query or not allowed.any():
        return Answer(0, (), {facet: {} for facet in FACETS}, _missing_words(snapshot, query, allowed))
    words = [_found(snapshot, term) for term in query.words]
    matched = _matched(snapshot, query, words, allowed)
    masks = {facet: snapshot.rows.having(facet, name) for facet, name in (filters or {}).items()}
    chosen = _all_of(matched, masks)
    documents = np.flatnonzero(chosen)
    ranked = _ranked(snapshot, query, words, documents, offset + limit)
    return Answer(
        total=len(documents),
        hits=tuple(Hit(int(snapshot.rows.ids[at]), float(score)) for at, score in ranked[offset:]),
        facets={
            facet: snapshot.rows.counts(facet, _all_of(matched, masks, without=facet)) for facet in FACETS
        },
        missing=_missing_words(snapshot, query, allowed),
    )


def _all_of(mask: Mask, masks: Mapping[str, Mask], without: str = "") -> Mask:
    for facet, other in masks.items():
        mask = mask & other if facet != without else mask
    return mask


def _found(snapshot: Snapshot, term: Term) -> _Found:
    held = _held(snapshot, "words", term.key)
    return _Found(term, held.documents, term.weight * held.idf)


def _held(snapshot: Snapshot, kind: str, key: str) -> _Held:
    def make() -> tuple[_Held, int]:
        fields = [_bm25(snapshot, number, key) for number in _BY_KIND[kind]]
        documents, place = np.unique(np.concatenate([found for found, _ in fields]), return_inverse=True)
        scores = np.bincount(place, np.concatenate([scores for _, scores in fields]), len(documents))
        held = _Held(documents, scores.astype(np.float32), _idf(snapshot, len(documents)))
        return held, documents.nbytes + held.scores.nbytes + _ENTRY_BYTES

    return snapshot.scores.get((kind, key), make)  # type: ignore[no-any-return]


def _bm25(snapshot: Snapshot, number: int, key: str) -> tuple[Documents, Floats]:
    """Return (documents, scores) of a term in field `number` of FIELDS, the field's weight included."""
    field = FIELDS[number]
    documents, counts = snapshot.postings(field.name, key)
    lengths = snapshot.relative_lengths[number][documents]
    idf = _idf(snapshot, len(documents))
    scores = field.weight * idf * counts * (K1 + 1) / (counts + K1 * (1 - B + B * lengths))
    return documents, scores.astype(np.float32)


def _idf(snapshot: Snapshot, documents: int) -> float:
    total = snapshot.live_count
    return float(np.log1p((total - documents + 0.5) / (documents + 0.5)))


def _scores(snapshot: Snapshot, query: Query) -> Floats:
    """Return every document's sum over terms and fields."""
    sums = np.zeros(len(snapshot.rows), dtype=np.float32)
    terms = [
        *(("words", term) for term in query.words),
        *(("grams", term) for term in query.grams),
        *(("identifiers", term) for term in query.identifiers),
    ]
    for kind, term in terms:
        held = _held(snapshot, kind, term.key)
        sums[held.documents] += held.scores * np.float32(term.weight)
    for term in query.rare_grams:
        held = _held(snapshot, "grams", term.key)
        if len(held.documents) < RARE_SHARE * snapshot.live_count:
            sums[held.documents] += held.scores * np.float32(term.weight)
    return sums


def _matched(snapshot: Snapshot, query: Query, words: list[_Found], allowed: Mask) -> Mask:
    """Return the allowed documents with enough of the query to be called matches.

    Enough is: an identifier, or MATCH_SHARE of the worth of the words that can be found. A word that stands
    nowhere counts as found in the documents that have TYPO_SHARE of its grams.
    """
    share = np.zeros(len(snapshot.rows), dtype=np.float32)
    worths = 0.0
    for word in words:
        documents, worth = word.documents[allowed[word.documents]], word.worth
        if not len(documents):
            documents = _documents_like(snapshot, word.term, allowed)
            worth = word.term.weight * _idf(snapshot, len(documents))
        if len(documents):
            share[documents] += worth
            worths += worth
    mask: Mask = share > MATCH_SHARE * worths if worths else np.zeros(len(share), dtype=bool)
    for term in query.identifiers:
        if term.weight == analysis.WHOLE_WEIGHT:
            mask[_held(snapshot, "identifiers", term.key).documents] = True
    return mask & allowed


def _documents_like(snapshot: Snapshot, term: Term, allowed: Mask) -> Documents:
    """Return the allowed documents that have most of the grams of a word that stands nowhere."""
    grams = analysis.typed_grams(term)
    if len(grams) < 2:
        return np.empty(0, dtype=np.int32)
    counts = np.zeros(len(snapshot.rows), dtype=np.int16)
    for gram in grams:
        counts[_held(snapshot, "grams", gram).documents] += 1
    enough = (counts >= np.ceil(TYPO_SHARE * len(grams))) & allowed
    return np.flatnonzero(enough).astype(np.int32)


def _ranked(
    snapshot: Snapshot, query: Query, words: list[_Found], documents: Numbers, most: int
) -> list[tuple[int, float]]:
    """Return (document, score) of the first `most`, the first TOP of them looked at a second time."""
    scores = _scores(snapshot, query)[documents]
    order = _best(scores, snapshot.rows.ids[documents], max(most, TOP))
    top = documents[order[:TOP]]
    again = scores[order[:TOP]] * _second_look(snapshot, words, top)
    second = np.lexsort((snapshot.rows.ids[top], -again))
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


def _second_look(snapshot: Snapshot, words: list[_Found], top: Numbers) -> Floats:
    """Return a factor for each of the top documents: how much of the query it has, how close together."""
    worths = sum(word.worth for word in words)
    if not worths or not len(top):
        return np.ones(len(top), dtype=np.float32)
    cover = np.zeros(len(top), dtype=np.float32)
    for word in words:
        cover += word.worth * _among(top, word.documents)
    near = _nearness(snapshot, words, top)
    return ((COVER_FLOOR + cover / worths) ** COVER_POWER + NEAR_WEIGHT * near).astype(np.float32)


def _among(wanted: Numbers, documents: Documents) -> Mask:
    """Return which of the wanted are among the documents, which ascend."""
    if not len(documents):
        return np.zeros(len(wanted), dtype=bool)
    places = np.minimum(np.searchsorted(documents, wanted), len(documents) - 1)
    found: Mask = documents[places] == wanted
    return found


def _nearness(snapshot: Snapshot, words: list[_Found], top: Numbers) -> Floats:
    """Return for each document the share (by worth) of neighbouring query words that stand close in it."""
    sequences = snapshot.sequences([int(at) for at in top])
    owner = np.repeat(np.arange(len(top)), [len(sequence) for sequence in sequences])
    whole = np.concatenate(sequences)
    places = [np.flatnonzero(whole == word_hash(word.term.key)) for word in words]
    near = np.zeros(len(top), dtype=np.float32)
    worths = 0.0
    for at in range(len(words) - 1):
        worth = words[at].worth + words[at + 1].worth
        worths += worth
        near[np.unique(owner[_close(places[at], places[at + 1])])] += worth
    return near / worths if worths else near


def _close(left: Numbers, right: Numbers) -> Numbers:
    """Return those of `left` with one of `right` at most NEAR_WORDS away. Both ascending."""
    if not len(left) or not len(right):
        return left[:0]
    after = np.searchsorted(right, left)
    following = right[np.minimum(after, len(right) - 1)]
    preceding = right[np.maximum(after - 1, 0)]
    away = np.minimum(np.abs(following - left), np.abs(preceding - left))
    near: Numbers = left[away <= NEAR_WORDS]
    return near


def _missing_words(snapshot: Snapshot, query: Query, allowed: Mask) -> tuple[str, ...]:
    """Return what was typed and stands in no allowed document.

    Words that only ask are not named, nor bits of hiragana: they come of a word that was cut wrongly.
    """
    asked = [
        *(("words", t) for t in query.words if t.weight == 1 and not _BIT_OF_HIRAGANA.fullmatch(t.typed)),
        *(("identifiers", t) for t in query.identifiers if t.typed),
    ]
    missing = [t.typed for kind, t in asked if not allowed[_held(snapshot, kind, t.key).documents].any()]
    return tuple(dict.fromkeys(missing))
