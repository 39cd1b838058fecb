"""From a draft to a published article: a second person, remarks, what changed meanwhile, the urgent lane."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from articles import exporting, service
from kb.domain.reviewing import approve_by
from kb.domain.worktime import Calendar
from kb.store.db import reading, writing
from kb.store.models import Article, AuditRow, Incident, IncidentArticle, Notice, Remark, Revision, Submission
from kb.web import rounds
from tests.articles.test_writing import new_form
from tests.conftest import form_of

NUMBER = "123456789018"


@pytest.fixture
def fresh(session):
    """A function: the article, or its submission, as it is by now."""

    def fresh(row, submission=None):
        session.rollback()
        kind, key = (Article, row.id) if submission is None else (Submission, submission)
        return session.get(kind, key, populate_existing=True)

    return fresh


@pytest.fixture
def seen(session):
    """A function: what a query finds by now."""

    def seen(statement):
        session.rollback()
        session.expire_all()
        return session.scalars(statement).all()

    return seen


@pytest.fixture
def draft_of(as_role, make_article, fresh):
    """A function: a published article with a newer draft by one of the cast, as it is by now."""

    def make(login="author", **changes):
        article = make_article(title="前の題")
        form = form_of(article, **{"title": "直した題", **changes})
        assert as_role(login).post(f"/articles/{article.id}/edit", data=form).status_code == 303
        return fresh(article)

    return make


def page_of(article, submission):
    return f"/articles/{article.id}/submissions/{submission}"


def test_a_second_person_publishes_what_an_author_submitted(as_role, draft_of, submit, decide, fresh, seen):
    article = draft_of()
    submission = submit(article, submit_words="手順3を直しました")
    assert "前の題" in as_role("staff").get(f"/articles/{article.id}").text
    page = as_role("reviewer").get(page_of(article, submission)).text
    assert "手順3を直しました" in page and "<del>前の</del>" in page and "<ins>直した</ins>" in page

    assert decide(article, submission).status_code == 303

    assert "直した題" in as_role("staff").get(f"/articles/{article.id}").text
    row = fresh(article, submission)
    assert (row.state, row.decider.login, row.decided_revision_id) == (
        "approved",
        "reviewer",
        article.head_id,
    )
    about = select(AuditRow.action).where(AuditRow.object_type == "article").order_by(AuditRow.id)
    assert seen(about)[-3:] == ["article.submitted", "article.published", "article.approved"]


@pytest.mark.parametrize("login", ["reviewer", "administrator"])
def test_nobody_approves_what_holds_words_of_their_own(as_role, draft_of, submit, decide, fresh, login):
    article = draft_of(login)
    as_role("author").post(
        f"/articles/{article.id}/edit", data=form_of(article, symptom="あとから別の人が直した")
    )
    submission = submit(article)

    assert decide(article, submission, login=login).status_code == 403

    assert "承認して公開する" not in as_role(login).get(page_of(article, submission)).text
    assert fresh(article, submission).state == "waiting"
    other = "administrator" if login == "reviewer" else "reviewer"
    assert decide(article, submission, login=other).status_code == 303


def test_no_way_leads_a_reviewer_alone_to_their_own_text_before_readers(as_role, make_article, seen):
    reviewer = as_role("reviewer")
    reviewer.post("/articles/new", data=new_form(action="publish"))
    mine = seen(select(Article))[0]
    reviewer.post(f"/articles/{mine.id}/publication", data={"base": mine.head_id})
    published = make_article(title="公開中")
    reviewer.post(
        f"/articles/{published.id}/edit", data=form_of(published, title="自分の題", action="publish")
    )
    reviewer.post(f"/articles/{published.id}/publication", data={"base": published.head_id + 1})

    assert as_role("staff").get(f"/articles/{mine.id}").status_code == 404
    assert "自分の題" not in as_role("staff").get(f"/articles/{published.id}").text


def test_who_wrote_the_published_text_does_not_call_it_validated(as_role, make_article):
    article = make_article(confidence="not_validated", owner="reviewer")
    post = {"base": article.head_id}

    assert as_role("reviewer").post(f"/articles/{article.id}/publication", data=post).status_code == 403
    assert as_role("administrator").post(f"/articles/{article.id}/publication", data=post).status_code == 303


def test_a_remark_on_a_line_reaches_the_author_at_that_line(
    people, as_role, draft_of, submit, decide, fresh, seen
):
    steps = "1. 抜く。\n2. 押す。\n3. 待つ。"
    article = draft_of(**{"section.steps": steps})
    submission = submit(article)
    remark = {"base": article.head_id, "field": "section.steps", "line": "2", "remark": "何秒押すのか"}
    added = as_role("reviewer").post(f"{page_of(article, submission)}/remarks", data=remark)
    assert added.status_code == 303
    assert decide(article, submission, "return").status_code == 303

    form = as_role("author").get(f"/articles/{article.id}/edit").text
    assert "2行目" in form and "何秒押すのか" in form and "差し戻されています" in form
    moved = form_of(fresh(article), **{"section.steps": f"0. 準備する。\n{steps}"})
    as_role("author").post(f"/articles/{article.id}/edit", data=moved)
    assert "3行目" in as_role("author").get(f"/articles/{article.id}/edit").text
    assert "差し戻された記事" in as_role("author").get("/today").text
    told = [(row.kind, row.person_id) for row in seen(select(Notice).order_by(Notice.id))]
    assert told == [("submitted", people["reviewer"]), ("returned", people["author"])]


def test_personal_data_in_a_remark_or_a_reason_is_refused_and_stays_in_the_form(
    as_role, draft_of, submit, decide, seen
):
    article = draft_of()
    submission = submit(article)
    remark = {"base": article.head_id, "field": "title", "line": "1", "remark": f"個人番号 {NUMBER}"}

    answers = [
        as_role("reviewer").post(f"{page_of(article, submission)}/remarks", data=remark),
        decide(article, submission, "return", decision=f"個人番号 {NUMBER}"),
    ]

    for answer in answers:
        assert answer.status_code == 422 and NUMBER in answer.text
    assert seen(select(Remark)) == []
    assert seen(select(Submission))[0].decision_words == ""


def test_a_remark_names_a_line_that_is_there(as_role, draft_of, submit):
    article = draft_of()
    submission = submit(article)
    address = f"{page_of(article, submission)}/remarks"
    for place in ({"field": "title", "line": "2"}, {"field": "nothing", "line": "1"}, {"field": "title"}):
        data = {"base": article.head_id, "remark": "直してください", **place}
        assert as_role("reviewer").post(address, data=data).status_code == 404


def test_only_who_made_a_remark_takes_it_back(as_role, draft_of, submit, seen):
    article = draft_of()
    submission = submit(article)
    address = f"{page_of(article, submission)}/remarks"
    data = {"base": article.head_id, "field": "title", "line": "1", "remark": "短く"}
    as_role("reviewer").post(address, data=data)

    assert as_role("administrator").post(f"{address}/1/removal").status_code == 404
    assert as_role("reviewer").post(f"{address}/1/removal").status_code == 303
    assert seen(select(Remark)) == []


def test_returning_without_a_word_is_refused(draft_of, submit, decide, fresh):
    article = draft_of()
    submission = submit(article)

    answer = decide(article, submission, "return")

    assert answer.status_code == 422 and "差し戻す理由" in answer.text
    assert fresh(article, submission).state == "waiting"


@pytest.mark.parametrize(("what", "fields"), [("approval", {}), ("return", {"decision": "直してください"})])
def test_a_decision_about_what_changed_meanwhile_is_refused_with_what_changed(
    as_role, draft_of, submit, decide, fresh, what, fields
):
    article = draft_of()
    submission = submit(article)
    changed = form_of(article, symptom="あとから書き足した症状")
    as_role("author").post(f"/articles/{article.id}/edit", data=changed)
    address = f"{page_of(article, submission)}/{what}"

    answer = as_role("reviewer").post(address, data={"base": article.head_id} | fields)

    assert answer.status_code == 409
    assert "あなたが読んだ版から" in answer.text and "<ins>あとから書き足した症状</ins>" in answer.text
    assert all(words in answer.text for words in fields.values())
    assert fresh(article, submission).state == "waiting"
    assert decide(article, submission, what, **fields).status_code == 303


def test_an_article_has_one_open_submission_and_it_is_decided_once(as_role, draft_of, submit, decide):
    article = draft_of()
    submission = submit(article)
    again = as_role("engineer").post(f"/articles/{article.id}/submissions", data={"base": article.head_id})
    assert again.status_code == 409

    assert decide(article, submission).status_code == 303
    assert decide(article, submission).status_code == 409
    assert decide(article, submission, "return", decision="遅い").status_code == 409
    assert decide(article, submission, "withdrawal", login="author").status_code == 409


def test_a_reviewer_edits_and_sends_back_and_then_another_approves(as_role, draft_of, submit, decide, fresh):
    article = draft_of()
    submission = submit(article)
    form = form_of(article, symptom="審査者が直した症状", action="return")

    assert as_role("reviewer").post(f"/articles/{article.id}/edit", data=form).status_code == 303

    assert fresh(article, submission).state == "returned"
    assert "もう一度審査に出して" in as_role("author").get(f"/articles/{article.id}/edit").text
    second = submit(article)
    assert decide(article, second, login="reviewer").status_code == 403
    assert decide(article, second, login="administrator").status_code == 303


def test_an_author_returns_nothing_by_way_of_the_form(as_role, draft_of, submit, fresh):
    article = draft_of()
    submission = submit(article)
    form = form_of(article, symptom="作者の症状", action="return")

    assert as_role("author").post(f"/articles/{article.id}/edit", data=form).status_code == 403
    assert fresh(article, submission).state == "waiting"


def test_what_was_withdrawn_is_a_draft_and_can_be_submitted_again(as_role, draft_of, submit, decide, fresh):
    article = draft_of()
    first = submit(article)
    assert decide(article, first, "withdrawal", login="author").status_code == 303
    assert fresh(article, first).state == "withdrawn"

    assert submit(article) != first


@pytest.mark.parametrize("login", ["author", "engineer", "reviewer"])
def test_only_who_submitted_it_the_owner_and_the_ward_withdraw(
    people, as_role, draft_of, submit, decide, fresh, seen, login
):
    article = draft_of()
    submission = submit(article, login="engineer")
    assert "取り下げる" not in as_role("untrained").get(page_of(article, submission)).text
    assert decide(article, submission, "withdrawal", login="untrained").status_code == 403
    assert fresh(article, submission).state == "waiting"

    assert "取り下げる" in as_role(login).get(page_of(article, submission)).text
    assert decide(article, submission, "withdrawal", login=login).status_code == 303

    told = seen(select(Notice.person_id).where(Notice.kind == "withdrawn"))
    assert set(told) == {people["author"], people["engineer"]} - {people[login]}


@pytest.mark.parametrize("end", ["approval", "return", "withdrawal", "archive"])
def test_nobody_is_asked_any_more_to_decide_what_was_decided(
    as_role, draft_of, submit, decide, seen, make_incident, end
):
    article, other = draft_of(), draft_of()
    submission, _ = submit(article), submit(other)
    urgent = {"base": article.head_id, "incident": make_incident().id}
    as_role("engineer").post(f"/articles/{article.id}/urgent-publication", data=urgent)
    asking = select(Notice.object_id).where(Notice.kind.in_(("submitted", "published_urgently")))
    assert sorted(seen(asking)) == [article.id, article.id, other.id]

    if end == "archive":
        as_role("reviewer").post(f"/articles/{article.id}/archival")
    else:
        decide(article, submission, end, decision="直してください")

    assert seen(asking.where(Notice.read_at.is_(None))) == [other.id]


def test_the_queue_shows_each_what_waits_for_them(as_role, draft_of, submit):
    article = draft_of("reviewer")
    assert "審査待ちの記事はありません" in as_role("reviewer").get("/reviews/").text
    assert "審査に出した記事はありません" in as_role("author").get("/reviews/").text
    submission = submit(article, login="reviewer")
    link = f'href="{page_of(article, submission)}"'

    assert "ほかの審査者が承認" in as_role("reviewer").get("/reviews/").text
    assert link in as_role("administrator").get("/reviews/").text
    assert (
        link in as_role("administrator").get("/today").text
        and link not in as_role("reviewer").get("/today").text
    )
    assert link not in as_role("author").get("/reviews/?view=all").text
    assert link in as_role("reviewer").get("/reviews/?view=mine").text
    assert "審査待ち" in as_role("administrator").get("/").text


def test_review_and_upkeep_are_one_menu_away_with_how_much_waits(as_role, draft_of, submit):
    submit(draft_of())
    menus = {}
    for login in ("staff", "engineer", "author", "reviewer"):
        page = as_role(login).get("/articles/").text
        menus[login] = re.search(r"<summary>審査・手入れ(.*?)</details>", page, re.DOTALL)

    assert menus["staff"] is None
    for login, places in (
        ("engineer", ["/reviews/", "/upkeep/"]),
        ("author", ["/reviews/", "/upkeep/", "/search/gaps", "/thesaurus/"]),
        ("reviewer", ["/reviews/", "/upkeep/", "/search/gaps", "/thesaurus/"]),
    ):
        assert re.findall(r'href="([^"]+)"', menus[login][1]) == places, login
        assert menus[login][1].count("1件が待っています") == (2 if login == "reviewer" else 0)
    assert "1件が待っています" not in as_role("staff").get("/").text


def test_a_submission_of_a_text_one_may_not_read_is_not_there(as_role, make_article, submit, fresh):
    article = make_article(audience="engineer", owner="reviewer", title="公開中の題")
    form = form_of(article, audience="restricted", title="限定の題")
    as_role("reviewer").post(f"/articles/{article.id}/edit", data=form)
    submission = submit(article, login="reviewer")

    for login in ("author", "untrained"):
        answer = as_role(login).get(page_of(article, submission))
        assert answer.status_code == 404 and "限定の題" not in answer.text
        assert as_role(login).post(f"{page_of(article, submission)}/withdrawal").status_code == 404
    assert as_role("engineer").get(page_of(article, submission)).status_code == 200
    other = make_article(title="別の記事")
    assert as_role("engineer").get(page_of(other, submission)).status_code == 404


def test_both_ways_to_see_the_difference_work_without_script(as_role, draft_of, submit):
    article = draft_of(**{"section.steps": "1. 電源を強く押す。"})
    submission = submit(article)

    side = as_role("reviewer").get(f"{page_of(article, submission)}?view=side").text
    inline = as_role("reviewer").get(f"{page_of(article, submission)}?view=inline").text

    assert 'class="diff-table diff-side"' in side and 'class="diff-table diff-inline"' in inline
    assert "手順と確認できる結果" in side and "データへの影響" not in side
    assert "データへの影響" in as_role("reviewer").get(f"{page_of(article, submission)}?all=1").text


# The urgent lane.


@pytest.fixture
def urgent(as_role, fresh):
    """A function: the newest revision published urgently because of an incident -> the answer."""

    def urgent(article, incident, login="engineer", **fields):
        data = {"base": fresh(article).head_id, "incident": incident.id} | fields
        return as_role(login).post(f"/articles/{article.id}/urgent-publication", data=data)

    return urgent


def let_pass(app, submission, left=timedelta(seconds=-1)):
    """Let an urgent publication have so much time left from now, by default none."""
    with writing(app.extensions["kb.engine"]) as session:
        session.get(Submission, submission).due_at = datetime.now(UTC) + left


def test_an_engineer_publishes_during_an_outage_and_everybody_sees_that_nobody_approved(
    as_role, people, draft_of, make_incident, urgent, app, seen
):
    article, incident = draft_of(), make_incident()

    assert urgent(article, incident).status_code == 303

    page = as_role("staff").get(f"/articles/{article.id}").text
    assert "直した題" in page and page.count("未承認（緊急）") >= 2 and incident.number not in page
    assert "未承認（緊急）" in as_role("staff").get("/articles/").text
    app.extensions["kb.indexing"].drain()
    assert "未承認（緊急）" in as_role("staff").get("/search?q=直した題").text
    row = seen(select(AuditRow).where(AuditRow.action == "article.published_urgently"))[0]
    assert row.detail["incident"] == incident.number and row.person.login == "engineer"
    assert seen(select(IncidentArticle.article_id)) == [article.id]
    told = [(row.kind, row.person_id) for row in seen(select(Notice))]
    assert told == [("published_urgently", people["reviewer"])]


def test_what_nobody_approved_in_time_falls_back_to_the_text_before(
    app, as_role, draft_of, make_incident, urgent, fresh, decide, seen
):
    article = draft_of()
    urgent(article, make_incident())
    submission = seen(select(Submission.id))[0]
    let_pass(app, submission)

    page = as_role("staff").get(f"/articles/{article.id}").text

    assert "前の題" in page and "直した題" not in page and "未承認" not in page
    back = fresh(article)
    assert (back.confidence, back.published_id, back.title) == ("validated", article.published_id, "前の題")
    assert "直した題" in as_role("engineer").get(f"/articles/{article.id}/edit").text
    assert seen(select(AuditRow.action).order_by(AuditRow.id))[-1] == "article.fell_back"
    assert "直した題" not in as_role("staff").get("/articles/").text
    assert decide(article, submission).status_code == 303
    assert "直した題" in as_role("staff").get(f"/articles/{article.id}").text


def test_who_only_reads_does_not_wait_until_what_lapsed_can_be_taken_back(
    app, as_role, draft_of, make_incident, urgent
):
    article, staff = draft_of(), as_role("staff")
    urgent(article, make_incident())
    let_pass(app, 1)

    with writing(app.extensions["kb.engine"]) as another:
        another.get(Article, article.id)  # holds the write lock
        assert staff.get(f"/articles/{article.id}").status_code == 200
    assert "前の題" in staff.get(f"/articles/{article.id}").text


def test_a_new_article_falls_back_to_a_draft(app, as_role, make_article, make_incident, urgent, fresh, seen):
    article = make_article(
        confidence="work_in_progress", owner="engineer", sections={"effect": "", "undo": ""}
    )
    assert urgent(article, make_incident()).status_code == 303
    assert as_role("staff").get(f"/articles/{article.id}").status_code == 200
    let_pass(app, seen(select(Submission.id))[0])

    assert as_role("staff").get(f"/articles/{article.id}").status_code == 404
    assert (fresh(article).confidence, fresh(article).published_id) == ("work_in_progress", None)


def test_an_urgent_text_in_time_is_approved_or_returned(
    as_role, draft_of, make_incident, urgent, decide, fresh, seen
):
    article, incident = draft_of(), make_incident()
    urgent(article, incident)
    first = seen(select(Submission.id))[0]
    assert decide(article, first, "return", decision="手順が足りません").status_code == 303
    assert "前の題" in as_role("staff").get(f"/articles/{article.id}").text

    assert urgent(article, incident).status_code == 303
    second = seen(select(Submission.id))[-1]
    assert decide(article, second, confidence="not_validated").status_code == 303
    assert (fresh(article).confidence, fresh(article).title) == ("not_validated", "直した題")


def test_another_text_for_the_same_incident_gets_no_more_time(
    app, as_role, draft_of, make_incident, urgent, fresh, seen
):
    article, incident = draft_of(), make_incident()
    urgent(article, incident)
    let_pass(app, 1, left=timedelta(hours=1))
    due = seen(select(Submission.due_at))[0]
    form = form_of(fresh(article), symptom="さらに直した症状")
    as_role("engineer").post(f"/articles/{article.id}/edit", data=form)

    assert urgent(article, incident).status_code == 303
    assert seen(select(Submission.due_at)) == [due]
    assert "さらに直した症状" in as_role("staff").get(f"/articles/{article.id}").text
    let_pass(app, 1)
    assert "前の題" in as_role("staff").get(f"/articles/{article.id}").text
    assert urgent(article, incident).status_code == 409
    assert urgent(article, make_incident()).status_code == 303


@pytest.mark.parametrize("over", ["recovered_at", "closed_at", None])
def test_only_an_incident_that_lasts_makes_something_urgent(draft_of, make_incident, urgent, over, fresh):
    article = draft_of()
    incident = make_incident(**{over: datetime.now(UTC)}) if over else Incident(id=999)

    assert urgent(article, incident).status_code == 422
    assert fresh(article).confidence == "validated"


@pytest.mark.parametrize("login", ["author", "staff"])
def test_only_engineers_and_the_ward_publish_urgently(draft_of, make_incident, urgent, login):
    assert urgent(draft_of(), make_incident(), login=login).status_code == 403


def test_what_nobody_approved_is_not_called_verified(as_role, draft_of, make_incident, urgent, fresh):
    article = draft_of()
    urgent(article, make_incident())
    data = {"base": fresh(article).published_id, "against": "3.2", "review_due": "2031-03-31"}

    answer = as_role("engineer").post(f"/articles/{article.id}/verification", data=data)

    assert answer.status_code == 409


def test_an_unapproved_article_is_archived_and_comes_back_without_what_nobody_approved(
    as_role, draft_of, make_incident, urgent, fresh
):
    article = draft_of()
    urgent(article, make_incident())
    as_role("reviewer").post(f"/articles/{article.id}/archival")
    as_role("reviewer").post(f"/articles/{article.id}/archival/end")

    page = as_role("staff").get(f"/articles/{article.id}").text
    assert "前の題" in page and "直した題" not in page


def test_an_export_takes_what_nobody_approved_as_the_draft_that_it_is(
    app, settings, draft_of, make_incident, urgent, tmp_path
):
    article = draft_of()
    urgent(article, make_incident())
    with reading(app.extensions["kb.engine"]) as session:
        exporting.export(session, tmp_path / "out", settings.attachments)

    assert "前の題" in (tmp_path / "out/KB-0001.md").read_text("utf-8")
    assert "confidence: validated" in (tmp_path / "out/KB-0001.md").read_text("utf-8")
    assert "直した題" in (tmp_path / "out/KB-0001.draft.md").read_text("utf-8")


def test_an_import_that_publishes_ends_what_waited(app, draft_of, submit, fresh):
    article = draft_of()
    submission = submit(article)
    with writing(app.extensions["kb.engine"]) as session:
        row = session.get(Article, article.id)
        service.release(session, row, confidence="validated", by=None, now=datetime.now(UTC))

    assert fresh(article, submission).state == "superseded"


def test_two_working_days_leave_out_the_day_itself_weekends_and_holidays():
    friday = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    monday_is_a_holiday = Calendar(holidays={datetime(2026, 11, 23, tzinfo=UTC).date()})

    assert approve_by(friday, monday_is_a_holiday).isoformat() == "2026-11-25T17:15:00+09:00"
    assert approve_by(friday, Calendar()).isoformat() == "2026-11-24T17:15:00+09:00"


def test_what_nobody_approved_in_time_falls_back_while_nobody_looks(
    app, draft_of, make_incident, urgent, fresh
):
    article = draft_of()
    urgent(article, make_incident())
    let_pass(app, 1)

    rounds.make(app)

    assert fresh(article).title == "前の題"
    assert fresh(article, 1).fell_back_at is not None


def test_a_text_that_cannot_fall_back_closes_no_page(app, as_role, draft_of, make_incident, urgent):
    article = draft_of()
    urgent(article, make_incident())
    let_pass(app, 1)
    with writing(app.extensions["kb.engine"]) as session:
        row = update(Revision).where(Revision.id == article.published_id)
        session.execute(row.values(title=f"個人番号 {NUMBER}"))

    assert as_role("staff").get("/articles/").status_code == 200
