"""The search log: what was searched for and what came of it, and nobody's name.

A search never waits for the log and never fails because of it: it leaves a note in memory, and a thread of
its own writes. What was noted in the second before the process is killed is lost, and nothing else.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kb.domain import personal_data
from kb.store.db import writing
from kb.store.models import HandledSearch, Search
from search.background import Background
from search.folding import fold

SHORTEST_UNANSWERED = 2
"""Letters and digits: a single one is somebody who had only begun to type, and ??? nobody can answer."""
_MOST_WAITING = 1_000
_GATHER_SECONDS = 1.0
_AGAIN_SECONDS = 5.0
_DAY_SECONDS = 24 * 3600.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Typed:
    """A search as it stands now. words: as `loggable` gives them. missing: words found in no article."""

    token: str
    words: str
    results: int
    missing: tuple[str, ...]
    role: str
    at: datetime


@dataclass(frozen=True)
class Opened:
    """Somebody opened an article from the results of a search."""

    token: str
    article_id: int
    at: datetime


Note = Typed | Opened


def loggable(text: str) -> str | None:
    """Return a query as the log keeps it: masked, folded, blanks single. None if it cannot be masked.

    Masked as typed, in one line and folded: a number's pieces may stand in two lines, and folding brings
    pieces together but takes the last letter of マイナンバー, which says what a number is.
    """
    line = personal_data.masked(" ".join(personal_data.masked(text).split()))
    words = personal_data.masked(" ".join(fold(line).split()))
    return None if personal_data.find(words) else words


def loggable_words(missing: Sequence[str], words: str) -> tuple[str, ...]:
    """Return those of the missing words that can still be read in the words that the log keeps."""
    folded = (" ".join(fold(word).split()) for word in missing)
    return tuple(dict.fromkeys(word for word in folded if word and word in words))


def unanswered(words: str, results: int, helped: str) -> bool:
    """Return whether a search is one that authors should see: nothing found, or it did not help."""
    says_something = sum(map(str.isalnum, words)) >= SHORTEST_UNANSWERED
    return helped == "no" or (not helped and results == 0 and says_something)


class SearchLog:
    """The log of one process. days: how long rows are kept; 0 keeps no log at all."""

    def __init__(self, engine: Engine, days: int) -> None:
        self._engine = engine
        self._days = days
        self._waiting: deque[Note] = deque(maxlen=_MOST_WAITING)
        self._writing = threading.Lock()
        self._background = Background("search-log", self._run)

    def note(self, note: Note) -> None:
        """Keep a note to be written soon; at once where no thread has been started. Never raises."""
        if not self._days:
            return
        self._waiting.append(note)
        if not self._background.started:
            self._try(self.flush)
        self._background.wake()

    def flush(self) -> None:
        """Write what is noted. Of the keystrokes of one search only the last is written."""
        with self._writing:
            notes = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not notes:
                return
            try:
                with writing(self._engine) as session:
                    for note in _newest(notes):
                        _write(session, note)
            except (OperationalError, OSError):  # locked, or the disk is full: later; anything else is lost
                newer = [self._waiting.popleft() for _ in range(len(self._waiting))]
                self._waiting.extend([*notes, *newer])
                raise

    def forget(self, now: datetime) -> int:
        """Delete what is older than the period, all of it where no log is kept; return how many searches."""
        before = now - timedelta(days=self._days)
        with writing(self._engine) as session:
            gone = session.execute(delete(Search).where(Search.last_at <= before))
            session.execute(delete(HandledSearch).where(HandledSearch.at <= before))
            return int(getattr(gone, "rowcount", 0))

    def start(self) -> None:
        """Write in the background from now on, and forget what is old once a day."""
        self._background.start()

    def stop(self) -> None:
        """End the background work; what is noted is written first."""
        self._background.stop()

    def _run(self) -> None:
        forgotten: datetime | None = None
        while not self._background.stopped:
            now = datetime.now(UTC)
            if forgotten is None or now - forgotten > timedelta(seconds=_DAY_SECONDS):
                forgotten = now
                self._try(lambda: self.forget(datetime.now(UTC)))
            self._background.rest(_AGAIN_SECONDS if self._waiting else _DAY_SECONDS)
            self._background.pause(_GATHER_SECONDS)  # the next keystroke replaces this one
            self._background.doze()
            self._try(self.flush)

    def _try(self, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except Exception:
            log.exception("the search log could not be written")


def _newest(notes: Sequence[Note]) -> list[Note]:
    """Return the notes without those that a later one of the same search replaces."""
    last = {note.token: number for number, note in enumerate(notes) if isinstance(note, Typed)}
    return [n for number, n in enumerate(notes) if not isinstance(n, Typed) or last[n.token] == number]


def _write(session: Session, note: Note) -> None:
    row = session.scalar(select(Search).where(Search.token == note.token))
    if isinstance(note, Opened):
        if row is not None and note.article_id not in row.opened:
            row.opened = [*row.opened, note.article_id]
            row.last_at = note.at
        return
    if row is None:
        row = Search(token=note.token, role=note.role, first_at=note.at, opened=[], helped="")
        session.add(row)
    row.words, row.results, row.missing = note.words, note.results, list(note.missing)
    row.last_at = note.at
    row.unanswered = unanswered(row.words, row.results, row.helped)
    session.flush()
