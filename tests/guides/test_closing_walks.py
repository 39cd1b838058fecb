"""A walk inside an incident: its cause is the close gate's, its expected time the next update's."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from kb.incidents import closing
from kb.store import guide_runs
from kb.store.models import AuditRow, Incident


@pytest.fixture
def walked(start, answer, post, make_incident, make_guide):
    """An incident and the ended run in it: the cable was it, by all that was answered."""
    incident = make_incident()
    run = start(make_guide(), incident=incident.id)
    answer(run, "plug", "fixed")
    post(run, "end", state="repaired")
    return incident, run


@pytest.fixture
def gate(session, as_role):
    """A function: save the gate of an incident as it stands, with these values."""

    def save(incident, **fields):
        session.rollback()
        base = closing.base(session.get(Incident, incident.id))
        data = {"base": base, "action": "save"} | fields
        return as_role("engineer").post(f"/incidents/{incident.id}/closing", data=data)

    return save


def kept(session, run):
    session.rollback()
    return guide_runs.cause_of(session, run)


def test_the_cause_of_the_guide_becomes_the_cause_of_the_incident(walked, gate, session, as_role):
    incident, run = walked
    page = as_role("engineer").get(f"/incidents/{incident.id}").text
    assert f'name="guide_cause_{run}"' in page and "ケーブルの緩み" in page

    assert gate(incident, **{f"guide_cause_{run}": "cable", f"guide_cause_{run}_was": ""}).status_code == 303

    assert kept(session, run) == "cable"
    incident = session.get(Incident, incident.id, populate_existing=True)
    assert (incident.cause_state, incident.cause) == ("confirmed", "ケーブルの緩み")
    assert session.scalar(select(AuditRow).where(AuditRow.action == "guide.cause")).object_id == run


def test_a_cause_against_the_answers_is_asked_back_once(walked, gate, session):
    incident, run = walked
    name = f"guide_cause_{run}"

    asked = gate(incident, cause="設定が壊れていた", **{name: "disk", f"{name}_was": ""})

    assert asked.status_code == 409 and "記録と矛盾します" in asked.text
    assert "設定が壊れていた" in asked.text, "what was written stays in the form"
    assert kept(session, run) is None
    sure = re.search(rf'name="{name}_sure" value="(\w+)"', asked.text)[1]
    assert gate(incident, **{name: "disk", f"{name}_was": "", f"{name}_sure": sure}).status_code == 303
    assert kept(session, run) == "disk"


def test_a_form_that_shows_an_older_cause_does_not_take_the_newer_one_back(walked, gate, session, post):
    incident, run = walked
    name = f"guide_cause_{run}"
    post(run, "cause", cause="cable")

    assert gate(incident, cause_note="電話で確認", **{name: "", f"{name}_was": ""}).status_code == 303
    assert kept(session, run) == "cable"
    assert gate(incident, **{name: "なにか", f"{name}_was": ""}).status_code == 422


def test_who_may_not_read_the_guide_is_not_asked_for_its_cause(
    start, answer, make_incident, make_guide, as_role
):
    incident = make_incident()
    run = start(make_guide(audience="restricted", owner="reviewer"), incident=incident.id)
    answer(run, "plug", "not_fixed")

    assert f"guide_cause_{run}" in as_role("engineer").get(f"/incidents/{incident.id}").text
    hidden = as_role("untrained").get(f"/incidents/{incident.id}").text
    assert "guide_cause" not in hidden and f"/walks/{run}" not in hidden


def test_the_incident_does_not_say_the_cause_in_the_words_of_a_guide_for_few(
    start, answer, post, make_incident, make_guide, gate, session, as_role
):
    incident = make_incident()
    run = start(make_guide(audience="restricted", owner="reviewer"), incident=incident.id)
    answer(run, "plug", "fixed")
    post(run, "end", state="repaired")

    assert gate(incident, **{f"guide_cause_{run}": "cable", f"guide_cause_{run}_was": ""}).status_code == 303

    assert kept(session, run) == "cable"
    assert session.get(Incident, incident.id, populate_existing=True).cause == ""
    assert "ケーブルの緩み" not in as_role("untrained").get(f"/incidents/{incident.id}").text


def test_the_expected_time_is_put_into_the_next_update(start, make_incident, make_guide, as_role):
    incident = make_incident()
    run = start(make_guide(), incident=incident.id)
    page = as_role("engineer").get(f"/walks/{run}").text
    link = re.search(r'data-key="e" href="([^"#]+)', page)[1].replace("&amp;", "&")

    form = as_role("engineer").get(link).text

    assert "復旧の見込みは、今から" in form and "未学習" in form
    assert re.search(r'name="eta" value="at" checked', form)
    assert re.search(r'<option value="low" selected', form)
    assert "復旧の見込みは、今から" not in as_role("engineer").get(f"/incidents/{incident.id}").text
    as_role("engineer").post("/language", data={"language": "en"})
    long = as_role("engineer").get(f"/incidents/{incident.id}?eta_low=10&eta_high=1815&eta_learnt=1").text
    assert "今から10分〜1日6時間後です" in long
    odd = as_role("engineer").get(f"/incidents/{incident.id}?eta_low=9&eta_high=3&eta_learnt=1")
    assert odd.status_code == 200 and "復旧の見込みは、今から" not in odd.text
