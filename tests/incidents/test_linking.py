"""Articles inside an incident: found at once, linked by anybody who works on it, remembered by the search."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kb.store import incident_links
from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentArticle, IncidentEvent, SymptomOutcome


@pytest.fixture
def printer(make_article):
    return make_article(audience="engineer", owner="author")


@pytest.fixture
def say(as_role):
    """A function: what an article was to an incident, as said by an engineer who may not change it."""

    def post(incident, article, outcome, login="engineer", **options):
        address = f"/incidents/{incident.id}/articles"
        data = {"article": str(article.id), "outcome": outcome}
        return as_role(login).post(address, data=data, **options)

    return post


def test_a_link_is_kept_with_event_audit_row_and_what_the_search_learns(
    say, make_incident, printer, session, people
):
    incident = make_incident()

    answer = say(incident, printer, "solved")

    assert answer.status_code == 303 and answer.location.endswith(f"/incidents/{incident.id}#articles")
    link = session.scalars(select(IncidentArticle)).one()
    assert (link.article_id, link.part, link.outcome) == (printer.id, "use", "solved")
    assert (link.revision_id, link.person_id) == (printer.published_id, people["engineer"])
    event = session.scalars(select(IncidentEvent).where(IncidentEvent.kind == "article")).one()
    assert event.data == {"article_id": printer.id, "outcome": "solved"}
    assert session.scalars(select(AuditRow).where(AuditRow.action == "incident.linked")).one()
    told = session.scalars(select(SymptomOutcome)).one()
    assert (told.article_id, told.outcome, told.incident_id) == (printer.id, "solved", incident.id)


def test_who_says_otherwise_later_replaces_what_was_said_and_the_timeline_keeps_both(
    say, make_incident, printer, session
):
    incident = make_incident()
    for outcome in ("solved", "solved", "misled"):
        say(incident, printer, outcome)

    assert [link.outcome for link in session.scalars(select(IncidentArticle))] == ["misled"]
    events = session.scalars(select(IncidentEvent).where(IncidentEvent.kind == "article"))
    assert [event.data["outcome"] for event in events] == ["solved", "misled"]
    rows = session.scalars(select(SymptomOutcome).order_by(SymptomOutcome.id)).all()
    assert [row.outcome for row in rows] == ["solved", "not_solved"]
    assert len({row.token for row in rows}) == 1


def test_an_article_made_from_an_incident_stays_so_when_it_is_improved_there(
    app, make_incident, printer, session
):
    number = make_incident().id
    for outcome in ("created", "updated", "updated"):
        with writing(app.extensions["kb.engine"]) as writer:
            incident = writer.get(Incident, number)
            incident_links.link(writer, incident, printer.id, outcome, by=None, at=incident.created_at)

    link = session.scalars(select(IncidentArticle)).one()
    assert (link.part, link.outcome, link.revision_id) == ("made", "created", printer.head_id)
    assert len(session.scalars(select(IncidentEvent).where(IncidentEvent.kind == "article")).all()) == 1


def test_a_link_that_was_a_mistake_is_taken_back_and_solves_nothing_any_more(
    say, as_role, make_incident, printer, session
):
    incident = make_incident()
    say(incident, printer, "solved")
    link = session.scalars(select(IncidentArticle)).one()

    as_role("engineer").post(f"/incidents/{incident.id}/articles/{link.id}/removal")

    session.rollback()
    assert session.scalars(select(IncidentArticle)).all() == []
    assert "結び付きを取り消した（解決した）" in as_role("engineer").get(f"/incidents/{incident.id}").text
    assert "過去にこの症状で解決" not in as_role("engineer").get(f"/search?q={incident.symptom}").text


@pytest.mark.parametrize("outcome", ["", "created", "best"])
def test_an_outcome_that_nobody_offers_is_refused(say, make_incident, printer, session, outcome):
    assert say(make_incident(), printer, outcome).status_code == 422
    assert session.scalars(select(IncidentArticle)).all() == []


def test_what_a_reader_may_not_see_is_neither_found_nor_linked_nor_shown(
    say, as_role, make_incident, make_article
):
    incident, hidden = make_incident(), make_article(audience="restricted", owner="reviewer")
    assert say(incident, hidden, "solved", login="untrained").status_code == 404
    assert say(incident, hidden, "solved").status_code == 303  # a trained engineer sees it

    seen = as_role("engineer").get(f"/incidents/{incident.id}").text
    unseen = as_role("untrained").get(f"/incidents/{incident.id}").text

    assert hidden.title in seen and hidden.number in seen
    assert hidden.title not in unseen and hidden.number not in unseen


def test_the_page_finds_articles_for_the_symptom_and_for_other_words_at_once(
    as_role, make_incident, make_article
):
    printer = make_article(audience="engineer")
    other = make_article(title="番号札が進まない", symptom="発券機の番号が進まない", audience="engineer")
    incident, client = make_incident(), as_role("engineer")

    own = client.get(f"/incidents/{incident.id}").text
    find = f"/incidents/{incident.id}/articles?find=番号札が進まない"
    partial = client.get(find, headers={"HX-Request": "true"}).text

    assert printer.number in own
    assert other.number in partial and "<html" not in partial
    assert other.number in client.get(find, follow_redirects=True).text  # without script


def test_past_incidents_come_with_what_ended_them(say, as_role, make_incident, printer):
    past = make_incident(
        symptom="申請書の印刷を押しても何も出ない", cause_state="confirmed", cause="トナー切れ"
    )
    say(past, printer, "solved")
    make_incident(symptom="発券機の番号が進まない")

    page = as_role("engineer").get(f"/incidents/{make_incident().id}").text
    similar = page[page.index('id="similar"') :]

    assert past.number in similar and "トナー切れ" in similar and printer.number in similar
    assert "発券機" not in similar


def test_the_article_and_the_search_tell_how_often_it_solved_and_staff_see_numbers_alone(
    say, as_role, make_incident, make_article
):
    article = make_article()
    first, second = make_incident(), make_incident()
    say(first, article, "solved")
    say(second, article, "partly")

    for page in (f"/articles/{article.id}", f"/search?q={first.symptom}"):
        assert first.number in as_role("engineer").get(page).text
        assert first.number not in as_role("staff").get(page).text
    assert "2件の障害で使われ、1件を解決しました" in as_role("staff").get(f"/articles/{article.id}").text
    assert "過去にこの症状で解決" in as_role("staff").get(f"/search?q={first.symptom}").text


def test_an_article_that_nobody_used_says_nothing_of_incidents(as_role, make_article):
    assert "障害での利用" not in as_role("engineer").get(f"/articles/{make_article().id}").text
