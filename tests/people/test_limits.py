"""How often somebody may be wrong before they have to wait; being right is never counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from limits import parse

from app import create_app
from kb.people import limits
from kb.web import db
from kb.web.locale import WORDS
from tests.conftest import PASSWORD

OFTEN = parse(limits.PER_ACCOUNT).amount
OFTEN_FROM_AN_ADDRESS = parse(limits.PER_ADDRESS).amount
SENTENCE = WORDS["people.too_often"]["ja"]


def spend(limit, key, times):
    """Count that many failures without the slow comparison of passwords."""
    rule = next(iter(getattr(limits, limit)))
    for _ in range(times):
        limits.limiter.limiter.hit(rule.limit, key, "people.sign_in")


def test_the_accounts_limit_lies_above_the_lock_so_that_an_unlocked_person_need_not_wait():
    assert OFTEN > 10


def test_one_account_is_paused_for_every_address_after_many_failures(attempt, app):
    spend("failures_of_an_account", "login:staff", OFTEN)

    paused = attempt("ＳＴＡＦＦ", PASSWORD)

    assert paused.status_code == 429
    assert SENTENCE in paused.text
    assert int(paused.headers["Retry-After"]) > 0
    assert attempt("engineer", PASSWORD).status_code == 303


def test_failures_are_counted_by_the_form_itself(attempt):
    spend("failures_of_an_account", "login:staff", OFTEN - 1)

    assert attempt("staff", "間違えた合言葉").status_code == 422
    assert attempt("staff", PASSWORD).status_code == 429


def test_an_office_behind_one_address_signs_in_as_it_likes(attempt):
    spend("failures_of_an_address", "127.0.0.1", OFTEN_FROM_AN_ADDRESS - 1)

    assert [attempt("staff", PASSWORD).status_code for _ in range(3)] == [303, 303, 303]


def test_an_address_that_only_guesses_is_paused_and_told_of_once(attempt, audited):
    spend("failures_of_an_address", "127.0.0.1", OFTEN_FROM_AN_ADDRESS)

    assert [attempt(f"guess{n}", "x").status_code for n in range(3)] == [429, 429, 429]
    assert [row.address for row in audited("people.sign_in_limited")] == ["127.0.0.1"]
    assert audited("people.sign_in_failed") == []


def test_kept_text_stays_in_the_form_of_who_has_to_wait(attempt):
    spend("failures_of_an_account", "login:staff", OFTEN)

    assert 'value="書きかけ"' in attempt("staff", PASSWORD, kept="書きかけ").text


def test_reading_the_sign_in_page_is_not_counted(visitor):
    spend("failures_of_an_address", "127.0.0.1", OFTEN_FROM_AN_ADDRESS)

    assert visitor.get("/sign-in").status_code == 200


def test_guessing_the_current_password_in_an_open_session_is_paused_too(as_role, people):
    client = as_role("staff")
    rule = next(iter(limits.failures_of_a_person))
    for _ in range(OFTEN):
        limits.limiter.limiter.hit(rule.limit, f"person:{people['staff']}", "people.password")

    response = client.post("/password", data={"current": "x", "new": "x", "again": "x"})

    assert response.status_code == 429
    assert SENTENCE in response.text and 'action="/password"' in response.text


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7")])
def test_the_address_is_the_one_that_the_trusted_proxies_saw(settings, proxies, address):
    app = create_app(replace(settings, trusted_proxies=proxies))
    app.config["WTF_CSRF_ENABLED"] = False
    db.migrate(app)
    spend("failures_of_an_address", address, OFTEN_FROM_AN_ADDRESS)

    forwarded = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7, 203.0.113.9"}
    response = app.test_client().post("/sign-in", data={"login": "x", "password": "y"}, headers=forwarded)
    app.extensions["kb.engine"].dispose()

    assert response.status_code == 429
