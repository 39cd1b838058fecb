"""Guides in articles: where one stands, what keeps it from being published, what readers see of it."""

from __future__ import annotations

import re

import pytest

from articles import service
from kb.domain.articles import Text
from kb.store.article_guides import guide_of, guide_problems, without_guide
from kb.store.models import Article
from kb.web.locale import refusals
from tests.conftest import form_of

GUIDE = """\
```guide
原因:
- {記号: cable, 名前: ケーブルの緩み, 頻度: よくある}
- {記号: reader, 名前: 読取機の故障, 頻度: まれ}
手順:
- 記号: lamp
  種類: 確認
  名前: ランプを見る
  分: 1
  答え: [点灯, 消灯]
  答えの頻度:
    cable: {消灯: いつも}
    reader: {消灯: 半々}
- 記号: plug
  種類: 処置
  名前: ケーブルを差し直す
  分: 2
  直る原因: {cable: いつも}
- 記号: swap
  種類: 処置
  名前: 予備機に替える
  分: 15
  影響: 業務が一時止まる
  直る原因: {reader: いつも}
引き継ぎ後の分: 60
```
"""
HARMLESS = GUIDE.replace("  影響: 業務が一時止まる\n", "")


def text(guide, kind="fault_isolation", section="steps", audience="engineer"):
    return Text(kind, "題", audience=audience, sections={section: f"前の文。\n\n{guide}\n後の文。\n"})


def told(text):
    return [line for problem in guide_problems(text) for line in refusals(problem)]


def test_the_guide_of_a_text_is_the_block_in_its_steps():
    assert [cause.id for cause in guide_of(text(GUIDE)).causes] == ["cable", "reader"]
    assert guide_of(text(HARMLESS, kind="self_help")).escalation == 60
    assert guide_of(text("")) is None and told(text("")) == []
    assert guide_of(text(f"````\n{GUIDE}````")) is None, "an example of a guide is no guide"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (text(GUIDE.replace("分: 15", "分: 十五")), "24行目：「十五」は数ではありません。"),
        (text(GUIDE + GUIDE), "29行目：手順書は1つの記事に1つだけです。"),
        (text(GUIDE.replace("\n```\n", "\n")), "3行目：ここから始まる手順書の終わりに"),
        (text(GUIDE, section="conclusion"), "「結論と次の手順」にある手順書は使えません。"),
        (text(GUIDE, kind="workaround"), "「手順と確認できる結果」にある手順書は使えません。"),
        (text(GUIDE, kind="self_help"), "業務に影響する手順「swap」を入れられません。"),
        (text(GUIDE, audience="staff"), "業務に影響する手順「swap」を入れられません。"),
    ],
)
def test_what_keeps_a_guide_from_being_published_is_told_with_its_place(app, wrong, sentence):
    with app.test_request_context():
        assert guide_of(wrong) is None
        assert any(sentence in line for line in told(wrong)), told(wrong)
    assert all(problem.values["field"].startswith("section.") for problem in guide_problems(wrong))


def test_what_readers_see_of_the_section_has_no_yaml_in_it():
    assert without_guide(text(GUIDE).sections["steps"]) == "前の文。\n\n\n後の文。\n"
    html = service.html_of(text(GUIDE))["steps"]
    assert "前の文。" in html and "後の文。" in html and "記号" not in html
    assert "記号" in service.html_of(text(GUIDE, kind="workaround"))["steps"], "elsewhere it is but code"


def test_a_draft_keeps_a_broken_guide_and_submitting_names_every_reason(as_role, make_article, session):
    broken = GUIDE.replace("分: 15", "分: 十五").replace("頻度: まれ", "頻度: 毎日")
    article = make_article(kind="fault_isolation", audience="engineer", confidence="draft")
    form = form_of(article, **{"section.steps": broken})

    assert as_role("author").post(f"/articles/{article.id}/edit", data=form).status_code == 303
    refused = as_role("reviewer").post(
        f"/articles/{article.id}/edit", data=form | {"base": str(article.head.id + 1), "action": "submit"}
    )

    assert refused.status_code == 422
    assert "4行目：「毎日」は使えません" in refused.text and "22行目：「十五」は数では" in refused.text
    assert "頻度: 毎日" in refused.text, "what was typed stays"
    session.expire_all()
    assert session.get(type(article), article.id).published_id is None


def test_readers_see_steps_tree_and_tables_and_never_yaml(as_role, make_article):
    telling = GUIDE.replace("reader: {消灯: 半々}", "reader: {点灯: いつも}").replace("分: 2", "分: 20")
    article = make_article(kind="fault_isolation", audience="engineer", sections={"steps": telling})

    page = as_role("engineer").get(f"/articles/{article.id}").text

    assert 'id="guide"' in page and "はじめの" in page
    assert "ケーブルを差し直す" in page and "業務が一時止まる" in page
    assert re.search(r'class="guide-heard" lang="ja">消灯</span> <span class="quiet number">\d+%', page)
    assert "ほかの原因" not in page and "よくある" in page
    assert "記号" not in page and "```" not in page
    as_role("engineer").post("/language", data={"language": "en"})
    english = as_role("engineer").get(f"/articles/{article.id}").text
    assert "Where each answer leads" in english and "Interrupts work" in english


def test_a_broken_guide_tells_its_readers_little_and_its_editors_why(as_role, make_article):
    broken = GUIDE.replace("分: 15", "分: 十五")
    article = make_article(kind="self_help", audience="staff", sections={"steps": broken})

    reader, editor = (as_role(who).get(f"/articles/{article.id}").text for who in ("staff", "author"))

    assert all("この記事の手順書は、いま使えません。" in page for page in (reader, editor))
    assert "「十五」は数ではありません" in editor and "「十五」" not in reader


def test_who_decides_sees_the_tree_of_a_new_or_changed_guide_above_its_yaml(
    as_role, make_article, submit, decide, session
):
    article = make_article(kind="fault_isolation", audience="engineer", confidence="draft")
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, **{"section.steps": GUIDE}))
    submission = submit(article)
    address = f"/articles/{article.id}/submissions/{{}}"

    tree, _, yaml = as_role("reviewer").get(address.format(submission)).text.partition('id="difference"')
    assert "答えごとの進み方" in tree and "予備機に替える" in tree and "記号" not in tree
    assert "記号" in yaml

    assert decide(article, submission).status_code == 303
    session.rollback()
    approved = session.get(Article, article.id, populate_existing=True)
    for steps, seen in ((GUIDE, False), (GUIDE.replace("予備機に替える", "別の予備機に替える"), True)):
        changed = {"title": f"題{seen}", "section.steps": steps}
        as_role("author").post(f"/articles/{article.id}/edit", data=form_of(approved, **changed))
        submission = submit(article)
        page = as_role("reviewer").get(address.format(submission)).text
        assert ("答えごとの進み方" in page) == seen
        assert decide(article, submission, "withdrawal").status_code == 303


def test_the_search_finds_a_guide_s_words_and_shows_no_yaml(app, as_role, make_article):
    article = make_article(kind="fault_isolation", audience="engineer", sections={"steps": GUIDE})
    app.extensions["search.queue"].drain()

    found = as_role("engineer").get("/search", query_string={"q": "予備機に替える"}).text
    keys = as_role("engineer").get("/search", query_string={"q": "記号"}).text

    assert f"/articles/{article.id}#guide:~:text=" in found
    assert "種類: 処置" not in found and f"/articles/{article.id}" not in keys


def test_who_may_walk_a_guide_finds_the_button_at_the_top_and_others_do_not(as_role, make_article):
    staff = make_article(kind="self_help", audience="staff", sections={"steps": HARMLESS})
    engineers = make_article(kind="fault_isolation", audience="engineer", sections={"steps": GUIDE})
    draft = make_article(kind="self_help", audience="staff", sections={"steps": HARMLESS}, confidence="draft")
    button = "この手順書で切り分ける"

    assert "質問に答えて解決する" in as_role("staff").get(f"/articles/{staff.id}").text
    assert button in as_role("engineer").get(f"/articles/{engineers.id}").text
    assert button not in as_role("author").get(f"/articles/{draft.id}").text
    changed = form_of(engineers, title="直した題")
    assert as_role("author").post(f"/articles/{engineers.id}/edit", data=changed).status_code == 303
    newest = as_role("author").get(f"/articles/{engineers.id}/revisions/{draft.head_id + 1}").text
    assert "直した題" in newest and 'id="guide"' in newest and button not in newest
    started = as_role("engineer").post(f"/articles/{engineers.id}/walks")
    assert started.status_code == 303
