"""The post-mortem of an incident: drafted from the record, without names, and found from both sides."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from kb.domain.articles import Text, size_problems
from kb.domain.updates import Update
from kb.incidents.drafting import Facts, Line, Told, sections
from kb.incidents.nameless import Named, replacing_names
from kb.incidents.updates import tell
from kb.store.db import writing
from kb.store.incident_links import link
from kb.store.models import Article, Incident, IncidentArticle, Person
from kb.store.timeline import add_event
from kb.web.markup import render

AT = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)  # a Monday, nine o'clock in Japan
MINUTE = timedelta(minutes=1)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def drafted(client, incident):
    """Return what the button of the incident's page posts."""
    page = client.get(f"/incidents/{incident.id}").text
    panel = page[page.index('id="post-mortem"') :].partition("</section>")[0]
    return {name: unescape(value) for name, value in HIDDEN.findall(panel) if name != "csrf_token"}


def saved(client, incident):
    """Press the button; return the address of the draft."""
    answer = client.post("/articles/new", data=drafted(client, incident))
    assert answer.status_code == 303, answer.text
    return answer.location


@pytest.fixture
def recovered(make_incident):
    """A function: an incident of twenty-five minutes, with further fields."""

    def make(**fields):
        times = {"contacted_at": AT, "started_at": AT + 10 * MINUTE, "recovered_at": AT + 25 * MINUTE}
        return make_incident(symptom="証明書が印刷されない", severity="P2", **times | fields)

    return make


@pytest.fixture
def happened(app, people):
    """A function that adds an event to an incident's timeline."""

    def add(incident, kind, text="", minutes=5, **data):
        with writing(app.extensions["kb.engine"]) as session:
            at = AT + minutes * MINUTE
            return add_event(session, incident.id, kind, at=at, by=people["engineer"], text=text, **data).id

    return add


def test_the_draft_holds_what_is_on_record(as_role, recovered, happened, make_action, make_article, app):
    incident = recovered(
        offices=["市民課"], components=("印刷サーバー",), cause_state="confirmed", cause="印刷サーバーの停止"
    )
    article = make_article(title="印刷サーバーを再起動する")
    engineer = as_role("engineer")
    told = Update("原因を調べています", "", AT + 20 * MINUTE, AT + 20 * MINUTE, "high", AT + 40 * MINUTE)
    with writing(app.extensions["kb.engine"]) as session:
        tell(session, incident.id, told, by=None, now=AT + 5 * MINUTE)
    happened(incident, "step", "印刷サーバーを再起動した", 12)
    make_action(incident, text="電源を二重にする", due=date(2026, 12, 16))
    with writing(app.extensions["kb.engine"]) as session:
        link(session, session.get(Incident, incident.id), article.id, "solved", by=None, at=AT + 24 * MINUTE)

    fields = drafted(engineer, incident)

    assert fields["kind"] == "post_mortem" and fields["audience"] == "engineer"
    assert fields["title"] == f"証明書が印刷されない（事後検証 {incident.number}）"
    assert (fields["environment"], fields["components"]) == ("市民課", "印刷サーバー")
    assert fields["section.summary"].count("\n") == 2 and "印刷サーバーの停止" in fields["section.summary"]
    assert "連絡受付〜復旧：25分（受付時間内 25分）" in fields["section.impact"]
    assert (
        "09:05 状況報告：原因を調べています（復旧見込み：11月16日 09:20 ごろ）" in fields["section.timeline"]
    )
    assert "（ほぼ確実）→ 5分遅れて復旧した" in fields["section.eta"]
    assert "- 09:12 試した手順：印刷サーバーを再起動した" in fields["section.timeline"]
    assert "- 09:25 復旧" in fields["section.timeline"]
    assert f"{article.number}「印刷サーバーを再起動する」（解決した）" in fields["section.articles_changed"]
    assert "是正処置：電源を二重にする（期限 2026年12月16日）" in fields["section.actions"]


def test_the_button_lands_on_the_draft_and_both_pages_know_each_other(as_role, recovered, session):
    incident = recovered()
    engineer = as_role("engineer")

    address = saved(engineer, incident)

    assert incident.number in engineer.get(address).text
    page = engineer.get(f"/incidents/{incident.id}").text
    assert f'href="{address}"' in page and "下書きを作る" not in page
    article = session.scalar(select(Article))
    assert session.get(Incident, incident.id).post_mortem_id == article.id
    made = session.scalars(select(IncidentArticle)).one()
    assert (made.part, made.outcome, made.revision_id) == ("made", "created", article.head_id)
    assert article.head.incident_id == incident.id


def test_what_is_complete_on_record_can_be_submitted_as_it_is(as_role, recovered, happened):
    incident = recovered(
        counters=["3番"], cause_state="confirmed", cause="停電", no_action_reason="設備の更新が決まっている"
    )
    reviewer = as_role("reviewer")

    answer = reviewer.post("/articles/new", data=drafted(reviewer, incident) | {"action": "submit"})

    assert answer.status_code == 303, answer.text
    assert "停電" in reviewer.get(answer.location).text
    assert "審査待ち" in reviewer.get(answer.location).text


def test_a_draft_that_does_not_exist_for_somebody_is_not_told_to_them(as_role, recovered):
    incident = recovered()
    address = saved(as_role("author"), incident)

    engineer = as_role("engineer")
    page = engineer.get(f"/incidents/{incident.id}").text

    assert engineer.get(address).status_code == 404
    assert f'href="{address}"' not in page and "下書きを作る" in page
    own = saved(engineer, incident)
    assert own != address and f'href="{own}"' in engineer.get(f"/incidents/{incident.id}").text
    assert f'href="{address}"' in as_role("author").get(f"/incidents/{incident.id}").text


def test_a_second_press_of_the_button_makes_no_second_post_mortem(as_role, recovered, session):
    incident = recovered()
    engineer = as_role("engineer")
    fields = drafted(engineer, incident)
    engineer.post("/articles/new", data=fields)

    answer = engineer.post("/articles/new", data=fields)

    assert answer.status_code == 409 and "KB-0001" in answer.text
    assert len(session.scalars(select(Article)).all()) == 1


def test_before_recovery_there_is_no_button(as_role, make_incident):
    incident = make_incident()

    assert drafted(as_role("engineer"), incident) == {}


def test_nobody_is_named_in_the_draft(as_role, recovered, happened, app, people):
    with writing(app.extensions["kb.engine"]) as session:
        session.get(Person, people["engineer"]).name = "山田 太郎"
    incident = recovered(reporter="市民課 山田太郎", cause_state="not_found", cause_note="山田さんが調査中")
    happened(incident, "visit", "機器を交換", who="鈴木商会 佐藤", **{"with": "高橋係長"})
    happened(incident, "note", "山田　太郎が電話で確認")

    page = "".join(drafted(as_role("author"), incident).values())

    assert not any(name in page for name in ("山田", "太郎", "鈴木", "佐藤", "高橋"))
    assert "技術者が電話で確認" in page and "訪問：機器を交換" in page


def test_a_correction_stands_where_the_line_was(as_role, recovered, happened, app, people):
    incident = recovered()
    wrong = happened(incident, "note", "3番の端末")
    as_role("engineer").post(
        f"/incidents/{incident.id}/events/{wrong}/correction", data={"correction": "5番の端末"}
    )

    timeline = drafted(as_role("engineer"), incident)["section.timeline"]

    assert "- 09:05 メモ：5番の端末" in timeline and "3番の端末" not in timeline


@pytest.mark.parametrize("audience", ["restricted", "draft"])
def test_an_article_that_other_engineers_may_not_know_is_not_named(
    as_role, recovered, make_article, app, audience
):
    incident = recovered()
    hidden = {"confidence": "work_in_progress"} if audience == "draft" else {"audience": "restricted"}
    article = make_article(title="秘密の手順", **hidden)
    with writing(app.extensions["kb.engine"]) as session:
        link(session, session.get(Incident, incident.id), article.id, "solved", by=None, at=AT + 20 * MINUTE)

    assert "秘密の手順" not in "".join(drafted(as_role("reviewer"), incident).values())


def facts(**changes):
    known = {"number": "INC-2026-0001", "symptom": "止まる", "severity": "P1", "channel": "phone"}
    return Facts(**known | changes)


def test_what_ends_stands_after_what_led_to_it_within_the_same_minute():
    moments = {"started": AT, "recovered": AT}
    lines = [Line(AT + MINUTE / 4, "note", "再起動した"), Line(AT + MINUTE / 2, "note", "印刷できた")]

    timeline = sections(facts(moments=moments, lines=lines))["timeline"]

    told = [line.removeprefix("- 09:00 ") for line in timeline.splitlines()[2:]]
    assert told == ["復旧着手", "メモ：再起動した", "メモ：印刷できた", "復旧"]


def test_the_longest_record_makes_a_draft_within_the_limits():
    nasty = "((([[[<b>*_|`~# &lt; KB-0001 " * 60
    lines = [Line(AT + place * MINUTE, "note", nasty, lasting=False) for place in range(1_200)]
    stamp = Line(AT + 600 * MINUTE, "update", "伝えた")
    told = [Told(AT + place * MINUTE, AT, AT, "high", 5) for place in range(1_200)]

    found = sections(facts(lines=[*lines, stamp], told=told, moments={"recovered": AT}, symptom=nasty))

    assert size_problems(Text("post_mortem", "題", sections=found)) == []
    assert "伝えた" in found["timeline"] and "ほかの " in found["timeline"]
    assert found["timeline"].index("09:00") < found["timeline"].index("伝えた")


def test_what_people_wrote_is_shown_as_they_wrote_it():
    wrote = r"<b>[E-102] ERR_FOO *急ぎ* `rm` | a\b （1） _下線_ http://例 </b> - # 見出し"

    html = render({"timeline": sections(facts(lines=[Line(AT, "note", wrote)]))["timeline"]}, {})["timeline"]

    shown = unescape(re.sub("<[^>]+>", "", html))
    assert wrote in shown
    assert "<b>" not in html and "<em>" not in html and "<code>" not in html


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("山田 太郎が確認", "技術者が確認"),
        ("山田太郎さんに電話", "技術者に電話"),
        ("山田　太郎 さん、山田さん", "技術者、技術者"),
        ("山田町の端末", "山田町の端末"),
        ("mary smithに依頼", "職員に依頼"),
        ("Mary Smithson", "Mary Smithson"),
        ("太郎丸の端末", "太郎丸の端末"),
    ],
)
def test_a_name_becomes_a_role(written, read):
    people = [Named("山田 太郎", "技術者"), Named("Mary Smith", "職員"), Named("林", "職員")]

    assert replacing_names(people, written)(written) == read
