"""Which documents have what was asked for, and how well: by the word itself or by another one for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from search import analysis
from search.analysis import Other, Query, Term
from search.bm25 import Floats, Held, common, gather, held, idf
from search.fields import Kind
from search.rows import Mask
from search.snapshot import Snapshot
from search.tuning import Tuning

RARE_SHARE = 0.1
RARER = 1.3
"""By how much the thesaurus' word for a general one (捨てる → 粗大ごみ) may say more than that."""
MATCH_SHARE = 0.15
MOST = 0.6
"""Of another wording of several words, the share of their worth that has to stand in a document."""
TYPO_SHARE = 0.6
LOG_CODES = 3.0
"""In a log its codes decide: the other words are mostly those of every log."""
LOG_COMMON = 0.2
"""A pair of letters in such a share of the articles tells nothing of a log: its words have no slips."""


@dataclass(frozen=True, eq=False)
class Substitute:
    """What the index has of another wording of words[first:last], and how much of its scores it adds."""

    other: Other
    held: Held
    weight: float


@dataclass(frozen=True, eq=False)
class Word:
    """A query word: what the index has of it, what else stands for it, how much it says.

    allowed: the documents that the reader may find.
    """

    term: Term
    held: Held
    substitutes: tuple[Substitute, ...]
    worth: float
    allowed: Mask

    def is_known(self, *, surely: bool = False) -> bool:
        """Return whether an allowed document has the word or another wording (surely: a sure one)."""
        others = (one.held for one in self.substitutes if one.other.sure or not surely)
        return self._stands or any(held.stands_in(self.allowed) for held in others)

    @cached_property
    def _stands(self) -> bool:
        return self.held.stands_in(self.allowed)


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
            for at in substitute.other.places:
                covering[at].append(substitute)
        return [self._word(term, tuple(covering[at])) for at, term in enumerate(self.query.words)]

    def _word(self, term: Term, substitutes: tuple[Substitute, ...]) -> Word:
        found = self.held("words", term.key)
        worth = found.idf
        if not found.count and substitutes:
            worth = idf(self.snapshot, max(other.held.count for other in substitutes))
        return Word(term, found, substitutes, term.weight * worth, self.allowed)

    @cached_property
    def substitutes(self) -> list[Substitute]:
        """The other wordings that stand in a document."""
        found = (self._substitute(other) for other in self.query.others)
        return [substitute for substitute in found if substitute.held.count]

    def _substitute(self, other: Other) -> Substitute:
        """Return where another wording stands. A rarer word than the one typed says no more than that, the
        thesaurus' hardly more."""
        parts = [self.held("words", key) for key in other.keys]
        words = [self.query.words[at] for at in other.places]
        typed = [self.held("words", term.key) for term in words]
        weight = other.weight * sum(term.weight for term in words) / len(words)
        if all(word.count for word in typed):
            rarer = sum(word.idf for word in typed) / max(sum(p.idf for p in parts), 1e-9)
            weight *= min(1.0, rarer * (RARER if other.sure else 1.0))
        return Substitute(other, parts[0] if len(parts) == 1 else self._most_of(parts), weight)

    def _most_of(self, parts: Sequence[Held]) -> Held:
        """Return what is held of the terms together: the documents that have most of them (by idf), with as
        large a share of their scores (転入届 in 「転入したときの届出」)."""
        share, sums = np.zeros((2, len(self.allowed)), dtype=np.float32)
        worth = max(sum(part.idf for part in parts), 1e-9)
        for part in parts:
            part.apply(np.add, share, part.has * np.float32(part.idf / worth))
            part.add_to(sums, 1)
        documents = np.flatnonzero(share >= MOST).astype(np.int32)
        return Held(documents, sums[documents] * share[documents], len(documents), 0.0)

    def scores(self) -> Floats:
        """Return every document's sum over terms and fields."""
        sums = np.zeros(len(self.snapshot.rows), dtype=np.float32)
        for kind, term in self._terms():
            self.held(kind, term.key).add_to(sums, term.weight)
        for gains in self._gains():
            sums += gains
        if self.query.is_log:
            sums += np.float32(LOG_CODES) * sums.max() * self._codes
        return sums

    @cached_property
    def _codes(self) -> Floats:
        """The share of the query's codes (by idf) that each document has."""
        share = np.zeros(len(self.allowed), dtype=np.float32)
        codes = [found for t in self.query.codes if (found := self.held("identifiers", t.key)).count]
        for found in codes:
            found.apply(np.add, share, found.has * np.float32(found.idf))
        return share / np.float32(max(sum(found.idf for found in codes), 1e-9))

    def _terms(self) -> Iterator[tuple[Kind, Term]]:
        yield from (("words", term) for term in self.query.words)
        yield from (("grams", term) for term in self.grams)
        yield from (("identifiers", term) for term in self.query.identifiers)
        most = RARE_SHARE * self.snapshot.live_count
        for term in self.query.rare_grams if self.tuning.rare_grams else ():
            if self.held("grams", term.key).count < most:
                yield "grams", replace(term, weight=self.tuning.rare_grams)

    def _gains(self) -> Iterator[Floats]:
        """Yield for each stretch of words that has other wordings: what each document gains by the best of
        these over what it has by the words themselves."""
        stretches: dict[tuple[int, ...], list[Substitute]] = defaultdict(list)
        for substitute in self.substitutes:
            stretches[substitute.other.places].append(substitute)
        for places, substitutes in stretches.items():
            best = np.zeros(len(self.allowed), dtype=np.float32)
            for one in substitutes:
                one.held.apply(np.maximum, best, one.held.scores * np.float32(one.weight))
            for term in (self.query.words[at] for at in places):
                self.held("words", term.key).add_to(best, -term.weight)
            yield np.maximum(best, 0, out=best)

    def matched(self) -> Mask:
        """Return the allowed documents with enough of the query to be called matches.

        Enough is: an identifier, or MATCH_SHARE of the worth of the words that can be found. A word that
        stands nowhere counts as found in the documents that have TYPO_SHARE of its grams.
        """
        share = self.cover.copy()
        worths = 0.0
        for word in self.words:
            if word.is_known():
                worths += word.worth
            elif count := int(np.count_nonzero(like := self._like(word.term))):
                worth = word.term.weight * idf(self.snapshot, count)
                share += like * np.float32(worth)
                worths += worth
        mask: Mask = share > MATCH_SHARE * worths if worths else np.zeros(len(share), dtype=bool)
        return (mask | (self._codes > 0)) & self.allowed

    @cached_property
    def cover(self) -> Floats:
        """What each document has of the query: the sum of its words' worth, less for other wordings."""
        cover = np.zeros(len(self.allowed), dtype=np.float32)
        for word in self.words:
            if not word.substitutes:
                word.held.apply(np.add, cover, word.held.has * np.float32(word.worth))
                continue
            credit = np.zeros(len(cover), dtype=np.float32)
            for one in word.substitutes:
                one.held.apply(np.maximum, credit, one.held.has * np.float32(one.other.weight))
            word.held.apply(np.maximum, credit, word.held.has * np.float32(1))
            cover += credit * np.float32(word.worth)
        return cover

    def _like(self, term: Term) -> Mask:
        """Return the allowed documents that have most of the grams of a word that stands nowhere. Those of a
        number are in every date."""
        grams = analysis.typed_grams(term)
        if len(grams) < 2 or term.key.isdigit():
            return np.zeros(len(self.allowed), dtype=bool)
        counts = np.zeros(len(self.allowed), dtype=np.int16)
        for found in gather(self.snapshot, "grams", grams, self.tuning).values():
            found.apply(np.add, counts, found.has.astype(np.int16))
        like: Mask = (counts >= np.ceil(TYPO_SHARE * len(grams))) & self.allowed
        return like
