"""The second look at the best documents: how much of the query they hold, where, and how close together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search.bm25 import Floats
from search.entry import word_hash
from search.matching import Asked, Word

NEAR_WORDS = 4
LEAD_WORDS = 40
END_WORDS = 2
TOGETHER_WORDS = 10
MOST_TOGETHER = 16
_LAST_BITS = 0x3FFF
Numbers = NDArray[np.intp]
Hashes = NDArray[np.uint32]


def factors(asked: Asked, top: Numbers) -> Floats:
    """Return a factor for each of the top documents."""
    words, tuning = asked.words, asked.tuning
    worths = np.array([word.worth for word in words], dtype=np.float32)
    if not worths.sum() or not len(top):
        return np.ones(len(top), dtype=np.float32)
    cover: Floats = asked.cover[top] / worths.sum()
    seen = Seen(words, worths, asked.snapshot.sequences([int(at) for at in top]))
    found = (tuning.cover_floor + cover) ** tuning.cover_power + tuning.near * seen.nearness()
    found *= 1 + (
        tuning.together * seen.together()
        + tuning.lead * seen.lead()
        + tuning.title * seen.title()
        + tuning.order * seen.order()
        + tuning.end * seen.end()
        + tuning.exact * seen.exact()
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
        # Most words are none of these: their last bits tell, many times quicker than looking each one up.
        perhaps = np.zeros(_LAST_BITS + 1, dtype=bool)
        perhaps[known & _LAST_BITS] = True
        places = np.flatnonzero(perhaps[self.whole & _LAST_BITS])
        words = self.whole[places]
        at = np.minimum(np.searchsorted(known, words), len(known) - 1)
        hit = known[at] == words
        places, at = places[hit], at[hit]
        documents = np.searchsorted(self.starts, places, side="right") - 1
        return places, documents, number_of[at]

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
        """Return for each document how much of its title was asked for, as a share.

        A word says the more, the fewer of these documents have it in their titles: what all of them have
        tells none of them from the others.
        """
        ends, starts = self._regions[0], self.starts[:-1]
        lengths = ends - starts
        at = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        documents = np.repeat(np.arange(len(lengths)), lengths)
        _, words = np.unique(self.whole[at], return_inverse=True)
        having = np.bincount(np.unique(words * len(lengths) + documents) // len(lengths))
        says = np.log1p(len(lengths) / having[words])
        hit = np.zeros(len(self.whole), dtype=bool)
        hit[self.hits[0]] = True
        asked = np.bincount(documents, says * hit[at], len(lengths))
        share = asked / np.maximum(np.bincount(documents, says, len(lengths)), 1e-9)
        return share.astype(np.float32)

    def end(self) -> Floats:
        """Return 1 for each document whose title ends with the query's last word, 0 for the others.

        In Japanese the last word is the head: what is done, or what all the words before it describe.
        """
        places, documents, numbers = self.hits
        ends = self._regions[0][documents]
        last = max((at for at, word in enumerate(self.words) if word.term.weight == 1), default=-1)
        alike = documents[(numbers == last) & (places < ends) & (places >= ends - END_WORDS)]
        ending: Floats = (np.bincount(alike, minlength=len(self.sequences)) > 0).astype(np.float32)
        return ending

    def exact(self) -> Floats:
        """Return 1 for each document whose title has the query's words and no others, 0 for the others."""
        places, documents, numbers = self.hits
        ends = self._regions[0]
        inside = places < ends[documents]
        held = np.zeros((len(self.sequences), len(self.words)), dtype=bool)
        held[documents[inside], numbers[inside]] = True
        as_long = ends - self.starts[:-1] == len(self.words)
        exact: Floats = (held.all(axis=1) & as_long).astype(np.float32)
        return exact

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
