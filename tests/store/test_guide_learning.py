"""What an article's guide learnt, out of the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from articles import service
from kb.domain.diagnosis.belief import authored
from kb.domain.diagnosis.learning import Release, Run, learnt
from kb.store import guide_changes, guide_learning, guide_runs
from kb.store.db import reading, writing
from kb.store.models import Article, GuideFreeze, GuideRun, Incident
from tests.guides.learning_cases import DRIVER, START, add_run, reader_guide, with_guide

HOUR = timedelta(hours=1)


@pytest.fixture
def guide_article(make_article):
    """An article of the card reader with its guide."""
    return make_article(
        kind="fault_isolation",
        audience="engineer",
        components=("読取機",),
        sections=with_guide(reader_guide()),
    )


@pytest.fixture
def numbers(app, guide_article):
    """A function: the numbers in force of the guide, all in one list."""

    def found(guide=None):
        with reading(app.extensions["kb.engine"]) as session:
            return flat(guide_learning.in_force(session, guide_article.id, guide or reader_guide()))

    return found


def flat(model):
    """Return a model's numbers that learning moves."""
    actions = [(a.id, a.minutes, dict(a.rows), a.fixes) for a in model.actions.values()]
    return list(model.prior), model.escalation, actions


def publish(app, article, at, by=None, **changes):
    """Publish the article anew with another text; without a person as an import does."""
    with writing(app.extensions["kb.engine"]) as session:
        mine = session.get(Article, article.id)
        text = replace(service.text_of(mine.head), **changes)
        service.revise(session, mine, text, by=by, now=at)
        service.release(session, mine, confidence="validated", by=by, now=at, complete=False)
        return mine.published_id


def freeze(app, article, at):
    with writing(app.extensions["kb.engine"]) as session:
        session.add(GuideFreeze(article_id=article.id, frozen_at=at))


def unfreeze(app, article, at):
    with writing(app.extensions["kb.engine"]) as session:
        guide_learning.freeze_of(session, article.id).ended_at = at


def test_the_numbers_in_force_are_those_that_the_closed_runs_teach(app, guide_article, numbers, session):
    add_run(app, guide_article, DRIVER, cause="driver")
    add_run(app, guide_article, [("wipe", "not_fixed", 3.0)], state="abandoned", at=START + HOUR)
    add_run(app, guide_article, [("wipe", "not_fixed", 3.0)], state="open", at=START + HOUR)

    assert numbers() == flat(learnt(reader_guide(), [Run(tuple(DRIVER), "driver")]))
    assert guide_learning.learnt_from(session, guide_article.id) == 1


def test_a_corrected_cause_counts_as_if_it_had_been_said_at_once(app, guide_article, numbers):
    first = add_run(app, guide_article, DRIVER, cause="card")
    add_run(app, guide_article, DRIVER, cause="driver", at=START + HOUR)

    with writing(app.extensions["kb.engine"]) as session:
        guide_runs.confirm_cause(session, first, "driver", by=None, at=START + 2 * HOUR)

    assert numbers() == flat(learnt(reader_guide(), [Run(tuple(DRIVER), "driver")] * 2))


def test_a_deleted_run_is_as_if_it_had_never_been_walked(app, guide_article, numbers):
    add_run(app, guide_article, DRIVER, cause="driver")
    before = numbers()
    extra = add_run(app, guide_article, [("wipe", "fixed", 2.0)], cause="card", at=START - HOUR)
    assert numbers() != before

    with writing(app.extensions["kb.engine"]) as session:
        session.delete(session.get(GuideRun, extra))

    assert numbers() == before


def test_what_a_rolled_back_transaction_taught_is_forgotten(app, guide_article, numbers):
    run = add_run(app, guide_article, DRIVER)
    with writing(app.extensions["kb.engine"]) as session:
        guide_runs.confirm_cause(session, run, "card", by=None, at=START + HOUR)
        guide_learning.in_force(session, guide_article.id, reader_guide())
        session.rollback()

    with writing(app.extensions["kb.engine"]) as session:
        guide_runs.confirm_cause(session, run, "driver", by=None, at=START + 2 * HOUR)

    assert numbers() == flat(learnt(reader_guide(), [Run(tuple(DRIVER), "driver")]))


def test_help_that_came_teaches_how_long_it_takes(app, guide_article, make_incident, numbers):
    incident = make_incident(started_at=START - HOUR)
    add_run(app, guide_article, DRIVER[:2], state="escalated", incident_id=incident.id)
    assert numbers() == flat(learnt(reader_guide(), [Run(tuple(DRIVER[:2]))]))

    with writing(app.extensions["kb.engine"]) as session:
        session.get(Incident, incident.id).recovered_at = START + 2 * HOUR

    taught = learnt(reader_guide(), [Run((*DRIVER[:2], ("_escalate", "done", 120.0)))])
    assert numbers() == flat(taught)


def test_a_release_of_the_guides_component_leaves_a_fifth_once(
    app, guide_article, make_article, numbers, people
):
    add_run(app, guide_article, DRIVER, cause="driver", at=START - 48 * HOUR)
    kept = numbers()
    other = make_article(kind="release_note", audience="engineer", components=("プリンター",))
    publish(app, other, START, by=people["reviewer"], title="別の製品")
    assert numbers() == kept, "a release of something else"

    note = make_article(kind="release_note", audience="engineer", components=("読取機", "端末"))
    assert numbers() == kept, "a file brought it: it was published elsewhere and before"
    publish(app, note, START, by=people["reviewer"], title="公開した")
    once = [Run(tuple(DRIVER), "driver"), Release()]
    assert numbers() == flat(learnt(reader_guide(), once))

    add_run(app, guide_article, DRIVER, cause="driver", at=START + HOUR)
    publish(app, note, START + 2 * HOUR, by=people["reviewer"], title="版を直した")
    then = [*once, Run(tuple(DRIVER), "driver")]
    assert numbers() == flat(learnt(reader_guide(), then)), "the same release, its text corrected"


def test_an_edited_step_forgets_what_was_learnt_with_the_older_text(app, guide_article, numbers):
    add_run(app, guide_article, DRIVER, cause="driver")
    guide = reader_guide()
    slower = replace(guide, steps=(*guide.steps[:2], replace(guide.steps[2], minutes=9.0)))

    publish(app, guide_article, START + HOUR, sections=with_guide(slower))

    taught = Run(tuple(DRIVER), "driver", frozenset({"restart"}))
    assert numbers(slower) == flat(learnt(slower, [taught]))


def test_an_old_ticket_told_with_the_newest_text_is_older_than_no_edit(app, guide_article, numbers):
    guide = reader_guide()
    slower = replace(guide, steps=(*guide.steps[:2], replace(guide.steps[2], minutes=9.0)))
    newest = publish(app, guide_article, START, sections=with_guide(slower))

    add_run(app, guide_article, DRIVER, at=START - 300 * HOUR, known=START + HOUR, revision_id=newest)

    assert numbers(slower) == flat(learnt(slower, [Run(tuple(DRIVER))]))


def test_a_step_that_was_away_for_a_while_is_compared_with_what_it_was(app, guide_article, numbers):
    add_run(app, guide_article, DRIVER, cause="driver")
    guide = reader_guide()
    publish(
        app, guide_article, START + HOUR, sections=with_guide(replace(guide, steps=(guide.steps[0],) * 1))
    )
    back = replace(guide, steps=(*guide.steps[:2], replace(guide.steps[2], minutes=9.0)))

    publish(app, guide_article, START + 2 * HOUR, sections=with_guide(back))

    taught = Run(tuple(DRIVER), "driver", frozenset({"restart"}))
    assert numbers(back) == flat(learnt(back, [taught]))


def test_a_frozen_guide_stands_still_whatever_becomes_known(app, guide_article, make_article, numbers):
    first = add_run(app, guide_article, DRIVER, cause="driver")
    still = numbers()
    freeze(app, guide_article, START + HOUR)

    add_run(app, guide_article, DRIVER, cause="driver", at=START + 2 * HOUR)
    add_run(app, guide_article, DRIVER, at=START - HOUR, known=START + 2 * HOUR)
    with writing(app.extensions["kb.engine"]) as session:
        guide_runs.confirm_cause(session, first, "card", by=None, at=START + 2 * HOUR)
    assert numbers() == still

    unfreeze(app, guide_article, START + 3 * HOUR)
    runs = [Run(tuple(DRIVER)), Run(tuple(DRIVER), "card"), Run(tuple(DRIVER), "driver")]
    assert numbers() == flat(learnt(reader_guide(), runs))


def told(app, article, at):
    """Let the guide say what it learnt; return what the owner is told."""
    with writing(app.extensions["kb.engine"]) as session:
        row = guide_changes.learnt_more(session, article.id, at)
        return row.told if row else None


def test_the_owner_is_told_once_that_another_step_comes_first_and_why(app, guide_article):
    assert told(app, guide_article, START) is None
    for number in range(20):
        add_run(app, guide_article, DRIVER, cause="driver", at=START + number * HOUR)

    found = told(app, guide_article, START + 20 * HOUR)

    assert found["first"] == ["wipe", "restart"]
    assert [row[0] for row in found["shares"]] == ["driver"]
    cause, before, after = found["largest"]
    assert cause == "driver" and before < 0.11 < 0.4 < after
    assert told(app, guide_article, START + 20 * HOUR) is None, "nothing new since"


def test_nobody_is_told_of_a_frozen_guide_or_of_an_authors_edit(app, guide_article):
    guide = reader_guide()
    other = replace(guide, causes=(replace(guide.causes[0], weight=1.0), guide.causes[1]))
    publish(app, guide_article, START, sections=with_guide(other))
    assert told(app, guide_article, START) is None

    freeze(app, guide_article, START)
    for number in range(20):
        add_run(app, guide_article, DRIVER, cause="driver", at=START + number * HOUR)
    assert told(app, guide_article, START + 20 * HOUR) is None


def test_a_guide_without_runs_has_its_authors_numbers(numbers):
    assert numbers() == flat(authored(reader_guide()))
