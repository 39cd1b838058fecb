"""The record of a guide: what its runs taught it, and who governs that."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from articles import service
from kb.store import guide_changes, guide_learning, guide_runs
from kb.store.db import reading, writing
from kb.store.models import Article, AuditRow, GuideChange, GuideRun, Notice
from tests.guides.learning_cases import DRIVER, START, add_run, reader_guide, with_guide

HOUR = timedelta(hours=1)
OTHER_STEP = "最初に行う手順が「カードを拭く」から「サービスを再起動する」に変わりました"


@pytest.fixture
def article(make_article):
    """An article of the card reader with its guide; the author owns it."""
    sections = with_guide(reader_guide())
    return make_article(
        kind="fault_isolation", audience="engineer", components=("読取機",), sections=sections
    )


@pytest.fixture
def record(as_role, article):
    """A function: the record page as one of the cast sees it."""
    return lambda login="engineer", **args: as_role(login).get(path(article), query_string=args).text


def path(article, more="record"):
    return f"/articles/{article.id}/guide/{more}"


def driver_runs(app, article, count=20):
    """Add runs that the driver was behind, and correct the first so that the guide is compared."""
    return [
        add_run(app, article, DRIVER, cause="driver", at=START + number * HOUR, expected=[12.0, 6.0, 20.0])
        for number in range(count)
    ]


def correct(client, article, run, cause, **more):
    return client.post(path(article, f"runs/{run}/cause"), data={"cause": cause, **more})


def words(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_a_guide_never_walked_says_so(record):
    page = record()

    assert "まだ記録がありません" in page
    assert "<svg" not in page.split("<main", 1)[1]


def test_the_record_shows_runs_times_and_how_the_causes_moved(app, article, record, make_incident):
    incident = make_incident()
    add_run(app, article, DRIVER, cause="driver", incident_id=incident.id, expected=[12.0, 6.0, 20.0])
    add_run(app, article, DRIVER, at=START + HOUR, expected=[12.0, 11.0, 20.0])
    add_run(app, article, [("wipe", "not_fixed", 3.0)], state="abandoned", at=START + 2 * HOUR)

    page = record()

    told = words(page)
    assert "3回" in told and "復旧した 2回（67 %）" in told and "途中でやめた 1回（33 %）" in told
    assert "2件" in told and "未学習" in told
    assert f'/incidents/{incident.id}">{incident.number}' in page
    assert "範囲の中 1回（50 %）" in told and "範囲より早い 1回（50 %）" in told
    assert "見込みの 0.8 倍" in told
    assert page.count('role="img"') == 2 and page.count("表で見る") == 2
    assert re.search(r"ドライバーの停止 11 % 1[5-9] % 1件", told), "as guessed, in force, confirmed"


def test_a_corrected_cause_is_kept_and_recomputed(app, article, as_role, session):
    run = add_run(app, article, DRIVER, cause="driver")

    answer = correct(as_role("engineer"), article, run, "card")

    assert answer.status_code == 409, "the record speaks against it"
    assert "記録と矛盾します" in answer.text
    assert guide_runs.cause_of(session, run) == "driver"
    assert correct(as_role("engineer"), article, run, "card", sure="card").status_code == 303
    session.rollback()
    assert guide_runs.cause_of(session, run) == "card"
    assert session.query(AuditRow).filter_by(action="guide.cause").count() == 1


def test_only_a_closed_run_and_a_cause_of_this_guide_can_be_corrected(
    app, article, as_role, make_article, make_incident
):
    run = add_run(app, article, DRIVER)
    still_open = add_run(app, article, DRIVER, state="open")
    elsewhere = make_article(kind="fault_isolation", sections=with_guide(reader_guide()))
    client = as_role("engineer")

    assert correct(client, article, run, "ghost").status_code == 422
    assert correct(client, article, still_open, "driver").status_code == 404
    assert correct(client, elsewhere, run, "driver").status_code == 404


def test_the_owner_is_told_why_another_step_comes_first_and_acknowledges(
    app, article, as_role, people, session, record
):
    *_, last = driver_runs(app, article)
    correct(as_role("engineer"), article, last, "")

    notice = session.query(Notice).one()
    assert (notice.person_id, notice.kind) == (people["author"], "guide_first")
    page = record("author")
    assert OTHER_STEP in page
    assert re.search("「ドライバーの停止」の見込みが 11 % から 5\\d % に上がりました", page)
    assert "学んで変わった手順書" in as_role("author").get("/today").text
    assert "事例20件から学び" in as_role("author").get("/notices/").text
    assert "確認しました" not in record("engineer"), "it waits for who is in charge"

    change = session.query(GuideChange).one()
    answer = as_role("author").post(path(article, "acknowledgement"), data={"last": change.id})

    assert answer.status_code == 303
    page = record("author")
    assert "試験 author が確認" in page and "確認しました</button>" not in page
    again = as_role("author").post(path(article, "acknowledgement"), data={"last": change.id})
    assert again.status_code == 409


def test_a_frozen_guide_stands_still_until_it_learns_again(app, article, as_role, session, record):
    author = as_role("author")
    assert author.post(path(article, "freeze")).status_code == 303
    still = in_force(app, article)
    later = datetime.now(UTC) + HOUR
    runs = [add_run(app, article, DRIVER, cause="driver", at=later + number * HOUR) for number in range(20)]

    assert in_force(app, article) == still
    page = record("engineer")
    assert "試験 author が学習を止めました" in page
    assert author.post(path(article, "freeze")).status_code == 409
    with writing(app.extensions["kb.engine"]) as writer:
        for run in writer.query(GuideRun):
            run.ended_at = run.changed_at = START
    assert len(runs) == 20
    assert author.post(path(article, "freeze/end")).status_code == 303
    assert in_force(app, article) != still
    assert OTHER_STEP in record("author"), "what was learnt meanwhile is told"
    assert author.post(path(article, "freeze/end")).status_code == 409
    actions = [row.action for row in session.query(AuditRow).filter(AuditRow.action.like("guide.%"))]
    assert actions == ["guide.frozen", "guide.unfrozen", "guide.changed"]


def in_force(app, article):
    with reading(app.extensions["kb.engine"]) as session:
        return list(guide_learning.in_force(session, article.id, reader_guide()).prior)


def close_with(app, article, at=START + 50 * HOUR):
    """Let the guide be looked at as when a walk ends."""
    with writing(app.extensions["kb.engine"]) as writer:
        guide_changes.learnt_more(writer, article.id, at)


def test_a_guide_that_is_often_given_up_waits_for_its_owner_until_a_new_text(app, article, as_role, record):
    for number in range(4):
        add_run(app, article, DRIVER, cause="_other" if number < 2 else "driver", at=START + number * HOUR)
    close_with(app, article)
    assert "うまく導いていない手順書" not in as_role("author").get("/today").text, "too few to say"
    add_run(app, article, [], state="abandoned", at=START + 5 * HOUR)
    add_run(app, article, [], state="abandoned", at=START + 6 * HOUR)
    add_run(app, article, [], state="abandoned", at=START + 7 * HOUR, origin="import")

    close_with(app, article)

    assert "途中でやめられています" in as_role("author").get("/today").text
    assert "うまく導いていない" not in as_role("engineer").get("/today").text, "only who is in charge"
    assert "途中でやめられています（6回中2回）" in record()
    with writing(app.extensions["kb.engine"]) as writer:
        mine = writer.get(Article, article.id)
        text = replace(service.text_of(mine.head), title="直した手順書")
        service.revise(writer, mine, text, by=None, now=START + 60 * HOUR)
        service.release(writer, mine, confidence="validated", by=None, now=START + 60 * HOUR, complete=False)
    assert "うまく導いていない手順書" not in as_role("author").get("/today").text
    assert "うまく導いていません" not in record()


def test_only_who_is_in_charge_governs_the_learning(app, article, as_role):
    driver_runs(app, article, 1)

    assert as_role("engineer").post(path(article, "freeze")).status_code == 403
    assert as_role("reviewer").post(path(article, "freeze")).status_code == 303
    assert as_role("engineer").post(path(article, "freeze/end")).status_code == 403


def test_a_release_tells_owners_whose_guide_forgets(app, article, make_article, session, people):
    driver_runs(app, article)
    note = make_article(kind="release_note", components=("読取機",), confidence="work_in_progress")
    with writing(app.extensions["kb.engine"]) as writer:
        assert guide_changes.learnt_more(writer, article.id, START + 30 * HOUR)

    with writing(app.extensions["kb.engine"]) as writer:
        release, at = writer.get(Article, note.id), START + 40 * HOUR
        by = people["reviewer"]
        service.release(writer, release, confidence="validated", by=by, now=at, complete=False)

    newest = session.query(GuideChange).order_by(GuideChange.id.desc()).first()
    assert newest.at == at and newest.told["first"] == ["restart", "wipe"]
    assert session.query(Notice).filter_by(person_id=people["author"]).count() == 1
