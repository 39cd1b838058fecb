"""What is saved is found by the next search, before anybody has written the index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from articles import service
from kb.domain.access import scope
from kb.store.db import reading, writing
from kb.store.models import Article, Revision, ToIndex
from search import waiting as waiting_module
from search.cli import _Role

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def find(app, engine):
    """A function: query, role -> (title, score) of what is found."""
    finder = app.extensions["search.finder"]

    def results(text, role="administrator"):
        with reading(engine) as session:
            page = finder.find(session, scope(_Role(role)), text, {}, 1).page
            assert page.total == len(page.rows)
            return [(result.article.title, result.score) for result in page.rows]

    yield results
    finder.close()


@pytest.fixture
def revise(engine, people):
    """A function that gives an article another text, published at once."""
    turns = iter(range(1, 1000))

    def revise(article, **changes):
        moment = NOW + timedelta(minutes=next(turns))
        with writing(engine) as session:
            row = session.get(Article, article.id)
            text = service.text_of(row.head)
            text = type(text)(**(text.__dict__ | changes))
            service.revise(session, row, text, by=people["author"], now=moment)
            service.release(session, row, confidence="validated", by=None, now=moment)

    return revise


def titles(found):
    return [title for title, _ in found]


def queued(engine):
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(ToIndex))


def test_a_new_article_is_found_before_the_index_has_it(make_article, queue, engine, find):
    make_article(title="番号札が出ない")
    queue.drain()
    make_article(title="発券機の紙が詰まる", symptom="赤いランプが点く")

    assert titles(find("発券機 紙詰まり")) == ["発券機の紙が詰まる"]
    assert titles(find("番号札")) == ["番号札が出ない"]
    assert queued(engine) == 1, "nobody has drained the queue"


def test_an_edit_is_found_by_its_new_words_and_no_more_by_its_old_ones(make_article, queue, find, revise):
    article = make_article(title="発券機の紙が詰まる", symptom="赤いランプが点く")
    queue.drain()
    assert titles(find("赤いランプ")) == ["発券機の紙が詰まる"]

    revise(article, symptom="呼び出し音が鳴る")
    assert find("ランプ") == []
    assert titles(find("呼び出し音")) == ["発券機の紙が詰まる"]

    revise(article, symptom="画面が暗い")
    assert find("呼び出し音") == []
    assert titles(find("画面が暗い")) == ["発券機の紙が詰まる"]


def test_an_edit_changes_order_and_scores_as_it_does_once_the_index_has_it(make_article, queue, find, revise):
    articles = [make_article(title=f"発券機の紙が詰まる {n}", symptom="赤いランプ" * n) for n in range(1, 6)]
    queue.drain()
    revise(articles[1], title="発券機から紙が出ない", symptom="赤い表示")
    revise(articles[3], symptom="紙の発券機。赤いランプの印刷")
    make_article(title="赤いランプが点いたままの発券機")
    questions = ("発券機 紙 赤い", "らんぷ", "発券機の印刺", "出ない")

    before = [find(question) for question in questions]
    queue.drain()

    assert all(before)
    assert before == [
        [(title, pytest.approx(score, rel=1e-5)) for title, score in find(question)] for question in questions
    ]


def test_an_index_that_has_nothing_yet_gives_the_same_as_one_that_has_all(make_article, queue, find):
    queue.rebuild()
    for number in range(1, 4):
        make_article(title=f"発券機の紙が詰まる {number}", symptom="赤いランプ" * number)

    before = find("赤い発券機の紙")
    queue.drain()

    assert len(before) == 3
    assert before == [(title, pytest.approx(score, rel=1e-5)) for title, score in find("赤い発券機の紙")]


def test_what_waits_is_found_by_those_only_who_may_read_it(make_article, queue, find):
    make_article(title="番号札が出ない")
    queue.drain()
    make_article(title="発券機の特権設定", audience="engineer")

    assert titles(find("発券機", "engineer")) == ["発券機の特権設定"]
    assert find("発券機", "staff") == []


def test_a_batch_is_left_to_the_index_and_hides_nothing(make_article, queue, find, revise, monkeypatch):
    monkeypatch.setattr(waiting_module, "MOST", 2)
    kept = make_article(title="発券機の紙が詰まる")
    queue.drain()
    revise(kept, symptom="赤いランプ")
    for number in range(3):
        make_article(title=f"番号札 {number}")

    assert titles(find("発券機")) == ["発券機の紙が詰まる"]
    assert find("番号札") == []
    queue.drain()
    assert len(find("番号札")) == 3


def test_an_archived_article_and_one_that_came_back_wait_like_others(make_article, queue, engine, find):
    article = make_article(title="発券機の紙が詰まる")
    queue.drain()
    for action, found in ((service.archive, []), (service.unarchive, ["発券機の紙が詰まる"])):
        with writing(engine) as session:
            action(session, session.get(Article, article.id), by=None, now=NOW + timedelta(hours=1))
        assert titles(find("発券機")) == found


def test_an_article_that_cannot_be_taken_apart_keeps_nobody_from_the_others(
    make_article, engine, queue, find, caplog
):
    make_article(title="番号札が出ない")
    queue.drain()
    make_article(title="発券機の紙が詰まる")
    broken = make_article(title="発券機が動かない")
    with writing(engine) as session:
        session.execute(update(Revision).where(Revision.id == broken.head_id).values(html=["壊れた"]))

    assert titles(find("番号札")) == ["番号札が出ない"]
    assert titles(find("発券機")) == ["発券機の紙が詰まる"]
    assert caplog.text.count(f"article {broken.id} cannot be searched") == 1
