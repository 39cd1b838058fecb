"""Watches: an article, a device, a search; told of what is published, and of nothing that is not theirs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from articles import service
from kb.notices import watching
from kb.store.db import writing
from kb.store.models import Article, Notice, ToMatch, Watch
from tests.conftest import form_of


@pytest.fixture
def publish(app, people):
    """A function: publish an article's newest revision as a reviewer would."""

    def publish(article, by="reviewer"):
        with writing(app.extensions["kb.engine"]) as session:
            row = session.get(Article, article.id)
            service.release(session, row, confidence="validated", by=people[by], now=datetime.now(UTC))

    return publish


@pytest.fixture
def revise(as_role, publish):
    """A function: change an article and publish the change."""

    def revise(article, **changes):
        as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, **changes))
        publish(article)

    return revise


@pytest.fixture
def round_(app):
    """A function: index what is queued, then make the round of the searches."""

    def round_(*, index=True):
        if index:
            app.extensions["kb.indexing"].drain()
        with app.app_context():
            watching.match(app.extensions["kb.engine"], datetime.now(UTC))

    return round_


def watch(client, kind, value):
    return client.post("/watches/", data={"kind": kind, "value": value})


def told(session, kind):
    session.rollback()
    return sorted(
        session.execute(select(Notice.person_id, Notice.object_id).where(Notice.kind == kind)).all()
    )


def test_who_watches_an_article_hears_of_its_publication_and_not_of_drafts(
    as_role, make_article, revise, people, session
):
    article = make_article()
    assert watch(as_role("staff"), "article", article.id).status_code == 303
    assert "見守りをやめる" in as_role("staff").get(f"/articles/{article.id}").text
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="下書きのまま"))
    assert told(session, "watched_article") == []

    revise(make_article())
    assert told(session, "watched_article") == []
    session.rollback()
    revise(article, title="公開された題名", base=str(session.get(Article, article.id).head_id))

    assert told(session, "watched_article") == [(people["staff"], article.id)]


def test_who_watches_a_device_hears_of_its_articles_once(as_role, make_article, publish, people, session):
    make_article(components=("カードリーダー",))
    watch(as_role("staff"), "component", "カードリーダー")
    new = make_article(components=("カードリーダー", "窓口端末"), confidence="work_in_progress")
    hidden = make_article(components=("カードリーダー",), audience="engineer", confidence="work_in_progress")
    other = make_article(components=("窓口端末",), confidence="work_in_progress")

    for article in (new, hidden, other):
        publish(article)

    assert told(session, "watched_component") == [(people["staff"], new.id)]
    assert "この機器の見守りをやめる" in as_role("staff").get("/articles/?component=カードリーダー").text


def test_who_watches_a_search_hears_of_new_matches_that_exist_for_them(
    as_role, make_article, publish, round_, people, session
):
    make_article(title="両替機が止まる", symptom="硬貨が詰まる")
    for login in ("staff", "engineer"):
        assert watch(as_role(login), "search", " 両替機　硬貨 ").status_code == 303
    new = make_article(title="両替機の硬貨が詰まる", confidence="work_in_progress")
    hidden = make_article(title="両替機の硬貨の鍵", audience="engineer", confidence="work_in_progress")
    other = make_article(title="番号が進まない", symptom="表示が変わらない", confidence="work_in_progress")
    for article in (new, hidden, other):
        publish(article)

    round_(index=False)
    assert told(session, "watched_search") == [], "the index has not taken them yet"
    round_()

    assert told(session, "watched_search") == [
        (people["staff"], new.id),
        (people["engineer"], new.id),
        (people["engineer"], hidden.id),
    ]
    assert session.scalars(select(ToMatch)).all() == []
    round_()
    assert max(session.scalars(select(Notice.times).where(Notice.kind == "watched_search"))) == 1


def test_without_a_watched_search_nothing_is_queued(make_article, publish, session):
    publish(make_article(confidence="work_in_progress"))

    assert session.scalars(select(ToMatch)).all() == []


def test_the_list_shows_what_is_watched_and_ends_it(app, as_role, make_article, session):
    article = make_article(title="見守る記事", components=("カードリーダー",))
    for kind, value in (("article", article.id), ("component", "カードリーダー"), ("search", "詰まる")):
        watch(as_role("staff"), kind, value)
        watch(as_role("staff"), kind, value)
    page = as_role("staff").get("/watches/").text
    assert page.count("watch-row") == 3 and "見守る記事" in page and "詰まる" in page
    assert as_role("engineer").post("/watches/1/end").status_code == 404

    as_role("staff").post("/watches/1/end")

    assert len(session.scalars(select(Watch)).all()) == 2
    watch(as_role("staff"), "article", article.id)
    with writing(app.extensions["kb.engine"]) as writer:
        writer.execute(update(Article).values(audience="engineer"))
    assert "見守る記事" not in as_role("staff").get("/watches/").text


@pytest.mark.parametrize(
    ("kind", "value", "status"),
    [
        ("search", "個人番号 123456789018", 422),
        ("search", "長" * 201, 422),
        ("search", " ", 422),
        ("article", "999", 404),
        ("article", "²", 404),
        ("component", "ない機器", 404),
        ("person", "1", 404),
    ],
)
def test_what_cannot_be_watched_is_refused(as_role, session, kind, value, status):
    assert watch(as_role("staff"), kind, value).status_code == status
    assert session.scalars(select(Watch)).all() == []


def test_who_watched_what_is_replaced_watches_what_replaces_it(as_role, make_article, people, session):
    old, new = make_article(), make_article()
    watch(as_role("staff"), "article", old.id)
    watch(as_role("engineer"), "article", old.id)
    watch(as_role("engineer"), "article", new.id)

    as_role("reviewer").post(f"/articles/{old.id}/retirement", data={"successor": new.id})

    rows = session.execute(select(Watch.person_id, Watch.article_id, Watch.key)).all()
    assert sorted(rows) == [(people[w], new.id, f"article:{new.id}") for w in ("staff", "engineer")]
    assert told(session, "watched_replaced") == [(people[w], new.id) for w in ("staff", "engineer")]


def test_who_may_not_see_what_replaces_it_does_not_hear_of_it(as_role, make_article, people, session):
    old, new = make_article(), make_article(audience="engineer")
    for login in ("staff", "engineer"):
        watch(as_role(login), "article", old.id)

    as_role("reviewer").post(f"/articles/{old.id}/retirement", data={"successor": new.id})

    assert told(session, "watched_replaced") == [(people["engineer"], new.id)]
