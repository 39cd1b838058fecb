"""「今日やること」: for each role what waits for them, and nothing they may not see."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from kb.domain.periods import japan_date
from kb.store.db import writing
from kb.store.models import Incident, IncidentArticle
from tests.privacy.test_exports import ASKED

NOW = datetime.now(UTC)
YESTERDAY = japan_date(NOW) - timedelta(days=1)
CLOSED = {"recovered_at": NOW - timedelta(days=3), "closed_at": NOW - timedelta(days=2)}


def page(as_role, login):
    """Return what the list says to somebody."""
    answer = as_role(login).get("/today")
    assert answer.status_code == 200
    return answer.text


def test_nothing_to_do_is_said_in_words(as_role):
    for login in ("staff", "engineer", "author", "reviewer", "administrator"):
        assert "今やることはありません" in page(as_role, login)


def test_an_engineer_finds_their_incidents_and_those_that_are_nobodys(as_role, make_incident):
    make_incident(symptom="自分の障害", contacted_at=NOW)
    make_incident(symptom="担当のない障害", lead_id=None, contacted_at=NOW)
    make_incident(symptom="ほかの人の障害", lead="author", contacted_at=NOW)
    make_incident(symptom="復旧した障害", recovered_at=NOW)
    make_incident(symptom="終わった障害", **CLOSED)

    found = page(as_role, "engineer")

    assert all(
        words in found
        for words in ("自分の障害", "担当のない障害", "復旧した障害", "復旧したが、完了していない")
    )
    assert "ほかの人の障害" not in found and "終わった障害" not in found


def test_an_update_that_is_overdue_comes_first_and_once(as_role, make_incident):
    waits = {"severity": "P1", "urgent": True}  # at any hour, weekends too (C-2)
    make_incident(symptom="連絡を待たせている障害", contacted_at=NOW - timedelta(hours=5), **waits)
    make_incident(symptom="始まったばかりの障害", contacted_at=NOW)

    found = page(as_role, "engineer")

    waiting = found[found.index('id="todo-updates"') :]  # after the notice that every page has
    assert waiting.count("連絡を待たせている障害") == 1
    assert waiting.index("連絡を待たせている障害") < waiting.index("始まったばかりの障害")


def test_what_is_asked_about_personal_data_comes_to_another_of_the_ward(as_role):
    two = "折り返し 080-6543-2198 か 080-6543-2199 まで"
    wanted = {"symptom": two, "_keep": "1", "_keep_reason": "代表番号のため"}
    assert as_role("engineer").post("/incidents/new", data=wanted).status_code == 422
    as_role("reviewer").post("/privacy/exports/new", data=ASKED)

    reviewer, administrator = page(as_role, "reviewer"), page(as_role, "administrator")
    assert "代表番号のため" in reviewer and "代表番号のため" in administrator
    assert ASKED["purpose"] in administrator and ASKED["purpose"] not in reviewer, "nobody decides their own"
    assert reviewer.count("代表番号のため") == 1, "two values with one reason are one thing to do"
    assert "080-6543" not in reviewer and "代表番号のため" not in page(as_role, "engineer")

    as_role("reviewer").post("/privacy/keeps/1/decision", data={"decision": "allow"})
    assert "代表番号のため" in page(as_role, "reviewer"), "the other value waits"
    as_role("reviewer").post("/privacy/keeps/2/decision", data={"decision": "allow"})
    as_role("administrator").post("/privacy/exports/1/decision", data={"decision": "approve"})
    for login in ("reviewer", "administrator"):
        assert "今やることはありません" in page(as_role, login)


def test_actions_come_to_their_owner_and_late_ones_to_the_ward(as_role, make_incident, make_action):
    incident = make_incident(**CLOSED)
    make_action(incident, text="著者の遅れた処置", owner="author", due=YESTERDAY)
    make_action(incident, text="技術者の処置", due=YESTERDAY + timedelta(days=3))
    make_action(incident, text="だいぶ先の処置", due=date(2099, 1, 1))
    make_action(incident, text="確認する処置", done_at=NOW - timedelta(days=90), check_due=YESTERDAY)

    assert "技術者の処置" in page(as_role, "engineer") and "確認する処置" in page(as_role, "engineer")
    assert "著者の遅れた処置" in page(as_role, "author") and "技術者の処置" not in page(as_role, "author")
    ward = page(as_role, "reviewer")
    assert "著者の遅れた処置" in ward and "確認する処置" in ward and "技術者の処置" not in ward
    assert "だいぶ先の処置" not in page(as_role, "engineer") + ward


def test_lessons_that_are_still_drafts_come_to_author_and_ward_alone(as_role, make_incident, make_article):
    draft = make_article(title="停止の振り返り", confidence="work_in_progress", audience="engineer")
    make_incident(post_mortem_id=draft.id, **CLOSED)
    make_incident(post_mortem_id=make_article(title="公開した振り返り").id, **CLOSED)
    make_incident(post_mortem_id=draft.id, symptom="まだ続く障害", lead="author")

    assert page(as_role, "author").count("停止の振り返り") == 1
    assert "停止の振り返り" in page(as_role, "reviewer")
    for login in ("engineer", "untrained", "staff"):
        assert "停止の振り返り" not in page(as_role, login)
    assert "公開した振り返り" not in page(as_role, "reviewer")


def test_an_article_that_misled_waits_until_it_is_changed(app, as_role, make_incident, make_article):
    wrong, mended = make_article(title="誤った手順"), make_article(title="直した手順")
    incident = make_incident(**CLOSED)
    with writing(app.extensions["kb.engine"]) as session:
        for article, at in ((wrong, NOW), (mended, mended.updated_at - timedelta(days=1))):
            row = {"part": "use", "outcome": "misled", "at": at}
            session.add(IncidentArticle(incident_id=incident.id, article_id=article.id, **row))

    found = page(as_role, "author")

    assert "誤った手順" in found and "直した手順" not in found
    assert "誤った手順" not in page(as_role, "engineer")


def test_staff_find_their_own_reports_in_their_words_and_nothing_else(app, as_role, people, make_incident):
    report = {"symptom": "職員が知らせた不具合", "effect": "device", "counters": "3番"}
    assert as_role("staff").post("/reports/new", data=report).status_code == 303
    with writing(app.extensions["kb.engine"]) as session:
        session.scalars(select(Incident)).one().symptom = "技術者が書き直した症状"
    make_incident(symptom="直った不具合", reported_by=people["staff"], **CLOSED)
    make_incident(symptom="ほかの障害", lead_id=None)

    found = page(as_role, "staff")

    assert "職員が知らせた不具合" in found and 'href="/today" aria-current="page"' in found
    for hidden in ("技術者が書き直した症状", "直った不具合", "ほかの障害"):
        assert hidden not in found


def test_the_start_page_tells_how_much_waits(as_role, make_incident):
    make_incident(contacted_at=NOW)
    make_incident(recovered_at=NOW)

    assert "あなたを待っているものが2件あります" in as_role("engineer").get("/").text
    assert "あなたを待っているもの" not in as_role("staff").get("/").text


def test_a_long_section_shows_twenty_and_counts_the_rest(as_role, make_incident, make_action):
    incident = make_incident(**CLOSED)
    for number in range(23):
        make_action(incident, text=f"処置その{number}", due=YESTERDAY)

    found = page(as_role, "engineer")

    assert found.count("処置その") == 20 and "ほか3件" in found
