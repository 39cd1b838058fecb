"""Runs of guides: in order, each with the cause that was confirmed last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kb.domain.diagnosis.guide import DONE, ESCALATION
from kb.store import guide_runs
from kb.store.db import writing
from kb.store.models import GuideRun

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def make_run(app, make_article):
    """A function that stores a run of one article, ended `minutes` after NOW; returns its id."""
    article = make_article()

    def make(minutes, **fields):
        at = NOW + timedelta(minutes=minutes)
        row = GuideRun(
            article_id=article.id,
            revision_id=article.published_id,
            started_at=NOW,
            changed_at=at,
            ended_at=at,
        )
        for name, value in {"state": "repaired", "results": [["lamp", "消灯", 1.5]], **fields}.items():
            setattr(row, name, value)
        with writing(app.extensions["kb.engine"]) as session:
            session.add(row)
            session.flush()
            return row.id

    make.article = article
    return make


def test_closed_runs_come_oldest_first_with_their_newest_cause(app, session, make_run):
    late, early, _ = make_run(20), make_run(10), make_run(5, state="open", ended_at=None)
    left = make_run(30, state="abandoned")
    with writing(app.extensions["kb.engine"]) as writer:
        for cause in ("card", "reader"):
            guide_runs.confirm_cause(writer, late, cause, by=None, at=NOW)
        guide_runs.confirm_cause(writer, early, "card", by=None, at=NOW)
        guide_runs.confirm_cause(writer, early, None, by=None, at=NOW)

    found = guide_runs.closed(session, make_run.article.id)

    assert [one.row.id for one in found] == [early, late, left]
    assert [one.run.cause for one in found] == [None, "reader", None]
    assert found[0].run.results == (("lamp", "消灯", 1.5),)
    assert [one.row.id for one in guide_runs.teaching(session, make_run.article.id)] == [early, late]


def test_the_same_cause_twice_is_one_word(app, session, make_run):
    run = make_run(1)
    with writing(app.extensions["kb.engine"]) as writer:
        said = [guide_runs.confirm_cause(writer, run, "card", by=None, at=NOW) for _ in range(2)]

    assert said == [True, False]


def test_help_took_from_the_call_until_the_incident_was_over(app, session, make_run, make_incident):
    incident = make_incident(recovered_at=NOW + timedelta(minutes=50))
    make_run(10, state="escalated", incident_id=incident.id)
    make_run(20, state="escalated")

    with_incident, alone = (one.run.results for one in guide_runs.closed(session, make_run.article.id))

    assert with_incident[-1] == (ESCALATION, DONE, 40.0)
    assert alone[-1][0] == "lamp"
