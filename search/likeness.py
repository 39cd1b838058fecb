"""How much two short texts have in common: what groups wordings of one symptom and remembers solved ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from search.analysis import WHOLE_WEIGHT, analyse_query
from search.folding import fold

Bag = Mapping[str, float]
"""Words of a text with their weights; the sum of the squares is 1."""
ALIKE = 0.5
"""Cosine from which two texts tell of the same symptom."""
_REMEMBERED = 4_000


@lru_cache(maxsize=_REMEMBERED)
def bag(text: str) -> Bag:
    """Return the words of a text. Words that only ask weigh little, identifiers twice a word.

    A text in which no word is known is one word by itself. "" has none.
    """
    query = analyse_query(text)
    weights = {f"={term.key}": term.weight for term in query.identifiers if term.weight == WHOLE_WEIGHT}
    weights |= {term.key: term.weight for term in query.words}
    whole = " ".join(fold(text).split())
    if not weights and whole:
        weights = {f"={whole}": 1.0}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {key: weight / length for key, weight in weights.items()}


class Likeness:
    """Finds among many texts those like another one, by the words they share."""

    def __init__(self) -> None:
        self._texts_with: dict[str, list[tuple[int, float]]] = {}
        self._count = 0

    def add(self, words: Bag) -> int:
        """Keep the words of a text and return its number, counted from 0."""
        number = self._count
        self._count += 1
        for word, weight in words.items():
            self._texts_with.setdefault(word, []).append((number, weight))
        return number

    def like(self, words: Bag, least: float = ALIKE) -> dict[int, float]:
        """Return the texts whose cosine with these words is at least `least`: number -> cosine."""
        found: dict[int, float] = {}
        for word, weight in words.items():
            for number, other in self._texts_with.get(word, ()):
                found[number] = found.get(number, 0.0) + weight * other
        return {number: cosine for number, cosine in found.items() if cosine >= least - 1e-9}
