"""Atom feeds: valid, escaped, and only what their reader may see, also by a secret address."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree as Xml

import pytest
from sqlalchemy import select, update

from kb.store.db import writing
from kb.store.models import Article, FeedToken, Person

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def opened(app, visitor):
    """A visitor where the ward's staff pages are open."""
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=True)
    return visitor


def titles(answer):
    feed = Xml.fromstring(answer.data)
    return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]


def secret(client):
    page = client.post("/feeds/token").text
    return re.search(r"http://localhost(/feeds/[\w-]{40,}/articles\.atom)", page)[1]


def test_a_feed_is_valid_atom_and_escapes_what_people_wrote(opened, make_article):
    article = make_article(title="<b>太字</b> & ]]> \x0b印刷", symptom="画面に <script> と出る")

    answer = opened.get("/feeds/articles.atom")

    assert answer.mimetype == "application/atom+xml"
    feed = Xml.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    for tag in ("id", "title", "updated"):
        assert feed.findtext(f"{ATOM}{tag}") and feed.findtext(f"{ATOM}entry/{ATOM}{tag}")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    entry = feed.find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == f"{article.number} <b>太字</b> & ]]> 印刷"
    assert entry.findtext(f"{ATOM}summary") == "画面に <script> と出る"
    assert entry.find(f"{ATOM}link").get("href") == f"http://localhost/articles/{article.id}"
    assert datetime.fromisoformat(entry.findtext(f"{ATOM}updated")).tzinfo is not None
    again = Xml.fromstring(opened.get("/feeds/articles.atom").data)
    assert again.findtext(f"{ATOM}entry/{ATOM}id") == entry.findtext(f"{ATOM}id")


def test_each_reader_gets_what_exists_for_them(app, opened, as_role, make_article):
    make_article(title="職員"), make_article(title="技術者", audience="engineer")
    make_article(title="制限", audience="restricted", owner="reviewer")
    make_article(title="下書き", confidence="work_in_progress"), make_article(confidence="archived")
    addresses = {login: secret(as_role(login)) for login in ("staff", "untrained", "engineer", "author")}

    found = {login: len(titles(opened.get(address))) for login, address in addresses.items()}

    assert found == {"staff": 1, "untrained": 2, "engineer": 3, "author": 2}
    assert len(titles(opened.get("/feeds/articles.atom"))) == 1
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=False)
    assert opened.get("/feeds/articles.atom").status_code == 303


def test_a_feed_is_narrowed_to_a_kind_and_a_device(opened, make_article):
    make_article(title="リリース", kind="release_note", components=("窓口端末",))
    make_article(title="回避策", components=("窓口端末",)), make_article(title="ほか")

    assert len(titles(opened.get("/feeds/articles.atom?kind=release_note"))) == 1
    assert len(titles(opened.get("/feeds/articles.atom?component=窓口端末"))) == 2
    assert len(titles(opened.get("/feeds/articles.atom?kind=workaround&component=窓口端末"))) == 1


def test_a_secret_address_works_until_it_is_revoked_renewed_or_its_person_may_not_sign_in(
    app, visitor, as_role, make_article, session
):
    make_article()
    first = secret(as_role("author"))
    assert visitor.get(first).status_code == 200
    row = session.scalars(select(FeedToken)).one()
    assert first.split("/")[2] not in (row.token_hash, "") and len(row.token_hash) == 64
    second = secret(as_role("author"))
    assert (visitor.get(first).status_code, visitor.get(second).status_code) == (404, 200)
    as_role("author").post("/feeds/token/revocation")
    assert visitor.get(second).status_code == 404

    third = secret(as_role("author"))
    for ended in ({"access_until": date(2020, 1, 1)}, {"disabled_at": datetime.now(UTC)}):
        with writing(app.extensions["kb.engine"]) as writer:
            writer.execute(update(Person).where(Person.login == "author").values(**ended))
        assert visitor.get(third).status_code == 404
        back = {"access_until": date(2099, 1, 1), "disabled_at": None}
        with writing(app.extensions["kb.engine"]) as writer:
            writer.execute(update(Person).where(Person.login == "author").values(**back))
    assert visitor.get(third).status_code == 200


def test_what_did_not_change_is_not_sent_again_and_what_was_withdrawn_is_gone(app, opened, make_article):
    make_article(), make_article()
    first = opened.get("/feeds/articles.atom")
    assert first.headers["Cache-Control"] == "private, no-cache" and first.last_modified
    asked = {"If-None-Match": first.headers["ETag"]}
    assert opened.get("/feeds/articles.atom", headers=asked).status_code == 304

    with writing(app.extensions["kb.engine"]) as writer:
        writer.execute(update(Article).where(Article.id == 1).values(audience="engineer"))

    answer = opened.get("/feeds/articles.atom", headers=asked)
    assert answer.status_code == 200 and len(titles(answer)) == 1


@pytest.mark.parametrize("component", ["%EF%BF%BF", "%00%1F%22%3E%3Cb%3E", "%ED%A0%80"])
def test_an_address_of_anything_gives_a_feed_that_can_be_read(opened, component):
    answer = opened.get(f"/feeds/articles.atom?component={component}")

    assert Xml.fromstring(answer.data).tag == f"{ATOM}feed"


def test_an_empty_feed_is_a_feed(opened):
    answer = opened.get("/feeds/articles.atom")

    assert titles(answer) == [] and b"<updated>" in answer.data
