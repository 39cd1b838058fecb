"""Making a guide without YAML: each button is a round trip, nothing typed is lost, the article is saved."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from articles import documents, exporting
from kb.store.article_guides import guide_of
from kb.store.models import Article, Revision
from tests.articles.test_guides import GUIDE
from tests.articles.test_starter_guides import TEXTS
from tests.articles.test_writing import new_form
from tests.conftest import PASSWORD, form_of
from tests.durability.visitor import first_form
from tests.web.test_kept import end_sessions, kept_of

BOX = re.compile(r'type="checkbox" name="([\w-]+)" value="([\w-]+)" checked')


class Form:
    """The form of an answer: its values as a browser would send them; `press` sends them with a button's."""

    def __init__(self, client, path, answer):
        self.client, self.path, self.answer = client, path, answer
        self.values = {key: [value] for key, value in first_form(answer.text, path).items()}
        for name, value in BOX.findall(answer.text):
            self.values.setdefault(name, []).append(value)

    def press(self, action, **typed):
        data = self.values | {key.replace("_", "-"): value for key, value in typed.items()}
        return Form(self.client, self.path, self.client.post(self.path, data=data | {"action": action}))

    def button(self, start):
        """Return the value of the first button whose value starts so."""
        return unescape(re.search(rf'value="({re.escape(start)}[^"]*)"', self.answer.text)[1])

    @property
    def check(self):
        return unescape(self.answer.text.split('id="guide-check"')[1].split("</section>")[0])


@pytest.fixture
def article(make_article):
    return make_article(
        kind="fault_isolation", audience="engineer", sections={"steps": f"前の文。\n\n{GUIDE}"}
    )


@pytest.fixture
def guide_page(as_role, article):
    """A function: login -> the page of the article's guide."""

    def open_page(login="author"):
        client, path = as_role(login), f"/articles/{article.id}/edit"
        return Form(client, path, client.get(f"{path}?part=guide"))

    return open_page


def newest(session, article_id=1):
    """Return the article's newest revision."""
    session.rollback()
    return session.get(Revision, session.get(Article, article_id).head_id)


def test_a_guide_is_made_from_nothing_by_buttons_and_words(as_role, session):
    form = new_form("fault_isolation", title="カードが読めない", audience="engineer")
    author = as_role("author")
    page = Form(author, "/articles/new", author.post("/articles/new", data=form | {"action": "guide"}))
    assert "原因を1つ以上入れてください" in page.check

    page = page.press("guide:add-cause").press(
        "guide:add-cause", cause_0_title="線の緩み", cause_0_often="common"
    )
    page = page.press("guide:add-step:check", cause_1_title="読取機の故障")
    assert "「線の緩み」を" not in page.check and "かかる時間（分）は" in page.check
    cause = page.button("guide:remove-cause:").removeprefix("guide:remove-cause:")
    page = page.press(
        "guide:add-told",
        step_title="ランプを見る",
        step_minutes="1",
        answer_0="点灯",
        answer_1="消灯",
        told_cause=cause,
    )
    page = page.press("guide:open:", told_0_0="always", told_1_1="always")
    assert "原因「線の緩み」を直す手順がありません" in page.check
    assert "原因「読取機の故障」を確かめる手順がありません" in page.check
    page = page.press("guide:add-step:repair")
    page = page.press("guide:check", step_title="差し直す", step_minutes="2", **{f"fix_{cause}": "always"})
    saved = page.press("save")

    assert saved.answer.status_code == 303
    revision = newest(session)
    guide = guide_of(revision)
    assert [(c.title, c.weight) for c in guide.causes] == [("線の緩み", 8.0), ("読取機の故障", 4.0)]
    assert [s.title for s in guide.steps] == ["ランプを見る", "差し直す"]
    assert guide.steps[0].likely == {"default": {"点灯": 0.98}, cause: {"消灯": 0.98}}
    assert guide.steps[1].fixes == {cause: 0.98}
    assert revision.title == "カードが読めない" and revision.sections["steps"].startswith(
        form["section.steps"]
    )


@pytest.mark.parametrize(
    "name", [*[name for name in TEXTS if name.startswith("isolate-")][:3], "form-does-not-print.md"]
)
def test_a_guide_that_is_opened_and_saved_is_the_same_text_to_the_letter(
    name, as_role, make_article, session
):
    text = TEXTS[name]
    made = make_article(kind=text.kind, audience=text.audience, sections=dict(text.sections))
    author, path = as_role("author"), f"/articles/{made.id}/edit"
    page = Form(author, path, author.get(f"{path}?part=guide"))
    for step in guide_of(text).steps:
        page = page.press(f"guide:open:{step.id}")

    assert page.press("save").answer.status_code == 303
    assert newest(session, made.id).id != made.head_id
    sections = {key: part.strip("\n") for key, part in made.head.sections.items()}
    assert dict(newest(session, made.id).sections) == sections


def test_what_is_no_number_stays_on_the_page_with_everything_else_that_was_typed(
    guide_page, session, article
):
    page = guide_page().press("guide:open:swap")

    wrong = page.press(
        "save", step_minutes="十五", step_title="新しい読取機に替える", cause_0_title="線が抜けた"
    )

    assert wrong.answer.status_code == 422 and "入力した内容は、すべて残っています" in wrong.answer.text
    assert "下書きにも保存できません" in wrong.check and "下書きには保存できます" not in wrong.check
    assert wrong.values["step-minutes"] == ["十五"] and wrong.values["step-title"] == ["新しい読取機に替える"]
    assert wrong.values["cause-0-title"] == ["線が抜けた"]
    assert newest(session).id == article.head_id
    assert wrong.press("save", step_minutes="25").answer.status_code == 303
    assert guide_of(newest(session)).steps[2].minutes == 25


def test_a_draft_may_be_kept_that_cannot_be_walked_yet_and_its_page_opens_again(guide_page, session):
    page = guide_page().press("guide:open:swap").press("guide:check", step_requires=["plug"])
    page = page.press("guide:open:plug", step_title="")
    page = page.press("guide:check", step_requires=["swap"])
    assert "自分自身が終わるのを待つ" in page.check and "2件" not in page.check
    assert page.press("save").answer.status_code == 303

    assert guide_of(newest(session)) is None
    again = guide_page()
    assert again.answer.status_code == 200 and "自分自身が終わるのを待つ" in again.check
    refused = again.press("submit")
    assert refused.answer.status_code == 422 and "自分自身が終わるのを待つ" in refused.answer.text


def test_removing_a_cause_or_an_answer_takes_its_cells_along(guide_page, session):
    page = guide_page().press("guide:remove-cause:reader").press("guide:open:lamp")
    page = page.press("guide:add-answer").press("guide:remove-answer:0", answer_2="点滅")
    page.press("save", told_0_0="often")

    guide = guide_of(newest(session))
    assert guide is None, "the repair of the removed cause mends nothing any more"
    page = guide_page().press("guide:remove-step:swap")
    page.press("save")
    guide = guide_of(newest(session))
    lamp = guide.steps[0]
    assert [cause.id for cause in guide.causes] == ["cable"] and lamp.answers == ("消灯", "点滅")
    assert lamp.likely["cable"] == {"消灯": 0.98}


def test_going_back_to_the_text_keeps_the_guide_and_saves_nothing(guide_page, session, article):
    page = guide_page().press("guide:add-cause").press("form", cause_2_title="ドライバー")

    assert 'id="field-section-steps"' in page.answer.text
    assert "名前: ドライバー" in page.values["section.steps"][0]
    assert newest(session).id == article.head_id


def test_a_stale_save_of_the_same_words_answers_409_and_keeps_the_guide(
    guide_page, as_role, article, session
):
    page = guide_page()
    theirs = article.head.sections["steps"].replace("ケーブルの緩み", "線の劣化")
    form = form_of(article, **{"section.steps": theirs})
    assert as_role("reviewer").post(f"/articles/{article.id}/edit", data=form).status_code == 303

    stale = page.press("save", cause_0_title="線が抜けた")

    assert stale.answer.status_code == 409
    assert "名前: 線が抜けた" in stale.values["section.steps"][0]
    assert "線の劣化" in newest(session).sections["steps"]


def test_yaml_that_cannot_be_read_leads_to_the_text_with_its_line(as_role, make_article):
    broken = GUIDE.replace("分: 15", "分: 十五")
    article = make_article(kind="fault_isolation", audience="engineer", sections={"steps": broken})

    page = as_role("author").get(f"/articles/{article.id}/edit?part=guide")

    assert page.status_code == 422 and "22行目：「十五」は数ではありません" in page.text
    assert 'href="#field-section-steps"' in page.text


def test_a_guide_for_staff_says_at_once_what_staff_must_not_do(as_role, make_article):
    article = make_article(kind="self_help", audience="staff", sections={"steps": GUIDE})

    page = as_role("author").get(f"/articles/{article.id}/edit?part=guide").text

    assert "業務に影響する手順「予備機に替える」を入れられません" in page


@pytest.mark.parametrize(
    "state", ["", "{", "[]", '{"causes": 3}', '{"causes":[],"steps":[{}],"escalation":1}', "x" * 400_001]
)
def test_a_hidden_field_that_is_none_of_ours_is_refused_and_breaks_nothing(state, guide_page):
    page = guide_page().press("guide:check", guide=state)

    assert page.answer.status_code == 422 and "手順書の入力を受け取れませんでした" in page.answer.text


def test_personal_data_in_a_guide_is_refused_and_what_was_typed_stays(guide_page, session, article):
    refused = guide_page().press("save", cause_0_title="個人番号 123456789018 の入力違い")

    assert refused.answer.status_code == 422
    assert refused.values["cause-0-title"] == ["個人番号 123456789018 の入力違い"]
    assert newest(session).id == article.head_id


def test_kinds_without_a_guide_have_no_page_for_it(as_role, make_article):
    article = make_article(kind="workaround")

    page = as_role("author").get(f"/articles/{article.id}/edit?part=guide").text

    assert 'id="guide-causes"' not in page and 'value="guide"' not in page


def test_a_guide_that_would_not_open_again_stays_on_the_page(guide_page, session, article):
    page = guide_page()
    state = json.loads(page.values["guide"][0])
    told = [{"cause": f"cause-{n}", "levels": ["always", ""]} for n in range(50)]
    state["steps"] += [state["steps"][0] | {"id": f"s{n}", "told": told} for n in range(40)]

    wrong = page.press("save", guide=json.dumps(state))

    assert wrong.answer.status_code == 422 and "手順書の内容が長すぎます" in wrong.check
    assert newest(session).id == article.head_id


def test_a_guide_posted_with_an_ended_session_comes_back_to_its_page(app, as_role, article, guide_page):
    page = guide_page().press("guide:open:swap")
    end_sessions(app)
    asked = page.press("save", step_title="新しい読取機に替える", cause_0_title="線が抜けた")
    assert asked.answer.status_code == 401

    signing_in = {"kept": kept_of(asked.answer.text), "login": "author", "password": PASSWORD}
    back = page.client.post("/sign-in", data=signing_in)
    again = Form(page.client, page.path, page.client.post(page.path, data=first_form(back.text, page.path)))

    assert again.values["step-title"] == ["新しい読取機に替える"]
    assert again.values["cause-0-title"] == ["線が抜けた"]
    assert again.press("save").answer.status_code == 303


def test_export_import_and_restoring_keep_a_guide_to_the_letter(
    app, as_role, article, session, tmp_path, people
):
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, **{"section.steps": "なし"}))
    as_role("author").post(
        f"/articles/{article.id}/revisions/{article.head_id}/restoration",
        data={"base": str(newest(session).id)},
    )
    assert newest(session).sections == article.head.sections
    history = as_role("author").get(f"/articles/{article.id}/revisions/{article.head_id}").text
    assert 'id="guide"' in history and "ケーブルを差し直す" in history

    exporting.export(session, tmp_path / "out", tmp_path)
    file = (tmp_path / "out" / "KB-0001.md").read_text(encoding="utf-8")
    read = documents.read(file.encode(), kind="self_help", audience="engineer").text

    assert GUIDE in file and guide_of(read) == guide_of(article.head)


def test_a_comparison_shows_a_change_of_the_guide_in_its_words(guide_page, as_role, article, session):
    page = guide_page().press("guide:open:swap")
    assert page.press("submit", step_minutes="25").answer.status_code == 303

    compared = as_role("reviewer").get(f"/articles/{article.id}/submissions/1").text

    assert re.search(r"分: <del>1</del>5|<del>15</del>", compared) and re.search(
        r"<ins>2</ins>5|<ins>25</ins>", compared
    )


def test_what_stands_on_the_page_is_kept_by_itself_until_it_is_saved(guide_page, as_role, article, session):
    page = guide_page().press("guide:open:swap")
    keeping = f"/articles/autosave?article={article.id}"
    typed = page.values | {"cause-0-title": "線が抜けた"}

    assert page.client.post(keeping, data=typed).status_code == 200
    assert page.client.post(keeping, data=typed | {"step-minutes": "十五"}).status_code == 200
    resumed = page.client.get(f"{page.path}?resume=1").text
    assert newest(session).id == article.head_id
    assert page.client.post(keeping, data=typed).status_code == 200
    assert "名前: 線が抜けた" in page.client.get(f"{page.path}?resume=1").text and "名前" in resumed

    assert page.press("save", cause_0_title="線が抜けた").answer.status_code == 303
    assert page.client.post(keeping, data=typed).status_code == 409, "what comes late is not kept again"
