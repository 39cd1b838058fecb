"""The timeline: one field, nothing edited away, two people at once lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentEvent
from kb.store.timeline import add_event
from tests.incidents.test_recording import AT, local


@pytest.fixture
def incident(make_incident):
    """An incident whose contact came at AT."""
    return make_incident(contacted_at=AT)


@pytest.fixture
def write(as_role, incident):
    """A function that posts to a part of the incident's timeline as somebody."""

    def post(part="events", *, login="engineer", script=False, **fields):
        headers = {"HX-Request": "true"} if script else {}
        data = {"kind": "note", **fields} if part == "events" else fields
        return as_role(login).post(f"/incidents/{incident.id}/{part}", data=data, headers=headers)

    return post


@pytest.fixture
def events(session, incident):
    """A function that returns the incident's events after its recording, in the order written."""

    def rows():
        session.rollback()  # so that it sees what was committed since
        found = select(IncidentEvent).where(IncidentEvent.incident_id == incident.id)
        return session.scalars(found.order_by(IncidentEvent.id)).all()[1:]

    return rows


def test_a_line_is_written_with_its_time_its_writer_and_an_audit_row(write, events, people, session):
    assert write(text="待ち行列を空にした\r\n変わらず", kind="step").status_code == 303

    (event,) = events()
    assert (event.kind, event.text, event.person_id) == (
        "step",
        "待ち行列を空にした\n変わらず",
        people["engineer"],
    )
    assert event.at == event.recorded_at
    row = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row.action == "incident.noted" and row.detail == {"event": event.id, "kind": "step"}
    assert session.get(Incident, event.incident_id).updated_at == event.recorded_at


def test_sending_with_script_answers_with_the_timeline_and_what_others_wrote_meanwhile(write):
    write(login="author", text="保守業者へ電話した")

    answer = write(script=True, text="再起動した")

    assert answer.status_code == 200 and "<html" not in answer.text
    assert answer.text.index("再起動した") < answer.text.index("保守業者へ電話した")


@pytest.mark.parametrize("script", [False, True])
def test_what_cannot_be_kept_comes_back_in_its_field(write, events, script):
    answer = write(text="パスワード: hunter2hunter2", script=script)

    assert answer.status_code == 422 and "hunter2hunter2</textarea>" in answer.text
    assert (answer.headers.get("HX-Retarget") == "#main") is script
    assert write(text=" ").status_code == 422
    assert write(text="あ" * 4_001).status_code == 422
    assert write(text="x", kind="stamp").status_code == 422
    assert write(text="x", happened_at="2099-01-01T00:00").status_code == 422
    assert events() == []


def test_what_is_written_later_stands_at_its_time_and_says_so(write, events, as_role, incident):
    write(text="今の行")
    earlier = datetime.now(UTC) - timedelta(hours=3)
    write(text="三時間前の行", happened_at=local(earlier))

    late = events()[1]
    assert late.at == earlier.replace(second=0, microsecond=0) and late.recorded_at > late.at
    page = as_role("engineer").get(f"/incidents/{incident.id}").text
    assert page.index("今の行") < page.index("三時間前の行") and page.count("後から記録：") == 1


def test_a_visit_has_who_when_and_with_whom_and_its_end_is_an_event_of_its_own(
    write, events, as_role, incident
):
    now = datetime.now(UTC)
    write("visits", **{"who": "保守業者2名", "with": "庁舎管理係", "visit_text": "基板交換"})
    visit = events()[0]
    assert visit.data == {"who": "保守業者2名", "with": "庁舎管理係"} and visit.text == "基板交換"

    too_early = write(f"events/{visit.id}/end", left_at=local(now - timedelta(hours=1)))
    assert too_early.status_code == 422 and "退去が到着より前" in too_early.text
    assert write(f"events/{visit.id}/end").status_code == 303
    assert write(f"events/{visit.id}/end").status_code == 409

    left = events()[1]
    assert (left.kind, left.about_id) == ("visit_end", visit.id)
    page = as_role("engineer").get(f"/incidents/{incident.id}").text
    assert "保守業者2名 が退去" in page and "退去を記録" not in page


def test_a_visit_by_nobody_or_with_a_secret_in_any_field_is_refused(write, events):
    assert write("visits", who="  ").status_code == 422
    for field in ("who", "with", "visit_text"):
        answer = write("visits", **{"who": "業者", field: "パスワード: hunter2hunter2"})
        assert answer.status_code == 422, field
    assert events() == []


def test_a_correction_is_a_new_event_and_the_original_stays_struck_through(write, events, as_role, incident):
    write(text="主電源を切った")
    original = events()[0]

    assert write(f"events/{original.id}/correction", correction="副電源を切った").status_code == 303
    assert write(f"events/{original.id}/correction", correction="予備電源を切った").status_code == 303

    assert [event.text for event in events()] == ["主電源を切った", "副電源を切った", "予備電源を切った"]
    assert {event.about_id for event in events()[1:]} == {original.id}
    page = as_role("engineer").get(f"/incidents/{incident.id}").text
    for struck in ("主電源を切った", "副電源を切った"):
        assert "<del" in page[: page.index(struck)].rsplit("<p class", 1)[0][-80:] or f"<del>{struck}" in page
    assert "<del>予備電源を切った" not in page


def test_what_nobody_wrote_in_words_is_not_corrected_and_other_incidents_have_other_events(
    write, events, as_role, incident, make_incident
):
    as_role("engineer").post(f"/incidents/{incident.id}/stamps", data={"stamp": "started"})
    stamp = events()[0]
    other = make_incident()

    assert write(f"events/{stamp.id}/correction", correction="x").status_code == 409
    assert write(f"events/{stamp.id}/end").status_code == 409
    elsewhere = as_role("engineer").post(
        f"/incidents/{other.id}/events/{stamp.id}/correction", data={"correction": "x"}
    )
    assert elsewhere.status_code == 404
    assert len(events()) == 1


def test_an_article_in_the_timeline_is_named_only_to_those_who_may_read_it(
    app, as_role, incident, make_article
):
    secret = make_article(title="鍵の保管場所", audience="restricted", owner="reviewer")
    with writing(app.extensions["kb.engine"]) as session:
        told = {"article_id": secret.id, "outcome": "solved"}
        add_event(session, incident.id, "article", at=AT, by=None, **told)

    assert "鍵の保管場所" in as_role("engineer").get(f"/incidents/{incident.id}/events").text
    hidden = as_role("untrained").get(f"/incidents/{incident.id}/events").text
    assert "鍵の保管場所" not in hidden and "読む権限のない記事" in hidden


def test_a_long_timeline_has_pages_and_holds_each_event_once(app, as_role, incident):
    with writing(app.extensions["kb.engine"]) as session:
        for number in range(120):  # many in one minute: the order written decides
            add_event(session, incident.id, "note", at=AT, by=None, text=f"行その{number:03d}終")
    client = as_role("engineer")

    pages = [client.get(f"/incidents/{incident.id}?events={number}").text for number in range(1, 6)]

    found = [
        line.split("終")[0][-3:] for page in pages for line in page.split("行その")[1:] if "終</p>" in line
    ]
    assert found == [f"{number:03d}" for number in reversed(range(120))]
    assert client.get(f"/incidents/{incident.id}?events=99").text.count("event-text") > 0


def test_a_line_outlives_an_ended_session(app, write, incident, events):
    visitor = app.test_client()
    answer = visitor.post(f"/incidents/{incident.id}/events", data={"kind": "note", "text": "消えない行"})

    assert answer.status_code == 401 and events() == []
    back = write(text="消えない行", _resume="1")
    assert back.status_code == 200 and "消えない行</textarea>" in back.text and events() == []


def test_a_tap_stands_behind_what_was_written_in_the_same_minute(write, as_role, incident, events):
    write(text="先に書いた行")
    as_role("engineer").post(f"/incidents/{incident.id}/stamps", data={"stamp": "started"})
    write(text="後に書いた行")

    assert sorted(events(), key=lambda event: (event.at, event.id)) == events()
