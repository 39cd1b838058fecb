"""The articles whose entry in the index is behind, searched from memory until the index has caught up.

What the queue names is read from the database and taken apart here, by each process that searches; so an
edit is found by the first search after its commit, whoever writes the index and however long that takes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.store.models import Article, ToIndex
from search import entries
from search.entry import Entry, entry_if_readable
from search.postings import Keys, Postings
from search.rows import from_facts
from search.snapshot import NOTHING_NEWER, Hashes, Newer, Part

MOST = 80
"""More articles than these are a batch, which the index is about to take: nobody waits for theirs."""


class State(NamedTuple):
    """An article of the queue as one transaction sees it; another text of it has another state."""

    article: int
    row: int
    queued_at: datetime
    version: int | None
    updated_at: datetime | None


class Waiting:
    """The queue's articles as the searches of this process need them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Mapping[State, Entry | None] = {}
        self._newer = NOTHING_NEWER

    def newest(self, session: Session) -> Newer:
        """Return what the index may not have yet for this transaction: the same object for the same."""
        states = _states(session)
        if not states or len(states) > MOST:
            return NOTHING_NEWER
        with self._lock:
            if self._known.keys() != set(states):
                self._known = self._with(session, states)
                held = [entry for entry in self._known.values() if entry]
                parts = (InMemory(held),) if held else ()
                self._newer = Newer(frozenset(state.article for state in states), parts)
            return self._newer

    def _with(self, session: Session, states: Sequence[State]) -> dict[State, Entry | None]:
        """Return {state: entry}, None for an article that is to have none any more."""
        new = [state.article for state in states if state not in self._known]
        made = _entries(session, new)
        return {
            state: self._known[state] if state in self._known else made.get(state.article) for state in states
        }


def _entries(session: Session, ids: Sequence[int]) -> dict[int, Entry]:
    """Return the entries of these articles; one that cannot be made keeps nobody from finding the others."""
    unreadable: set[int] = set()
    found = entries.few(session, ids, unreadable)
    made = ((document.id, entry_if_readable(document, unreadable)) for document in found)
    return {article: entry for article, entry in made if entry}


def _states(session: Session) -> list[State]:
    rows = (
        select(
            ToIndex.article_id,
            func.max(ToIndex.id),
            func.max(ToIndex.queued_at),
            Article.version,
            Article.updated_at,
        )
        .outerjoin(Article, Article.id == ToIndex.article_id)
        .group_by(ToIndex.article_id, Article.version, Article.updated_at)
        .limit(MOST + 1)
    )
    return [State(*row) for row in session.execute(rows)]


class InMemory(Part):
    """Entries as a part of a snapshot: not many, each asked by itself."""

    def __init__(self, held: Sequence[Entry]) -> None:
        rows = from_facts((entry.columns["facts"] for entry in held), np.ones(len(held), dtype=bool))
        super().__init__("memory", rows)
        self._entries = held

    def gather(self, field: str, keys: Keys) -> Iterator[tuple[int, Postings]]:
        """Yield them a document at a time."""
        found: list[tuple[int, Postings]] = []
        for number, entry in enumerate(self._entries):
            held = entry.terms[field]
            for term in keys.places.keys() & held.keys():
                postings = np.array([number], np.int32), np.array([held[term]], np.float32)
                found.append((keys.places[term], postings))
        return iter(sorted(found, key=itemgetter(0)))

    def counts(self, field: str, keys: Keys) -> Iterator[tuple[int, int]]:
        """Yield them a document at a time."""
        return ((place, 1) for place, _ in self.gather(field, keys))

    def terms(self, *fields: str) -> Iterator[str]:
        """Yield the terms of these fields; of several documents, several times."""
        for entry in self._entries:
            for field in fields:
                yield from entry.terms[field]

    def sequence(self, document: int) -> Hashes:
        """Return a document's words as hashes in order."""
        return np.frombuffer(self._entries[document].columns["sequence"], dtype="<u4")
