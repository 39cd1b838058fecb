"""The ward's own contact days (C-2)."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from kb.store import contact_days
from kb.store.models import AuditRow, ContactDay


def test_a_day_that_the_ward_closes_moves_the_clock_and_is_in_the_audit_log(as_role, session):
    friday = date(2027, 5, 14)
    assert contact_days.calendar(session).is_open(friday)

    answer = as_role("reviewer").post(
        "/calendar/days", data={"day": "2027-05-14", "open": "0", "note": "庁舎の停電"}
    )

    assert answer.status_code == 303 and answer.location.endswith("/calendar/?year=2027")
    session.rollback()
    assert not contact_days.calendar(session).is_open(friday)
    assert session.query(AuditRow).filter_by(action="calendar.closed").one().detail == {"day": "2027-05-14"}
    assert "庁舎の停電" in as_role("engineer").get("/calendar/?year=2027").text

    as_role("reviewer").post("/calendar/days/2027-05-14/removal")
    session.rollback()
    assert contact_days.calendar(session).is_open(friday)


def test_the_year_shows_its_holidays_and_readers_have_no_buttons(as_role):
    page = as_role("engineer").get("/calendar/?year=2028").text

    assert "2028年" in page and "春分の日" in page and "12月29日〜1月3日" in page
    assert 'action="/calendar/days' not in page


def test_what_is_no_day_or_holds_a_secret_is_refused_and_stays_in_the_form(as_role, session):
    post = as_role("reviewer").post

    wrong = post("/calendar/days", data={"day": "5月31日", "open": "1", "note": "臨時窓口"})
    secret = post("/calendar/days", data={"day": "2027-05-15", "open": "1", "note": "パスワード：Abcd1234"})

    assert wrong.status_code == 422 and "2027-05-31 のように" in wrong.text and "臨時窓口" in wrong.text
    assert secret.status_code == 422
    assert session.query(ContactDay).count() == 0


def upload(client, text):
    file = (BytesIO(text.encode("utf-8-sig")), "days.csv")
    return client.post("/calendar/import", data={"file": file}, content_type="multipart/form-data")


def test_a_file_of_days_comes_in_whole_and_goes_out_the_same(as_role, session):
    assert upload(as_role("reviewer"), "day,open,note\r\n2027-05-15,open,臨時窓口\r\n").status_code == 303
    upload(as_role("reviewer"), "2027-05-15,open,'=臨時\r\n2027-05-14,closed,停電\r\n")

    answer = as_role("engineer").get("/calendar/days.csv")
    assert answer.data.decode("utf-8-sig") == (
        "day,open,note\r\n2027-05-14,closed,停電\r\n2027-05-15,open,'=臨時\r\n"
    )
    assert session.get(ContactDay, date(2027, 5, 15)).note == "=臨時"


def test_one_wrong_line_and_nothing_comes_in(as_role, session):
    answer = upload(as_role("reviewer"), "2027-05-15,open,臨時窓口\r\n2027-13-01,closed,\r\n")

    assert answer.status_code == 422 and "2行目を読み取れません" in answer.text
    assert session.query(ContactDay).count() == 0
