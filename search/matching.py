"""Which documents have what was asked for, and how well: by the word itself or by another one for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.analysis import Other, Query, Term
from search.bm25 import FREQUENT, Documents, Floats, Held, among, common, gather, held, idf
from search.fields import Kind
from search.rows import Mask
from search.snapshot import Snapshot
from search.tuning import Tuning

RARE_SHARE = 0.1
MATCH_SHARE = 0.25
TYPO_SHARE = 0.6
LOG_CODES = 3.0
"""In a log its codes decide: the other words are mostly those of every log."""
LOG_COMMON = 0.2
"""A pair of letters in such a share of the articles tells nothing of a log: its words have no slips."""
_FEW = 1_000  # mostly one of the first will do
_NOWHERE = np.empty(0, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Substitute:
    """The documents that have another wording of words[first:last], and what that adds to their scores."""

    other: Other
    documents: Documents
    scores: Floats


@dataclass(frozen=True, eq=False)
class Word:
    """A query word: the documents that have it in any field, what else stands for it, how much it says."""

    term: Term
    documents: Documents
    substitutes: tuple[Substitute, ...]
    worth: float

    def stands_in(self, documents: Mask, *, surely: bool = False) -> bool:
        """Return whether one of these documents has the word or another wording (surely: a sure one)."""
        places = (one.documents for one in self.substitutes if one.other.sure or not surely)
        every = (self.documents, *places)
        return any(documents[found[:_FEW]].any() or documents[found].any() for found in every)


@dataclass(frozen=True, eq=False)
class Asked:
    """A query put to one state of the index, for a reader."""

    snapshot: Snapshot
    query: Query
    allowed: Mask
    tuning: Tuning
    _held: dict[tuple[Kind, str], Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Ask for all terms together: quicker by far than one by one."""
        grams = (*self.grams, *self.query.rare_grams)
        others = (key for other in self.query.others for key in other.keys)
        wanted: dict[Kind, list[str]] = {
            "words": [*(term.key for term in self.query.words), *others],
            "grams": [term.key for term in grams],
            "identifiers": [term.key for term in self.query.identifiers],
        }
        for kind, keys in wanted.items():
            found = gather(self.snapshot, kind, dict.fromkeys(keys), self.tuning)
            self._held.update({(kind, key): one for key, one in found.items()})

    def held(self, kind: Kind, key: str) -> Held:
        """Return what the index has of a term."""
        found = self._held.get((kind, key))
        if found is None:
            found = self._held[kind, key] = held(self.snapshot, kind, key, self.tuning)
        return found

    @cached_property
    def grams(self) -> list[Term]:
        """The query's grams, of a log only those that tell something."""
        if not self.query.is_log:
            return list(self.query.grams)
        keys = [term.key for term in self.query.grams]
        left_out = common(self.snapshot, "grams", keys, LOG_COMMON)
        return [term for term in self.query.grams if term.key not in left_out]

    @cached_property
    def words(self) -> list[Word]:
        """The query's words with what the index has of them."""
        covering: dict[int, list[Substitute]] = defaultdict(list)
        for substitute in self.substitutes:
            for at in range(substitute.other.first, substitute.other.last):
                covering[at].append(substitute)
        return [self._word(term, tuple(covering[at])) for at, term in enumerate(self.query.words)]

    def _word(self, term: Term, substitutes: tuple[Substitute, ...]) -> Word:
        found = self.held("words", term.key)
        worth = found.idf
        if not len(found.documents) and substitutes:
            worth = idf(self.snapshot, max(len(other.documents) for other in substitutes))
        return Word(term, found.documents, substitutes, term.weight * worth)

    @cached_property
    def substitutes(self) -> list[Substitute]:
        """The other wordings that stand in a document."""
        found = (self._substitute(other) for other in self.query.others)
        return [substitute for substitute in found if len(substitute.documents)]

    def _substitute(self, other: Other) -> Substitute:
        """Return where another wording stands. A rarer word than the one typed says no more than that."""
        parts = [self.held("words", key) for key in other.keys]
        documents, scores = _all_of(parts)
        typed = [self.held("words", term.key) for term in self.query.words[other.first : other.last]]
        weight = other.weight * np.mean([t.weight for t in self.query.words[other.first : other.last]])
        if all(len(word.documents) for word in typed):
            weight *= min(1.0, sum(word.idf for word in typed) / max(sum(p.idf for p in parts), 1e-9))
        return Substitute(other, documents, scores * np.float32(weight))

    def scores(self) -> Floats:
        """Return every document's sum over terms and fields."""
        sums = np.zeros(len(self.snapshot.rows), dtype=np.float32)
        for kind, term in self._terms():
            self.held(kind, term.key).add_to(sums, term.weight)
        for gains in self._gains():
            sums += gains
        if self.query.is_log:
            sums += np.float32(LOG_CODES) * sums.max() * self._codes()
        return sums

    def _codes(self) -> Floats:
        """Return for each document the share of the query's codes (by idf) that it has."""
        share = np.zeros(len(self.snapshot.rows), dtype=np.float32)
        codes = [found for t in self.query.codes if len((found := self.held("identifiers", t.key)).documents)]
        for found in codes:
            share[found.documents] += np.float32(found.idf)
        return share / np.float32(max(sum(found.idf for found in codes), 1e-9))

    def _terms(self) -> Iterator[tuple[Kind, Term]]:
        yield from (("words", term) for term in self.query.words)
        yield from (("grams", term) for term in self.grams)
        yield from (("identifiers", term) for term in self.query.identifiers)
        most = RARE_SHARE * self.snapshot.live_count
        for term in self.query.rare_grams if self.tuning.rare_grams else ():
            if len(self.held("grams", term.key).documents) < most:
                yield "grams", replace(term, weight=self.tuning.rare_grams)

    def _gains(self) -> Iterator[Floats]:
        """Yield for each stretch of words that has other wordings: what each document gains by the best of
        these over what it has by the words themselves."""
        stretches: dict[tuple[int, int], list[Substitute]] = defaultdict(list)
        for substitute in self.substitutes:
            stretches[substitute.other.first, substitute.other.last].append(substitute)
        for (first, last), substitutes in stretches.items():
            best = np.zeros(len(self.allowed), dtype=np.float32)
            for one in substitutes:
                best[one.documents] = np.maximum(best[one.documents], one.scores)
            for term in self.query.words[first:last]:
                own = self.held("words", term.key)
                best[own.documents] -= own.scores * np.float32(term.weight)
            yield np.maximum(best, 0, out=best)

    def matched(self) -> Mask:
        """Return the allowed documents with enough of the query to be called matches.

        Enough is: an identifier, or MATCH_SHARE of the worth of the words that can be found. A word that
        stands nowhere counts as found in the documents that have TYPO_SHARE of its grams.
        """
        share = np.zeros(len(self.allowed), dtype=np.float32)
        worths = 0.0
        for word in self.words:
            worths += self._add_share(share, word)
        mask: Mask = share > MATCH_SHARE * worths if worths else np.zeros(len(share), dtype=bool)
        for term in self.query.codes:
            mask[self.held("identifiers", term.key).documents] = True
        return mask & self.allowed

    def _add_share(self, share: Floats, word: Word) -> float:
        """Add what a word is worth to the documents that have it; return it, 0 if none of the allowed has."""
        if not word.stands_in(self.allowed):
            like = self._documents_like(word.term)
            worth = word.term.weight * idf(self.snapshot, len(like))
            share[like] += worth
            return worth if len(like) else 0.0
        if not word.substitutes:
            _add_where(share, word.documents, word.worth)
            return word.worth
        credit = np.zeros(len(share), dtype=np.float32)
        for one in word.substitutes:
            credit[one.documents] = np.maximum(credit[one.documents], one.other.weight)
        credit[word.documents] = 1.0
        share += credit * np.float32(word.worth)
        return word.worth

    def _documents_like(self, term: Term) -> Documents:
        """Return the allowed documents that have most of the grams of a word that stands nowhere."""
        grams = analysis.typed_grams(term)
        if len(grams) < 2:
            return _NOWHERE
        counts = np.zeros(len(self.allowed), dtype=np.int16)
        for gram in grams:
            counts[self.held("grams", gram).documents] += 1
        enough = (counts >= np.ceil(TYPO_SHARE * len(grams))) & self.allowed
        return np.flatnonzero(enough).astype(np.int32)


def _add_where(sums: Floats, documents: Documents, worth: float) -> None:
    """Add what a word is worth to the sums of these documents."""
    if len(documents) * FREQUENT < len(sums):
        sums[documents] += np.float32(worth)
    else:
        every = np.zeros(len(sums), dtype=np.float32)
        every[documents] = worth
        sums += every


def _all_of(parts: Sequence[Held]) -> tuple[Documents, Floats]:
    """Return the documents that have all the terms, and the sums of their scores."""
    if len(parts) == 1:
        return parts[0].documents, parts[0].scores
    documents = min((part.documents for part in parts), key=len)
    for part in parts:
        documents = documents[among(documents, part.documents)]
    scores = np.zeros(len(documents), dtype=np.float32)
    for part in parts:
        scores += part.scores[np.searchsorted(part.documents, documents)]
    return documents, scores


def credit(word: Word, documents: NDArray[np.intp]) -> Floats:
    """Return how far each of the documents has the word: 1 for itself, less for another wording."""
    found = among(documents, word.documents).astype(np.float32)
    for one in word.substitutes:
        found = np.maximum(found, np.float32(one.other.weight) * among(documents, one.documents))
    return found
