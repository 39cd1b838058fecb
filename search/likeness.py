"""How much two short texts have in common: what groups wordings of one symptom and remembers solved ones."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from search import identifiers
from search.analysis import ASKING_WEIGHT, QUERY_CHARS, QUERY_WORDS, WHOLE_WEIGHT, words
from search.folding import fold
from search.words import ASKING

Bag = Mapping[str, float]
"""Words of a text with their weights; the sum of the squares is 1."""
ALIKE = 0.5
"""Cosine from which two texts tell of the same symptom."""
_REMEMBERED = 10_000


@lru_cache(maxsize=_REMEMBERED)
def bag(text: str) -> Bag:
    """Return the words of a text. Words that only ask weigh little, identifiers twice a word.

    A text in which no word is known is one word by itself. "" has none.
    """
    text = " ".join(fold(text[:QUERY_CHARS]).split())
    found = [*identifiers.find(text), *identifiers.find_spaced(text)]
    weights = {f"={item.key}": WHOLE_WEIGHT for item in found[:QUERY_WORDS]}
    for word in dict.fromkeys(words(text)[:QUERY_WORDS]):
        weights[word] = ASKING_WEIGHT if word in ASKING else 1.0
    if not weights and text:
        weights = {f"={text}": 1.0}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {key: weight / length for key, weight in weights.items()}


class Likeness:
    """Finds among many texts those like another one, by the words they share."""

    def __init__(self) -> None:
        self._texts_with: dict[str, tuple[array[int], array[float]]] = {}
        self._count = 0

    def add(self, words: Bag) -> int:
        """Keep the words of a text and return its number, counted from 0."""
        for word, weight in words.items():
            numbers, weights = self._texts_with.setdefault(word, (array("i"), array("f")))
            numbers.append(self._count)
            weights.append(weight)
        self._count += 1
        return self._count - 1

    def like(self, words: Bag, least: float = ALIKE) -> dict[int, float]:
        """Return the texts whose cosine with these words is at least `least`: number -> cosine."""
        if not self._count:
            return {}
        cosines = np.zeros(self._count, dtype=np.float32)
        for word, weight in words.items():
            if word in self._texts_with:
                numbers, weights = self._texts_with[word]
                cosines[np.frombuffer(numbers, dtype=np.intc)] += weight * np.frombuffer(weights, np.float32)
        found = np.flatnonzero(cosines >= least - 1e-6)
        return {int(number): round(float(cosines[number]), 5) for number in found}
