"""Notices: who is told, once until it is read, and never of what does not exist for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app import create_app
from kb.notices import mailing
from kb.store import notices
from kb.store.db import writing
from kb.store.models import Article, Notice, OutboxMail, Person
from kb.store.notices import ABOUT, KINDS, notify
from kb.web.locale import WORDS
from tests.conftest import form_of

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def tell(app, people):
    """A function: tell these logins of an article; return the logins that were told."""

    def tell(article, *logins, at=NOW, by=None):
        names = {people[login]: login for login in people}
        with writing(app.extensions["kb.engine"]) as session:
            about = ("article", article.id)
            told = notify(session, "assigned", [people[login] for login in logins], about=about, at=at, by=by)
        return [names[person_id] for person_id in told]

    return tell


def change(app, table, **values):
    with writing(app.extensions["kb.engine"]) as session:
        session.execute(update(table).values(**values))


def test_the_header_counts_what_is_unread_and_the_list_leads_to_it(as_role, make_article, tell):
    article = make_article(title="印刷されない")
    tell(article, "engineer")
    client = as_role("engineer")

    page = client.get("/notices/")
    assert (
        "未読1件" in page.text and "この記事の担当になりました" in page.text and "印刷されない" in page.text
    )
    answer = client.post("/notices/1/reading")

    assert answer.location == f"/articles/{article.id}"
    after = client.get("/notices/").text
    assert "未読1件" not in after and "印刷されない" in after


def test_the_same_again_is_one_notice_until_it_is_read(as_role, make_article, tell, session):
    article = make_article()
    for minutes in range(3):
        tell(article, "engineer", at=NOW + timedelta(minutes=minutes))
    as_role("engineer").post("/notices/1/reading", data={"stay": "1"})
    tell(article, "engineer", at=NOW + timedelta(hours=1))

    assert [notice.times for notice in session.scalars(select(Notice).order_by(Notice.id))] == [3, 1]


def test_nobody_is_told_of_what_they_did_or_may_not_see_or_once_their_access_has_ended(
    app, people, make_article, tell
):
    restricted = make_article(audience="restricted", owner="reviewer")
    open_to_all = make_article()

    assert tell(restricted, "staff", "engineer", "untrained", "author", "reviewer") == [
        "engineer",
        "reviewer",
    ]
    assert tell(open_to_all, "engineer", "reviewer", by=people["engineer"]) == ["reviewer"]
    change(app, Person, access_until=date(2026, 11, 23), disabled_at=None)
    assert tell(open_to_all, "author", "staff") == ["staff"]
    change(app, Person, disabled_at=NOW)
    assert tell(open_to_all, "staff") == []


def test_what_its_reader_may_no_longer_see_is_neither_listed_nor_counted_nor_opened_nor_mailed(
    app, as_role, make_article, tell, session
):
    tell(make_article(title="表示されない記事"), "staff")
    change(app, Person, email="staff@example.lg.jp")
    change(app, Article, audience="engineer")

    page = as_role("staff").get("/notices/").text
    assert "表示されない記事" not in page and "お知らせはありません" in page and "未読" not in page
    assert as_role("staff").post("/notices/1/reading").status_code == 404
    with app.app_context(), writing(app.extensions["kb.engine"]) as writer:
        mailing.queue(writer, NOW)
    assert session.scalars(select(OutboxMail)).all() == []


def test_all_that_stood_on_the_page_is_read_and_what_came_after_it_is_not(
    as_role, make_article, tell, session
):
    tell(make_article(), "staff")
    tell(make_article(), "staff", at=NOW + timedelta(minutes=1))

    as_role("staff").post("/notices/reading", data={"until": NOW.isoformat()})

    rows = session.scalars(select(Notice).order_by(Notice.id))
    assert [notice.read_at is not None for notice in rows] == [True, False]


def test_somebody_elses_notice_is_not_there(as_role, make_article, tell):
    tell(make_article(), "staff")

    assert as_role("engineer").post("/notices/1/reading").status_code == 404


def test_mail_tells_each_person_once_of_all_that_is_unread_and_holds_no_contents(
    app, make_article, tell, session
):
    change(app, Person, email=Person.login + "@example.lg.jp")
    first, second = make_article(title="題名はここだけ"), make_article()
    tell(first, "staff", "engineer")
    tell(second, "staff")
    for minute in (1, 2):
        tell(first, "staff")
        with app.app_context(), writing(app.extensions["kb.engine"]) as writer:
            mailing.queue(writer, NOW + timedelta(minutes=minute))

    mails = session.execute(select(Person.login, OutboxMail.body).join(Person).order_by(Person.id)).all()
    assert [login for login, _ in mails] == ["staff", "engineer"]
    assert first.number in mails[0].body and second.number in mails[0].body
    assert "この記事の担当になりました" in mails[0].body and "in charge" in mails[0].body
    assert "題名はここだけ" not in mails[0].body


def test_a_mail_server_set_today_sends_no_flood_of_the_past(app, make_article, tell, session):
    change(app, Person, email="staff@example.lg.jp")
    tell(make_article(), "staff")

    with app.app_context(), writing(app.extensions["kb.engine"]) as writer:
        mailing.queue(writer, NOW + timedelta(days=2))

    assert session.scalars(select(OutboxMail)).all() == []


def test_what_was_read_long_ago_is_forgotten(as_role, make_article, tell, session):
    tell(make_article(), "staff")
    as_role("staff").post("/notices/1/reading")

    tell(make_article(), "staff", at=datetime.now(UTC) + notices.KEPT + timedelta(days=1))

    assert len(session.scalars(select(Notice)).all()) == 1


def test_a_new_owner_is_told(as_role, make_article, people, session):
    article = make_article()

    as_role("reviewer").post(
        f"/articles/{article.id}/edit", data=form_of(article, owner_id=people["engineer"])
    )

    assert [n.person_id for n in session.scalars(select(Notice).where(Notice.kind == "assigned"))] == [
        people["engineer"]
    ]


def test_a_long_list_comes_in_pages(app, as_role, make_article, people):
    article = make_article()
    with writing(app.extensions["kb.engine"]) as writer:
        row = {"kind": "assigned", "object_type": "article", "object_id": article.id, "data": {}}
        many = [Notice(person_id=people["staff"], at=NOW, read_at=NOW, **row) for _ in range(60)]
        writer.add_all(many)

    assert as_role("staff").get("/notices/?page=2").text.count("notice-open") == 10


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_words_and_a_page(settings, kind):
    row = KINDS[kind]
    endpoints = create_app(settings).view_functions

    assert f"notices.{kind}" in WORDS
    assert (row.endpoint or ABOUT[row.about].endpoint) in endpoints
