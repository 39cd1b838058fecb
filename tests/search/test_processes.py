"""Several serving processes at once: writing and searching, with a rebuild under way."""

from __future__ import annotations

import multiprocessing
import traceback

import pytest

from kb.store.db import make_engine, reading, writing
from kb.store.models import Article, Revision, ToIndex
from kb.store.queue import to_index
from search import entries
from search.bench import stage
from search.bench.corpus import Text
from search.bench.measures import READER
from search.finding import Finder
from search.index import Index
from search.queue import Queue

FORK = multiprocessing.get_context("fork")
WRITERS = 3
EDITS = 12
PATIENCE = 120
"""Seconds until a process that has not ended counts as hung."""


@pytest.fixture
def instance(tmp_path):
    """Database and index of 40 articles; (URL, place of the index)."""
    texts = (Text(f"窓口端末{number}が固まる", (), ("印刷できない。",)) for number in range(1, 41))
    engine = stage.make_database(tmp_path / "data", texts)
    index = tmp_path / "data" / "index"
    Queue(engine, Index(index)).rebuild()
    engine.dispose()
    return f"sqlite:///{tmp_path / 'data' / 'kiriwake.db'}", index


class Several:
    """Processes that do one thing each; what one of them raises is told at the end."""

    def __init__(self):
        self.told = FORK.Queue()
        self.running = []

    def start(self, work, *arguments):
        process = FORK.Process(target=self._do, args=(work, arguments))
        process.start()
        self.running.append(process)

    def _do(self, work, arguments):
        try:
            self.told.put(("done", work(*arguments)))
        except BaseException:
            self.told.put(("failed", traceback.format_exc()))

    def results(self):
        """Return what each returned; fail with the trace of the first that did not."""
        found = [self.told.get(timeout=PATIENCE) for _ in self.running]
        for process in self.running:
            process.join(PATIENCE)
        failures = [trace for how, trace in found if how == "failed"]
        assert not failures, failures[0]
        return [result for _, result in found]


def find(finder, engine, text):
    with reading(engine) as session:
        return finder.find(session, READER, text, {}, 1)


def edit(engine, number, code):
    with writing(engine) as session:
        article = session.get(Article, number)
        session.get(Revision, article.head_id).error_codes = [code]
        to_index(session, number, at=stage.NOW)


def write_and_search(url, index, worker):
    """Edit articles of one's own, bring the index up to date as a serving process does, and search."""
    engine = make_engine(url)
    queue = Queue(engine, Index(index))
    finder = Finder(Index(index), queue)
    for turn in range(EDITS):
        edit(engine, 1 + worker * EDITS + turn, f"ERR-{worker}{turn:04d}")
        queue.drain()
        found = find(finder, engine, "固まる")
        assert found.page.total == 40 and not found.degraded
        assert find(finder, engine, f"ERR-{worker}{turn:04d}").page.total == 1, (
            "found once the queue is drained"
        )
    return worker


def rebuild(url, index, times):
    queue = Queue(make_engine(url), Index(index))
    for _ in range(times):
        queue.rebuild()


def test_several_processes_write_and_search_and_nothing_is_lost(instance):
    url, index = instance
    several = Several()
    for worker in range(WRITERS):
        several.start(write_and_search, url, index, worker)
    assert sorted(several.results()) == list(range(WRITERS))

    engine = make_engine(url)
    finder = Finder(Index(index), Queue(engine, Index(index)))
    for worker in range(WRITERS):
        for turn in range(EDITS):
            assert find(finder, engine, f"ERR-{worker}{turn:04d}").page.total == 1
    with reading(engine) as session:
        assert session.query(ToIndex).count() == 0
    assert find(finder, engine, "固まる").page.total == 40
    engine.dispose()


def test_writers_and_rebuilds_at_once_lose_nothing(instance):
    url, index = instance
    several = Several()
    several.start(rebuild, url, index, 4)
    for worker in range(2):
        several.start(write_and_search, url, index, worker)
    several.results()

    engine = make_engine(url)
    finder = Finder(Index(index), Queue(engine, Index(index)))
    assert find(finder, engine, "固まる").page.total == 40
    for worker in range(2):
        assert find(finder, engine, f"ERR-{worker}{EDITS - 1:04d}").page.total == 1
    engine.dispose()


def slow_rebuild(url, index, begun, seen):
    """Rebuild, and stop in the middle until the reader has searched."""
    documents = entries.all_documents

    def halting(session, unreadable):
        for number, document in enumerate(documents(session, unreadable)):
            if number == 20:
                begun.set()
                assert seen.wait(PATIENCE)
            yield document

    entries.all_documents = halting
    Queue(make_engine(url), Index(index)).rebuild()


def test_while_a_long_rebuild_is_under_way_readers_have_full_results(instance):
    url, index = instance
    begun, seen, several = FORK.Event(), FORK.Event(), Several()
    several.start(slow_rebuild, url, index, begun, seen)
    assert begun.wait(PATIENCE)
    engine = make_engine(url)
    finder = Finder(Index(index), Queue(engine, Index(index)))

    during = [find(finder, engine, "固まる") for _ in range(5)]
    fresh = find(Finder(Index(index), Queue(engine, Index(index))), engine, "固まる")
    seen.set()
    several.results()
    after = find(finder, engine, "固まる")

    for found in (*during, fresh, after):
        assert found.page.total == 40 and not found.degraded
    engine.dispose()


def keep_searching(url, index, ready, stop):
    """Search without pause until told to stop; return how often."""
    engine = make_engine(url)
    finder = Finder(Index(index), Queue(engine, Index(index)))
    count = 0
    while not stop.is_set():
        found = find(finder, engine, "端末 固まる")
        assert found.page.total == 40 and not found.degraded
        count += 1
        ready.set()
    return count


def test_readers_never_notice_a_swap_or_segments_that_are_joined(instance):
    url, index = instance
    ready, stop, several = FORK.Event(), FORK.Event(), Several()
    several.start(keep_searching, url, index, ready, stop)
    assert ready.wait(PATIENCE)
    engine = make_engine(url)
    queue = Queue(engine, Index(index))
    for turn in range(30):
        edit(engine, turn + 1, f"ERR-{turn:05d}")
        queue.drain()
        if turn % 10 == 9:
            with Index(index).writing() as writing_:
                writing_.tidy()
    queue.rebuild()
    stop.set()

    assert several.results()[0] > 0
    engine.dispose()
