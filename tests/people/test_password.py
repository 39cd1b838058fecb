"""One's own password: what is accepted, what changing it ends, and the one-time password before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kb.people import passwords
from kb.people.guessable import GUESSABLE, listed
from kb.web.locale import WORDS
from tests.conftest import PASSWORD
from tests.people.conftest import NEW_PASSWORD, now


def change(client, current=PASSWORD, new=NEW_PASSWORD, again=None, **fields):
    data = {"current": current, "new": new, "again": new if again is None else again}
    return client.post("/password", data=data | fields)


def words(key, **values):
    return WORDS[key]["ja"].format(**values)


def test_a_changed_password_works_and_the_old_one_no_longer_does(as_role, attempt, audited):
    response = change(as_role("staff"))

    assert response.status_code == 303
    assert attempt("staff", PASSWORD).status_code == 422
    assert attempt("staff", NEW_PASSWORD).status_code == 303
    assert len(audited("people.password_changed")) == 1


def test_changing_the_password_ends_every_other_session_and_renews_this_one(as_role, app):
    client, elsewhere, thief = as_role("staff"), app.test_client(), app.test_client()
    elsewhere.post("/sign-in", data={"login": "staff", "password": PASSWORD})
    thief.set_cookie("session", client.get_cookie("session").value)

    change(client)

    assert client.get("/articles/").status_code == 200
    assert elsewhere.get("/articles/").status_code == 303
    assert thief.get("/articles/").status_code == 303


def test_another_persons_sessions_stay(as_role):
    other = as_role("engineer")
    change(as_role("staff"))

    assert other.get("/articles/").status_code == 200


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"current": "間違えた合言葉"}, words("people.current_password_wrong")),
        ({"new": "短すぎる"}, words("people.password_short", least=8)),
        ({"new": "長い" * 65}, words("people.password_long", most=128)),
        ({"new": "Password2026!"}, words("people.password_common")),
        ({"new": PASSWORD}, words("people.password_same")),
        ({"again": "別の合言葉だ"}, words("people.passwords_differ")),
    ],
)
def test_a_password_that_is_refused_says_why_and_changes_nothing(as_role, person_of, typed, reason):
    before = person_of("staff").password_hash
    response = change(as_role("staff"), **typed)

    assert response.status_code == 422
    assert reason in response.text
    assert person_of("staff").password_hash == before


def test_a_wrong_current_password_and_a_weak_new_one_are_told_together_and_audited(as_role, audited):
    response = change(as_role("staff"), current="間違えた合言葉", new="短い")

    assert words("people.current_password_wrong") in response.text
    assert words("people.password_short", least=8) in response.text
    assert len(audited("people.password_refused")) == 1


def test_what_was_typed_does_not_come_back_in_the_page(as_role):
    response = change(as_role("staff"), new="四月の川と鍵", again="五月の川と鍵")

    assert "四月の川と鍵" not in response.text and "五月の川と鍵" not in response.text


def test_blanks_and_any_characters_count_as_they_were_typed(as_role, attempt):
    spaced = "  前後の 空白も 🗝 "
    change(as_role("staff"), new=spaced)

    assert attempt("staff", spaced.strip()).status_code == 422
    assert attempt("staff", spaced).status_code == 303


def test_the_same_letters_composed_otherwise_are_the_same_password(as_role, attempt):
    change(as_role("staff"), new="がぎぐげごの合言葉")

    assert attempt("staff", "か\u3099き\u3099く\u3099け\u3099こ\u3099の合言葉").status_code == 303


def test_a_one_time_password_leads_to_the_change_and_nowhere_else(attempt, visitor, on_record):
    on_record("staff", must_change_password=True, password_expires_at=now() + timedelta(hours=1))

    assert attempt("staff", PASSWORD, next="/search").headers["Location"] == "/password?next=/search"
    for path in ("/", "/articles/", "/search"):
        assert visitor.get(path).headers["Location"] == "/password"
    assert words("people.password.must") in visitor.get("/password").text


def test_after_the_first_change_the_one_time_password_is_forgotten(attempt, visitor, on_record, person_of):
    on_record("staff", must_change_password=True, password_expires_at=now() + timedelta(hours=1))
    attempt("staff", PASSWORD)

    assert change(visitor, next="/search").headers["Location"] == "/search"
    assert visitor.get("/articles/").status_code == 200
    assert person_of("staff").password_expires_at is None


def test_whoever_has_a_one_time_password_can_still_sign_out(attempt, visitor, on_record):
    on_record("staff", must_change_password=True)
    attempt("staff", PASSWORD)

    assert visitor.post("/sign-out").headers["Location"] == "/sign-in"


def test_kept_text_goes_along_through_the_change_of_a_one_time_password(as_role, sign_ins, on_record):
    client = as_role("author")
    sign_ins(ended_at=now())
    page = client.post("/articles/new", data={"kind": "workaround", "title": "書きかけの題名"})
    kept = page.text.split('name="kept" value="')[1].split('"')[0]
    on_record("author", must_change_password=True)

    first = client.post("/sign-in", data={"login": "author", "password": PASSWORD, "kept": kept})
    last = change(client, kept=kept)

    assert kept in first.text and 'action="/password"' in first.text
    assert "書きかけの題名" in last.text


def test_the_page_asks_for_the_fields_that_password_managers_know(as_role):
    page = as_role("staff").get("/password").text

    assert page.count('autocomplete="new-password"') == 2
    assert 'autocomplete="current-password"' in page and 'autocomplete="username"' in page


def test_the_list_of_known_passwords_is_long_and_none_of_it_is_short():
    assert len(listed()) > 3_000
    assert min(map(len, listed())) >= 8


@pytest.mark.parametrize(
    "password",
    "password 12345678 qwertyuiop 1qaz2wsx 19800401 p@ssw0rd sakura2026 2026sakura パスワード123 "
    "bunkyoku1 madoguchi! admin!!! kiriwake26 iloveyou asdfghjkl abcdefgh 00000000 sakurasakura".split(),
)
def test_known_words_are_found_however_they_are_dressed(password):
    assert passwords.problem(password, "login").key == "people.password_common"


@pytest.mark.parametrize("password", [PASSWORD, NEW_PASSWORD, "sakura8392-ume", "staple river 9 cup"])
def test_other_passwords_are_not_taken_for_known_ones(password):
    assert password not in GUESSABLE


def test_one_time_passwords_pass_the_rules_and_never_repeat():
    made = {passwords.one_time_password() for _ in range(200)}

    assert len(made) == 200
    assert not [password for password in made if passwords.problem(password, "login")]


def test_no_password_matches_a_hash_that_is_none_or_broken():
    assert not passwords.matches(None, PASSWORD)
    assert not passwords.matches("broken", PASSWORD)
    assert not passwords.matches(passwords.hashed(PASSWORD), PASSWORD + "x")
