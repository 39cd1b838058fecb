"""What the thesaurus makes of a query, for people to see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from search.analysis import Query, analyse_query
from search.thesaurus import Thesaurus
from search.tuning import TUNED
from search.widening import keys_of, widen


@dataclass(frozen=True)
class Widening:
    """What is looked for besides a part of a query: by the thesaurus, and by the dictionary's synonyms."""

    typed: str
    words: tuple[str, ...]
    synonyms: tuple[str, ...]


def widened(text: str, thesaurus: Thesaurus) -> list[Widening]:
    """Return what a query is widened by, in the order typed, as the search does it."""
    query = analyse_query(text)
    others = widen(query, thesaurus, TUNED).others
    ours = set(widen(query, thesaurus, replace(TUNED, synonyms=0)).others)
    written = _written(thesaurus)
    found: dict[tuple[int, int], tuple[list[str], list[str]]] = {}
    for other in others:
        words, synonyms = found.setdefault((other.first, other.last), ([], []))
        (words if other in ours else synonyms).append(written.get(other.keys, "".join(other.keys)))
    return [
        Widening(_typed(query, first, last), tuple(words), tuple(synonyms))
        for (first, last), (words, synonyms) in sorted(found.items())
    ]


def _typed(query: Query, first: int, last: int) -> str:
    return query.folded[query.words[first].start : query.words[last - 1].end]


@lru_cache(maxsize=2)
def _written(thesaurus: Thesaurus) -> dict[tuple[str, ...], str]:
    """Return {a word as the index spells it: as it stands in its first group}."""
    found: dict[tuple[str, ...], str] = {}
    for group in thesaurus.groups:
        for word in (*group.words, *group.finds):
            found.setdefault(keys_of(word), word)
    return found
