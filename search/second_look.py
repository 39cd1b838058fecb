"""The second look at the best documents: how much of the query they hold, where, and how close together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search.bm25 import Floats
from search.index import word_hash
from search.matching import Asked, Word, credit

NEAR_WORDS = 4
LEAD_WORDS = 40
TOGETHER_WORDS = 10
MOST_TOGETHER = 16
Numbers = NDArray[np.intp]
Hashes = NDArray[np.uint32]


def factors(asked: Asked, top: Numbers) -> Floats:
    """Return a factor for each of the top documents."""
    words, tuning = asked.words, asked.tuning
    worths = np.array([word.worth for word in words], dtype=np.float32)
    if not worths.sum() or not len(top):
        return np.ones(len(top), dtype=np.float32)
    cover = np.zeros(len(top), dtype=np.float32)
    for word in words:
        cover += np.float32(word.worth) * credit(word, top)
    cover /= worths.sum()
    seen = Seen(words, worths, asked.snapshot.sequences([int(at) for at in top]))
    found = (tuning.cover_floor + cover) ** tuning.cover_power + tuning.near * seen.nearness()
    found *= 1 + (
        tuning.together * seen.together()
        + tuning.lead * seen.lead()
        + tuning.title * seen.title()
        + tuning.order * seen.order()
    )
    return found.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Seen:
    """Where the query's words stand in some documents. worths: of each word; sequences: of each document."""

    words: Sequence[Word]
    worths: Floats
    sequences: Sequence[Hashes]

    @cached_property
    def whole(self) -> Hashes:
        """The words of all documents, one after the other."""
        return np.concatenate(self.sequences)

    @cached_property
    def starts(self) -> Numbers:
        """Where each document begins, and the end of the last one."""
        return np.cumsum([0, *map(len, self.sequences)])

    @cached_property
    def hits(self) -> tuple[Numbers, Numbers, Numbers]:
        """Where a word stands or one that stands for it, ascending: (place, document, word's number)."""
        hashes = {
            word_hash(key): number
            for number in reversed(range(len(self.words)))
            for key in self._keys(number)
        }
        known = np.array(sorted(hashes), dtype=np.uint32)
        number_of = np.array([hashes[int(one)] for one in known], dtype=np.intp)
        at = np.minimum(np.searchsorted(known, self.whole), len(known) - 1)
        places = np.flatnonzero(known[at] == self.whole)
        documents = np.searchsorted(self.starts, places, side="right") - 1
        return places, documents, number_of[at[places]]

    def _keys(self, number: int) -> list[str]:
        word = self.words[number]
        others = (one.other.keys for one in word.substitutes)
        return [word.term.key, *(keys[0] for keys in others if len(keys) == 1)]

    @cached_property
    def _regions(self) -> tuple[Numbers, Numbers]:
        """Return for each document where its title ends, and where its first words after that do.

        Between two texts stand zeros, and so they do at the end of a document.
        """
        gaps = np.flatnonzero(self.whole == 0)
        ends = gaps[np.minimum(np.searchsorted(gaps, self.starts[:-1]), len(gaps) - 1)]
        filled = np.flatnonzero(self.whole)
        last = np.searchsorted(filled, ends) + LEAD_WORDS
        lead = np.append(filled, len(self.whole))[np.minimum(last, len(filled))]
        return ends, np.minimum(lead, self.starts[1:])

    def _held(self, chosen: NDArray[np.bool_]) -> Floats:
        """Return for each document the share of the query (by worth) that the chosen hits hold."""
        _, documents, numbers = self.hits
        held = np.zeros((len(self.sequences), len(self.words)), dtype=bool)
        held[documents[chosen], numbers[chosen]] = True
        share: Floats = held @ self.worths / self.worths.sum()
        return share

    def lead(self) -> Floats:
        """Return for each document the share of the query that its first words after the title hold."""
        places, documents, _ = self.hits
        ends, leads = self._regions
        return self._held((places >= ends[documents]) & (places < leads[documents]))

    def title(self) -> Floats:
        """Return for each document how many of its title's words were asked for, as a share."""
        places, documents, _ = self.hits
        ends = self._regions[0]
        count = np.bincount(documents[places < ends[documents]], minlength=len(self.sequences))
        share: Floats = (count / np.maximum(ends - self.starts[:-1], 1)).astype(np.float32)
        return share

    def order(self) -> Floats:
        """Return for each document the share of the query's pairs of words that follow each other in its
        title."""
        places, documents, numbers = self.hits
        follows = (
            (np.diff(places) == 1) & (np.diff(numbers) == 1) & (places[1:] < self._regions[0][documents[1:]])
        )
        pairs = np.zeros((len(self.sequences), len(self.words)), dtype=bool)
        pairs[documents[1:][follows], numbers[1:][follows]] = True
        share: Floats = (pairs.sum(axis=1) / max(len(self.words) - 1, 1)).astype(np.float32)
        return share

    def together(self) -> Floats:
        """Return for each document the largest share of the query that stands in TOGETHER_WORDS words of it.

        Of a long query only the words that say most are looked at.
        """
        places, documents, numbers = self.hits
        best = np.zeros(len(self.sequences), dtype=np.float32)
        if not len(places):
            return best
        oldest = np.maximum(places - TOGETHER_WORDS, self.starts[documents])
        held = np.zeros(len(places), dtype=np.float32)
        for number in np.argsort(-self.worths, kind="stable")[:MOST_TOGETHER]:
            own = places[numbers == number]
            if len(own):
                before = np.searchsorted(own, places, side="right") - 1
                held += self.worths[number] * ((before >= 0) & (own[before] >= oldest))
        np.maximum.at(best, documents, held)
        share: Floats = best / np.float32(self.worths.sum())
        return share

    def nearness(self) -> Floats:
        """Return for each document the share (by worth) of neighbouring query words that stand close."""
        places, documents, numbers = self.hits
        pairs = self.worths[:-1] + self.worths[1:]
        close = np.zeros((len(self.sequences), len(self.words)), dtype=bool)
        if len(places):
            # A word's places and the next word's far apart, so that one search finds the next word's alone.
            apart = len(self.whole) + 2 * NEAR_WORDS
            stand = np.sort(numbers * apart + places)
            wanted = (numbers + 1) * apart + places
            after = np.searchsorted(stand, wanted)
            following = np.abs(stand[np.minimum(after, len(stand) - 1)] - wanted)
            preceding = np.abs(stand[np.maximum(after - 1, 0)] - wanted)
            near = np.minimum(following, preceding) <= NEAR_WORDS
            close[documents[near], numbers[near]] = True
        share: Floats = close[:, :-1] @ pairs / np.float32(max(pairs.sum(), 1e-9))
        return share
