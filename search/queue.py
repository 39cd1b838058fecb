"""Brings the index up to the database: drains the queue, rebuilds what cannot be used.

The rows of the queue are written in the transaction that changes an article and removed after the index has
committed, so that a crash in between repeats work and never loses it. One process at a time drains.
The row of an article that cannot be read stays, and keeps no other from the index.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Engine, delete, func, select, true
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kb.store.db import reading, writing
from kb.store.models import ToIndex
from kb.store.queue import to_index
from search import entries
from search.background import Background
from search.index import Index, IndexBusy, IndexUnusable, Writing
from search.snapshot import Snapshots

Progress = Callable[[int, int], None]
BATCH = 1_000
POLL_SECONDS = 5.0
TIDY_SECONDS = 1.0
LINGER_SECONDS = 0.5
RETRY_SECONDS = 600.0
"""After so long an article that could not be read is tried again; after its next edit at once."""
_ENOUGH = 48
"""So many articles are worth a commit while others are still being saved."""
_DELETED_AT_ONCE = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Waiting:
    """Rows of the queue: {row: the article it names}."""

    rows: Mapping[int, int]

    @property
    def articles(self) -> Sequence[int]:
        """The articles, each once."""
        return list(dict.fromkeys(self.rows.values()))


class Queue:
    """The way from the database to the index; one for each process."""

    def __init__(self, engine: Engine, index: Index) -> None:
        self._engine = engine
        self._index = index
        self._background = Background("search-queue", self._run)
        self._checked = ""
        self._put_off: dict[int, float] = {}
        self.compared = False  # whether the background work has looked for differences, once after start

    def wake(self) -> None:
        """Index what is queued soon, in the background (once `start` has been called)."""
        self._background.wake()

    def drain(self, progress: Progress | None = None) -> int:
        """Index what is queued, or all there is if the index cannot be used; return how many articles.

        progress: (articles done, articles in all). Waits for another process that is writing.
        """
        done = 0
        while self._count():
            with suppress(IndexBusy), self._index.writing() as index:
                done += self._drain(index, done, progress)
        return done

    def rebuild(self, progress: Progress | None = None) -> int:
        """Make the index anew from the database; return how many articles. Raises IndexBusy."""
        with self._index.writing() as index:
            return self._rebuild(index, progress)

    def keep_up(self) -> None:
        """Do what is due: rebuild an index that cannot be used, drain the queue."""
        try:
            self._check()
        except IndexUnusable as reason:
            self._repair(reason)
        self.drain()

    def compare(self) -> int:
        """Queue every article whose entry is not as new as the database says; return how many.

        The queue alone is not enough after a backup of the one or the other was put back.
        """
        snapshots = Snapshots(self._index)
        with snapshots.newest() as snapshot:
            indexed = snapshot.rows.entries()
        snapshots.close()
        with writing(self._engine) as session:
            stored = entries.newest(session)
            behind = [number for number in indexed.keys() | stored.keys() if _differ(number, indexed, stored)]
            for number in sorted(behind):
                to_index(session, number, at=datetime.now(UTC))
        return len(behind)

    def start(self) -> None:
        """Keep up in the background from now on: at once, when woken, and every few seconds."""
        self._background.start()

    def stop(self) -> None:
        """End the background work and wait for it."""
        self._background.stop()

    def _run(self) -> None:
        while not self._background.stopped:
            try:
                self.keep_up()
                if not self.compared:
                    self.compared = True
                    self.compare()
                    continue
            except IndexBusy:
                pass  # another process is at it
            except Exception:
                log.exception("the search index could not be brought up to date")
            if not self._background.rest(TIDY_SECONDS):
                self._tidy()
                self._background.rest(POLL_SECONDS)
            self._background.doze()
            self._linger()

    def _linger(self) -> None:
        """Wait until nothing more is saved for a moment: one commit does for all, and searches know already.

        Of a batch, or of what `search.waiting` should not grow to, nobody waits.
        """
        with suppress(DBAPIError):  # whatever it is, it is noted when the queue is drained
            while not self._background.stopped and self._count() < _ENOUGH:
                if not self._background.rest(LINGER_SECONDS):
                    return
                self._background.doze()

    def _tidy(self) -> None:
        """Join small segments while nobody waits for the index; another time if somebody else writes."""
        with suppress(IndexBusy, IndexUnusable), self._index.writing() as index:
            index.tidy()

    def _repair(self, reason: IndexUnusable) -> None:
        with self._index.writing() as index:
            with suppress(IndexUnusable):
                self._check()
                return  # another process was quicker
            log.info("rebuilding the search index: %s", reason)
            self._rebuild(index, None)

    def _check(self) -> None:
        """Open the index once for each state of it. Raises IndexUnusable."""
        generation = self._index.generation()
        if generation != self._checked:
            self._index.open_reader()[1].close()
            self._checked = generation

    def _count(self) -> int:
        with reading(self._engine) as session:
            return session.scalar(select(func.count(ToIndex.article_id.distinct())).where(self._due())) or 0

    def _due(self) -> ColumnElement[bool]:
        """Return which rows are to be tried now: all but those put off."""
        now = time.monotonic()
        self._put_off = {row: until for row, until in self._put_off.items() if until > now}
        return ToIndex.id.not_in(self._put_off)

    def _drain(self, index: Writing, before: int, progress: Progress | None) -> int:
        done = 0
        total = before + self._count() if progress else 0
        while True:
            with reading(self._engine) as session:
                waiting = _waiting(session, self._due())
                if not waiting.rows:
                    return done
                unreadable: set[int] = set()
                found = entries.documents(session, waiting.articles, unreadable)
                told = _from(progress, before + done, total)
                try:
                    index.update(found, waiting.articles, told, unreadable)
                except IndexUnusable as reason:
                    log.info("rebuilding the search index: %s", reason)
                    return done + self._rebuild(index, progress)
            self._checked = self._index.generation()
            self._forget(waiting, unreadable)
            done += len(waiting.articles) - len(unreadable)

    def _rebuild(self, index: Writing, progress: Progress | None) -> int:
        with reading(self._engine) as session:
            waiting = _waiting(session, true(), most=None)
            total = entries.count(session)
            unreadable: set[int] = set()
            found = entries.all_documents(session, unreadable)
            count = index.rebuild(found, _from(progress, 0, total), unreadable)
        self._forget(waiting, unreadable)
        return count

    def _forget(self, waiting: _Waiting, unreadable: Collection[int]) -> None:
        """Remove the rows of what the index has now, and put off those of what it cannot have yet."""
        later = time.monotonic() + RETRY_SECONDS
        self._put_off |= {row: later for row, article in waiting.rows.items() if article in unreadable}
        done = [row for row, article in waiting.rows.items() if article not in unreadable]
        for start in range(0, len(done), _DELETED_AT_ONCE):
            with writing(self._engine) as session:
                rows = done[start : start + _DELETED_AT_ONCE]
                session.execute(delete(ToIndex).where(ToIndex.id.in_(rows)))


def _waiting(session: Session, due: ColumnElement[bool], most: int | None = BATCH) -> _Waiting:
    """Return the oldest rows that are due. Read before the articles: those are then at least as new."""
    rows = select(ToIndex.id, ToIndex.article_id).where(due).order_by(ToIndex.id).limit(most)
    found: dict[int, int] = dict(session.execute(rows).all())
    return _Waiting(found)


def _differ(number: int, indexed: Mapping[int, float], stored: Mapping[int, float]) -> bool:
    """Return whether an article's moment of change is not the same in both; seconds, to the millisecond."""
    here, there = indexed.get(number), stored.get(number)
    return here is None or there is None or abs(here - there) > 0.001


def _from(progress: Progress | None, before: int, total: int) -> Callable[[int], None] | None:
    """Return what tells `progress` of a batch's documents, `before` of which were done earlier."""
    if progress is None:
        return None
    return lambda done: progress(min(before + done, total), total)
