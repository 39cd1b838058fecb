"""Signing in and out: what lets somebody in, what a failure tells, and what it costs."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from argon2 import PasswordHasher

from kb.people import passwords
from kb.store.models import AuditRow
from kb.web.locale import WORDS
from tests.conftest import PASSWORD, person
from tests.people.conftest import now

SENTENCE = WORDS["people.wrong_login_or_password"]["ja"]
INDEX = "/articles/"


def seen(response):
    """Return the page without the token against forged forms, which differs each time."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", response.text)


def test_the_right_password_leads_to_where_the_person_was_going(attempt, visitor):
    response = attempt("staff", PASSWORD, next="/search?q=印刷")

    assert response.status_code == 303
    assert response.headers["Location"] == "/search?q=%E5%8D%B0%E5%88%B7"
    assert visitor.get(INDEX).status_code == 200


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "/\\example.org", "search"])
def test_nobody_is_sent_to_another_place_than_this_host(attempt, target):
    assert attempt("staff", PASSWORD, next=target).headers["Location"] == "/"


def test_a_login_typed_with_an_ime_or_in_capitals_is_the_same_login(attempt):
    assert attempt(" ＳＴＡＦＦ ", PASSWORD).status_code == 303


def test_the_sign_in_page_is_passed_over_by_who_has_signed_in(as_role):
    response = as_role("staff").get("/sign-in?next=/articles/")

    assert (response.status_code, response.headers["Location"]) == (303, "/articles/")


def test_the_page_asks_for_the_fields_that_password_managers_know(visitor):
    page = visitor.get("/sign-in").text

    assert 'autocomplete="username"' in page and 'autocomplete="current-password"' in page


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"disabled_at": now()}, "people.disabled"),
        ({"locked_at": now()}, "people.locked"),
        ({"password_expires_at": now()}, "people.one_time_password_expired"),
        ({"organisation": "contractor", "access_until": date(2020, 1, 1)}, "people.consent_ended"),
        (
            {"organisation": "subcontractor", "access_until": date(2099, 1, 1), "consent_reference": ""},
            "people.consent_missing",
        ),
    ],
)
def test_every_failure_answers_the_same_and_only_the_log_knows_why(
    attempt, on_record, audited, columns, reason
):
    on_record("engineer", **columns)

    right, wrong = (attempt("engineer", password) for password in (PASSWORD, "間違えた合言葉"))

    assert right.status_code == wrong.status_code == 422
    assert seen(right) == seen(wrong) and SENTENCE in right.text
    assert audited("people.sign_in_failed")[0].detail == {"reason": reason}


def test_an_unknown_login_answers_like_a_wrong_password(attempt):
    unknown, wrong = attempt("nobody", PASSWORD), attempt("staff", "間違えた合言葉")

    assert unknown.status_code == wrong.status_code == 422
    assert seen(unknown).replace("nobody", "staff") == seen(wrong)


def test_the_log_keeps_neither_the_password_nor_a_login_that_nobody_has(attempt, audited):
    attempt("うっかり書いた合言葉", "間違えた合言葉")
    attempt("staff", "間違えた合言葉")

    rows = audited("people.sign_in_failed")
    assert [(row.person_id, row.object_type) for row in rows] == [(None, ""), (None, "person")]
    assert [row.detail for row in rows] == [{"reason": "people.wrong_login_or_password"}] * 2
    assert rows[0].address == "127.0.0.1"


def test_ten_failures_in_a_row_lock_the_account_even_for_the_right_password(attempt, person_of, audited):
    for _ in range(10):
        assert attempt("staff", "間違えた合言葉").status_code == 422

    assert person_of("staff").locked_at is not None
    assert attempt("staff", PASSWORD).status_code == 422
    assert len(audited("people.locked")) == 1
    assert audited("people.locked")[0].object_id == person_of("staff").id


def test_nine_failures_do_not_lock_and_a_success_starts_the_count_again(attempt, person_of):
    for _ in range(9):
        attempt("staff", "間違えた合言葉")
    attempt("staff", PASSWORD)

    assert person_of("staff").failed_sign_ins == 0
    attempt("staff", "間違えた合言葉")
    assert (person_of("staff").failed_sign_ins, person_of("staff").locked_at) == (1, None)


def test_a_session_that_is_open_outlives_the_lock_that_somebody_else_caused(as_role, attempt, on_record):
    client = as_role("staff")
    on_record("staff", locked_at=now())

    assert client.get(INDEX).status_code == 200


def test_signing_in_changes_the_session_and_ends_the_one_before(as_role, app):
    client = as_role("staff")
    before = client.get_cookie("session").value
    client.post("/sign-in", data={"login": "staff", "password": PASSWORD})
    thief = app.test_client()
    thief.set_cookie("session", before)

    assert client.get_cookie("session").value != before
    assert thief.get(INDEX).status_code == 303
    assert client.get(INDEX).status_code == 200


def test_signing_out_ends_the_session_on_the_server(as_role, app, audited, people):
    client = as_role("staff")
    thief = app.test_client()
    thief.set_cookie("session", client.get_cookie("session").value)
    assert thief.get(INDEX).status_code == 200

    response = client.post("/sign-out")

    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")
    assert thief.get(INDEX).status_code == 303
    assert audited("people.signed_out")[0].person_id == people["staff"]


def test_signing_out_twice_or_without_a_session_is_no_error(visitor):
    assert visitor.post("/sign-out").status_code == 303


def test_a_session_ends_after_half_an_hour_without_use(as_role, sign_ins):
    client = as_role("staff")
    sign_ins(seen_at=now() - timedelta(minutes=29))
    assert client.get(INDEX).status_code == 200

    sign_ins(seen_at=now() - timedelta(minutes=31))

    assert client.get(INDEX).headers["Location"] == "/sign-in?next=/articles/"


def test_a_session_ends_after_twelve_hours_whatever_happens(as_role, sign_ins):
    client = as_role("staff")
    sign_ins(created_at=now() - timedelta(hours=12, minutes=1), seen_at=now())

    assert client.get(INDEX).status_code == 303


@pytest.mark.parametrize(
    "columns", [{"disabled_at": now()}, {"organisation": "contractor", "access_until": date(2020, 1, 1)}]
)
def test_a_session_ends_with_the_account_or_the_consent(as_role, on_record, columns):
    client = as_role("engineer")
    on_record("engineer", **columns)

    assert client.get(INDEX).status_code == 303


def test_a_hash_with_outdated_parameters_is_made_anew(attempt, on_record, person_of):
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    on_record("staff", password_hash=old)

    assert attempt("staff", PASSWORD).status_code == 303
    assert not passwords.outdated(person_of("staff").password_hash)
    assert attempt("staff", PASSWORD).status_code == 303


def test_text_written_in_a_session_that_ended_comes_back_to_its_writer(as_role, sign_ins):
    client = as_role("author")
    sign_ins(ended_at=now())
    written = {"kind": "workaround", "title": "書きかけの題名", "section.steps": "1. 一行目\n2. 二行目"}
    page = client.post("/articles/new", data=written)
    kept = page.text.split('name="kept" value="')[1].split('"')[0]
    assert page.status_code == 401

    response = client.post("/sign-in", data={"login": "author", "password": PASSWORD, "kept": kept})

    assert response.status_code == 200
    assert "書きかけの題名" in response.text and 'action="/articles/new"' in response.text


def test_kept_text_survives_a_wrong_password_and_is_not_given_to_another_person(as_role, sign_ins):
    client = as_role("author")
    sign_ins(ended_at=now())
    page = client.post("/articles/new", data={"kind": "workaround", "title": "書きかけの題名"})
    kept = page.text.split('name="kept" value="')[1].split('"')[0]
    wrong = client.post("/sign-in", data={"login": "author", "password": "間違えた合言葉", "kept": kept})
    assert kept in wrong.text

    response = client.post(
        "/sign-in", data={"login": "engineer", "password": PASSWORD, "kept": kept}, follow_redirects=True
    )

    assert "書きかけの題名" not in response.text
    assert WORDS["people.kept_lost"]["ja"] in response.text


def test_text_that_was_tampered_with_is_not_given_back(attempt):
    response = attempt("author", PASSWORD, kept="x.y.z")

    assert (response.status_code, response.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/sign-in", "/password", "/people/new", "/people/1/edit"])
def test_asking_for_the_head_of_a_form_sends_no_form(as_role, session, path):
    client = as_role("administrator")
    before = session.query(AuditRow).count()
    session.rollback()

    assert client.head(path).status_code == (303 if path == "/sign-in" else 200)
    assert session.query(AuditRow).count() == before


def test_the_head_of_the_sign_in_page_is_no_failed_sign_in(visitor, session):
    assert visitor.head("/sign-in").status_code == 200
    assert session.query(AuditRow).count() == 0


def test_the_cast_is_what_the_tests_say(person_of, password_hash):
    made = person("author", password_hash, "author", "contractor", True)

    assert person_of("author").access_until == made.access_until
