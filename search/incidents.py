"""Incidents told in like words. Each process keeps the words in memory and reads only what is new."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.store.models import Incident
from search.likeness import Likeness, bag

_AT_ONCE = 200
_OVERLAP = timedelta(minutes=1)
"""A change that began earlier may have been kept later."""


class Told:
    """What the incidents that one process has read are about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._likeness = Likeness()
        self._newest = 0
        self._changed: datetime | None = None
        self._texts: dict[int, str] = {}
        self._numbers: dict[int, int] = {}
        self._incidents: list[int] = []

    def like(self, session: Session, text: str, least: float) -> dict[int, float]:
        """Return the incidents whose symptom shares words with the text: id -> cosine, from `least` on."""
        while self.learn(session) == _AT_ONCE:
            pass
        with self._lock:
            found = self._likeness.like(bag(text), least)
            return {
                self._incidents[number]: cosine
                for number, cosine in found.items()
                if self._numbers.get(self._incidents[number]) == number
            }

    def learn(self, session: Session) -> int:
        """Read the incidents that are new or changed; return how many of them were new, at most 200."""
        with self._lock:
            columns = select(Incident.id, Incident.symptom, Incident.updated_at)
            new = columns.where(Incident.id > self._newest).order_by(Incident.id).limit(_AT_ONCE)
            rows = list(session.execute(new))
            count = len(rows)
            if self._changed is not None:
                changed = Incident.updated_at >= self._changed - _OVERLAP
                rows += session.execute(columns.where(changed, Incident.id <= self._newest))
            for incident_id, symptom, at in rows:
                self._take(incident_id, symptom)
                self._newest = max(self._newest, incident_id)
                self._changed = max(self._changed or at, at)
            return count

    def warm(self, begin: Callable[[], Session]) -> None:
        """Read all incidents, each batch in a session of its own."""
        while True:
            with begin() as session:
                if self.learn(session) < _AT_ONCE:
                    return

    def _take(self, incident_id: int, symptom: str) -> None:
        if self._texts.get(incident_id) == symptom:
            return
        self._texts[incident_id] = symptom
        self._numbers[incident_id] = self._likeness.add(bag(symptom))
        self._incidents.append(incident_id)
