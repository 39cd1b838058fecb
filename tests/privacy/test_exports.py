"""Taking data out: asked for by one, approved by another of the ward, masked, stamped, counted (C-11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from kb.domain.exports import use_problem
from kb.store.db import writing
from kb.store.models import ExportRequest, Notice

TODAY = datetime.now(UTC).date()
ASKED = {
    "what": "articles",
    "purpose": "次期システムの調達資料",
    "begins": TODAY.isoformat(),
    "ends": (TODAY + timedelta(days=30)).isoformat(),
    "readers": "情報政策課 佐藤様",
    "security": "暗号化した媒体、金庫",
    "in_charge": "係長 鈴木様",
}


def test_a_request_names_everything_the_contract_asks_for(as_role, session):
    for name in ("what", "purpose", "begins", "ends", "readers", "security", "in_charge"):
        answer = as_role("engineer").post("/privacy/exports/new", data=ASKED | {name: ""})
        assert answer.status_code == 422, name
    long = ASKED | {"ends": (TODAY + timedelta(days=400)).isoformat()}
    assert as_role("engineer").post("/privacy/exports/new", data=long).status_code == 422
    assert session.query(ExportRequest).count() == 0


def test_every_reason_against_a_request_is_counted(as_role):
    answer = as_role("engineer").post("/privacy/exports/new", data=ASKED | {"purpose": "", "readers": ""})

    assert "2件の確認が必要です" in answer.text and answer.text.count("を書いてください。") == 2


def test_who_decides_is_told_and_then_who_asked(as_role, people, session):
    def unread(login):
        session.rollback()
        mine = select(Notice.kind).where(Notice.person_id == people[login], Notice.read_at.is_(None))
        return session.scalars(mine.order_by(Notice.id)).all()

    wanted = {"symptom": "折り返し 080-6543-2198 まで", "_keep": "1", "_keep_reason": "代表番号のため"}
    for phone in ("080-6543-2198", "080-6543-2199"):
        as_role("engineer").post("/incidents/new", data=wanted | {"symptom": f"折り返し {phone} まで"})
    as_role("engineer").post("/privacy/exports/new", data=ASKED)
    as_role("reviewer").post("/privacy/exports/new", data=ASKED)
    assert unread("reviewer") == ["keep_asked", "export_asked"]
    assert unread("administrator") == ["export_asked"], "the only reviewer does not decide their own"
    page = as_role("reviewer").get("/notices/").text
    assert "2回" in page and "EXP-" in page and "個人情報の取扱い" in page

    as_role("reviewer").post("/privacy/keeps/1/decision", data={"decision": "allow"})
    assert unread("reviewer") == ["keep_asked", "export_asked"], "another value waits"
    as_role("reviewer").post("/privacy/keeps/2/decision", data={"decision": "refuse"})
    as_role("reviewer").post("/privacy/exports/1/decision", data={"decision": "approve"})

    page = as_role("engineer").get("/privacy/").text
    assert "サーバーの管理者が次のコマンドで" in page and "flask articles export FOLDER --approval" in page
    assert unread("reviewer") == [] and unread("administrator") == ["export_asked"]
    assert unread("engineer") == ["keep_allowed", "keep_refused", "export_approved"]
    notice = session.scalars(select(Notice.id).where(Notice.kind == "export_approved")).one()
    assert as_role("engineer").post(f"/notices/{notice}/reading").location == "/privacy/#exports"


def test_nobody_approves_their_own_request_and_staff_see_only_their_own(as_role, session):
    assert as_role("reviewer").post("/privacy/exports/new", data=ASKED).status_code == 303
    decision = {"decision": "approve"}
    assert as_role("reviewer").post("/privacy/exports/1/decision", data=decision).status_code == 403
    assert as_role("engineer").post("/privacy/exports/1/decision", data=decision).status_code == 403
    assert "調達資料" not in as_role("engineer").get("/privacy/").text
    assert as_role("administrator").post("/privacy/exports/1/decision", data=decision).status_code == 303
    assert as_role("administrator").post("/privacy/exports/1/decision", data=decision).status_code == 409
    assert "flask articles export FOLDER --approval EXP-" in as_role("reviewer").get("/privacy/").text


def test_an_undecided_request_stays_on_the_page_however_many_came_after_it(app, as_role):
    as_role("engineer").post("/privacy/exports/new", data=ASKED | {"purpose": "待っている申請"})
    with writing(app.extensions["kb.engine"]) as session:
        first = session.query(ExportRequest).one()
        same = {c.key: getattr(first, c.key) for c in ExportRequest.__table__.columns if c.key != "id"}
        for n in range(100):
            later = {"reference": f"EXP-2099-{n:04}", "purpose": "済んだ申請", "state": "refused"}
            session.add(ExportRequest(**same | later))

    page = as_role("reviewer").get("/privacy/").text

    assert page.index("待っている申請") < page.index("済んだ申請")


def test_a_refusal_says_why(as_role):
    as_role("reviewer").post("/privacy/exports/new", data=ASKED)
    refuse = {"decision": "refuse"}
    assert as_role("administrator").post("/privacy/exports/1/decision", data=refuse).status_code == 422
    answer = as_role("administrator").post(
        "/privacy/exports/1/decision", data=refuse | {"decision_words": "期間が長い"}
    )
    assert answer.status_code == 303 and "期間が長い" in as_role("reviewer").get("/privacy/").text


def test_an_export_is_masked_stamped_counted_and_logged(app, make_article, approval, session, tmp_path):
    make_article(symptom="taro@yamada.jp と 10.20.30.40")
    given, out = approval("articles"), tmp_path / "out"
    run = app.test_cli_runner().invoke

    assert run(args=["articles", "export", str(out)]).exit_code == 2
    assert run(args=["articles", "export", str(out), "--approval", given]).exit_code == 0

    written = (out / "KB-0001.md").read_text(encoding="utf-8")
    assert "yamada" not in written and "10.20" not in written and "■ と ■" in written
    assert given in (out / "approval.txt").read_text(encoding="utf-8")
    row = session.query(ExportRequest).one()
    assert row.uses == 1 and row.used_at is not None
    audited = session.execute(
        text("SELECT detail FROM audit WHERE action = 'articles.exported'")
    ).scalar_one()
    assert given in audited and '"use": 1' in audited


@pytest.mark.parametrize(
    ("what", "state", "days"),
    [("incidents", "approved", 30), ("articles", "asked", 30), ("articles", "approved", -1)],
)
def test_another_unapproved_or_expired_request_lets_nothing_out(app, approval, tmp_path, what, state, days):
    given = approval(what, state=state, days=days)

    result = app.test_cli_runner().invoke(
        args=["articles", "export", str(tmp_path / "out"), "--approval", given]
    )

    assert result.exit_code == 1 and not (tmp_path / "out").exists()


def test_a_request_is_good_on_its_first_and_last_day():
    first, last = TODAY, TODAY + timedelta(days=3)

    def problem(day):
        return use_problem("approved", "articles", first, last, "articles", day)

    assert problem(first) is None and problem(last) is None
    assert (
        problem(last + timedelta(days=1)).key == problem(first - timedelta(days=1)).key == "privacy.expired"
    )
