"""The way from the database to the index: nothing that was saved is lost, nothing hidden is shown."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from articles import service
from kb.domain.access import scope
from kb.store.db import make_engine, reading, writing
from kb.store.models import Article, Revision, ToIndex
from kb.store.queue import to_index
from search import queue as queue_module
from search.cli import _Role
from search.index import Index
from search.queue import Queue

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def find(app, engine):
    """A function: query, role -> the titles found, and how many in all."""
    finder = app.extensions["search.finder"]

    def titles(text, role="administrator"):
        with reading(engine) as session:
            found = finder.find(session, scope(_Role(role)), text, {}, 1)
            return [result.article.title for result in found.page.rows], found.page.total

    yield titles
    finder.close()


def waiting(engine):
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(ToIndex))


def change(engine, article, action):
    with writing(engine) as session:
        action(session, session.get(Article, article.id))


def test_a_saved_article_is_found_after_the_queue_is_drained(make_article, queue, engine, find):
    make_article(title="発券機の紙が詰まる")
    assert waiting(engine) == 1

    assert queue.drain() == 1

    assert find("紙詰まり 発券機") == (["発券機の紙が詰まる"], 1)
    assert waiting(engine) == 0


def test_draining_tells_its_progress(make_article, queue):
    for number in range(3):
        make_article(title=f"発券機 {number}")
    seen = []

    queue.drain(lambda done, total: seen.append((done, total)))

    assert seen[-1] == (3, 3) and seen == sorted(seen)


def test_readers_find_the_published_text_and_not_the_newer_draft(make_article, queue, engine, find, people):
    article = make_article(title="発券機の紙が詰まる")
    with writing(engine) as session:
        row = session.get(Article, article.id)
        text = service.text_of(row.head)
        draft = type(text)(**{**text.__dict__, "title": "書きかけの秘密の題名"})
        service.revise(session, row, draft, by=people["author"], now=NOW)
    queue.drain()

    assert find("発券機", "staff")[1] == 1
    assert find("書きかけの秘密")[1] == 0


def test_a_draft_is_found_by_its_owner_and_the_ward_only(make_article, queue, find, engine, app, people):
    make_article(title="発券機の下書き", confidence="work_in_progress", owner="author")
    queue.drain()

    assert find("発券機", "reviewer")[1] == 1
    assert find("発券機", "staff")[1] == 0
    assert find("発券機", "engineer")[1] == 0
    with reading(engine) as session:
        mine = scope(_Role("author", id=people["author"]))
        assert app.extensions["search.finder"].find(session, mine, "発券機", {}, 1).page.total == 1


def test_an_archived_article_leaves_the_index(make_article, queue, engine, find):
    article = make_article(title="発券機の紙が詰まる")
    queue.drain()
    change(engine, article, lambda s, row: service.archive(s, row, by=None, now=NOW))
    queue.drain()

    assert find("発券機") == ([], 0)
    change(engine, article, lambda s, row: service.unarchive(s, row, by=None, now=NOW))
    queue.drain()
    assert find("発券機")[1] == 1


def test_before_the_index_knows_what_was_hidden_is_neither_shown_nor_counted(
    make_article, queue, engine, find
):
    kept = make_article(title="発券機の紙が詰まる")
    hidden = make_article(title="発券機の鍵の番号の置き場")
    queue.drain()
    change(engine, hidden, lambda s, row: service.archive(s, row, by=None, now=NOW))

    assert find("発券機", "staff") == ([kept.title], 1)
    assert waiting(engine) == 1, "the queue has not been drained"


def test_an_audience_narrowed_a_moment_ago_counts_at_once(make_article, queue, engine, find, people):
    article = make_article(title="発券機の特権設定", symptom="特権昇格")
    queue.drain()
    with writing(engine) as session:
        row = session.get(Article, article.id)
        text = service.text_of(row.head)
        narrowed = type(text)(**{**text.__dict__, "audience": "engineer"})
        service.revise(session, row, narrowed, by=people["author"], now=NOW)
        service.release(session, row, confidence="validated", by=None, now=NOW)

    assert find("発券機 特権昇格", "staff") == ([], 0)
    assert find("発券機 特権昇格", "engineer")[1] == 1


def _die_in(step, settings_url, root):
    queue = Queue(make_engine(settings_url), Index(root))
    setattr(*step, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    queue.drain()


@pytest.mark.parametrize("step", ["before the index commits", "between the two commits"])
def test_a_process_killed_while_draining_loses_no_article(make_article, queue, engine, find, settings, step):
    make_article(title="最初の記事")
    queue.drain()
    make_article(title="発券機の紙が詰まる")
    victim = (queue_module.Writing, "update") if step.startswith("before") else (Queue, "_forget")
    process = multiprocessing.get_context("fork").Process(
        target=_die_in, args=(victim, settings.database_url, settings.index)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert waiting(engine) == 1

    queue.keep_up()

    assert find("発券機")[1] == 1
    assert waiting(engine) == 0


def test_two_drainers_at_once_index_everything_once(make_article, queue, engine, find, settings):
    for number in range(5):
        make_article(title=f"発券機の故障 {number}")
    other = Queue(engine, Index(settings.index))
    threads = [threading.Thread(target=one.drain) for one in (queue, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert find("発券機")[1] == 5
    assert waiting(engine) == 0


def test_the_background_work_drains_what_is_queued_and_stops(make_article, queue, engine, find):
    make_article(title="発券機の紙が詰まる")
    queue.start()
    for _ in range(200):
        if waiting(engine) == 0:
            break
        threading.Event().wait(0.05)
    queue.stop()

    assert waiting(engine) == 0
    assert find("発券機")[1] == 1


def test_a_missing_index_is_searched_for_in_the_database_and_rebuilt(make_article, queue, app, engine, find):
    make_article(title="発券機の紙が詰まる")
    make_article(title="発券機の設定", audience="engineer")

    with reading(engine) as session:
        found = app.extensions["search.finder"].find(
            session, scope(_Role("staff")), "ＨＡＫＫＥＮ 発券機", {}, 1
        )
    assert found.degraded and found.page.total == 1
    assert found.facets["audience"] == {"staff": 1} and found.missing == ("ＨＡＫＫＥＮ",)

    queue.keep_up()
    assert find("発券機")[1] == 2
    assert waiting(engine) == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_damaged_index_is_replaced(make_article, queue, engine, find, settings, app):
    make_article(title="発券機の紙が詰まる")
    queue.drain()
    for file in settings.index.glob("index-*/*.seg"):
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
    with reading(engine) as session:
        found = app.extensions["search.finder"].find(session, scope(_Role("staff")), "発券機", {}, 1)
    assert found.page.total == 1 and found.degraded

    queue.keep_up()

    assert find("発券機") == (["発券機の紙が詰まる"], 1)
    gc.collect()  # Whoosh leaves damaged files open


def test_an_index_made_by_other_rules_is_rebuilt(make_article, queue, find, monkeypatch, settings):
    make_article(title="発券機の紙が詰まる")
    queue.drain()
    next(settings.index.glob("index-*/fingerprint")).write_text("made by an older version")

    queue.keep_up()

    assert find("発券機") == (["発券機の紙が詰まる"], 1)


def test_a_rebuild_takes_what_is_queued_with_it(make_article, queue, engine, find):
    make_article(title="発券機の紙が詰まる")

    assert queue.rebuild() == 1
    assert waiting(engine) == 0
    assert find("発券機")[1] == 1


@pytest.fixture(params=[{"html": ["壊れた"]}, {"synonyms": [None]}], ids=["to read", "to take apart"])
def broken(request, make_article, queue, engine):
    """An article whose text fails the index, queued, and a function that mends it; another one is indexed."""
    make_article(title="番号札が出ない")
    queue.drain()
    article = make_article(title="発券機が動かない")
    with reading(engine) as session:
        whole = {name: getattr(session.get(Revision, article.head_id), name) for name in request.param}

    def write(values):
        with writing(engine) as session:
            session.execute(update(Revision).where(Revision.id == article.head_id).values(**values))

    write(request.param)
    return article, lambda: write(whole)


def test_an_article_that_cannot_be_read_keeps_no_other_of_its_batch_from_the_index(
    broken, make_article, queue, engine, find, monkeypatch, caplog
):
    article, mend = broken
    make_article(title="発券機の紙が詰まる")

    assert queue.drain() == 1
    assert queue.drain() == 0
    assert find("発券機") == (["発券機の紙が詰まる"], 1)
    assert waiting(engine) == 1
    assert caplog.text.count(f"article {article.id} cannot be searched") <= 2  # by the queue, by the search

    mend()
    assert queue.drain() == 0
    monkeypatch.setattr(queue_module.time, "monotonic", lambda: float("inf"))
    assert queue.drain() == 1
    assert set(find("発券機")[0]) == {"発券機の紙が詰まる", "発券機が動かない"}
    assert waiting(engine) == 0


def test_an_article_that_could_not_be_read_is_tried_again_at_once_when_it_is_edited(
    broken, queue, engine, find
):
    article, mend = broken
    queue.drain()
    mend()
    with writing(engine) as session:
        to_index(session, article.id, at=NOW)

    assert queue.drain() == 1
    assert find("発券機") == (["発券機が動かない"], 1)


def test_a_rebuild_goes_on_without_what_cannot_be_read(broken, make_article, queue, engine, find):
    make_article(title="発券機の紙が詰まる")

    assert queue.rebuild() == 2
    assert find("発券機") == (["発券機の紙が詰まる"], 1)
    assert waiting(engine) == 1


def test_a_rebuild_that_can_read_nothing_leaves_the_index_that_there_is(
    make_article, queue, engine, settings
):
    article = make_article(title="発券機が動かない")
    queue.drain()
    before = Index(settings.index).directory()
    with writing(engine) as session:
        session.execute(update(Revision).where(Revision.id == article.head_id).values(synonyms=[None]))

    with pytest.raises(RuntimeError):
        queue.rebuild()
    assert Index(settings.index).directory() == before


def test_after_a_backup_was_put_back_the_index_is_compared_with_the_database(
    make_article, queue, engine, find, settings, document
):
    make_article(title="発券機の紙が詰まる")
    gone = document(99, "データベースにない発券機")
    Index(settings.index).rebuild([gone])
    with writing(engine) as session:
        session.query(ToIndex).delete()
    assert find("発券機")[0] == []

    assert queue.compare() == 2
    queue.drain()

    assert find("発券機") == (["発券機の紙が詰まる"], 1)
    assert queue.compare() == 0
