"""What every answer has: headers, language, error pages, Japan time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app import create_app
from kb.store.models import AuditRow
from kb.web.shell import age, day, moment


@pytest.mark.parametrize("path", ["/sign-in", "/articles/1", "/static/web/base.css", "/nowhere", "/healthz"])
def test_every_answer_carries_the_headers(as_role, path):
    with as_role("staff").get(path) as answer:
        headers = answer.headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert ("no-store" in headers["Cache-Control"]) == (not path.startswith("/static"))


def test_the_service_says_that_it_lives(visitor):
    assert (visitor.get("/healthz").status_code, visitor.get("/healthz").text) == (200, "ok\n")


def test_japanese_comes_first_whatever_the_browser_asks_for(visitor):
    page = visitor.get("/sign-in", headers={"Accept-Language": "en"})

    assert 'lang="ja"' in page.text


def test_english_is_a_choice_that_stays(as_role):
    client = as_role("staff")
    answer = client.post("/language", data={"language": "en", "next": "/articles/"})

    assert answer.location == "/articles/"
    assert 'lang="en"' in client.get("/articles/").text
    assert client.post("/language", data={"language": "en", "next": "//evil.example"}).location == "/"
    client.post("/language", data={"language": "xx"})
    assert 'lang="en"' in client.get("/articles/").text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_is_not_there_answers_with_a_page_that_helps(as_role, language):
    client = as_role("staff")
    client.post("/language", data={"language": language})

    page = client.get("/nowhere")

    assert page.status_code == 404 and f'lang="{language}"' in page.text and "<h1" in page.text


def test_a_method_that_a_page_does_not_know_is_said_so(as_role):
    answer = as_role("staff").put("/articles/")

    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


def test_a_refusal_is_audited_with_who_and_where(as_role, make_article, session, people):
    hidden = make_article(audience="engineer")

    as_role("staff").get(f"/articles/{hidden.id}")

    row = session.scalar(select(AuditRow).where(AuditRow.action == "access.refused"))
    assert (row.person_id, row.object_id, row.detail["endpoint"]) == (
        people["staff"],
        hidden.id,
        "articles.show",
    )


def test_times_are_shown_in_japan_with_the_era(app):
    at = datetime(2026, 11, 22, 15, 4, tzinfo=UTC)
    with app.test_request_context():
        assert (
            moment(at) == '<time datetime="2026-11-23T00:04:00+09:00">2026年（令和8年）11月23日 00:04</time>'
        )
        assert day(date(2019, 5, 1)) == '<time datetime="2019-05-01">2019年（令和元年）5月1日</time>'
        assert moment(None) == day(None) == age(None) == ""


def test_a_request_for_another_host_is_refused_where_the_hosts_are_named(settings):
    client = create_app(replace(settings, hosts=("kb.example",))).test_client()

    assert client.get("/articles", base_url="http://evil.example").status_code == 400
    assert client.get("/articles", base_url="http://kb.example").status_code == 308


def test_an_upload_past_the_limit_is_refused(as_role):
    answer = as_role("author").post("/articles/new", data={"section.body": "字" * (5 * 2**20)})

    assert answer.status_code == 413
