"""Actions after an incident: added, changed, done, checked; and what comes back reopens them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.domain.periods import japan_date
from kb.incidents import closing
from kb.store import components
from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentAction, IncidentEvent

TODAY = japan_date(datetime.now(UTC))
LONG_AGO = datetime(2026, 6, 1, tzinfo=UTC)
CAUSE = {"cause_state": "confirmed", "cause": "プリントサーバーの停止"}
RECOVERED = {
    f"{name}_at": datetime(2026, 11, 20, tzinfo=UTC) for name in ("contacted", "started", "recovered")
}


@pytest.fixture
def post(session, as_role):
    """A function: post a form of an action as it stands."""

    def send(action, what="", login="engineer", **fields):
        now = fresh(session, action)
        planned = {"action_kind": now.kind, "action_text": now.text, "action_due": now.due.isoformat()}
        data = {"base": str(now.version)} | planned | fields
        return as_role(login).post(f"/actions/{action.id}{what}", data=data)

    return send


def fresh(session, row):
    """Return the row as it is on record now."""
    session.rollback()  # a reader keeps to what it saw first
    session.expire_all()
    return session.get(type(row), row.id)


def confirm(session, as_role, incident, **fields):
    """Post the close gate's form with a confirmed cause."""
    base = closing.base(fresh(session, incident))
    data = {"base": base, "action": "save"} | CAUSE | fields
    return as_role("engineer").post(f"/incidents/{incident.id}/closing", data=data)


def test_an_action_is_added_with_its_event_and_its_audit_row(as_role, people, make_incident, session):
    incident = make_incident(closed_at=datetime(2026, 11, 21, tzinfo=UTC))
    form = {
        "action_kind": "preventive",
        "action_text": "予備機を置く",
        "action_due": "2027-01-20",
        "action_owner": people["author"],
    }

    answer = as_role("engineer").post(f"/incidents/{incident.id}/actions", data=form)

    assert answer.status_code == 303 and answer.location.endswith(f"/incidents/{incident.id}#actions")
    action = session.scalars(select(IncidentAction)).one()
    assert (action.text, action.due, action.owner_id) == ("予備機を置く", date(2027, 1, 20), people["author"])
    assert session.scalar(select(AuditRow.object_id).where(AuditRow.action == "action.added")) == action.id
    event = session.scalars(select(IncidentEvent).where(IncidentEvent.kind == "action")).one()
    assert event.data["change"] == "added" and event.text == "予備機を置く"


@pytest.mark.parametrize(
    "wrong",
    [
        {"action_text": ""},
        {"action_due": ""},
        {"action_due": "来月"},
        {"action_kind": "later"},
        {"action_owner": "staff"},
        {"action_owner": "x"},
        {"action_text": "パスワード: hiraku01 を配る"},
    ],
)
def test_a_wrong_action_is_refused_and_what_was_written_stays(as_role, people, make_incident, session, wrong):
    incident = make_incident()
    wrong = {name: people.get(value, value) for name, value in wrong.items()}
    form = {"action_kind": "corrective", "action_text": "電源を二重にする", "action_due": "2027-01-20"}

    answer = as_role("engineer").post(f"/incidents/{incident.id}/actions", data=form | wrong)

    assert answer.status_code == 422 and "error-summary" in answer.text
    assert str((form | wrong)["action_text"]) in answer.text
    assert not session.scalars(select(IncidentAction)).all()


def test_an_action_goes_from_planned_to_done_to_checked(post, make_incident, make_action, session, as_role):
    action = make_action(make_incident())

    done = post(action, "/done", evidence="変更記録 CHG-7", done_on=TODAY.isoformat())
    assert done.status_code == 303
    assert fresh(session, action).check_due == TODAY + timedelta(days=90)

    assert post(action, "/check", effect="effective").status_code == 303
    assert fresh(session, action).effect == "effective"
    page = as_role("engineer").get(f"/actions/{action.id}").text
    assert "変更記録 CHG-7" in page and "効果あり" in page

    assert post(action, "/undoing").status_code == 303
    assert fresh(session, action).done_at is None and fresh(session, action).evidence == "変更記録 CHG-7"


def test_done_without_evidence_is_refused(post, make_incident, make_action, session):
    action = make_action(make_incident())

    answer = post(action, "/done", evidence=" ", done_on=TODAY.isoformat())

    assert answer.status_code == 422 and 'href="#field-evidence"' in answer.text
    assert fresh(session, action).done_at is None


def test_a_change_made_meanwhile_is_not_overwritten(post, make_incident, make_action, session):
    action = make_action(make_incident())
    post(action, action_text="電源を三重にする")

    answer = post(action, base="1", action_text="電源を外す")

    assert answer.status_code == 409 and "電源を外す" in answer.text
    assert fresh(session, action).text == "電源を三重にする"


def test_the_list_has_each_view_with_its_count(as_role, make_incident, make_action):
    incident = make_incident()
    make_action(incident, text="期限の過ぎた処置", due=date(2026, 1, 1), owner="author")
    make_action(incident, text="端末の設定を直す", due=date(2099, 1, 1))
    checked = {"done_at": LONG_AGO, "checked_at": LONG_AGO, "effect": "unknown"}
    make_action(incident, text="終わった処置", **checked)

    seen = {
        view: as_role("engineer").get(f"/actions/?view={view}").text
        for view in ("mine", "overdue", "open", "all")
    }

    texts = ("期限の過ぎた処置", "端末の設定を直す", "終わった処置")
    found = {view: [text for text in texts if text in page] for view, page in seen.items()}
    assert found == {
        "mine": ["端末の設定を直す"],
        "overdue": ["期限の過ぎた処置"],
        "open": ["期限の過ぎた処置", "端末の設定を直す"],
        "all": list(texts),
    }


def effective(make_incident, make_action, component="印刷サーバー", **fields):
    """Return an incident of CAUSE, closed long ago, and its action called effective."""
    incident = make_incident(components=(component,), at=LONG_AGO, **CAUSE)
    done = {"done_at": LONG_AGO + timedelta(days=10), "evidence": "CHG-7", "effect": "effective"}
    checked = {"checked_at": datetime(2026, 9, 10, tzinfo=UTC), "check_due": date(2026, 9, 9)}
    return incident, make_action(incident, **done | checked | fields)


def test_the_same_cause_within_ninety_days_reopens_what_was_called_effective(
    as_role, make_incident, make_action, session
):
    before, action = effective(make_incident, make_action)
    incident = make_incident(
        components=("印刷サーバー", "申請書端末"), contacted_at=datetime(2026, 11, 20, tzinfo=UTC)
    )

    answer = confirm(session, as_role, incident, cause="プリント サーバーの停止。")

    assert answer.status_code == 303
    reopened = fresh(session, action)
    assert (reopened.done_at, reopened.effect, reopened.reopened_by_id) == (None, "", incident.id)
    changes = {
        event.incident_id: event.data["change"]
        for event in session.scalars(select(IncidentEvent).where(IncidentEvent.kind == "action"))
    }
    assert changes == {before.id: "reopened", incident.id: "reopens"}
    assert session.scalar(select(AuditRow).where(AuditRow.action == "action.recurred"))
    assert before.number in as_role("engineer").get(f"/incidents/{incident.id}").text
    assert incident.number in as_role("engineer").get(f"/incidents/{before.id}").text


def test_what_is_affected_may_become_known_after_the_cause_and_still_reopens_the_action(
    app, as_role, make_incident, make_action, session
):
    _, action = effective(make_incident, make_action)
    incident = make_incident(**RECOVERED)
    complete = {"knowledge_outcome": "none", "knowledge_reason": "既知", "no_action_reason": "更新予定"}
    confirm(session, as_role, incident, **complete)
    with writing(app.extensions["kb.engine"]) as writer:
        writer.get(Incident, incident.id).components = components.named(writer, ["印刷サーバー"])

    confirm(session, as_role, incident, action="close", **complete)

    assert fresh(session, incident).state == "closed"
    assert fresh(session, action).reopened_by_id == incident.id


@pytest.mark.parametrize(
    ("cause", "component", "contacted", "effect"),
    [
        ("別の原因", "印刷サーバー", datetime(2026, 11, 20, tzinfo=UTC), "effective"),
        ("プリントサーバーの停止", "別の機器", datetime(2026, 11, 20, tzinfo=UTC), "effective"),
        ("プリントサーバーの停止", "印刷サーバー", datetime(2026, 12, 20, tzinfo=UTC), "effective"),
        ("プリントサーバーの停止", "印刷サーバー", datetime(2026, 6, 2, tzinfo=UTC), "effective"),
        ("プリントサーバーの停止", "印刷サーバー", datetime(2026, 11, 20, tzinfo=UTC), "unknown"),
    ],
    ids=["cause", "component", "too late", "before it was done", "not called effective"],
)
def test_anything_else_leaves_an_action_as_it_is(
    as_role, make_incident, make_action, session, cause, component, contacted, effect
):
    _, action = effective(make_incident, make_action, effect=effect)
    incident = make_incident(components=(component,), contacted_at=contacted)

    confirm(session, as_role, incident, cause=cause)

    assert fresh(session, action).effect == effect


def test_an_action_whose_cause_came_back_cannot_be_called_effective(
    app, post, make_incident, make_action, session
):
    _, action = effective(make_incident, make_action, effect="", checked_at=None)
    again = make_incident(components=("印刷サーバー",), contacted_at=datetime(2026, 11, 20, tzinfo=UTC))
    with writing(app.extensions["kb.engine"]) as writer:
        row = writer.get(Incident, again.id)
        row.cause_state, row.cause = "confirmed", CAUSE["cause"]

    answer = post(action, "/check", effect="effective")

    assert answer.status_code == 422 and again.number in answer.text
    assert post(action, "/check", effect="not_effective", effect_note="再発した").status_code == 303
