"""`flask people`: what it prints, what it refuses, and that it is audited."""

from __future__ import annotations

import re

import pytest

from app import create_app
from kb.store.db import writing
from kb.store.models import Person
from tests.conftest import PASSWORD
from tests.people.conftest import NEW_PASSWORD, now

TERMS = ("--name", "試験　花子", "--role", "engineer", "--organisation", "ward")


@pytest.fixture
def flask(app):
    """A function: run `flask people ...`; return (exit code, what was printed)."""

    def run(*arguments, words=""):
        result = app.test_cli_runner().invoke(args=["people", *arguments], input=words)
        return result.exit_code, result.output

    return run


def one_time(printed):
    return re.search(r"One-time password: ([a-z0-9-]{19})\n", printed)[1]


def test_add_prints_a_one_time_password_that_must_be_changed(flask, attempt, person_of, audited):
    code, printed = flask("add", "Hanako", *TERMS, "--trained-on", "2026-11-01")
    hanako = person_of("hanako")

    assert code == 0
    assert attempt("hanako", one_time(printed)).headers["Location"] == "/password"
    assert (hanako.name, hanako.role, hanako.trained) == ("試験 花子", "engineer", True)
    assert (audited("people.added")[0].person_id, audited("people.added")[0].object_id) == (None, hanako.id)


def test_add_with_a_password_from_standard_input_is_final_and_prints_none(flask, attempt, person_of):
    code, printed = flask("add", "hanako", *TERMS, "--password-stdin", words=NEW_PASSWORD + "\n")

    assert (code, "One-time" in printed, NEW_PASSWORD in printed) == (0, False, False)
    assert attempt("hanako", NEW_PASSWORD).headers["Location"] == "/"
    assert not person_of("hanako").must_change_password


@pytest.mark.parametrize("words", ["", "\n", "short\n", "Password2026!\n", "hanako..\n" + "x" * 20])
def test_add_refuses_a_weak_password_and_adds_nobody(flask, session, words):
    code, _ = flask(
        "add", "hanako.." if words.startswith("hanako") else "hanako", *TERMS, "--password-stdin", words=words
    )

    assert code == 1
    assert session.query(Person).filter(Person.login.startswith("hanako")).count() == 0


def test_add_tells_every_reason_at_once(flask):
    code, printed = flask("add", "花", "--name", " ", "--role", "engineer", "--organisation", "subcontractor")

    assert code == 1
    assert len(printed.strip().splitlines()) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("--role", "root"),
        ("--organisation", "vendor"),
        ("--access-until", "31.3.2027"),
        ("--trained-on", "x"),
    ],
)
def test_add_refuses_what_it_cannot_read_with_exit_code_2(flask, arguments):
    assert flask("add", "hanako", *TERMS, *arguments)[0] == 2


def test_a_contractor_is_added_with_consent_and_last_day(flask, person_of):
    terms = ("--name", "試験 次郎", "--role", "author", "--organisation", "subcontractor")
    code, _ = flask(
        "add", "jiro", *terms, "--consent-reference", "承諾 第5号", "--access-until", "2099-03-31"
    )

    assert code == 0
    assert (person_of("jiro").consent_reference, str(person_of("jiro").access_until)) == (
        "承諾 第5号",
        "2099-03-31",
    )


def test_disable_and_enable(flask, attempt, as_role):
    client = as_role("staff")

    assert flask("disable", "STAFF")[0] == 0
    assert client.get("/articles/").status_code == 303
    assert attempt("staff", PASSWORD).status_code == 422
    assert flask("disable", "staff")[0] == 1
    assert flask("enable", "staff")[0] == 0
    assert attempt("staff", PASSWORD).status_code == 303
    assert flask("enable", "staff")[0] == 1


def test_unlock(flask, attempt, on_record, audited):
    on_record("staff", locked_at=now(), failed_sign_ins=10)

    assert flask("unlock", "staff")[0] == 0
    assert attempt("staff", PASSWORD).status_code == 303
    assert audited("people.unlocked")[0].person_id is None
    assert flask("unlock", "staff")[0] == 1


def test_reset_prints_a_one_time_password(flask, attempt):
    code, printed = flask("reset", "staff")

    assert code == 0
    assert attempt("staff", PASSWORD).status_code == 422
    assert attempt("staff", one_time(printed)).headers["Location"] == "/password"


@pytest.mark.parametrize("verb", ["disable", "enable", "unlock", "reset"])
def test_a_login_that_nobody_has_is_named_in_the_error(flask, verb):
    code, printed = flask(verb, "nobody")

    assert code == 1 and "nobody" in printed


def test_the_last_administrator_is_not_disabled(flask, person_of):
    assert flask("disable", "administrator")[0] == 1
    assert person_of("administrator").disabled_at is None


def test_list_names_everybody_with_their_state(flask, on_record):
    on_record("staff", locked_at=now())
    code, printed = flask("list")
    rows = {line.split("\t")[0]: line.split("\t") for line in printed.splitlines()}

    assert code == 0
    assert rows["login"] == ["login", "name", "role", "organisation", "last day", "state"]
    assert rows["staff"][2:] == ["staff", "ward", "-", "locked"]
    assert rows["author"][2:] == ["author", "contractor", "2099-03-31", "active"]


@pytest.mark.parametrize("folder", [True, False])
def test_without_tables_the_commands_say_what_to_run(settings, folder):
    if folder:
        settings.data.mkdir()
    empty = create_app(settings)
    result = empty.test_cli_runner().invoke(args=["people", "list"])
    empty.extensions["kb.engine"].dispose()

    assert result.exit_code == 1 and "flask init" in result.output


def test_no_password_is_left_in_the_log(flask, app, audited):
    password = one_time(flask("reset", "staff")[1])
    with writing(app.extensions["kb.engine"]) as session:
        raw = session.connection().exec_driver_sql("SELECT group_concat(detail) FROM audit").scalar()

    assert password not in str(raw)


def test_email_sets_and_clears_the_address_for_reminders(flask, person_of, audited):
    flask("add", "hanako", *TERMS, "--email", "hanako@example.jp")
    assert person_of("hanako").email == "hanako@example.jp"

    assert flask("email", "hanako", "h2@example.jp") == (0, "Reminders for hanako: h2@example.jp.\n")
    assert audited("people.changed")[-1].detail["changes"] == {
        "email": ["hanako@example.jp", "h2@example.jp"]
    }
    assert flask("email", "hanako")[0] == 0 and person_of("hanako").email == ""
    assert flask("email", "hanako", "no-address")[0] == 1
