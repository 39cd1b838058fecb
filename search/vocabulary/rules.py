"""What a group of words has to be: settled spelling, and every reason against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from kb.domain import personal_data
from kb.domain.errors import Refused
from search.analysis import analyse_query
from search.folding import fold
from search.thesaurus import Group

LONGEST_WORD = 100
MOST_WORDS = 30
JOIN, ARROW = "、", " → "
_BETWEEN = re.compile("[、，\n]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_SIGNS = re.compile("→|^[#+-]")
"""What the lines of a file mean something by; see `search.vocabulary.lines`."""


@lru_cache(maxsize=20_000)
def spelled(word: str) -> str:
    """Return a word as the search spells it; each save asks this of every word that there is."""
    return fold(word)


def settled(typed: str) -> tuple[str, ...]:
    """Return the words of a field, separated by 、 or line ends, without blanks that say nothing."""
    parts = _BETWEEN.split(_CONTROL.sub(" ", typed))
    return tuple(word for part in parts if (word := " ".join(part.split())))


def line(words: Sequence[str], finds: Sequence[str] = ()) -> str:
    """Return a group as people and files write it: 落ちる、停止する or 引っ越し → 転入、転出."""
    return ARROW.join(JOIN.join(side) for side in (words, finds) if side)


def folded(group: Group) -> frozenset[str]:
    """Return every word of a group as the search spells it."""
    return frozenset(map(spelled, chain(group.words, group.finds)))


def problems(words: Sequence[str], finds: Sequence[str], *, one_way: bool) -> list[Refused]:
    """Return every reason why these words are no group; each names its field, words or finds."""
    found = _too_few(words, finds, one_way=one_way)
    for field, side in (("words", words), ("finds", finds)):
        if len(side) > MOST_WORDS:
            found.append(Refused("thesaurus.too_many", field=field, most=MOST_WORDS))
        found += (reason for word in side[:MOST_WORDS] if (reason := _problem_of(word, field)))
    found += _twice(words, finds)
    found += personal_data.problems({"words": "\n".join(words), "finds": "\n".join(finds)})
    return found or _nothing_new(words, finds)


def _too_few(words: Sequence[str], finds: Sequence[str], *, one_way: bool) -> list[Refused]:
    if not one_way:
        return [] if len(words) > 1 else [Refused("thesaurus.too_few", field="words")]
    sides = {"words": words, "finds": finds}
    return [Refused(f"thesaurus.no_{name}", field=name) for name, side in sides.items() if not side]


def _problem_of(word: str, field: str) -> Refused | None:
    if len(word) > LONGEST_WORD:
        return Refused("thesaurus.too_long", field=field, word=word[:20], most=LONGEST_WORD)
    if _SIGNS.search(word):
        return Refused("thesaurus.sign", field=field, word=word)
    query = analyse_query(word)
    if not (query.words or query.identifiers):
        return Refused("thesaurus.not_searched", field=field, word=word)
    return None


def _twice(words: Sequence[str], finds: Sequence[str]) -> list[Refused]:
    seen: dict[str, str] = {}
    found = []
    for field, word in chain((("words", word) for word in words), (("finds", word) for word in finds)):
        before = seen.setdefault(spelled(word), word)
        if before is not word:
            found.append(Refused("thesaurus.twice", field=field, word=word, before=before))
    return found


def _nothing_new(words: Sequence[str], finds: Sequence[str]) -> list[Refused]:
    """Return the reason against words that are one and the same to the search anyway."""
    spellings = {_as_searched(word) for word in chain(words, finds)}
    return [] if len(spellings) > 1 else [Refused("thesaurus.all_same", field="words")]


def _as_searched(word: str) -> tuple[str, ...]:
    query = analyse_query(word)
    return tuple(sorted(term.key for term in (*query.words, *query.identifiers)))


def covers(group: Group, other: Group) -> bool:
    """Return whether everything that `other` would do is done by `group` already."""
    words, finds = set(map(spelled, group.words)), set(map(spelled, group.finds))
    typed, wanted = set(map(spelled, other.words)), set(map(spelled, other.finds))
    if not finds:
        return typed | wanted <= words
    return bool(wanted) and typed <= words and wanted <= finds


def sharing(group: Group, others: Iterable[Group]) -> list[tuple[str, Group]]:
    """Return each other group that holds a word of this one, with that word as it is written here."""
    mine = {spelled(word): word for word in chain(group.words, group.finds)}
    return [(mine[min(both)], other) for other in others if (both := mine.keys() & folded(other))]
