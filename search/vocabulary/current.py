"""The thesaurus that holds now, compiled once for each state of the ward's table."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.store.models import ThesaurusGroup
from search.thesaurus import Thesaurus, shipped
from search.vocabulary import groups
from search.widening import wording

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

    def warm(self) -> None:
        """Take the shipped groups apart ahead of the first search; what their words are made of is kept."""
        wording(Thesaurus.of(shipped()))
