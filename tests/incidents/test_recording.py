"""Recording an incident, finding it again, and changing what is known of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.domain.periods import in_japan
from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentEvent, Person

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def local(moment):
    """Return a moment as the browser posts it."""
    return f"{in_japan(moment):%Y-%m-%dT%H:%M}"


def edit_form(client, incident, **changes):
    """Return what the edit form of an incident posts, with changes."""
    page = client.get(f"/incidents/{incident.id}/edit").text
    base = page.split('name="base" value="')[1].split('"')[0]
    known = {name: getattr(incident, name) for name in ("symptom", "severity", "reporter", "channel")}
    stamps = {
        f"{key}_at": local(value)
        for key in ("detected", "contacted", "started", "recovered")
        if (value := getattr(incident, f"{key}_at"))
    }
    return {**known, **stamps, "lead_id": incident.lead_id, "base": base, **changes}


def test_what_is_seen_is_enough_to_record_an_incident(as_role, people, session):
    client = as_role("engineer")
    form = client.get("/incidents/new?symptom=番号札が出ない").text
    assert "番号札が出ない" in form and f'value="{local(datetime.now(UTC))[:10]}' in form

    answer = client.post(
        "/incidents/new", data={"symptom": "番号札が\r\n出ない ", "severity": "P3", "channel": "phone"}
    )

    incident = session.scalars(select(Incident)).one()
    assert answer.status_code == 303 and answer.location.endswith(f"/incidents/{incident.id}")
    assert incident.symptom == "番号札が\n出ない" and incident.state == "waiting"
    event = session.scalars(select(IncidentEvent)).one()
    assert (
        event.kind == "change" and event.text == "番号札が\n出ない" and event.person_id == people["engineer"]
    )
    assert session.scalar(select(AuditRow.action).order_by(AuditRow.id.desc())) == "incident.recorded"
    number = client.get(f"/incidents/{incident.number}")
    assert number.status_code == 301 and number.location.endswith(f"/incidents/{incident.id}")


def test_an_incident_is_refused_with_every_reason_and_nothing_typed_is_lost(as_role, session):
    answer = as_role("engineer").post(
        "/incidents/new",
        data={
            "symptom": " ",
            "severity": "P9",
            "channel": "phone",
            "counters": "3番窓口",
            "detected_at": local(AT + timedelta(hours=1)),
            "contacted_at": local(AT),
        },
    )

    assert answer.status_code == 422
    for words in ("症状」を書いて", "影響の大きさ」", "「連絡受付」が「検知」より前"):
        assert words in answer.text or words.strip("」") in answer.text
    assert "3番窓口" in answer.text
    assert session.scalars(select(Incident)).all() == []


def test_a_time_that_is_none_is_refused_by_its_field(as_role, session):
    answer = as_role("engineer").post(
        "/incidents/new",
        data={"symptom": "x", "severity": "P3", "channel": "phone", "contacted_at": "きのう"},
    )

    assert answer.status_code == 422 and 'href="#field-contacted-at"' in answer.text
    assert session.scalars(select(Incident)).all() == []


def test_open_incidents_come_first_and_the_filters_count_what_they_would_leave(as_role, make_incident):
    closed = make_incident(
        symptom="閉じた障害", started_at=AT, recovered_at=AT, closed_at=AT, at=AT + timedelta(days=2)
    )
    recovered = make_incident(symptom="直った障害", recovered_at=AT, at=AT + timedelta(days=1))
    waiting = make_incident(symptom="続く障害", severity="P1", components=["番号発券機"], lead="author")
    client = as_role("engineer")

    page = client.get("/incidents/").text

    places = [page.index(incident.symptom) for incident in (waiting, recovered, closed)]
    assert places == sorted(places)
    assert "P1 窓口が止まっている（1）" in page and "番号発券機（1）" in page and "2026（3）" in page
    for query, found in {
        "state=open": [waiting, recovered],
        "state=closed": [closed],
        "severity=P1": [waiting],
        "component=番号発券機": [waiting],
        "year=2025": [],
        "lead=me": [recovered, closed],
        "q=直った": [recovered],
        "q=" + closed.number.lower(): [closed],
        "q=続く+障害": [waiting],
        "q=%25": [],
        "state=nonsense&year=x&severity=P9": [waiting, recovered, closed],
    }.items():
        page = client.get("/incidents/?" + query).text
        shown = [incident for incident in (waiting, recovered, closed) if incident.symptom in page]
        assert shown == found, query


def test_a_long_list_has_pages_and_an_empty_one_says_what_to_do(as_role, make_incident):
    client = as_role("engineer")
    assert "まだ記録されていません" in client.get("/incidents/").text
    for number in range(51):
        make_incident(symptom=f"障害その{number:02d}", lead="author")

    first, second = client.get("/incidents/").text, client.get("/incidents/?page=2").text

    assert "障害その50" in first and "障害その00" not in first
    assert "障害その00" in second and "障害その50" not in second


def test_a_tap_sets_the_next_moment_and_the_timeline_keeps_it(as_role, make_incident, session):
    incident = make_incident(contacted_at=AT)
    client = as_role("engineer")

    assert client.post(f"/incidents/{incident.id}/stamps", data={"stamp": "started"}).status_code == 303
    at = local(datetime.now(UTC))
    client.post(f"/incidents/{incident.id}/stamps", data={"stamp": "recovered", "stamp_at": at})

    found = session.get(Incident, incident.id)
    assert found.state == "recovered" and found.started_at.second == 0
    events = session.scalars(select(IncidentEvent).where(IncidentEvent.kind == "stamp")).all()
    assert [event.data["stamp"] for event in events] == ["started", "recovered"]
    assert "「復旧」の時刻を記録" in client.get(f"/incidents/{incident.id}").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"stamp": "started", "stamp_at": local(AT - timedelta(hours=1))},
            "「復旧着手」が「連絡受付」より前",
        ),
        ({"stamp": "recovered", "stamp_at": "2099-01-01T00:00"}, "「復旧」の時刻が未来"),
        ({"stamp": "contacted", "stamp_at": "0001-01-02T00:00"}, "日時を読み取れません"),
        ({"stamp": "contacted", "stamp_at": "2026-11-20T10:00+00:00"}, "日時を読み取れません"),
        ({"stamp": "closed"}, "どの時刻か"),
        ({"stamp": "started", "stamp_at": "正午"}, "日時を読み取れません"),
    ],
)
def test_an_impossible_moment_is_refused_with_the_sentence_that_says_which(
    as_role, make_incident, session, fields, words
):
    incident = make_incident(contacted_at=AT)

    answer = as_role("engineer").post(f"/incidents/{incident.id}/stamps", data=fields)

    assert answer.status_code == 422 and words in answer.text
    assert session.get(Incident, incident.id).started_at is None


def test_changed_fields_are_kept_with_what_was_before(as_role, make_incident, people, session):
    incident = make_incident(contacted_at=AT, components=["プリンター"])
    client = as_role("engineer")
    form = edit_form(
        client,
        incident,
        severity="P1",
        urgent="1",
        lead_id=people["author"],
        components="番号発券機\r\nプリンター",
        started_at=local(AT + timedelta(minutes=5)),
    )

    assert client.post(f"/incidents/{incident.id}/edit", data=form).status_code == 303

    found = session.get(Incident, incident.id)
    assert (found.severity, found.urgent, found.lead_id) == ("P1", True, people["author"])
    assert found.started_at == AT + timedelta(minutes=5)
    assert [component.name for component in found.components] == ["プリンター", "番号発券機"]
    page = client.get(f"/incidents/{incident.id}").text
    for words in ("P3 機器1台の不具合", "試験 author", "「復旧着手」の時刻を記録"):
        assert words in page
    detail = session.scalars(select(AuditRow.detail).where(AuditRow.action == "incident.changed")).one()
    assert detail["fields"] == ["components", "lead_id", "severity", "started_at", "urgent"]


def test_a_save_that_changes_nothing_writes_nothing(as_role, make_incident, session):
    incident = make_incident(contacted_at=AT + timedelta(seconds=31), components=["プリンター"])
    client = as_role("engineer")

    form = edit_form(client, incident, components="プリンター")
    assert client.post(f"/incidents/{incident.id}/edit", data=form).status_code == 303

    assert session.get(Incident, incident.id).version == incident.version
    assert len(session.scalars(select(IncidentEvent)).all()) == 1


def test_two_who_edit_at_once_see_each_others_values_and_lose_nothing(as_role, make_incident, session):
    incident = make_incident(contacted_at=AT)
    mine, theirs = as_role("engineer"), as_role("author")
    my_form = edit_form(mine, incident, severity="P1")
    their_form = edit_form(theirs, incident, reporter="税務課")
    theirs.post(f"/incidents/{incident.id}/edit", data=their_form)
    mine.post(f"/incidents/{incident.id}/events", data={"kind": "note", "text": "別の追記"})

    answer = mine.post(f"/incidents/{incident.id}/edit", data=my_form)

    assert answer.status_code == 409 and "税務課" in answer.text
    base = answer.text.split('name="base" value="')[1].split('"')[0]
    again = mine.post(f"/incidents/{incident.id}/edit", data=my_form | {"base": base, "reporter": "税務課"})
    assert again.status_code == 303
    found = session.get(Incident, incident.id)
    assert (found.severity, found.reporter) == ("P1", "税務課")


def test_who_has_left_cannot_be_put_in_charge_but_may_stay_so(app, as_role, make_incident, people, session):
    incident = make_incident(contacted_at=AT, lead="author")
    with writing(app.extensions["kb.engine"]) as changing:
        changing.get(Person, people["author"]).disabled_at = AT
    client = as_role("engineer")

    stays = client.post(f"/incidents/{incident.id}/edit", data=edit_form(client, incident, severity="P2"))
    incident = make_incident(contacted_at=AT)
    put = client.post(
        f"/incidents/{incident.id}/edit", data=edit_form(client, incident, lead_id=people["author"])
    )
    staff = client.post(
        f"/incidents/{incident.id}/edit", data=edit_form(client, incident, lead_id=people["staff"])
    )

    assert (stays.status_code, put.status_code, staff.status_code) == (303, 422, 422)


def test_a_closed_incident_changes_only_after_it_was_reopened_with_a_reason(as_role, make_incident, session):
    times = {"contacted_at": AT, "started_at": AT, "recovered_at": AT, "closed_at": AT}
    incident = make_incident(**times)
    client = as_role("engineer")
    address = f"/incidents/{incident.id}"

    assert client.get(address + "/edit").status_code == 409
    assert client.post(address + "/stamps", data={"stamp": "recovered"}).status_code == 409
    assert client.post(address + "/events", data={"kind": "note", "text": "後日談"}).status_code == 303
    for reason in (" ", "あ" * 4_001):
        assert client.post(address + "/reopening", data={"reopen_reason": reason}).status_code == 422
    assert (
        "再発した"
        in client.post(
            address + "/reopening", data={"reopen_reason": "再発した。パスワード: hunter2hunter2"}
        ).text
    )
    assert client.post(address + "/reopening", data={"reopen_reason": "再発したため"}).status_code == 303

    assert session.get(Incident, incident.id).state == "recovered"
    page = client.get(address).text
    assert "完了した障害を再開" in page and "再発したため" in page
    assert client.post(address + "/reopening", data={"reopen_reason": "もう一度"}).status_code == 409


def test_systems_of_hidden_articles_are_no_suggestions(as_role, make_incident, make_article):
    make_article(components=("公開の機器",))
    make_article(audience="restricted", components=("限定の機器",))
    make_article(owner="reviewer", confidence="work_in_progress", components=("下書きの機器",))
    make_incident(components=("障害の機器",))

    page = as_role("untrained").get("/incidents/new").text

    assert "公開の機器" in page and "障害の機器" in page
    assert "限定の機器" not in page and "下書きの機器" not in page
    assert "限定の機器" in as_role("engineer").get("/incidents/new").text


def test_an_unknown_number_is_not_found(as_role):
    client = as_role("engineer")

    for path in ("INC-2026-0099", "INC-99999999999999999999-1", "4711", "99999999999999999999"):
        assert client.get(f"/incidents/{path}").status_code == 404
