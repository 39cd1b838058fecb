"""The thesaurus that holds now, compiled once for each state of the ward's table."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.store.models import ThesaurusGroup
from search.folding import fold
from search.thesaurus import Thesaurus
from search.vocabulary import groups

_STATE = select(
    func.count(),
    func.max(ThesaurusGroup.id),
    func.sum(ThesaurusGroup.version),
    func.max(ThesaurusGroup.updated_at),
).select_from(ThesaurusGroup)
"""No two states of the table look the same: numbers never come back and versions only rise."""


class Current:
    """Keeps the newest thesaurus; one for each process. Changes made by other processes are noticed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: Any = None
        self._thesaurus = Thesaurus.of(())

    def newest(self, session: Session) -> Thesaurus:
        """Return the thesaurus as this session sees it; compiled anew only after a change."""
        state = tuple(session.execute(_STATE).one())
        with self._lock:
            if state != self._state:
                self._thesaurus = Thesaurus.of(groups.in_use(groups.everything(session)))
                self._state = state
            return self._thesaurus


def widened(text: str, thesaurus: Thesaurus) -> list[tuple[str, list[str]]]:
    """Return what a query is widened by: each of its words that is, with the words looked for as well."""
    typed = fold(text)
    found: dict[str, dict[str, None]] = {}
    for group in thesaurus.groups:
        for word in group.words:
            if fold(word) in typed:
                others = group.finds or tuple(other for other in group.words if other != word)
                found.setdefault(word, {}).update(dict.fromkeys(others))
    return [(word, list(others)) for word, others in found.items()]
