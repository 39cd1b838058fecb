"""What ward staff see of an incident: the status page and the notice, and nothing else (C-4)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from kb.domain.updates import Update, rounded_up
from kb.incidents import updates
from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentArticle, IncidentEvent, SignIn

MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(app, people):
    """A function: tell the ward and its staff something now."""

    def tell(incident, **fields):
        now = fields.pop("now", datetime.now(UTC))
        given = {"ward_text": "区だけに伝える話", "next_due": now + 30 * MINUTE} | fields
        with writing(app.extensions["kb.engine"]) as session:
            updates.tell(session, incident.id, Update(**given), by=people["engineer"], now=now)

    return tell


@pytest.fixture
def link(app):
    """A function: link an article to an incident with an outcome."""

    def add(incident, article, outcome):
        row = {"incident_id": incident.id, "article_id": article.id, "part": "use", "outcome": outcome}
        with writing(app.extensions["kb.engine"]) as session:
            session.add(IncidentArticle(**row, at=datetime.now(UTC)))

    return add


def help_for(make_article, title, **fields):
    """Return a published self-help article for staff unless something else is said."""
    return make_article(**({"kind": "self_help", "title": title} | fields))


def test_staff_see_what_is_shown_to_them_and_nothing_else_of_an_incident(as_role, make_incident, told):
    shown = make_incident(
        symptom="発券機が止まった", severity="P1", counters=["3番窓口"], on_status_page=True
    )
    make_incident(symptom="まだ見せない不具合")
    soon = datetime.now(UTC) + 40 * MINUTE
    told(
        shown, staff_text="手書きの番号札を使ってください。", eta_from=soon, eta_to=soon, confidence="medium"
    )

    page = as_role("staff").get("/status").text

    assert "発券機が止まった" in page and "3番窓口" in page and "窓口が止まっています" in page
    assert "手書きの番号札" in page and f"{soon + timedelta(hours=9):%H:%M}</time>ごろ" in page
    assert "まだ見せない" not in page and "区だけに伝える話" not in page and "試験 engineer" not in page
    assert as_role("staff").get(f"/incidents/{shown.id}").status_code == 403


def test_nothing_wrong_is_said_in_both_languages_above_what_recovered_today(as_role, make_incident):
    now, client = datetime.now(UTC), as_role("staff")
    make_incident(symptom="今日直ったもの", on_status_page=True, recovered_at=now)
    make_incident(symptom="おととい直ったもの", on_status_page=True, recovered_at=now - timedelta(days=2))

    page = client.get("/status").text
    assert "いま、お知らせしている障害はありません" in page
    assert "今日直ったもの" in page and "おととい直ったもの" not in page

    client.post("/language", data={"language": "en"})
    assert "No known problems right now" in client.get("/status").text


def test_an_expected_time_that_has_passed_is_not_shown_as_if_it_still_held(as_role, make_incident, told):
    incident = make_incident(on_status_page=True)
    before = datetime.now(UTC) - 60 * MINUTE
    told(incident, now=before, eta_from=before + MINUTE, eta_to=before + 30 * MINUTE, confidence="high")

    page = as_role("staff").get("/status").text

    assert "見込みの時刻を過ぎました" in page and "予定より遅れています" in page


def test_what_to_do_meanwhile_is_only_what_this_reader_may_see(as_role, make_incident, make_article, link):
    incident = make_incident(components=["発券機"], on_status_page=True)
    link(incident, help_for(make_article, "リンクした手引き"), "partly")
    link(incident, help_for(make_article, "役立たなかった手引き", components=("発券機",)), "not_helped")
    link(incident, help_for(make_article, "保守員の手引き", audience="engineer"), "solved")
    help_for(make_article, "発券機の手引き", components=("発券機",))
    help_for(make_article, "下書きの手引き", components=("発券機",), confidence="work_in_progress")
    help_for(make_article, "別の機器の手引き", components=("印刷機",))

    for login in ("staff", "author"):
        page = as_role(login).get("/status").text
        found = re.findall(r'lang="ja">([^<]*手引き)</a>', page)
        assert found == ["リンクした手引き", "発券機の手引き"], login


def test_visitors_see_the_page_only_where_the_ward_opened_it(app, visitor, make_incident):
    make_incident(symptom="発券機が止まった", on_status_page=True)
    assert visitor.get("/status").status_code == 303

    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=True)
    assert "発券機が止まった" in visitor.get("/status").text


def test_the_open_page_asks_for_what_is_new_and_that_keeps_no_session_alive(
    app, as_role, make_incident, told, session
):
    incident = make_incident(on_status_page=True)
    client = as_role("staff")
    seen = re.search(r'hx-get="/status\?seen=(\w+)"', client.get("/status").text)[1]
    before = datetime.now(UTC) - 20 * MINUTE
    with writing(app.extensions["kb.engine"]) as changing:
        changing.execute(update(SignIn).values(seen_at=before))

    asked = {"headers": {"HX-Request": "true", "HX-Current-URL": "http://localhost/status"}}
    assert client.get(f"/status?seen={seen}", **asked).status_code == 204
    told(incident, staff_text="新しいお知らせ")
    new = client.get(f"/status?seen={seen}", **asked)
    assert "新しいお知らせ" in new.text and "<html" not in new.text
    assert max(session.scalars(select(SignIn.seen_at))) == before

    with writing(app.extensions["kb.engine"]) as changing:
        changing.execute(update(SignIn).values(seen_at=before - timedelta(hours=1)))
    ended = client.get(f"/status?seen={seen}", **asked)
    assert (ended.status_code, ended.headers["HX-Redirect"]) == (204, "/sign-in?next=/status")
    asked["headers"]["HX-Current-URL"] = "http://["
    assert client.get(f"/status?seen={seen}", **asked).headers["HX-Redirect"] == "/sign-in"


def test_the_notice_says_in_both_languages_how_long_it_takes(as_role, make_incident, told):
    incident = make_incident(severity="P1", counters=["3番窓口"], on_status_page=True)
    client, place = as_role("staff"), f"/status/{incident.id}/notice"
    assert "いつ 直るか、まだ 分かりません" in client.get(place).text

    soon = datetime.now(UTC) + 88 * MINUTE
    told(incident, eta_from=soon, eta_to=soon, confidence="high", staff_text="職員だけに")
    page = client.get(place).text

    assert "約1時間30分" in page and "about 1 hour 30 minutes" in page and "3番窓口" in page
    local = rounded_up(soon) + timedelta(hours=9)
    assert f"{local.hour % 12}時" in page and f"{local.hour % 12 or 12}:{local:%M} " in page
    assert "職員だけに" not in page and "区だけに" not in page


def test_the_notice_of_what_has_recovered_says_so_and_a_hidden_one_is_not_there(as_role, make_incident):
    over = make_incident(on_status_page=True, recovered_at=datetime.now(UTC))
    hidden = make_incident()
    past = make_incident(on_status_page=True, recovered_at=datetime.now(UTC) - timedelta(days=2))

    assert "システムは 直りました" in as_role("staff").get(f"/status/{over.id}/notice").text
    for gone in (hidden, past):
        assert as_role("staff").get(f"/status/{gone.id}/notice").status_code == 404
    assert "貼ってよいか確かめて" in as_role("engineer").get(f"/status/{hidden.id}/notice").text


def test_the_switch_shows_and_hides_with_an_event_and_an_audit_row_for_each_change(
    as_role, make_incident, session
):
    incident = make_incident()
    for on in ("1", "1", "0"):
        answer = as_role("engineer").post(f"/incidents/{incident.id}/status-page", data={"on": on})
        assert answer.location == f"/incidents/{incident.id}#updates"

    assert session.get(Incident, incident.id).on_status_page is False
    actions = select(AuditRow.action).where(AuditRow.action.in_(("incident.shown", "incident.hidden")))
    assert session.scalars(actions.order_by(AuditRow.id)).all() == ["incident.shown", "incident.hidden"]
    kinds = select(IncidentEvent.kind).where(IncidentEvent.incident_id == incident.id)
    assert session.scalars(kinds).all() == ["change"] * 3  # recorded, shown, hidden
