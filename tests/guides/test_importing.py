"""Old tickets teach a guide once each, and hold nothing but ids and figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from kb.store import guide_learning
from kb.store.models import AuditRow, GuideChange, GuideRun
from tests.guides.learning_cases import reader_guide, with_guide

OLD = {
    "source": "T-1",
    "at": "2026-03-02T09:00",
    "steps": [["lamp", "点灯", 1], ["カードを拭く", "直らなかった"], ["restart", "直った", 3]],
    "cause": "ドライバーの停止",
}


@pytest.fixture
def article(make_article):
    return make_article(kind="fault_isolation", audience="engineer", sections=with_guide(reader_guide()))


@pytest.fixture
def learn(app, tmp_path, article):
    """A function: rows (or the text of a CSV) -> the command's result."""

    def learn(rows, *options):
        csv = isinstance(rows, str)
        path = tmp_path / ("old.csv" if csv else "old.jsonl")
        path.write_text(rows if csv else "\n".join(json.dumps(row) for row in rows))
        arguments = ["guides", "learn", str(path), *(options or ["--article", article.number])]
        return app.test_cli_runner().invoke(args=arguments)

    return learn


def runs(session):
    session.rollback()
    return session.query(GuideRun).order_by(GuideRun.id).all()


def test_old_tickets_become_runs_by_ids_or_titles_once(learn, session):
    first, again = learn([OLD]), learn([OLD])

    assert (first.output, again.output) == ("imported 1\n", "unchanged 1\n")
    (run,) = runs(session)
    assert (run.origin, run.state, run.source) == ("import", "repaired", "T-1")
    assert run.results == [["lamp", "点灯", 1.0], ["wipe", "not_fixed", 0.0], ["restart", "fixed", 3.0]]
    assert run.ended_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert session.query(AuditRow).filter_by(action="guide.learnt").count() == 2


def test_a_csv_says_the_same(learn, session, article):
    text = (
        "source,article,steps,cause,help_minutes\r\n"
        f"T-1,{article.number},lamp=点灯=1; カードを拭く=直らなかった; restart=直った=3,driver,\r\n"
        f"T-2,{article.number},wipe=変わらない=4,_other,45\r\n"
    )

    assert learn(text, "--dry-run").output == "imported 2\n"
    assert runs(session) == []
    assert learn(text, "--article", "KB-9999").output == "imported 2\n", "a line's own article counts"
    mended, helped = runs(session)
    assert mended.results[1:] == [["wipe", "not_fixed", 0.0], ["restart", "fixed", 3.0]]
    assert (helped.state, helped.results[-1]) == ("escalated", ["_escalate", "done", 45.0])


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"source": ""}, "no source"),
        ({"steps": [["ghost", "直った"]]}, "no step “ghost”"),
        ({"steps": [["lamp", "青い"]]}, "no outcome"),
        ({"steps": [["wipe", "点灯"]]}, "no outcome"),
        ({"steps": [["lamp", "点灯"], ["lamp", "消灯"]]}, "stands twice"),
        ({"steps": [["wipe", "直った"], ["lamp", "消灯"]]}, "after it was mended"),
        ({"steps": []}, "neither steps"),
        ({"help_minutes": 30}, "no help_minutes"),
        ({"cause": "停電"}, "no cause “停電”"),
        ({"at": "2099-01-01"}, "no value for at"),
        ({"steps": [["lamp", "点灯", -1]]}, "no value for steps"),
        ({"article": "KB-0099"}, "no article KB-0099"),
        ({"incident": "T-77"}, "No incident"),
        ({"caller": "佐藤 花子"}, "The columns are not right (caller)"),
        ({"source": "個人番号 123456789018"}, "個人番号"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_the_others_are_taken(learn, session, wrong, why):
    result = learn([OLD | {"source": "T-0"}, OLD | wrong])

    assert result.exit_code == 1
    assert "line 2: " in result.output and (why in result.output or "My Number" in result.output)
    assert [run.source for run in runs(session)] == ["T-0"]


def test_a_line_that_says_something_else_of_a_run_is_refused(learn, session):
    learn([OLD])

    result = learn([OLD | {"cause": "card"}])

    assert result.exit_code == 1 and "Runs never change" in result.output
    assert len(runs(session)) == 1


def test_an_old_ticket_is_linked_to_the_incident_that_came_from_it(learn, session, make_incident):
    incident = make_incident(source="T-1")

    learn([OLD | {"incident": "T-1"}])

    assert [run.incident_id for run in runs(session)] == [incident.id]


def test_twenty_old_tickets_change_the_first_step_and_the_owner_is_told(learn, session, article):
    tickets = [
        OLD | {"source": f"T-{n}", "steps": [["wipe", "直らなかった", 6], ["restart", "直った", 3]]}
        for n in range(20)
    ]

    learn([{key: value for key, value in ticket.items() if key != "at"} for ticket in tickets])

    session.rollback()
    assert session.query(GuideChange).one().told["first"] == ["wipe", "restart"]
    assert guide_learning.learnt_from(session, article.id) == 20
