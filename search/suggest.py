"""What may be meant by what has been typed so far: titles, error codes and components, nothing hidden.

Each process keeps what it suggests from in memory. Before each answer it asks the database whether any
article has changed, so that what was narrowed or archived a moment ago is not suggested any more.
"""

from __future__ import annotations

import re
import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from itertools import accumulate, islice
from sys import intern
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.articles import article_number
from kb.store.models import Article, Revision
from search import analysis, romaji
from search.folding import fold, hiragana, katakana

MOST = 8
MOST_NAMES = 3
"""Of codes, and of components: they lead to results, titles to articles."""
LONGEST = 60
"""Characters of what is typed; more than that is a text to search with, not the beginning of a name."""
_CHUNK = 500
_UNFINISHED = re.compile("[b-df-hj-np-tv-z]{1,2}$")
_SQUEEZED = re.compile(r"[\W_]+")
_SHORT = re.compile(r"[ぁ-ゖーa-z0-9]?")
Kind = Literal["article", "code", "component"]


@dataclass(frozen=True)
class Suggestion:
    """What is suggested. article_id: the article whose title it is, None for a code or a component."""

    kind: Kind
    text: str
    article_id: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class _Entry:
    """An article as far as suggestions need it."""

    id: int
    version: int
    audience: str
    confidence: str
    owner_id: int | None
    title: str
    codes: tuple[str, ...]
    components: tuple[str, ...]


@dataclass(frozen=True)
class _Name:
    """A code or a component as written, how it is compared, and the numbers of the articles that have it."""

    text: str
    key: str
    articles: tuple[int, ...]


@dataclass(frozen=True)
class _State:
    """Everything there is to suggest. mark: (articles, sum of their versions), which every change raises.

    keys: those of the entries in order, one after the other, because one long text is searched quickest: each
    the folded title, the number and the reading, a line each; starts: where each begins in it.
    """

    mark: tuple[int, int]
    entries: Mapping[int, _Entry]
    codes: tuple[_Name, ...]
    components: tuple[_Name, ...]
    order: tuple[_Entry, ...]
    keys: str
    starts: array[int]

    def key(self, place: int) -> str:
        """Return the key of order[place]."""
        return self.keys[self.starts[place] : self.starts[place + 1]]

    def holds(self, place: int, word: str) -> bool:
        """Return whether the key of order[place] has the word in it."""
        return self.keys.find(word, self.starts[place], self.starts[place + 1]) >= 0


class Suggestions:
    """Suggests from the articles of the database; one for each process, safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = _State((0, 0), {}, (), (), (), "", array("I", [0]))

    def find(self, session: Session, scope: Scope, typed: str) -> list[Suggestion]:
        """Return at most MOST suggestions for what is typed, of articles that exist for the reader."""
        text = fold(typed[: LONGEST + 1]).strip()
        if _SHORT.fullmatch(text) or len(typed) > LONGEST:
            return []
        state = self._current(session)
        sees = _remembering(scope)
        return _found(state, text, sees) or _found(state, _meant(text), sees)

    def refresh(self, session: Session) -> None:
        """Bring what is kept up to the database; for the start of the process."""
        self._current(session)

    def _current(self, session: Session) -> _State:
        mark = _mark(session)
        if self._state.mark == mark:
            return self._state
        with self._lock:
            if self._state.mark != (mark := _mark(session)):
                self._state = _renewed(session, self._state, mark)
            return self._state


def _found(state: _State, text: str, sees: Callable[[_Entry], bool]) -> list[Suggestion]:
    if not text:
        return []
    codes = _names("code", state.codes, _squeezed(text), state.entries, sees)
    components = _names("component", state.components, _hiragana(text), state.entries, sees)
    return [*codes, *components, *_titles(state, text, sees)][:MOST]


def _meant(text: str) -> str:
    """Return the kana that Latin letters stand for where the input method was off, "" for none.

    A last sound of which only the beginning is typed is left out: "insat" is いんさ.
    """
    kana = romaji.kana(text) or romaji.kana(_UNFINISHED.sub("", text))
    return kana if len(kana) > 1 else ""


def _mark(session: Session) -> tuple[int, int]:
    count, versions = session.execute(select(func.count(), func.sum(Article.version))).one()
    return count, versions or 0


def _renewed(session: Session, old: _State, mark: tuple[int, int]) -> _State:
    rows = session.execute(select(Article.id, Article.version).where(Article.confidence != "archived"))
    versions: dict[int, int] = dict(rows.all())
    kept = {e.id: at for at, e in enumerate(old.order) if versions.get(e.id) == e.version}
    new = list(_entries(session, (n for n in versions if n not in kept)))
    fresh = {entry.id: entry for entry, _ in new}
    entries = {n: old.order[at] for n, at in kept.items()} | fresh
    keys = [*(old.key(at) for at in kept.values()), *(key for _, key in new)]
    touched = [(old.entries.get(n), entries.get(n)) for n in {*fresh, *(old.entries.keys() - entries.keys())}]
    order = tuple(entries.values())
    return _State(
        mark,
        entries,
        _names_of(order, _codes, _squeezed, touched, old.codes),
        _names_of(order, _components, _spoken_name, touched, old.components),
        order,
        "".join(keys),
        array("I", accumulate(map(len, keys), initial=0)),
    )


def _codes(entry: _Entry | None) -> tuple[str, ...]:
    return entry.codes if entry else ()


def _components(entry: _Entry | None) -> tuple[str, ...]:
    return entry.components if entry else ()


def _entries(session: Session, ids: Iterable[int]) -> Iterator[tuple[_Entry, str]]:
    """Yield the articles and their keys."""
    rest = iter(ids)
    while chunk := list(islice(rest, _CHUNK)):
        rows = (
            select(
                Article.id,
                Article.version,
                Article.audience,
                Article.confidence,
                Article.owner_id,
                Revision.title,
                Revision.error_codes,
                Revision.components,
            )
            .join(Revision, Revision.id == func.coalesce(Article.published_id, Article.head_id))
            .where(Article.id.in_(chunk))
        )
        for number, version, audience, confidence, owner, title, codes, components in session.execute(rows):
            key = "\n".join([fold(title), *_numbers(number), _spoken(title), "\x00"])
            names = tuple(codes), tuple(components)
            yield _Entry(number, version, intern(audience), intern(confidence), owner, title, *names), key


def _numbers(article_id: int) -> tuple[str, ...]:
    """Return an article's number as people type it."""
    number = fold(article_number(article_id))
    return number, number.replace("-", ""), f"kb-{article_id}", f"kb{article_id}"


def _names_of(
    entries: Iterable[_Entry],
    of: Callable[[_Entry | None], tuple[str, ...]],
    key: Callable[[str], str],
    touched: Iterable[tuple[_Entry | None, _Entry | None]],
    known: tuple[_Name, ...],
) -> tuple[_Name, ...]:
    """Return the names of the entries, each once however it is spelt, the one on most articles first.

    touched: (before, now) of the entries that changed; if none changed its names, the known ones hold.
    """
    if all(of(before) == of(now) for before, now in touched):
        return known
    found: dict[str, tuple[str, list[int]]] = {}
    for entry in entries:
        for name in of(entry):
            found.setdefault(_folded(name), (name, []))[1].append(entry.id)
    names = [_Name(text, key(text), tuple(having)) for text, having in found.values()]
    return tuple(sorted(names, key=lambda name: (-len(name.articles), name.text)))


def _remembering(scope: Scope) -> Callable[[_Entry], bool]:
    """Return `scope.sees`, asked once for articles that differ in nothing it looks at."""
    known: dict[tuple[str, str, int | None], bool] = {}

    def sees(entry: _Entry) -> bool:
        facts = (entry.audience, entry.confidence, entry.owner_id)
        if facts not in known:
            known[facts] = scope.sees(entry)
        return known[facts]

    return sees


def _names(
    kind: Kind,
    names: Iterable[_Name],
    typed: str,
    entries: Mapping[int, _Entry],
    sees: Callable[[_Entry], bool],
) -> list[Suggestion]:
    """Return the names that begin with what is typed, then those that hold it, of visible articles."""
    if len(typed) < 2:
        return []
    matching = (name for name in names if typed in name.key and any(sees(entries[n]) for n in name.articles))
    best = nsmallest(MOST_NAMES, matching, key=lambda name: not name.key.startswith(typed))
    return [Suggestion(kind, name.text) for name in best]


def _titles(state: _State, text: str, sees: Callable[[_Entry], bool]) -> list[Suggestion]:
    """Return the titles, numbers and readings that hold every word typed; those that begin so first."""
    words = sorted(text.split(), key=len, reverse=True)
    spoken = [_hiragana(word) for word in words]
    places = dict(_holding(state, spoken)) if spoken != words else {}
    places |= _holding(state, words)

    def rank(pair: tuple[_Entry, int]) -> tuple[int, int, int, int]:
        entry, place = pair
        beginning = 0 if place == 0 else 1 if place < len(entry.title) else 2
        return beginning, place, len(entry.title), entry.id

    best = nsmallest(MOST, ((entry, place) for entry, place in places.items() if sees(entry)), key=rank)
    return [Suggestion("article", entry.title, entry.id) for entry, _ in best]


def _holding(state: _State, words: list[str]) -> Iterator[tuple[_Entry, int]]:
    """Yield the entries whose key holds every word, and where the first of the words stands in it."""
    first, *rest = words
    at = state.keys.find(first)
    while at >= 0:
        number = bisect_right(state.starts, at) - 1
        if all(state.holds(number, word) for word in rest):
            yield state.order[number], at - state.starts[number]
        at = state.keys.find(first, state.starts[number + 1])


_folded = lru_cache(maxsize=50_000)(fold)


@lru_cache(maxsize=50_000)
def _squeezed(text: str) -> str:
    """Return a code without what people write between its parts: ORA-12541, ORA 12541."""
    return _SQUEEZED.sub("", fold(text))


def _spoken(text: str) -> str:
    """Return a text folded, and how it is read in hiragana."""
    folded = fold(text)
    return f"{_hiragana(folded)}\n{_hiragana(analysis.reading(folded))}"


_spoken_name = lru_cache(maxsize=20_000)(_spoken)


def _hiragana(text: str) -> str:
    """Return a text in hiragana as far as it is kana, long vowels dropped where folding drops them."""
    return hiragana(fold(katakana(text)))
