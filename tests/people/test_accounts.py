"""What an administrator does to accounts, and what nobody can do."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from kb.domain.errors import Refused
from kb.people import service
from kb.store.db import reading, writing
from kb.store.models import Person
from kb.web.locale import WORDS
from tests.conftest import PASSWORD
from tests.people.conftest import NEW_PASSWORD, now

TERMS = {"login": "hanako", "name": "試験 花子", "role": "staff", "organisation": "ward"}


@pytest.fixture
def administrator(as_role):
    return as_role("administrator")


def words(key, **values):
    return WORDS[key]["ja"].format(**values)


def one_time(response):
    return re.search(r"<code>([a-z0-9-]{19})</code>", response.text)[1]


def edit_form(client, person_id, **changes):
    """Return what the edit form posts as it stands, with changes."""
    page = client.get(f"/people/{person_id}/edit").text
    base = re.search(r'name="base" value="([0-9a-f]+)"', page)[1]
    return {"name": "試験 engineer", "role": "engineer", "organisation": "ward", "base": base} | changes


def test_an_added_person_gets_a_one_time_password_that_is_shown_once(administrator, attempt, person_of):
    response = administrator.post("/people/new", data=TERMS)
    password = one_time(response)
    hanako = person_of("hanako")

    assert password not in administrator.get(f"/people/{hanako.id}").text
    assert hanako.must_change_password
    assert timedelta(hours=23) < hanako.password_expires_at - now() <= timedelta(days=1)
    assert attempt("hanako", password).headers["Location"] == "/password"


def test_what_was_added_is_listed_and_audited(administrator, audited, people, person_of):
    administrator.post("/people/new", data=TERMS)

    assert "試験 花子" in administrator.get("/people/").text
    row = audited("people.added")[0]
    assert (row.person_id, row.object_id) == (people["administrator"], person_of("hanako").id)
    assert row.detail == {"role": "staff", "organisation": "ward"}


def test_every_reason_against_an_account_is_told_at_once_and_what_was_typed_stays(administrator, session):
    before = session.query(Person).count()
    session.rollback()
    typed = {"login": "花子 さん", "name": "", "role": "root", "organisation": "subcontractor"}
    response = administrator.post("/people/new", data=typed)

    assert response.status_code == 422
    for key in ("login_shape", "name_missing", "unknown_role", "consent_missing", "end_date_missing"):
        assert words(f"people.{key}") in response.text
    assert 'value="花子 さん"' in response.text
    assert 'href="#field-consent-reference"' in response.text
    assert session.query(Person).count() == before


@pytest.mark.parametrize("typed", ["２０２７年", "2027-02-30", "tomorrow"])
def test_a_date_that_is_none_is_refused(administrator, typed):
    terms = TERMS | {"organisation": "contractor", "access_until": typed}

    response = administrator.post("/people/new", data=terms)

    assert response.status_code == 422
    assert words("people.date_wrong", field="利用期限") in response.text


def test_an_address_for_reminders_is_kept_in_half_width_and_a_wrong_one_is_refused(
    administrator, people, person_of
):
    page = f"/people/{people['engineer']}/edit"
    for wrong in (
        "engineer",
        "a@b@c",
        "a@example..jp",
        "a b@example.jp",
        "a@example.jp\r\nBcc: b@example.jp",
        "山田@example.jp",
    ):
        refused = administrator.post(page, data=edit_form(administrator, people["engineer"], email=wrong))
        assert refused.status_code == 422 and words("people.email_shape") in refused.text

    form = edit_form(administrator, people["engineer"], email=" ｙamada@example.jp ", trained_on="2026-11-01")
    assert administrator.post(page, data=form).status_code == 303
    assert person_of("engineer").email == "yamada@example.jp"
    assert "yamada@example.jp" in administrator.get(f"/people/{people['engineer']}").text


def test_a_login_is_given_once_whatever_its_capitals(administrator):
    administrator.post("/people/new", data=TERMS)

    again = administrator.post("/people/new", data=TERMS | {"login": "ＨＡＮＡＫＯ"})

    assert again.status_code == 422
    assert words("people.login_taken", login="hanako") in again.text


def test_a_personal_number_is_not_stored_in_a_name_or_a_reference(administrator, session):
    terms = TERMS | {
        "organisation": "contractor",
        "access_until": "2099-03-31",
        "consent_reference": "マイナンバー 123456789018",
    }

    response = administrator.post("/people/new", data=terms)

    assert response.status_code == 422
    assert session.query(Person).filter_by(login="hanako").count() == 0


def test_the_wards_own_people_keep_no_consent_and_no_end_date(administrator, person_of):
    administrator.post("/people/new", data=TERMS | {"access_until": "2020-01-01", "consent_reference": "x"})

    assert (person_of("hanako").access_until, person_of("hanako").consent_reference) == (None, "")


def test_changed_terms_hold_from_the_next_request_on_and_the_log_says_what_changed(
    administrator, as_role, people, audited
):
    engineer = as_role("engineer")
    assert engineer.get("/articles/new").status_code == 200

    form = edit_form(administrator, people["engineer"], role="staff", trained_on="")
    response = administrator.post(f"/people/{people['engineer']}/edit", data=form)

    assert response.status_code == 303
    assert engineer.get("/articles/new").status_code == 403
    changes = {"role": ["engineer", "staff"], "trained_on": ["2026-11-01", None]}
    assert audited("people.changed")[0].detail == {"changes": changes}


def test_a_stale_form_loses_nothing_and_shows_what_is_on_record(administrator, people, on_record, person_of):
    path = f"/people/{people['engineer']}/edit"
    form = edit_form(administrator, people["engineer"], name="試験 次郎")
    on_record("engineer", name="試験 三郎", trained_on=date(2026, 11, 5))

    stale = administrator.post(path, data=form)

    assert stale.status_code == 409
    assert "試験 三郎" in stale.text and "2026-11-05" in stale.text and 'value="試験 次郎"' in stale.text
    assert person_of("engineer").name == "試験 三郎"
    form["base"] = re.search(r'name="base" value="([0-9a-f]+)"', stale.text)[1]
    assert administrator.post(path, data=form).status_code == 303
    assert person_of("engineer").name == "試験 次郎"


def test_a_refused_change_leaves_the_account_as_it_was(administrator, people, person_of):
    form = edit_form(administrator, people["engineer"], name="別の名前", organisation="contractor")

    assert administrator.post(f"/people/{people['engineer']}/edit", data=form).status_code == 422
    assert person_of("engineer").name == "試験 engineer"


def test_a_disabled_person_is_out_at_once_and_may_come_back(administrator, as_role, attempt, people, audited):
    engineer, path = as_role("engineer"), f"/people/{people['engineer']}"
    administrator.post(f"{path}/disable")

    assert engineer.get("/articles/").status_code == 303
    assert attempt("engineer", PASSWORD).status_code == 422
    administrator.post(f"{path}/enable")
    assert engineer.get("/articles/").status_code == 303, "the old session must not come back to life"
    assert attempt("engineer", PASSWORD).status_code == 303
    assert [len(audited(f"people.{done}")) for done in ("disabled", "enabled")] == [1, 1]


def test_a_locked_person_is_unlocked_with_an_audit_row(administrator, attempt, on_record, people, audited):
    on_record("staff", locked_at=now(), failed_sign_ins=10)

    administrator.post(f"/people/{people['staff']}/unlock")

    assert attempt("staff", PASSWORD).status_code == 303
    row = audited("people.unlocked")[0]
    assert (row.person_id, row.object_id) == (people["administrator"], people["staff"])


def test_a_reset_password_ends_sessions_unlocks_and_must_be_changed(
    administrator, as_role, attempt, visitor, on_record, people, audited
):
    client = as_role("staff")
    on_record("staff", locked_at=now(), failed_sign_ins=10)

    password = one_time(administrator.post(f"/people/{people['staff']}/reset"))

    assert client.get("/articles/").headers["Location"].startswith("/sign-in")
    assert attempt("staff", PASSWORD).status_code == 422
    assert attempt("staff", password).headers["Location"] == "/password"
    done = {"current": password, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert visitor.post("/password", data=done).status_code == 303
    assert [len(audited(f"people.{what}")) for what in ("password_reset", "unlocked")] == [1, 1]


def test_no_page_and_no_audit_row_holds_a_password_or_its_hash(
    administrator, people, person_of, session, audited
):
    password = one_time(administrator.post(f"/people/{people['staff']}/reset"))
    digest = person_of("staff").password_hash
    pages = [administrator.get(path).text for path in ("/people/", f"/people/{people['staff']}", "/audit")]

    assert not [page for page in pages if password in page or digest in page]
    assert password not in str(audited("people.password_reset")[0].detail)


@pytest.mark.parametrize(
    ("verb", "key"),
    [("enable", "people.not_disabled"), ("unlock", "people.not_locked"), ("disable", None)],
)
def test_what_is_already_so_is_not_done_twice(administrator, people, verb, key):
    path = f"/people/{people['staff']}/{verb}"
    if key is None:
        administrator.post(path)

    response = administrator.post(path)

    assert response.status_code == 409
    assert words(key or "people.already_disabled") in response.text


@pytest.mark.parametrize("verb", ["disable", "reset"])
def test_nobody_locks_themselves_out(administrator, people, person_of, verb):
    response = administrator.post(f"/people/{people['administrator']}/{verb}")

    assert response.status_code == 422
    assert words("people.not_yourself") in response.text
    assert administrator.get("/people/").status_code == 200


def test_nobody_takes_the_role_from_themselves(administrator, people):
    form = edit_form(administrator, people["administrator"], name="試験 administrator", role="staff")

    response = administrator.post(f"/people/{people['administrator']}/edit", data=form)

    assert response.status_code == 422
    assert words("people.not_yourself") in response.text


def test_an_administrator_always_remains(app, people):
    from_the_command_line = service.Act(None, now())
    with writing(app.extensions["kb.engine"]) as session:
        administrator = session.get(Person, people["administrator"])
        with pytest.raises(Refused, match="last_administrator"):
            service.disable(session, administrator, from_the_command_line)


def test_the_first_administrator_is_made_once(app, session):
    with writing(app.extensions["kb.engine"]) as empty:
        empty.query(Person).filter_by(role="administrator").delete()
        password = service.create_first_administrator(empty, now())
        again = service.create_first_administrator(empty, now())

    admin = session.query(Person).filter_by(login="admin").one()
    assert password is not None and again is None
    assert admin.role == "administrator" and admin.must_change_password


@pytest.mark.parametrize("path", ["/people/9999", "/people/99999999999999999999", "/people/9999/edit"])
def test_an_account_that_is_not_there_answers_404(administrator, path):
    assert administrator.get(path).status_code == 404


def test_people_are_found_by_part_of_the_name_or_login(administrator):
    administrator.post("/people/new", data=TERMS | {"name": "山田　花子"})

    for words_ in ("山田 花", "花子", "HANA", "ｈａｎａ"):
        page = administrator.get("/people/", query_string={"q": words_}).text
        assert "山田 花子" in page and "試験 staff" not in page


@pytest.mark.parametrize("typed", ["%", "_____", "どこにもいない人"])
def test_a_search_that_finds_nobody_says_so_and_shows_the_way_back(administrator, typed):
    page = administrator.get("/people/", query_string={"q": typed}).text

    assert words("people.index.none_help") in page and "試験 staff" not in page


def test_a_long_list_comes_in_pages(administrator, app, password_hash):
    with writing(app.extensions["kb.engine"]) as session:
        for number in range(120):
            row = {"role": "staff", "organisation": "ward", "password_hash": "-", "created_at": now()}
            session.add(Person(login=f"many{number:03}", name=f"試験 {number:03}", **row))
    first, last = (administrator.get(f"/people/?page={number}").text for number in (1, 3))

    assert "126人" in first
    assert "many000" in first and "many119" not in first
    assert "many119" in last and "many000" not in last
    assert administrator.get("/people/?page=99").text.count("<tr>") == last.count("<tr>")
    assert administrator.get("/people/?page=x").status_code == 200


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"name": "試験 staff"}, "active"),
        ({"disabled_at": now()}, "disabled"),
        ({"locked_at": now()}, "locked"),
        ({"organisation": "contractor", "access_until": date(2020, 1, 1)}, "ended"),
        ({"password_expires_at": now() + timedelta(hours=1)}, "one_time"),
        ({"password_expires_at": now()}, "expired"),
    ],
)
def test_the_account_shows_its_state(administrator, on_record, people, columns, state):
    on_record("staff", **columns)

    assert words(f"people.state.{state}") in administrator.get(f"/people/{people['staff']}").text


@pytest.mark.parametrize("path", ["/sign-in", "/password", "/people/", "/people/new", "/audit"])
def test_the_pages_speak_english_too(administrator, visitor, path):
    client = visitor if path == "/sign-in" else administrator
    client.set_cookie("language", "en")

    page = client.get(path)

    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    main = page.text.split("<main")[1].split("</main>")[0]
    assert not re.search(r"[ぁ-んァ-ン]", re.sub(r"<option.*?</option>", "", main))


def test_what_was_typed_for_a_new_person_survives_an_ended_session(administrator, sign_ins):
    sign_ins(ended_at=now())
    page = administrator.post("/people/new", data=TERMS)
    kept = page.text.split('name="kept" value="')[1].split('"')[0]
    back = administrator.post("/sign-in", data={"login": "administrator", "password": PASSWORD, "kept": kept})
    assert "試験 花子" in back.text

    form = administrator.post("/people/new", data=TERMS | {"_resume": "1"})

    assert form.status_code == 200 and 'value="試験 花子"' in form.text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"trained_on": "2999-01-01"}, "people.trained_later"),
        ({"login": "123456789018"}, "personal_data.refused"),
    ],
)
def test_a_training_to_come_and_a_personal_number_as_login_are_refused(app, administrator, wrong, told):
    response = administrator.post("/people/new", data=TERMS | wrong)

    words = WORDS[told]["ja"].split("{")[0]
    assert response.status_code == 422 and words in response.text
    with reading(app.extensions["kb.engine"]) as session:
        assert session.query(Person).filter_by(login=wrong.get("login", TERMS["login"])).count() == 0
