"""The close gate in the application: kept step by step, refused with every reason, then closed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from kb.incidents import closing
from kb.store import incident_links
from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentArticle, IncidentEvent

RECOVERED = {
    "contacted_at": datetime(2026, 11, 20, 1, 0, tzinfo=UTC),
    "started_at": datetime(2026, 11, 20, 1, 10, tzinfo=UTC),
    "recovered_at": datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
}
COMPLETE = {
    "cause_state": "confirmed",
    "cause": "プリントサーバーの停止",
    "knowledge_outcome": "none",
    "knowledge_reason": "手順どおりの復旧で、新しい知見がない",
    "no_action_reason": "機器を来月更新する",
}


@pytest.fixture
def gate(session, as_role):
    """A function: post the gate's form of an incident as it stands, with these values."""

    def post(incident, login="engineer", action="save", **fields):
        session.rollback()  # a reader keeps to what it saw first
        base = closing.base(session.get(Incident, incident.id))
        data = {"base": base, "action": action} | fields
        return as_role(login).post(f"/incidents/{incident.id}/closing", data=data)

    return post


def fresh(session, incident):
    """Return the incident as it is on record now."""
    session.rollback()  # a reader keeps to what it saw first
    return session.get(Incident, incident.id)


def test_what_is_filled_in_is_kept_though_more_is_missing(gate, make_incident, session):
    incident = make_incident()

    answer = gate(incident, cause_state="confirmed", cause="ＤＮＳの設定")

    assert answer.status_code == 303 and answer.location.endswith(f"/incidents/{incident.id}#closing")
    kept = fresh(session, incident)
    assert (kept.cause_state, kept.cause, kept.closed_at) == ("confirmed", "ＤＮＳの設定", None)
    assert session.scalar(select(AuditRow).where(AuditRow.action == "closing.saved")).object_id == incident.id
    event = session.scalars(select(IncidentEvent).where(IncidentEvent.incident_id == incident.id)).all()[-1]
    assert event.kind == "change" and event.data["fields"]["cause"] == ["", "ＤＮＳの設定"]


def test_a_refused_close_says_everything_that_is_missing_and_keeps_what_was_written(
    gate, make_incident, session
):
    incident = make_incident()

    answer = gate(incident, action="close", knowledge_outcome="improved")

    assert answer.status_code == 422
    for place in ("#stamps", "#field-cause-state", "#field-knowledge-article", "#actions"):
        assert f'href="{place}"' in answer.text
    kept = fresh(session, incident)
    assert kept.knowledge_outcome == "improved" and kept.closed_at is None


def test_a_complete_incident_closes(gate, make_incident, session, as_role):
    incident = make_incident(**RECOVERED)

    answer = gate(incident, action="close", **COMPLETE)

    assert answer.status_code == 303
    assert fresh(session, incident).state == "closed"
    events = session.scalars(select(IncidentEvent).where(IncidentEvent.incident_id == incident.id)).all()
    assert events[-1].kind == "stamp" and events[-1].data["stamp"] == "closed"
    assert session.scalar(select(AuditRow).where(AuditRow.action == "closing.closed"))
    page = as_role("engineer").get(f"/incidents/{incident.id}").text
    assert "プリントサーバーの停止" in page and 'name="cause_state"' not in page


def test_a_closed_incident_takes_no_other_cause(gate, make_incident, session):
    incident = make_incident(**RECOVERED)
    gate(incident, action="close", **COMPLETE)

    answer = gate(incident, **COMPLETE | {"cause": "別の原因"})

    assert answer.status_code == 409 and "直すときは再開してください" in answer.text
    assert 'value="別の原因"' in answer.text and COMPLETE["cause"] in answer.text, "neither text is lost"
    assert fresh(session, incident).cause == COMPLETE["cause"]


def test_an_article_made_from_the_incident_is_linked_as_such(gate, make_incident, make_article, session):
    incident, article = make_incident(), make_article()

    gate(incident, knowledge_outcome="new", knowledge_number=article.number)
    gate(incident, knowledge_outcome="new", knowledge_article=article.id, cause="ＤＮＳの設定")

    link = session.scalars(select(IncidentArticle)).one()
    assert (link.article_id, link.part, link.outcome) == (article.id, "made", "created")
    events = select(IncidentEvent).where(IncidentEvent.kind == "article")
    assert [event.data["article_id"] for event in session.scalars(events)] == [article.id]


def test_what_was_written_because_of_the_incident_is_no_reuse_and_stands_last(
    app, gate, as_role, make_incident, make_article, session
):
    incident, solver, own = (
        make_incident(),
        make_article(title="前からある記事"),
        make_article(title="今回の記事"),
    )
    with writing(app.extensions["kb.engine"]) as writer:
        here = writer.get(Incident, incident.id)
        incident_links.link(writer, here, own.id, "created", by=None, at=here.created_at)
        incident_links.link(writer, here, solver.id, "solved", by=None, at=here.created_at)

    page = as_role("engineer").get(f"/incidents/{incident.id}").text
    choices = page[page.index('name="knowledge_article"') :].split("</select>")[0]

    assert choices.index(solver.number) < choices.index(own.number)
    refused = gate(incident, knowledge_outcome="reused", knowledge_article=own.id)
    assert refused.status_code == 422 and "この障害から書かれたもの" in refused.text
    assert gate(incident, knowledge_outcome="reused", knowledge_article=solver.id).status_code == 303


def test_a_link_that_knows_its_revision_keeps_it(app, gate, make_incident, make_article, session):
    incident = make_incident()
    draft = make_article(owner="engineer", confidence="work_in_progress")
    with writing(app.extensions["kb.engine"]) as writer:
        made = {"part": "made", "outcome": "created", "revision_id": draft.head_id}
        at = RECOVERED["recovered_at"]
        writer.add(IncidentArticle(incident_id=incident.id, article_id=draft.id, at=at, **made))

    assert gate(incident, knowledge_outcome="new", knowledge_article=draft.id).status_code == 303
    assert fresh(session, incident).knowledge_article_id == draft.id
    assert session.scalars(select(IncidentArticle)).one().revision_id == draft.head_id


def test_a_number_of_thousands_of_digits_is_no_article(gate, make_incident):
    answer = gate(make_incident(), knowledge_outcome="reused", knowledge_number="9" * 5_000)

    assert answer.status_code == 422


def test_two_people_at_once_overwrite_nothing(as_role, gate, make_incident, session):
    incident = make_incident()
    old = closing.base(fresh(session, incident))
    gate(incident, cause_state="confirmed", cause="先に書いた原因")

    answer = as_role("author").post(
        f"/incidents/{incident.id}/closing",
        data={"base": old, "action": "save", "cause_state": "confirmed", "cause": "後から書いた原因"},
    )

    assert answer.status_code == 409
    assert "先に書いた原因" in answer.text and "後から書いた原因" in answer.text
    assert fresh(session, incident).cause == "先に書いた原因"
    assert gate(incident, "author", cause_state="confirmed", cause="後から書いた原因").status_code == 303


def test_an_article_can_be_named_by_its_number(gate, make_incident, make_article, session):
    incident, article = make_incident(), make_article()

    assert (
        gate(incident, knowledge_outcome="reused", knowledge_number="kb-" + article.number[3:]).status_code
        == 303
    )
    assert fresh(session, incident).knowledge_article_id == article.id


def test_a_hidden_article_cannot_be_named_and_stands_in_no_choice(
    app, gate, make_incident, make_article, session, as_role
):
    incident, hidden = make_incident(), make_article(audience="restricted", title="限定の手順")
    with writing(app.extensions["kb.engine"]) as writer:
        link = {"part": "use", "outcome": "solved", "at": datetime(2026, 11, 20, tzinfo=UTC)}
        writer.add(IncidentArticle(incident_id=incident.id, article_id=hidden.id, **link))

    by_number = gate(incident, "untrained", knowledge_outcome="reused", knowledge_number=hidden.number)
    by_id = gate(incident, "untrained", knowledge_outcome="reused", knowledge_article=hidden.id)

    assert by_number.status_code == by_id.status_code == 422
    assert fresh(session, incident).knowledge_article_id is None
    assert "限定の手順" not in as_role("untrained").get(f"/incidents/{incident.id}").text
    assert "限定の手順" in as_role("engineer").get(f"/incidents/{incident.id}").text


def test_who_may_not_see_the_article_keeps_it_when_saving_the_rest(
    gate, make_incident, make_article, session
):
    incident, hidden = make_incident(), make_article(audience="restricted", owner="reviewer")
    gate(incident, knowledge_outcome="reused", knowledge_number=hidden.number)

    answer = gate(
        incident, "untrained", knowledge_outcome="reused", knowledge_article="kept", cause_state="not_found"
    )

    assert answer.status_code == 303
    kept = fresh(session, incident)
    assert (kept.knowledge_article_id, kept.cause_state) == (hidden.id, "not_found")


def test_an_improvement_names_a_revision_of_its_own_article(gate, make_incident, make_article, session):
    incident, one, other = make_incident(), make_article(), make_article()
    chosen = {"knowledge_outcome": "improved", "knowledge_number": one.number}

    assert gate(incident, **chosen, knowledge_revision=other.head_id).status_code == 422
    assert gate(incident, **chosen, knowledge_revision=one.head_id).status_code == 303
    assert fresh(session, incident).knowledge_revision_id == one.head_id


@pytest.mark.parametrize("field", ["cause", "cause_note", "knowledge_reason", "no_action_reason"])
def test_no_field_of_the_gate_takes_a_password(gate, make_incident, session, field):
    incident = make_incident()

    answer = gate(incident, **{field: "パスワード: hiraku01"})

    assert answer.status_code == 422
    assert getattr(fresh(session, incident), field) == ""


def test_staff_reach_neither_the_gate_nor_the_actions(as_role, make_incident):
    incident = make_incident()

    assert as_role("staff").post(f"/incidents/{incident.id}/closing").status_code == 403
    assert as_role("staff").get("/actions/").status_code == 403
