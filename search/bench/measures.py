"""What is timed, and how: each function measures one thing on a stage that is already built."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, update

from kb.domain.access import Scope, scope
from kb.store.db import reading, writing
from kb.store.models import Article, Revision
from kb.store.queue import to_index
from search import entries, scoring
from search.analysis import Query, analyse_query
from search.bench import stage
from search.bench.rival import Rival
from search.bench.timing import Times
from search.finding import PER_PAGE, Finder
from search.index import Index
from search.queue import Queue
from search.scoring import Answer
from search.snapshot import Snapshot, Snapshots
from search.snippet import snippet
from search.thesaurus import Thesaurus, shipped

TOP = 10
EDIT_PATIENCE = 30.0
Sorts = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Visitor:
    """Whom the bench asks for: a visitor of open staff pages, who sees every article here."""

    id: None = None
    role: str = "anyone"
    trained: bool = False


READER: Scope = scope(Visitor(), pages_open=True)


class Sides:
    """Our index and tantivy's over the same articles, ready to be asked."""

    def __init__(self, engine: Engine, index: Index, place: Path, with_rival: bool) -> None:
        self.engine = engine
        self.finder = Finder(index, Queue(engine, index))
        self._snapshots = Snapshots(index)
        started = time.perf_counter()
        with self._snapshots.newest() as snapshot:
            self.snapshot: Snapshot = snapshot
        self.open_seconds = time.perf_counter() - started
        self._thesaurus = Thesaurus.of(shipped())
        self.rival = Rival(place, self.snapshot, _stored(engine)) if with_rival else None

    def ranked(self, query: Query) -> Answer:
        """Return our first TOP, as the search page gets them: permissions, thesaurus, facets, second look."""
        allowed = self.snapshot.rows.allowed(READER.sees)
        return scoring.search(self.snapshot, query, allowed, limit=TOP, thesaurus=self._thesaurus)

    def prepared(self, sorts: Sorts) -> tuple[Callable[[str], object], Callable[[str], object]]:
        """Return two searches, ours and tantivy's, of queries that are taken apart beforehand."""
        queries = {text: analyse_query(text) for texts in sorts.values() for text in texts}

        def rivals(text: str) -> object:
            return self.rival and self.rival.search(queries[text], TOP, count=True)

        return lambda text: self.ranked(queries[text]), rivals

    def page(self, text: str) -> None:
        """Make our search page's content: from what was typed to PER_PAGE results with their snippets."""
        with reading(self.engine) as session:
            self.finder.find(session, READER, text, {}, 1)

    def rival_page(self, text: str) -> None:
        """Make the same out of tantivy: the same analysis and the same snippets of its stored text."""
        if self.rival is not None:
            query = analyse_query(text)
            for _, body in self.rival.search(query, PER_PAGE, count=True):
                snippet(body, query)

    def forget(self) -> None:
        """Empty our caches, as they are in a new process."""
        self.snapshot.forget()
        self.finder.forget()

    def close(self) -> None:
        """Let go of the files."""
        self.finder.close()
        self._snapshots.close()


def _stored(engine: Engine) -> dict[int, tuple[str, str]]:
    with reading(engine) as session:
        return {
            document.id: (document.title, f"{document.symptom}\n{document.body}")
            for document in entries.all_documents(session, set())
        }


def by_sort(
    sorts: Sorts, call: Callable[[str], object], before: Callable[[], object] | None = None
) -> dict[str, Times]:
    """Return {sort: times of a call with each of its queries}. before: called, untimed, ahead of each."""
    times = {sort: Times() for sort in sorts}
    for sort, texts in sorts.items():
        for text in texts:
            if before:
                before()
            times[sort].take(lambda text=text: call(text))  # type: ignore[misc]
    return times


def edits(engine: Engine, index: Index, ids: Sequence[int]) -> Times:
    """Return how long it took, from the database's commit, until a search found each edit.

    The queue works in its own thread and is woken as after a request; the searching goes on without pause.
    """
    queue, times = Queue(engine, index), Times()
    finder = Finder(index, queue)
    queue.start()
    finder.warm()  # as a serving process does
    _settled(queue)
    try:
        for turn, number in enumerate(ids):
            word = f"EDT-{turn:05d}"
            _edit(engine, number, word)
            queue.wake()
            times.take(lambda word=word: _until_found(engine, finder, word))  # type: ignore[misc]
    finally:
        queue.stop()
        finder.close()
    return times


def _settled(queue: Queue) -> None:
    """Wait until the start's comparison of index and database is over."""
    deadline = time.monotonic() + EDIT_PATIENCE
    while not queue.compared and time.monotonic() < deadline:
        threading.Event().wait(0.01)


def _edit(engine: Engine, number: int, word: str) -> None:
    moment = datetime.now(UTC) + timedelta(microseconds=1)
    with writing(engine) as session:
        session.execute(update(Revision).where(Revision.id == number).values(error_codes=[word]))
        session.execute(update(Article).where(Article.id == number).values(updated_at=moment))
        to_index(session, number, at=moment)


def _until_found(engine: Engine, finder: Finder, word: str) -> None:
    deadline = time.monotonic() + EDIT_PATIENCE
    while time.monotonic() < deadline:
        with reading(engine) as session:
            if finder.find(session, READER, word, {}, 1).page.total:
                return
        time.sleep(0.005)
    raise TimeoutError(f"{word} was not found after {EDIT_PATIENCE:.0f} s")


def served(data: Path, texts: Iterable[str]) -> tuple[Times, dict[str, float]]:
    """Return how long pages took over HTTP from a serving process, and its memory after them all."""
    times = Times()
    with stage.serving(data) as (url, process):
        for text in texts:
            times.take(lambda text=text: stage.ask(url, text))  # type: ignore[misc]
        return times, stage.memory(process)
