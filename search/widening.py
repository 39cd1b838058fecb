"""The words that were not typed and mean what was typed: by the dictionary's synonyms and by the thesaurus.

The thesaurus is the trade's and the ward's own (`search/thesaurus.txt` and the page); the dictionary's
synonyms are of the language at large, so they weigh less. Both are used when a query is asked: an edited
group holds at once, and nothing is indexed anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from search.analysis import Other, Query, Term, words
from search.thesaurus import Group, Thesaurus
from search.tuning import Tuning

SYNONYMS = Path(__file__).parent / "sudachidict" / "synonyms.txt"
_MOST_OTHERS = 100
_BETWEEN = 2
Keys = tuple[str, ...]


@dataclass(frozen=True)
class Wording:
    """The thesaurus as the index spells it: {first word: [(all the words, what else is looked for)]}."""

    rules: Mapping[str, list[tuple[Keys, tuple[Keys, ...]]]] = field(default_factory=dict)


@lru_cache(maxsize=4)
def wording(thesaurus: Thesaurus) -> Wording:
    """Return a thesaurus as the index spells it."""
    rules: dict[str, list[tuple[Keys, tuple[Keys, ...]]]] = defaultdict(list)
    for group in thesaurus.groups:
        for keys, finds in _rules(group):
            rules[keys[0]].append((keys, finds))
    return Wording(dict(rules))


def has(thesaurus: Thesaurus, keys: Keys) -> bool:
    """Return whether these words together are the left side of a group of the thesaurus."""
    return bool(keys) and any(keys == left for left, _ in wording(thesaurus).rules.get(keys[0], ()))


def _rules(group: Group) -> Iterator[tuple[Keys, tuple[Keys, ...]]]:
    """Yield (words, what they find) of a group; what analysis drops whole finds nothing."""
    left = [keys for word in group.words if (keys := keys_of(word))]
    right = [keys for word in group.finds if (keys := keys_of(word))]
    for keys in dict.fromkeys(left):
        finds = dict.fromkeys(other for other in (right or left) if other != keys)
        if finds:
            yield keys, tuple(finds)


@lru_cache(maxsize=20_000)
def keys_of(word: str) -> Keys:
    """Return a word or phrase as the index spells it."""
    return tuple(dict.fromkeys(words(word)))


def synonyms_title() -> str:
    """Return the first line of the file: the dictionary that its words come from."""
    return f"# Words of one meaning in SudachiDict core {version('sudachidict_core')} (Apache License 2.0)"


@lru_cache(maxsize=1)
def synonyms() -> Mapping[str, tuple[str, ...]]:
    """Return {word: words that mean the same} of the dictionary, as the index spells them."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in SYNONYMS.read_text(encoding="utf-8").splitlines():
        group = [] if row.startswith("#") else row.split("\t")
        for word in group:
            found[word].update(dict.fromkeys(other for other in group if other != word))
    return {word: tuple(others) for word, others in found.items()}


def widen(query: Query, thesaurus: Thesaurus, tuning: Tuning) -> Query:
    """Return the query with the other words for what was typed."""
    others = list(_by_thesaurus(query.words, thesaurus, tuning))
    if not query.is_log:  # to a log the language at large adds only noise
        others += _by_dictionary(query.words, tuning)
    best: dict[tuple[tuple[int, ...], Keys], Other] = {}
    for other in others:
        if other.weight > 0:
            best.setdefault((other.places, other.keys), other)
    return replace(query, others=(*query.others, *list(best.values())[:_MOST_OTHERS]))


def _by_thesaurus(typed: tuple[Term, ...], thesaurus: Thesaurus, tuning: Tuning) -> Iterator[Other]:
    """Yield what the thesaurus has for words of the query: all of a line's left side, in any order, with few
    other words between (粗大ごみを家から出す, 家具をまだ使えるけど捨てる)."""
    place = {term.key: at for at, term in enumerate(typed)}
    rules = wording(thesaurus).rules
    for key in place:
        for group, finds in rules.get(key, ()):
            at = sorted(place[word] for word in group if word in place)
            if len(at) == len(group) and at[-1] - at[0] < len(group) + _BETWEEN:
                between = frozenset(range(at[0], at[-1])).difference(at)
                for other in finds:
                    yield Other(at[0], at[-1] + 1, other, tuning.thesaurus, True, between)


def _by_dictionary(typed: tuple[Term, ...], tuning: Tuning) -> Iterable[Other]:
    known = synonyms()
    return (
        Other(at, at + 1, (other,), tuning.synonyms)
        for at, term in enumerate(typed)
        if term.weight == 1
        for other in known.get(term.key, ())
    )
