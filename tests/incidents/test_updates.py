"""Status updates: what the ward is told, what is overdue, how far expected times were off (C-4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.domain.updates import Update, eta_error, rounded_up, update_problems
from kb.incidents import eta, overdue, updates
from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentEvent, IncidentUpdate

NOW = datetime(2027, 5, 10, 1, 2, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FORM = {"ward_text": "原因を調べています。", "eta": "unknown", "confidence": "medium", "next": "30"}


@pytest.fixture
def told(app, people):
    """A function: tell the ward something at a moment, behind the pages."""

    def tell(incident, now, **fields):
        with writing(app.extensions["kb.engine"]) as session:
            update = Update(**({"ward_text": "調査中", "next_due": now + 30 * MINUTE} | fields))
            return updates.tell(session, incident.id, update, by=people["engineer"], now=now)

    return tell


def rows(session, incident):
    """Return the incident's updates, oldest first."""
    found = select(IncidentUpdate).where(IncidentUpdate.incident_id == incident.id)
    return session.scalars(found.order_by(IncidentUpdate.id)).all()


def test_an_update_that_comes_after_the_close_is_refused_and_stays_in_its_form(as_role, make_incident):
    times = {
        f"{name}_at": NOW - timedelta(days=400) for name in ("contacted", "started", "recovered", "closed")
    }
    incident = make_incident(**times)

    answer = as_role("engineer").post(f"/incidents/{incident.id}/updates", data=FORM | {"next": "none"})

    assert answer.status_code == 409 and FORM["ward_text"] in answer.text


def test_an_update_keeps_the_expected_time_as_data_with_its_event_and_audit_row(
    as_role, make_incident, session
):
    incident = make_incident()

    answer = as_role("engineer").post(
        f"/incidents/{incident.id}/updates", data=FORM | {"eta": "30", "staff_text": "手書きで受け付けを。"}
    )

    assert (answer.status_code, answer.location) == (303, f"/incidents/{incident.id}#updates")
    row = rows(session, incident)[0]
    assert timedelta(minutes=29) <= row.eta_to - row.at <= timedelta(minutes=36)
    assert (row.eta_from, row.eta_to.minute % 5, row.confidence) == (row.eta_to, 0, "medium")
    event = session.get(IncidentEvent, row.event_id)
    assert (event.kind, event.text) == ("update", "原因を調べています。")
    assert event.data["eta_to"] == row.eta_to.isoformat()
    assert session.scalar(select(AuditRow).where(AuditRow.action == "incident.told"))


def test_the_next_form_opens_with_what_still_holds(as_role, make_incident):
    incident = make_incident(severity="P1")
    client = as_role("engineer")
    later = f"{datetime.now(UTC) + timedelta(hours=12):%Y-%m-%dT%H:%M}"
    client.post(
        f"/incidents/{incident.id}/updates",
        data=FORM | {"eta": "at", "eta_to": later, "confidence": "low", "staff_text": "5番窓口へご案内を"},
    )

    page = client.get(f"/incidents/{incident.id}").text

    assert page.count(f'value="{later}"') == 2  # one time given stands for both
    assert '<option value="low" selected>' in page and "5番窓口へご案内を</textarea>" in page
    assert 'name="next" value="30" checked' in page  # P1: every 30 minutes


REFUSED = [
    ({"ward_text": " "}, ["「区への報告」を書いてください"]),
    ({"eta": "at"}, ["復旧見込みの時刻を入れるか"]),
    ({"eta": "at", "eta_to": "2020-01-01T09:00"}, ["復旧見込みが過去"]),
    ({"eta": "at", "eta_from": "2999-01-01T10:00", "eta_to": "2998-01-01T09:00"}, ["始まりより前", "90日"]),
    ({"next": ""}, ["次の報告をいつまでに"]),
    ({"next": "none"}, ["次の報告をいつまでに"]),
    ({"next": "at", "next_due": "2020-01-01T09:00"}, ["次の報告が過去"]),
    ({"next": "at", "next_due": "soon"}, []),
    ({"ward_text": "", "next": ""}, ["「区への報告」を書いてください", "次の報告をいつまでに"]),
    ({"staff_text": "管理者パスワードは Kx7-ww21"}, []),
    ({"ward_text": "字" * 4001}, ["4000"]),
]


def test_what_cannot_be_sent_is_refused_with_every_reason_and_the_text_kept(as_role, make_incident, session):
    incident = make_incident()
    for fields, reasons in REFUSED:
        answer = as_role("engineer").post(f"/incidents/{incident.id}/updates", data=FORM | fields)

        assert answer.status_code == 422 and all(reason in answer.text for reason in reasons), fields
        assert fields.get("ward_text", FORM["ward_text"]).strip()[:20] in answer.text
    assert rows(session, incident) == []


def test_only_after_recovery_an_update_may_be_the_last_and_none_follows_the_close(
    as_role, make_incident, session
):
    over = make_incident(recovered_at=NOW)
    closed = make_incident(recovered_at=NOW, closed_at=NOW)
    client = as_role("engineer")

    assert client.post(f"/incidents/{over.id}/updates", data=FORM | {"next": "none"}).status_code == 303
    assert client.post(f"/incidents/{closed.id}/updates", data=FORM).status_code == 409
    assert [row.next_due for row in rows(session, over)] == [None] and rows(session, closed) == []


def test_an_update_is_overdue_after_its_time_and_no_longer_once_told_or_recovered(
    make_incident, told, session, app
):
    started = NOW - timedelta(hours=3)
    spoken = make_incident(severity="P1", contacted_at=started, at=started)
    silent = make_incident(severity="P2", contacted_at=started, at=started)
    patient = make_incident(severity="P2", contacted_at=NOW - 59 * MINUTE, at=started)
    make_incident(severity="P1", contacted_at=started, recovered_at=NOW, at=started)
    told(spoken, NOW - 40 * MINUTE)

    assert overdue.overdue(session, NOW) == {spoken.id, silent.id}
    assert [each.incident.id for each in overdue.awaited(session, NOW)] == [silent.id, spoken.id]
    told(spoken, NOW)
    session.rollback()  # the snapshot of before
    assert overdue.overdue(session, NOW) == {silent.id}
    assert patient.id in overdue.overdue(session, NOW + 2 * MINUTE)


def test_who_is_in_charge_sees_on_every_page_what_is_overdue_and_nobody_else(as_role, make_incident):
    mine = make_incident(severity="P1", lead="author")
    make_incident(severity="P1", lead="author", recovered_at=NOW)

    page = as_role("author").get("/articles/").text

    assert f"/incidents/{mine.id}#updates" in page and "<title>【報告遅れ 1件】" in page
    assert "状況報告が遅れています" not in as_role("engineer").get("/articles/").text
    shown = as_role("engineer").get(f"/incidents/{mine.id}").text
    assert "<title>【報告遅れ】" in shown
    assert "報告遅れ" in as_role("engineer").get("/incidents/").text

    make_incident(severity="P1", lead_id=None)  # nobody's: every engineer's
    assert "<title>【報告遅れ 1件】" in as_role("engineer").get("/").text
    assert "<title>【報告遅れ 1件】" in as_role("author").get("/").text
    assert "報告遅れ" not in as_role("staff").get("/").text


def test_afterwards_each_expected_time_says_how_far_it_was_off(make_incident, told, app, session, as_role):
    incident = make_incident(severity="P2", contacted_at=NOW, at=NOW)
    at = {minutes: NOW + minutes * MINUTE for minutes in (0, 10, 20, 30, 60, 90, 100, 120)}
    told(incident, at[0], eta_from=at[30], eta_to=at[60], confidence="low")
    told(incident, at[10])
    told(incident, at[20], eta_from=at[100], eta_to=at[120], confidence="high")
    told(incident, at[60], eta_from=at[90], eta_to=at[120], confidence="high")
    with writing(app.extensions["kb.engine"]) as changing:
        changing.get(Incident, incident.id).recovered_at = at[90]
    session.rollback()  # the snapshot of before

    found = eta.eta_errors(session, [session.get(Incident, incident.id)])

    assert [(row.minutes, row.lead_minutes) for row in found] == [(30, 90), (-10, 70), (0, 30)]
    summed = eta.by_class(found)
    assert [(row.severity, row.count, row.within, row.early, row.late) for row in summed] == [
        ("P2", 3, 1, 1, 1)
    ]
    assert (summed[0].median_minutes, summed[0].worst_minutes) == (10, 30)
    page = as_role("engineer").get(f"/incidents/{incident.id}").text
    assert "30分遅れた" in page and "10分早かった" in page and "見込みどおり" in page


def test_a_wrong_expected_time_is_measured_from_its_nearer_end():
    first, last = NOW, NOW + 30 * MINUTE

    assert [eta_error(first, last, NOW + n * MINUTE) for n in (-5, 0, 15, 30, 31)] == [-5, 0, 0, 0, 1]


def test_expected_times_are_full_five_minutes():
    assert rounded_up(NOW) == NOW.replace(minute=5, second=0)
    assert rounded_up(NOW.replace(minute=5, second=0)) == NOW.replace(minute=5, second=0)
    assert rounded_up(NOW.replace(minute=58)).minute == 0


def test_an_unknown_expected_time_needs_no_confidence_and_a_known_one_does():
    known = {"eta_from": NOW + MINUTE, "eta_to": NOW + MINUTE, "next_due": NOW + MINUTE}

    assert update_problems(Update("調査中", next_due=NOW), NOW, recovered=False) == []
    reasons = update_problems(Update("調査中", **known), NOW, recovered=False)
    assert [reason.key for reason in reasons] == ["updates.confidence_missing"]


def test_a_case_that_is_not_urgent_waits_for_the_opening_and_an_urgent_one_does_not(make_incident, session):
    saturday = datetime(2027, 5, 8, 1, 0, tzinfo=UTC)  # 10:00 in Japan
    calm = make_incident(severity="P2", contacted_at=saturday, at=saturday)
    urgent = make_incident(severity="P2", contacted_at=saturday, at=saturday, urgent=True)
    monday = datetime(2027, 5, 10, 0, 30, tzinfo=UTC)  # 9:30: an hour after the opening

    assert overdue.overdue(session, saturday + 61 * MINUTE) == {urgent.id}
    assert overdue.overdue(session, monday) == {urgent.id}
    assert overdue.overdue(session, monday + MINUTE) == {calm.id, urgent.id}
    assert overdue.next_day(session, saturday - timedelta(days=1)) == monday - 60 * MINUTE
