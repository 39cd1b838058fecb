"""The numbers that ranking goes by, in one place, so that an experiment can change one and measure.

Each was chosen by measuring; `flask search experiment` measures what each idea is worth (docs/search.md).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tuning:
    """k1, b: of BM25 in each field by itself. rare_grams: the weight of katakana for what stands in hiragana.

    cover_floor, cover_power, near: the second look: how much of the query a document holds, and how many
    of its neighbouring words stand close there. together: the share that stands in one place. lead: the
    share that a document's first words hold. title: the share of the title's words that were asked for.
    order: the share of the query's pairs of words that stand side by side in the title. end: a title that
    ends as the query does. exact: a title of the query's words and no others.
    synonyms, thesaurus, readings, spelling: the worth of a word that was not typed but means the same, is
    read the same, or is spelt nearly the same, against 1 for the word itself; kanji: of a word of two
    kanji for one of them that stands alone; 0 does without.
    """

    k1: float = 0.9
    b: float = 0.75
    rare_grams: float = 0.5
    cover_floor: float = 0.15
    cover_power: float = 0.35
    near: float = 0.4
    together: float = 0.2
    lead: float = 0.2
    title: float = 0.35
    order: float = 0.2
    end: float = 0.08
    exact: float = 0.1
    synonyms: float = 0.4
    thesaurus: float = 0.85
    readings: float = 0.8
    spelling: float = 0.7
    kanji: float = 0.3


TUNED = Tuning()
