"""「過去にこの症状で解決」: which articles it names, for whom, how often and when last."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from kb.domain.access import Scope
from kb.store import outcomes
from kb.store.db import reading, writing
from kb.store.models import SymptomOutcome
from search.likeness import Likeness, bag
from search.solved import Solved

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
ALL = Scope(1, frozenset({"staff", "engineer", "restricted"}), frozenset({"staff", "engineer"}), "none")


@pytest.fixture
def told(app):
    """A function: an article solved a symptom, or did not."""

    def add(article, symptom, *, outcome=outcomes.SOLVED, days=0, token=None):
        at = NOW - timedelta(days=days)
        source = "page" if token else "incident"
        with writing(app.extensions["kb.engine"]) as session:
            outcomes.record(session, article.id, symptom, outcome=outcome, source=source, at=at, token=token)

    return add


@pytest.fixture
def solved_by(app):
    """A function: text -> (article, times, last) as a process that begins now finds them."""
    known = Solved()

    def find(text, scope=ALL):
        with reading(app.extensions["kb.engine"]) as session:
            return [(s.article.id, s.times, s.last) for s in known.find(session, scope, text)]

    return find


def cosine(one, other):
    known = Likeness()
    known.add(bag(one))
    return known.like(bag(other), 0).get(0, 0.0)


def test_likeness_is_by_words_not_by_their_endings_or_order():
    assert cosine("プリンターが印刷できない", "印刷できません ﾌﾟﾘﾝﾀ") == pytest.approx(1)
    assert cosine("ORA-12541 が出る", "ora 12541") > 0.7
    assert cosine("発券機 止まる", "電話 鳴る") == 0
    assert cosine("", "") == 0 and cosine("※※※", "※※※") == pytest.approx(1)


def test_words_that_only_ask_make_nothing_alike():
    assert cosine("印刷の方法を教えてください", "転入の方法を教えてください") < 0.5


def test_an_article_that_solved_the_same_words_is_named_with_times_and_last(make_article, told, solved_by):
    article = make_article()
    for days in (9, 3, 6):
        told(article, "プリンターから何も出ない", days=days)

    assert solved_by("ﾌﾟﾘﾝﾀｰから 何も出ません") == [(article.id, 3, NOW - timedelta(days=3))]
    assert solved_by("発券機が止まる") == []


def test_the_likest_comes_first_then_the_most_frequent_and_three_are_named(make_article, told, solved_by):
    far, often, once, more = (make_article(title=f"記事{n}") for n in range(4))
    told(far, "発券機 紙 詰まる 窓口")
    for _ in range(2):
        told(often, "発券機 紙 詰まる")
    told(once, "発券機 紙 詰まる")
    told(more, "発券機 紙 詰まる 窓口 雨漏り")

    assert [number for number, _, _ in solved_by("発券機 紙 詰まる")] == [often.id, once.id, far.id]


def test_what_did_not_help_is_not_named_and_a_changed_answer_counts_anew(make_article, told, solved_by):
    article = make_article()
    told(article, "紙が詰まる", token="a")
    told(article, "紙が詰まる", token="b")
    assert [times for _, times, _ in solved_by("紙が詰まる")] == [2]
    told(article, "紙が詰まる", outcome=outcomes.NOT_SOLVED, token="a")
    assert [times for _, times, _ in solved_by("紙が詰まる")] == [1], "the same process reads what is new"
    told(article, "紙が詰まる", outcome=outcomes.NOT_SOLVED, token="b")

    assert solved_by("紙が詰まる") == []


def test_only_articles_that_exist_for_the_reader_are_named(make_article, told, solved_by):
    hidden = [make_article(audience="engineer"), make_article(confidence="archived")]
    shown = make_article()
    for article in [*hidden, shown]:
        told(article, "紙が詰まる")
    staff = Scope(1, frozenset({"staff"}), frozenset(), "none")
    officer = Scope(1, frozenset({"staff"}), frozenset({"staff"}), "all")

    assert [number for number, _, _ in solved_by("紙が詰まる", staff)] == [shown.id]
    assert [number for number, _, _ in solved_by("紙が詰まる", officer)] == [shown.id], (
        "none that is archived"
    )


def test_hidden_articles_do_not_use_up_the_places(make_article, told, solved_by, app):
    shown = make_article()
    hidden = [make_article(audience="engineer") for _ in range(5)]
    for article in hidden:
        told(article, "紙が詰まる")
    told(shown, "紙が詰まる 発券機")
    staff = Scope(1, frozenset({"staff"}), frozenset(), "none")

    assert [number for number, _, _ in solved_by("紙が詰まる", staff)] == [shown.id]


def test_an_incidents_words_are_masked_before_they_are_stored(make_article, told, session):
    told(make_article(), "個人番号 123456789018 の画面 パスワード：hunter2xyz")

    (row,) = session.query(SymptomOutcome).all()
    assert "1234" not in row.words and "hunter2" not in row.words and row.incident_id is None


def test_a_process_that_begins_reads_everything_in_batches(make_article, app):
    article = make_article()
    row = {"article_id": article.id, "outcome": "solved", "source": "incident", "at": NOW}
    with writing(app.extensions["kb.engine"]) as session:
        session.add_all(SymptomOutcome(**row, words=f"紙が詰まる {n % 7}") for n in range(450))
    known = Solved()
    known.warm(lambda: reading(app.extensions["kb.engine"]))

    with reading(app.extensions["kb.engine"]) as session:
        assert [s.times for s in known.find(session, ALL, "紙が詰まる")] == [450]


def test_removed_articles_are_not_named(make_article, told, solved_by, app):
    article = make_article()
    told(article, "紙が詰まる")
    assert solved_by("紙が詰まる")
    with writing(app.extensions["kb.engine"]) as session:
        session.execute(delete(SymptomOutcome))

    assert solved_by("紙が詰まる") != [], "read once; only articles that are gone disappear"


@pytest.fixture
def drain(app):
    yield app.extensions["search.queue"].drain
    app.extensions["search.finder"].close()


def test_the_panel_stands_above_the_results_and_only_when_there_is_something(
    make_article, told, drain, as_role
):
    article = make_article(title="発券機の紙詰まりを直す")
    make_article(title="発券機の紙の補充")
    drain()
    before = as_role("staff").get("/search?q=発券機の紙が詰まる").text
    for days in (0, 4):
        told(article, "発券機の紙が詰まる", days=days)
    page = as_role("staff").get("/search?q=発券機 紙が詰まった").text

    assert "過去にこの症状で解決" not in before
    panel = re.search(r'<aside class="solved".*?</aside>', page, re.DOTALL)[0]
    assert "発券機の紙詰まりを直す" in panel and "2回解決" in panel and 'datetime="2026-11-20"' in panel
    assert page.index('class="solved"') < page.index('class="rows search-rows"')


def test_the_panel_stands_above_no_results_too(make_article, told, drain, as_role):
    make_article()
    drain()
    told(make_article(title="別の言葉の記事", symptom="別"), "ヴァイオリンの弦が切れた")

    page = as_role("staff").get("/search?q=ヴァイオリンの弦が切れた").text

    assert "過去にこの症状で解決" in page and "別の言葉の記事" in page
