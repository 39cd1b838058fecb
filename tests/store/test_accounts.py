"""What is in the charge of somebody who cannot act any more is nobody's, wherever it is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session

from kb.domain.people import access_problem
from kb.domain.periods import japan_date
from kb.store import accounts
from kb.store.db import writing
from kb.store.models import Base, Notice, Person
from tests.articles.test_flags import flag

NOW = datetime.now(UTC)
TODAY = date(2026, 11, 28)
DAYS = (None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1))


def test_sql_and_the_rule_never_disagree_about_who_may_sign_in():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    organisations, consents = ("ward", "contractor", "subcontractor"), ("", " ", "承諾-1")
    rows = list(product(organisations, consents, DAYS, (None, NOW)))
    with Session(engine) as session:
        for number, (organisation, consent, until, disabled) in enumerate(rows):
            more = {"access_until": until, "consent_reference": consent, "disabled_at": disabled}
            role = {"role": "author", "organisation": organisation, "created_at": NOW}
            session.add(Person(login=f"p{number}", name="試験", password_hash="-", **role, **more))
        session.commit()

        found = set(session.scalars(select(Person.id).where(accounts.may_sign_in(TODAY))))
        people = session.scalars(select(Person)).all()
        assert found == {one.id for one in people if access_problem(one, TODAY) is None}
        assert 0 < len(found) < len(people) == len(rows)


@pytest.fixture
def over(app):
    """A function: let the consent of one of the cast end yesterday (C-10)."""

    def over(login):
        ended = {"organisation": "contractor", "access_until": japan_date(NOW) - timedelta(days=1)}
        with writing(app.extensions["kb.engine"]) as session:
            rows = update(Person).where(Person.login == login)
            session.execute(rows.values(consent_reference="承諾-1", **ended))

    return over


def test_what_a_reader_tells_of_an_article_comes_to_the_ward_once_its_owner_s_consent_ended(
    as_role, people, make_article, session, over
):
    article = make_article(owner="author")
    over("author")

    flag(as_role("staff"), article)

    assert session.scalars(select(Notice.person_id)).all() == [people["reviewer"]]
    assert article.title in as_role("reviewer").get("/today").text
    assert article.title in as_role("reviewer").get("/upkeep/flags?owner=me").text


def test_an_incident_of_somebody_whose_consent_ended_is_every_engineer_s(as_role, make_incident, over):
    late = {"severity": "P1", "urgent": True, "contacted_at": NOW - timedelta(hours=5)}
    make_incident(symptom="引き取り手のない障害", lead="author", **late)
    assert "引き取り手のない障害" not in as_role("engineer").get("/today").text

    over("author")

    assert 'id="todo-updates"' in as_role("engineer").get("/today").text
    assert "引き取り手のない障害" in as_role("engineer").get("/articles/").text, "the notice of every page"


def test_nobody_is_put_in_charge_whose_consent_ended(as_role, people, make_article, make_incident, over):
    article, incident = make_article(owner="reviewer"), make_incident()
    over("author")

    pages = [f"/incidents/{incident.id}/edit", f"/articles/{article.id}/edit", f"/incidents/{incident.id}"]
    for page in pages:
        shown = as_role("administrator").get(page).text
        assert f'<option value="{people["engineer"]}"' in shown, page
        assert f'<option value="{people["author"]}"' not in shown, page
    given = {"symptom": "障害", "severity": "P3", "channel": "phone", "lead_id": people["author"]}
    assert as_role("engineer").post("/incidents/new", data=given).status_code == 422
