"""Ward staff report problems and hear what became of their own; nothing else of an incident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from kb.store.db import writing
from kb.store.models import Incident, IncidentUpdate
from kb.store.timeline import add_event

REPORT = {"symptom": "画面が真っ暗です", "effect": "stopped", "offices": "税務課", "counters": "5番窓口"}


def test_a_report_becomes_an_incident_for_the_engineers(as_role, people, session):
    answer = as_role("staff").post("/reports/new", data=REPORT | {"urgent": "1", "reporter": "税務課 証明係"})

    incident = session.scalars(select(Incident)).one()
    assert answer.status_code == 303 and answer.location.endswith("/reports/")
    assert (incident.severity, incident.urgent, incident.channel) == ("P1", True, "page")
    assert (incident.reported_by, incident.lead_id) == (people["staff"], None)
    assert incident.offices == ["税務課"] and incident.contacted_at is not None
    assert "画面が真っ暗です" in as_role("engineer").get("/incidents/").text


def test_a_report_that_cannot_be_kept_comes_back_as_it_was_written(as_role, session):
    answer = as_role("staff").post("/reports/new", data=REPORT | {"effect": "", "symptom": ""})

    assert answer.status_code == 422 and "5番窓口" in answer.text
    secret = as_role("staff").post("/reports/new", data=REPORT | {"counters": "パスワード: hunter2hunter2"})
    assert secret.status_code == 422
    assert session.scalars(select(Incident)).all() == []


def test_staff_see_their_own_words_state_and_expected_recovery_and_nothing_else(
    app, as_role, people, session, make_incident
):
    client = as_role("staff")
    client.post("/reports/new", data=REPORT)
    other = make_incident(symptom="他人の知らせ", reported_by=people["engineer"])
    own = session.scalars(select(Incident).where(Incident.id != other.id)).one()
    now = datetime.now(UTC)
    with writing(app.extensions["kb.engine"]) as changing:
        incident = changing.get(Incident, own.id)
        incident.symptom = "担当者が書き直した症状"
        incident.counters = ["内部の場所"]
        incident.started_at = now
        event = add_event(changing, own.id, "update", at=now, by=None, text="区への内部の文")
        until = datetime(2027, 5, 10, 6, 30, tzinfo=UTC)
        changing.add(
            IncidentUpdate(
                incident_id=own.id,
                event_id=event.id,
                at=now,
                ward_text="区への内部の文",
                eta_from=until - timedelta(hours=1),
                eta_to=until,
                confidence="medium",
            )
        )

    page = client.get("/reports/").text

    assert "画面が真っ暗です" in page and "直しています" in page and "15:30" in page and own.number in page
    for hidden in ("他人の知らせ", other.number, "担当者が書き直した症状", "内部の場所", "区への内部の文"):
        assert hidden not in page
    assert client.get(f"/incidents/{own.id}").status_code == 403


def test_the_report_of_somebody_else_on_their_behalf_shows_none_of_the_engineers_words(
    as_role, people, make_incident
):
    incident = make_incident(symptom="電話で聞いた担当者の言葉", reported_by=people["staff"])

    page = as_role("staff").get("/reports/").text

    assert incident.number in page and "担当者の言葉" not in page


def test_an_empty_list_of_reports_says_what_to_do_and_a_long_one_has_pages(as_role, people, make_incident):
    client = as_role("staff")
    assert "知らせた不具合はありません" in client.get("/reports/").text
    numbers = [make_incident(reported_by=people["staff"]).number for _ in range(21)]

    assert numbers[-1] in client.get("/reports/").text and numbers[0] not in client.get("/reports/").text
    assert numbers[0] in client.get("/reports/?page=2").text
