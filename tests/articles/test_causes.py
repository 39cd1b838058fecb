"""The incident because of which an article is written: kept by every form, told by link and history."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kb.store.models import Article, AuditRow, Incident, IncidentArticle, IncidentEvent, Revision
from tests.articles.test_writing import NUMBER, new_form
from tests.conftest import form_of


def hidden(incident):
    return f'<input type="hidden" name="incident" value="{incident.id}">'


def test_a_revision_made_because_of_an_incident_says_so_everywhere(
    as_role, make_article, make_incident, session
):
    incident, article = make_incident(), make_article()
    reviewer = as_role("reviewer")
    page = reviewer.get(f"/articles/{article.id}/edit?incident={incident.id}").text
    assert hidden(incident) in page and "この障害から更新" in page and incident.number in page

    changed = form_of(article, incident=incident.id, **{"section.undo": "元に戻す。"})
    assert reviewer.post(f"/articles/{article.id}/edit", data=changed).status_code == 303

    revision = session.scalars(select(Revision).order_by(Revision.id.desc())).first()
    made = session.scalars(select(IncidentArticle)).one()
    assert revision.incident_id == incident.id
    assert (made.part, made.outcome, made.revision_id) == ("made", "updated", revision.id)
    event = session.scalars(select(IncidentEvent).where(IncidentEvent.kind == "article")).one()
    assert event.data == {"article_id": article.id, "outcome": "updated"}
    assert session.get(Incident, incident.id).post_mortem_id is None
    row = session.scalars(select(AuditRow).where(AuditRow.action == "article.saved")).one()
    assert row.detail["incident"] == incident.number
    history = reviewer.get(f"/articles/{article.id}/history").text
    assert history.count(f'href="/incidents/{incident.id}"') == 1 and incident.number in history


def test_a_new_article_is_created_from_its_incident_and_may_be_submitted_at_once(
    as_role, make_incident, people, session
):
    incident = make_incident()
    reviewer = as_role("reviewer")
    kinds = reviewer.get(f"/articles/new?incident={incident.id}").text
    assert f"kind=workaround&amp;incident={incident.id}" in kinds
    page = reviewer.get(f"/articles/new?kind=workaround&incident={incident.id}").text
    assert hidden(incident) in page and "この障害から作成" in page

    posted = new_form(incident=incident.id, action="submit", owner_id=people["reviewer"])
    saved = reviewer.post("/articles/new", data=posted)
    assert saved.status_code == 303 and "審査に出しました" in reviewer.get(saved.location).text

    made = session.scalars(select(IncidentArticle)).one()
    assert (made.outcome, made.incident_id) == ("created", incident.id)


@pytest.mark.parametrize(
    ("change", "status"),
    [({"action": "preview"}, 200), ({"title": ""}, 422), ({"symptom": NUMBER}, 422), ({"base": "0"}, 409)],
)
def test_the_form_keeps_its_incident(as_role, make_article, make_incident, session, change, status):
    incident, article = make_incident(), make_article()

    answer = as_role("author").post(
        f"/articles/{article.id}/edit", data=form_of(article, incident=incident.id, **change)
    )

    assert answer.status_code == status and hidden(incident) in answer.text
    assert session.scalar(select(IncidentArticle)) is None


def test_an_incident_that_is_none_costs_nobody_their_text(as_role, session):
    author = as_role("author")
    numbers = ["999", "0", "-1", "x", "9" * 15, "9" * 40, "１"]

    for number in numbers:
        assert author.get(f"/articles/new?kind=workaround&incident={number}").status_code == 200
        assert author.post("/articles/new", data=new_form(incident=number)).status_code == 303

    assert [article.head.incident_id for article in session.scalars(select(Article))] == [None] * len(numbers)
