"""Forms: a token for every post, and text that outlives its session."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import select, update

from kb.store.db import writing
from kb.store.models import Article, SignIn
from tests.conftest import PASSWORD, complete_sections
from tests.durability.visitor import first_form


class Browser:
    """A client that reads its tokens out of the pages, as a browser does."""

    def __init__(self, app):
        self.client = app.test_client()

    def get(self, path):
        return self.client.get(path)

    def post(self, path, form_at, **fields):
        return self.client.post(path, data={"csrf_token": token(self.get(form_at).text)} | fields)

    def sign_in(self, login, **fields):
        return self.post("/sign-in", "/sign-in", login=login, password=PASSWORD, **fields)


def token(page):
    return unescape(re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1])


@pytest.fixture
def browser(app):
    return Browser(app)


@pytest.fixture
def draft():
    sections = {f"section.{key}": text for key, text in complete_sections("workaround").items()}
    return {
        "kind": "workaround",
        "title": "失われない題",
        "symptom": "二行の\n症状 <b>",
        "environment": "窓口端末",
        "audience": "staff",
        "review_due": "2030-03-31",
        "action": "save",
        **sections,
    }


def end_sessions(app):
    with writing(app.extensions["kb.engine"]) as session:
        session.execute(update(SignIn).values(ended_at=datetime.now(UTC)))


def kept_of(page):
    return unescape(re.search(r'name="kept"[^>]*value="([^"]+)"', page)[1])


def test_a_post_without_a_token_changes_nothing(browser, session):
    browser.sign_in("author")

    assert browser.client.post("/sign-out").status_code == 400
    assert browser.get("/articles/new").status_code == 200


def test_text_posted_with_an_ended_session_comes_back_after_signing_in(app, browser, session, draft):
    browser.sign_in("author")
    form = browser.get("/articles/new?kind=workaround")
    end_sessions(app)

    page = browser.client.post("/articles/new", data=draft | {"csrf_token": token(form.text)})
    assert page.status_code == 401 and session.scalar(select(Article)) is None
    back = browser.client.post(
        "/sign-in",
        data={
            "csrf_token": token(page.text),
            "kept": kept_of(page.text),
            "login": "author",
            "password": PASSWORD,
        },
    )
    assert back.status_code == 200
    fields = first_form(back.text, "/articles/new")
    typed = {name: text for name, text in draft.items() if name != "action"}
    assert {name: fields[name] for name in typed} == typed
    resumed = browser.client.post("/articles/new", data=fields)

    assert resumed.status_code == 200 and "失われない題" in resumed.text and "&lt;b&gt;" in resumed.text
    assert session.scalar(select(Article)) is None
    saved = browser.client.post("/articles/new", data=draft | {"csrf_token": token(resumed.text)})
    assert saved.status_code == 303


def test_another_person_who_signs_in_there_does_not_get_the_text(app, browser, draft):
    browser.sign_in("author")
    form = browser.get("/articles/new?kind=workaround")
    end_sessions(app)
    page = browser.client.post("/articles/new", data=draft | {"csrf_token": token(form.text)})

    answer = browser.client.post(
        "/sign-in",
        data={
            "csrf_token": token(page.text),
            "kept": kept_of(page.text),
            "login": "engineer",
            "password": PASSWORD,
        },
    )

    assert "失われない題" not in answer.text


def test_a_form_older_than_the_session_keeps_its_text(app, browser, draft):
    browser.sign_in("author")
    form = browser.get("/articles/new?kind=workaround")
    old = token(form.text)
    browser.post("/sign-out", "/articles/")
    browser.sign_in("author")

    answer = browser.client.post("/articles/new", data=draft | {"csrf_token": old})

    assert answer.status_code == 200 and "失われない題" in answer.text and "_resume" in answer.text


def test_forged_kept_text_is_ignored(browser):
    answer = browser.sign_in("author", kept="forged.payload")

    assert answer.status_code == 303


def test_a_visitor_is_led_back_to_where_they_were_going_and_nowhere_else(app, browser):
    assert browser.get("/articles/?kind=workaround").location == "/sign-in?next=/articles/?kind%3Dworkaround"
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = Browser(app).sign_in("author", next=elsewhere)
        assert answer.location == "/"
