"""Walking a guide: one step a page, every answer kept, nothing lost between two people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from articles import service
from kb.domain.diagnosis.checking import MOST_MINUTES
from kb.domain.diagnosis.guide import REPAIR, Cause, Guide, Step
from kb.guides import queries
from kb.store import guide_runs
from kb.store.db import writing
from kb.store.models import Article, AuditRow, GuideRun, IncidentArticle, IncidentEvent, Notice, Person
from tests.guides.conftest import reader_walk


@pytest.fixture
def page(as_role):
    """A function: the page of a walk, as text."""

    def page(run_id, login="engineer", place=""):
        answer = as_role(login).get(f"/walks/{run_id}{place}")
        assert answer.status_code == 200, answer.text
        return answer.text

    return page


def said(session):
    """Return the audited actions of walks, in order."""
    session.rollback()
    rows = select(AuditRow).where(AuditRow.object_type == "guide_run").order_by(AuditRow.id)
    return [row.action for row in session.scalars(rows)]


def events(session, incident):
    session.rollback()
    rows = select(IncidentEvent).where(IncidentEvent.incident_id == incident.id, IncidentEvent.id > 1)
    return list(session.scalars(rows.order_by(IncidentEvent.id)))


def test_a_page_says_the_step_why_how_long_and_what_is_suspected(page, start, make_guide):
    text = page(start(make_guide()))

    assert '<h1 id="step-title" lang="ja">ケーブルを差し直す' in text and "解決見込み" in text
    assert "今エスカレーションした場合" in text and "未学習" in text
    assert "作成者の見積り" in text and "この手順書にない原因" in text


def test_another_step_is_compared_with_the_proposed_one_and_not_in_minutes_of_its_own(
    page, start, make_guide
):
    causes = (Cause("a", "線の緩み", 1.0), Cause("b", "設定の破損", 1.0))
    steps = tuple(
        Step(f"fix-{n}", REPAIR, f"処置{n}", 10.0 + longer, fixes={"a": 0.5, "b": 0.5})
        for n, longer in enumerate((0.0, 0.0, 3.0))
    )

    shown = page(start(make_guide(Guide(causes, steps, 600.0))))

    assert shown.count("提案とほぼ同じ見込み") == 1
    assert re.search(r"提案より約\d分長い見込み", shown)


def test_a_check_says_which_causes_each_answer_raises_and_lowers(page, start, post, make_guide):
    run = start(make_guide())
    post(run, "step", step="lamp")

    told = re.sub(r"<[^>]+>", "", page(run))

    assert "上がる：設定の破損 32→" in told and "下がる：ケーブルの緩み 63→" in told
    assert "分からない" in told and "あなたが選んだ手順です" in told


def test_a_walk_goes_to_its_repair_and_then_never_changes(
    start, answer, post, page, row, session, make_guide
):
    run = start(make_guide())
    answer(run, "plug", "not_fixed", minutes="3.5")
    answer(run, "backup", "done")
    post(run, "step", step="reset", confirmed="1")
    answer(run, "reset", "fixed")
    assert "直りました" in page(run)

    assert post(run, "end", state="escalated").status_code == 422
    assert post(run, "end", state="repaired").status_code == 303

    ended = row(run)
    assert (ended.state, ended.results[0]) == ("repaired", ["plug", "not_fixed", 3.5])
    assert post(run, "answers/plug", outcome="fixed").status_code == 409
    assert post(run, "end", state="abandoned").status_code == 409
    assert row(run).results == ended.results and row(run).version == ended.version
    assert said(session) == ["guide.started", "guide.ended"]
    assert "ケーブルを差し直す：試したが直らなかった（3.5分）" in page(run)


def test_the_clock_counts_from_when_the_step_was_shown_and_stands_still_while_it_rests(
    app, start, post, answer, row, make_guide
):
    run = start(make_guide())
    shown_earlier(app, run, 7)
    post(run, "rest")
    shown_earlier(app, run, 100)
    post(run, "rest", going_on="1")
    answer(run, "plug", "not_fixed")

    assert row(run).results == [["plug", "not_fixed", 7.0]]
    assert post(run, "answers/plug", outcome="not_fixed", minutes="２．５").status_code == 303
    assert row(run).results == [["plug", "not_fixed", 2.5]]
    assert post(run, "answers/plug", outcome="not_fixed", minutes="すこし").status_code == 422
    assert post(run, "answers/plug", outcome="not_fixed", minutes="nan").status_code == 422
    assert post(run, "answers/plug", outcome="not_fixed", minutes="-1").status_code == 422


def shown_earlier(app, run_id, minutes):
    """Let the step have been shown so many minutes before it was."""
    with writing(app.extensions["kb.engine"]) as session:
        run = session.get(GuideRun, run_id)
        if run.step_at is not None:
            run.step_at -= timedelta(minutes=minutes)


def test_any_step_may_be_done_instead_but_what_it_requires_comes_first(start, post, page, row, make_guide):
    run = start(make_guide())
    listed = page(run, place="/steps")
    assert listed.count("walk-answer") == 4 and "先に「設定を控える」を行います" in listed

    post(run, "step", step="reset")

    assert '<h1 id="step-title" lang="ja">設定を控える' in page(run)
    assert "「設定を初期化する」のために先に行います" in page(run)
    assert post(run, "answers", step="reset", outcome="fixed").status_code == 422
    post(run, "answers", step="backup", outcome="done")
    assert row(run).step == "reset", "the way to the chosen step goes on"


def test_what_cannot_be_undone_is_agreed_to_on_a_page_of_its_own(start, post, answer, page, row, make_guide):
    run = start(make_guide())
    answer(run, "backup", "done") if post(run, "step", step="backup") else None
    post(run, "step", step="reset")

    text = page(run)
    assert "この手順は元に戻せません" in text and "直った" not in text
    assert 'data-key="1"' not in text, "no digit agrees"
    assert post(run, "answers", step="reset", outcome="fixed").status_code == 422
    post(run, "step", step="reset", confirmed="1")
    assert "この手順は元に戻せません" not in page(run)
    answer(run, "reset", "not_fixed")
    assert row(run).confirmed is False


def test_two_who_answer_at_once_see_both_answers(start, post, page, row, make_guide):
    run = start(make_guide())
    seen = row(run).version
    post(run, "answers", "reviewer", step="plug", outcome="not_fixed")

    late = post(run, "answers", step="plug", outcome="fixed", version=seen)

    assert late.status_code == 409 and "試験 reviewer" in late.text
    both = re.sub(r"<[^>]+>|\s", "", late.text)
    assert "記録されている答えケーブルを差し直す—試したが直らなかった" in both
    assert "あなたの答え（まだ記録していません）ケーブルを差し直す—直った" in both
    assert row(run).results[0][:2] == ["plug", "not_fixed"]
    assert post(run, "answers", step="plug", outcome="not_fixed", version=seen).status_code == 303
    assert len(row(run).results) == 1, "the same answer twice is one"
    for place, fields in (
        ("end", {"state": "abandoned"}),
        ("step", {"step": "lamp"}),
        ("holder", {"person": "1"}),
        ("answers/plug", {"outcome": "fixed"}),
    ):
        assert post(run, place, version=seen, **fields).status_code == 409, place


def test_an_answer_can_be_taken_back(start, answer, post, page, row, make_guide):
    run = start(make_guide())
    answer(run, "plug", "not_fixed")
    assert "今の答え" in page(run, place="/answers/plug")

    assert post(run, "answers/plug", outcome="").status_code == 303

    assert row(run).results == []
    assert post(run, "answers/plug", outcome="").status_code == 409


@pytest.fixture
def changed(app):
    """A function: columns of one of the cast, set anew."""

    def changed(login, **columns):
        with writing(app.extensions["kb.engine"]) as session:
            session.execute(update(Person).where(Person.login == login).values(**columns))

    return changed


def test_a_walk_is_handed_to_nobody_for_whom_it_does_not_exist(
    start, post, page, row, people, changed, make_guide, make_incident
):
    few = start(make_guide(audience="restricted"), incident=make_incident().id)
    many = start(make_guide())
    yesterday = datetime.now(UTC).date() - timedelta(days=2)
    changed("reviewer", disabled_at=datetime(2026, 11, 1, tzinfo=UTC))
    changed("author", access_until=yesterday)

    for run, offered in ((few, {"administrator"}), (many, {"administrator", "untrained"})):
        shown = page(run)
        assert {login for login in people if f"試験 {login}<" in shown.split("引き継ぐ相手")[1]} == offered
        for login in people.keys() - offered:
            assert post(run, "holder", person=people[login]).status_code == 422, login
        assert row(run).person_id == people["engineer"]
    changed("author", access_until=date(2099, 3, 31), consent_reference="")
    assert post(many, "holder", person=people["author"]).status_code == 422


def test_handing_over_tells_the_incident_and_who_takes_over(
    start, post, people, session, as_role, make_guide, make_incident
):
    incident, article = make_incident(), make_guide()
    run = start(article, incident=incident.id)

    assert post(run, "holder", person=people["reviewer"]).status_code == 303

    line = re.sub(r"<[^>]+>|\s", "", as_role("author").get(f"/incidents/{incident.id}").text)
    assert f"手順書{article.number}カード読取機が反応しないの切り分けを引き継いだ" in line
    assert "切り分けの担当：試験engineer→試験reviewer" in line
    session.rollback()
    notices = session.scalars(select(Notice)).all()
    assert [(one.kind, one.person_id) for one in notices] == [("walk_handed_over", people["reviewer"])]
    opened = as_role("reviewer").post(f"/notices/{notices[0].id}/reading")
    assert opened.location == f"/walks/{run}"


@pytest.mark.parametrize(
    ("place", "login", "fields"),
    [
        ("rest", "reviewer", {"going_on": 1}),
        ("end", "engineer", {"state": "abandoned"}),
        ("holder", "reviewer", {"person": 2}),
    ],
)
def test_nobody_is_asked_any_more_to_go_on_with_a_walk_that_goes_on_or_is_over(
    start, post, people, session, make_guide, make_incident, place, login, fields
):
    article = make_guide()
    kept, run = start(article), start(article, incident=make_incident().id)
    waiting = select(Notice.person_id).where(Notice.read_at.is_(None))
    post(run, "holder", person=people["reviewer"])
    post(kept, "holder", person=people["administrator"])
    assert post(run, "rest", login="administrator", going_on=1).status_code == 303
    assert post(run, "rest", login="administrator").status_code == 303
    session.rollback()
    assert set(session.scalars(waiting)) == {people["reviewer"], people["administrator"]}

    assert post(run, place, login=login, **fields).status_code == 303

    session.rollback()
    new = {people["engineer"]} if place == "holder" else set()
    assert set(session.scalars(waiting)) == {people["administrator"]} | new


def test_the_timeline_names_no_restricted_guide_that_is_handed_over(
    start, post, people, as_role, make_guide, make_incident
):
    incident = make_incident()
    run = start(make_guide(audience="restricted"), incident=incident.id)

    assert post(run, "holder", person=people["reviewer"]).status_code == 303

    seen = as_role("untrained").get(f"/incidents/{incident.id}").text
    assert "の切り分けを引き継いだ" in seen and "カード読取機が反応しない" not in seen


def test_a_colleague_goes_on(start, post, page, row, people, session, as_role, make_guide):
    article = make_guide()
    run = start(article)
    assert post(run, "holder", person=people["staff"]).status_code == 422

    assert post(run, "holder", person=people["reviewer"]).status_code == 303

    assert row(run).person_id == people["reviewer"] and row(run).step_at is None
    assert "カード読取機が反応しない" in as_role("reviewer").get("/walks/").text
    assert "カード読取機が反応しない" in as_role("reviewer").get("/today").text
    assert "カード読取機が反応しない" not in as_role("engineer").get("/walks/").text
    assert "中断しています" in page(run, "reviewer")
    assert said(session) == ["guide.started", "guide.handed_over"]


def test_inside_an_incident_each_step_is_an_event_and_a_change_a_correction(
    start, answer, post, session, row, as_role, make_incident, make_guide
):
    incident, article = make_incident(), make_guide()
    run = start(article, incident=incident.id)
    assert start(article, login="reviewer", incident=incident.id) == run, "one walk for all"

    answer(run, "plug", "not_fixed", minutes="2")
    post(run, "answers/plug", outcome="skipped")

    told = [event for event in events(session, incident) if event.kind in ("step", "correction")]
    assert told[0].text == "ケーブルを差し直す：試したが直らなかった（2分）\n除外した原因：ケーブルの緩み"
    assert told[1].text == "ケーブルを差し直す：行わなかった（2分）" and told[1].about_id == told[0].id
    assert told[0].data["run_id"] == run and told[0].data["article_id"] == article.id
    shown = as_role("engineer").get(f"/incidents/{incident.id}").text
    assert f"/walks/{run}" in shown and "試したが直らなかった" in shown


def test_the_repair_of_an_incident_is_linked_and_offers_the_stamp(
    start, answer, post, page, session, make_incident, make_guide
):
    incident, article = make_incident(), make_guide()
    run = start(article, incident=incident.id)
    answer(run, "plug", "fixed")
    post(run, "end", state="repaired")

    session.rollback()
    link = session.scalar(select(IncidentArticle).where(IncidentArticle.incident_id == incident.id))
    assert (link.article_id, link.outcome, link.revision_id) == (article.id, "solved", article.published_id)
    assert f"/incidents/{incident.id}/stamps" in page(run) and "recovered" in page(run)


def test_an_escalation_has_the_contact_and_a_summary_and_is_told(
    start, answer, post, page, session, make_incident, make_guide
):
    incident = make_incident()
    run = start(make_guide(sections={"escalation": "内線 1234 の運用係"}), incident=incident.id)
    answer(run, "plug", "not_fixed", minutes="2")
    answer(run, "backup", "done", minutes="3") if post(run, "step", step="backup") else None

    post(run, "end", state="escalated")

    text = page(run)
    assert "内線 1234 の運用係" in text and "1. ケーブルを差し直す：試したが直らなかった（2分）" in text
    assert events(session, incident)[-1].kind == "called_in"


def test_a_restricted_guide_tells_the_timeline_no_words_of_its_own(
    start, answer, session, as_role, make_incident, make_guide
):
    incident = make_incident()
    article = make_guide(audience="restricted", owner="reviewer", title="限定の機器の切り分け")
    run = start(article, incident=incident.id)
    answer(run, "plug", "not_fixed")

    shown = as_role("untrained").get(f"/incidents/{incident.id}").text
    assert "差し直す" not in shown and "限定の機器" not in shown and "緩み" not in shown
    assert as_role("untrained").get(f"/walks/{run}").status_code == 404


def test_the_cause_is_confirmed_once_more_if_the_answers_speak_against_it(
    start, answer, post, session, make_guide
):
    article = make_guide()
    run = start(article)
    answer(run, "plug", "fixed")
    post(run, "end", state="repaired")

    asked = post(run, "cause", cause="disk")
    assert asked.status_code == 409 and "記録と矛盾します" in asked.text
    assert guide_runs.cause_of(session, run) is None
    assert post(run, "cause", cause="disk", sure="disk").status_code == 303
    assert post(run, "cause", cause="cable").status_code == 303
    assert post(run, "cause", cause="そんな原因").status_code == 422

    session.rollback()
    assert guide_runs.causes_of(session, article.id) == {run: "cable"}
    assert said(session)[-2:] == ["guide.cause", "guide.cause"]


def test_a_walk_of_the_page_exists_only_for_those_who_may_read_it(start, as_role, make_guide, people, app):
    own = start(make_guide(self_help(), kind="self_help", audience="staff"), "staff")
    engineers = start(make_guide(audience="staff", guide=self_help()))

    assert as_role("staff").get(f"/walks/{own}").status_code == 200
    assert as_role("engineer").get(f"/walks/{own}").status_code == 404
    assert as_role("staff").get(f"/walks/{engineers}").status_code == 404


def self_help():
    """Return a guide without risk, in plain words."""
    causes = (Cause("plug", "抜けている", 8.0), Cause("paper", "紙がない", 4.0))
    steps = tuple(step for step in reader_walk().steps if step.id in ("lamp", "plug"))
    steps = tuple(
        type(step)(
            step.id,
            step.kind,
            step.title,
            step.minutes,
            answers=step.answers,
            likely={"plug": {"消灯": 0.98}} if step.answers else {},
            fixes={"plug": 0.98} if step.fixes else {},
        )
        for step in steps
    )
    return Guide(causes, steps, 30.0)


def test_staff_who_come_back_after_a_week_can_still_answer(app, start, post, row, make_guide):
    run = start(make_guide(self_help(), kind="self_help", audience="staff"), "staff")
    with writing(app.extensions["kb.engine"]) as writer:
        writer.get(GuideRun, run).step_at -= timedelta(days=9)

    assert post(run, "answers", "staff", step="plug", outcome="not_fixed").status_code == 303
    assert row(run).results == [["plug", "not_fixed", MOST_MINUTES]]


def test_staff_see_plain_words_and_end_with_the_call_and_a_filled_report(
    start, post, page, as_role, make_guide
):
    article = make_guide(
        self_help(), kind="self_help", audience="staff", sections={"unsolved": "運用係 内線 5678"}
    )
    run = start(article, "staff")

    text = page(run, "staff")
    assert "ケーブルを差し直す" in text and "わから" not in text
    assert "%" not in text.split("<main")[1].split("</main")[0], "no percentages"
    post(run, "answers", "staff", step="plug", outcome="not_fixed")
    post(run, "answers", "staff", step="lamp", outcome="点灯")
    text = page(run, "staff")
    assert "運用係 内線 5678" in text
    post(run, "end", "staff", state="escalated")
    report = re.search(r'href="(/reports/new\?symptom=[^"]+)"', page(run, "staff"))[1]
    form = as_role("staff").get(report.replace("&amp;", "&")).text
    assert "カード読取機が反応しない" in form and "・ケーブルを差し直す：試したが直らなかった" in form
    assert post(run, "cause", "staff", cause="plug").status_code == 403


def test_without_a_guide_there_is_nothing_to_walk(as_role, make_article, make_guide):
    plain = make_article(kind="fault_isolation", audience="engineer")
    draft = make_guide(confidence="work_in_progress", owner="engineer")

    assert as_role("engineer").post(f"/articles/{plain.id}/walks").status_code == 404
    assert as_role("engineer").post(f"/articles/{draft.id}/walks").status_code == 404


def test_a_closed_incident_takes_no_walk(as_role, make_guide, make_incident, session):
    incident = make_incident()
    article = make_guide()
    with writing(session.get_bind()) as writer:
        writer.get(type(incident), incident.id).closed_at = incident.created_at

    assert (
        as_role("engineer").post(f"/articles/{article.id}/walks", data={"incident": incident.id}).status_code
        == 409
    )
    assert (
        as_role("engineer").post(f"/articles/{article.id}/walks", data={"incident": "999"}).status_code == 404
    )


def test_a_published_guide_is_offered_at_its_article_in_the_search_and_inside_an_incident(
    as_role, make_guide, make_article, make_incident
):
    article = make_guide(self_help(), kind="self_help", audience="staff")
    make_article(title="カード読取機の古い手順")

    address = f'action="/articles/{article.id}/walks"'
    incident = make_incident(symptom="カード読取機が反応しない")

    for login in ("staff", "engineer"):
        assert address in as_role(login).get(f"/articles/{article.id}").text
        found = as_role(login).get("/search?q=カード読取機").text
        assert found.count('/walks"') == 1 and address in found
    shown = as_role("engineer").get(f"/incidents/{incident.id}").text
    assert address in shown and f'name="incident" value="{incident.id}"' in shown


def test_an_edit_that_takes_the_guide_out_takes_the_offer_away(app, as_role, make_guide):
    article = make_guide()
    text = service.text_of(article.head)
    without = replace(text, sections={**text.sections, "steps": "手順書はもうない。"})
    with writing(app.extensions["kb.engine"]) as session:
        row = session.get(Article, article.id)
        service.revise(session, row, without, by=None, now=row.updated_at, reason="試験")
        session.flush()
        service.release(session, row, confidence="validated", by=None, now=row.updated_at)
        assert row.has_guide is False

    assert '/walks"' not in as_role("engineer").get(f"/articles/{article.id}").text


def test_help_takes_until_contact_hours_begin_unless_the_incident_is_urgent(
    start, row, session, make_guide, make_incident
):
    article = make_guide()
    monday = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # 10:00 in Japan
    evening = monday + timedelta(hours=10)
    usual = start(article, incident=make_incident().id)
    urgent = start(article, incident=make_incident(urgent=True).id)

    def minutes(run, now):
        return round(queries.walk(session, row(run), now).model.escalation)

    assert [minutes(usual, monday), minutes(urgent, evening)] == [60, 60]
    assert minutes(usual, evening) == 60 + 12 * 60 + 30
    assert queries.walk(session, row(usual), evening).help_from == monday + timedelta(hours=22, minutes=30)


def test_an_archived_guide_is_not_begun(as_role, make_guide):
    archived = make_guide(confidence="archived", owner="reviewer")

    assert as_role("reviewer").post(f"/articles/{archived.id}/walks").status_code == 404


def test_neither_an_archived_guide_nor_an_older_restricted_text_shows_through_its_walks(
    app, start, as_role, make_guide, make_incident
):
    incident = make_incident()
    archived, opened = make_guide(), make_guide(audience="restricted", owner="reviewer")
    runs = [start(article, "reviewer", incident=incident.id) for article in (archived, opened)]
    with writing(app.extensions["kb.engine"]) as session:
        session.get(Article, archived.id).confidence = "archived"
        session.get(Article, opened.id).audience = "engineer"

    shown = as_role("untrained").get(f"/incidents/{incident.id}").text
    for run in runs:
        assert as_role("untrained").get(f"/walks/{run}").status_code == 404
        assert as_role("reviewer").get(f"/walks/{run}").status_code == 200
        assert f"/walks/{run}" not in shown and f"guide_cause_{run}" not in shown
