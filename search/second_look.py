"""The second look at the best documents: how much of the query they hold, where, and how close together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from search.bm25 import Floats
from search.index import word_hash
from search.matching import Asked, Word, credit
from search.tuning import Tuning

NEAR_WORDS = 4
LEAD_WORDS = 40
Numbers = NDArray[np.intp]
Hashes = NDArray[np.uint32]


def factors(asked: Asked, top: Numbers) -> Floats:
    """Return a factor for each of the top documents."""
    words, tuning = asked.words, asked.tuning
    worths = sum(word.worth for word in words)
    if not worths or not len(top):
        return np.ones(len(top), dtype=np.float32)
    cover = np.zeros(len(top), dtype=np.float32)
    for word in words:
        cover += np.float32(word.worth) * credit(word, top)
    sequences = asked.snapshot.sequences([int(at) for at in top])
    found = (tuning.cover_floor + cover / worths) ** tuning.cover_power
    found += tuning.near * _nearness(words, sequences)
    return (found * _by_place(words, sequences, tuning)).astype(np.float32)


def _hashes(word: Word) -> list[int]:
    """Return the hashes of the word and of the single words that stand for it."""
    others = [one.other.keys[0] for one in word.substitutes if len(one.other.keys) == 1]
    return [word_hash(key) for key in (word.term.key, *others)]


def _nearness(words: Sequence[Word], sequences: Sequence[Hashes]) -> Floats:
    """Return for each document the share (by worth) of neighbouring query words that stand close in it."""
    owner = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    whole = np.concatenate(sequences)
    places = [_places(whole, word) for word in words]
    near = np.zeros(len(sequences), dtype=np.float32)
    worths = 0.0
    for at in range(len(words) - 1):
        worth = words[at].worth + words[at + 1].worth
        worths += worth
        near[np.unique(owner[_close(places[at], places[at + 1])])] += worth
    return near / np.float32(worths) if worths else near


def _places(whole: Hashes, word: Word) -> Numbers:
    """Return where a word, or a word that stands for it, is in the words of all documents."""
    found = np.zeros(len(whole), dtype=bool)
    for number in _hashes(word):
        found |= whole == number
    return np.flatnonzero(found)


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


def _by_place(words: Sequence[Word], sequences: Sequence[Hashes], tuning: Tuning) -> Floats:
    """Return 1 and more for each document: for what of the query its title and its first words hold."""
    factor = np.ones(len(sequences), dtype=np.float32)
    if not (tuning.lead or tuning.title or tuning.order):
        return factor
    worth_of = {number: word.worth for word in reversed(words) for number in _hashes(word)}
    worths = sum(word.worth for word in words)
    asked = [word_hash(word.term.key) for word in words]
    pairs = set(pairwise(asked))
    for at, sequence in enumerate(sequences):
        title, lead = _beginning(sequence)
        held = sum(worth_of.get(number, 0.0) for number in set(lead))
        share = sum(number in worth_of for number in title) / len(title) if title else 0.0
        order = len(pairs.intersection(pairwise(title))) / len(pairs) if pairs else 0.0
        factor[at] += tuning.lead * held / worths + tuning.title * share + tuning.order * order
    return factor


def _beginning(sequence: Hashes) -> tuple[list[int], list[int]]:
    """Return the words of the title, and the first of those that follow it."""
    end = int(np.argmin(sequence != 0)) if len(sequence) else 0
    rest = sequence[end : end + 2 * LEAD_WORDS]
    return sequence[:end].tolist(), rest[rest != 0][:LEAD_WORDS].tolist()
