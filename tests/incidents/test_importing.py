"""Past incidents come in once, and go out again without persons."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from kb.store.db import writing
from kb.store.models import AuditRow, Incident, IncidentArticle, IncidentEvent, SymptomOutcome
from kb.store.timeline import add_event

OLD = {
    "source": "T-1024",
    "symptom": "証明書が印刷されない",
    "severity": "P2",
    "components": ["プリンター"],
    "offices": ["戸籍住民課"],
    "contacted_at": "2026-03-02T09:00",
    "started_at": "2026-03-02T09:10",
    "recovered_at": "2026-03-02T10:00",
    "closed_at": "2026-03-05T15:00",
    "cause_state": "confirmed",
    "cause": "紙詰まり",
    "events": [{"at": "2026-03-02T09:20", "kind": "step", "text": "電源を入れ直した"}],
}


@pytest.fixture
def run(app, tmp_path):
    """A function: rows (or the text of a CSV) -> the command's result."""

    def import_(rows, *options):
        csv = isinstance(rows, str)
        path = tmp_path / ("old.csv" if csv else "old.jsonl")
        path.write_text(rows if csv else "\n".join(json.dumps(row) for row in rows))
        return app.test_cli_runner().invoke(args=["incidents", "import", str(path), *options])

    return import_


def test_a_past_incident_comes_in_with_its_times_its_number_and_its_timeline(run, session, make_article):
    article = make_article()
    row = OLD | {"articles": [f"KB-{article.id:04d}:solved"], "knowledge_article": f"KB-{article.id:04d}"}

    assert run([row | {"knowledge_outcome": "reused"}]).exit_code == 0

    incident = session.query(Incident).one()
    assert (incident.number, incident.state, incident.cause) == ("INC-2026-0001", "closed", "紙詰まり")
    assert incident.contacted_at == datetime(2026, 3, 2, 0, 0, tzinfo=UTC), "no offset is Japan time"
    step = session.query(IncidentEvent).filter_by(kind="step").one()
    assert (step.text, step.at) == ("電源を入れ直した", datetime(2026, 3, 2, 0, 20, tzinfo=UTC))
    assert session.query(IncidentArticle).one().outcome == "solved"
    told = session.query(SymptomOutcome).one()
    assert (told.outcome, told.words, told.incident_id) == ("solved", incident.symptom, incident.id)
    assert session.query(AuditRow).filter_by(action="incidents.imported").one().detail["imported"] == 1


def test_the_same_row_again_changes_nothing_and_a_changed_one_changes_its_incident(run, session):
    run([OLD])
    run([OLD])
    assert session.query(Incident).count() == 1 and session.query(IncidentEvent).count() == 2
    session.rollback()

    run([OLD | {"cause": "用紙切れ"}])
    incident = session.query(Incident).one()
    assert (incident.cause, incident.number) == ("用紙切れ", "INC-2026-0001")
    assert session.query(IncidentEvent).count() == 2


def test_what_people_wrote_here_is_not_overwritten(run, app, people, session):
    run([OLD])
    with writing(app.extensions["kb.engine"]) as written:
        number = written.query(Incident).one().id
        add_event(written, number, "note", at=datetime.now(UTC), by=people["engineer"], text="追記")

    result = run([OLD | {"cause": "用紙切れ"}])

    assert result.exit_code == 1 and "INC-2026-0001" in result.output
    assert session.query(Incident).one().cause == "紙詰まり"


@pytest.mark.parametrize(
    "wrong",
    [
        {"symptom": ""},
        {"severity": "P9"},
        {"started_at": "2026-03-01T09:00"},
        {"closed_at": "きのう"},
        {"cause_note": "パスワード：Abcd1234"},
        {"events": [{"at": "2026-03-02T09:20", "text": "パスワード：Abcd1234"}]},
        {"events": [{"kind": "note"}]},
        {"articles": ["KB-9999"]},
        {"reporter": "x" * 300},
        {"nonsense": "1"},
        {"symptom": "\ud800"},
        {"events": "[" * 100_000},
        {"events": json.dumps([{"at": "2026-03-02T09:20", "text": "\ud800"}])},
        {"events": [{"at": "2026-03-02T09:20", "kind": ["note"]}]},
        {"contacted_at": "0001-01-02T09:00"},
    ],
)
def test_a_wrong_row_says_why_with_its_line_and_the_others_come_in(run, session, wrong):
    result = run([OLD | wrong | {"source": "T-1"}, OLD])

    assert result.exit_code == 1 and "1" in result.output.split("\n")[0] and "Abcd1234" not in result.output
    assert [row.source for row in session.query(Incident)] == ["T-1024"]


def test_an_article_named_twice_is_linked_once_for_its_use_and_once_for_what_was_made(
    run, session, make_article
):
    number = make_article().number
    row = OLD | {"articles": [f"{number}:partly", f"{number}:updated", f"{number}:solved"]}

    assert run([row]).exit_code == 0
    assert {(link.part, link.outcome) for link in session.query(IncidentArticle)} == {
        ("use", "solved"),
        ("made", "updated"),
    }


def test_a_table_comes_in_and_an_unknown_column_is_refused_whole(run, session):
    table = (
        "source,symptom,components,contacted_at,urgent\r\nT-7,止まった,端末;プリンター,2026/03/02 09:00,1\r\n"
    )

    assert run(table).exit_code == 0
    incident = session.query(Incident).one()
    assert [component.name for component in incident.components] == ["プリンター", "端末"]
    assert incident.urgent
    assert run("source,whatever\r\nT-8,x\r\n").exit_code == 1


def test_a_dry_run_changes_nothing(run, session):
    assert run([OLD], "--dry-run").exit_code == 0
    assert session.query(Incident).count() == 0


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_an_export_needs_an_approval_is_in_the_audit_log_and_comes_in_unchanged(
    run, app, session, tmp_path, ending, approval
):
    run([OLD])
    path = tmp_path / f"out.{ending}"
    command = app.test_cli_runner().invoke

    assert command(args=["incidents", "export", str(path)]).exit_code == 2
    given = approval("incidents")
    assert command(args=["incidents", "export", str(path), "--approval", "承認 第3号"]).exit_code == 1
    assert command(args=["incidents", "export", str(path), "--approval", given]).exit_code == 0
    assert command(args=["incidents", "export", str(path), "--approval", given]).exit_code == 1

    told = session.query(AuditRow).filter_by(action="incidents.exported").one().detail
    assert told == {"number": 1, "approval": given, "masked": True, "use": 1}
    assert "係長" in (tmp_path / f"out.{ending}.approval.txt").read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    result = command(args=["incidents", "import", str(path)])
    assert result.exit_code == 0, result.output
    session.rollback()
    incident = session.query(Incident).one()
    assert (incident.cause, incident.offices) == ("紙詰まり", ["戸籍住民課"])
    assert session.query(IncidentEvent).filter_by(kind="step").one().text == "電源を入れ直した"
