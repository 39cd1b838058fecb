"""A guide as text in its article: what may be written, and which line a mistake is on."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given

from kb.domain.diagnosis.checking import doubts, problems, staff_problems
from kb.domain.diagnosis.guide import LEVELS, Cause, Guide, Step
from kb.domain.errors import Reasons
from kb.store.guide_blocks import blocks, read, written
from kb.web.locale import refusals
from tests.domain.diagnosis_cases import A_FEW, guides

CARD = """\
原因:
  - {記号: card, 名前: カードの接点が汚れている, 頻度: よくある}
  - {記号: reader, 名前: 読取機の故障, 頻度: めったにない}
手順:
  - 記号: lamp
    種類: 確認
    名前: 読取機のランプを見る
    分: 1
    答え: [点灯, 消灯]
    答えの頻度:
      ほかの原因: {点灯: いつも}
      reader: {消灯: よくある}
  - 記号: approval
    種類: 準備
    名前: 交換の承認を得る
    分: 5
  - 記号: swap
    種類: 処置
    名前: 読取機を交換する
    分: 15
    先に行う: [approval]
    影響: 業務が一時止まる
    直る原因: {reader: いつも}
引き継ぎ後の分: 60
"""


def in_japanese(reasons):
    """Return the sentences that a reader is shown."""
    with Flask("words").test_request_context():
        return refusals(Reasons(list(reasons)))


def told(text, line=1):
    """Return the sentences with which a block is refused."""
    with pytest.raises(Reasons) as refused:
        read(text, line)
    return in_japanese(refused.value.reasons)


def test_a_block_in_plain_words_is_a_guide():
    guide = read(CARD)

    assert guide.causes[0] == Cause("card", "カードの接点が汚れている", 8.0)
    lamp, approval, swap = guide.steps
    assert (lamp.answers, lamp.likely["default"]) == (("点灯", "消灯"), {"点灯": 0.98})
    assert (approval.kind, approval.minutes) == ("prep", 5.0)
    assert (swap.requires, swap.risk, swap.fixes) == (("approval",), "disruptive", {"reader": 0.98})
    assert (guide.escalation, guide.other) == (60.0, 0.05)


def test_english_words_say_the_same():
    english = """\
causes:
  - {id: card, title: Dirty, how_often: common}
steps:
  - {id: clean, kind: Repair, title: Clean, minutes: 2, risk: none, fixes: {card: often}}
escalation: 60
other: 0.1
"""
    guide = read(english)

    assert guide.steps == (Step("clean", "repair", "Clean", 2.0, fixes={"card": 0.85}),)
    assert guide.other == 0.1


def test_what_is_written_reads_the_same_and_looks_the_same_again():
    assert read(written(read(CARD))) == read(CARD)
    assert written(read(written(read(CARD)))) == written(read(CARD))
    assert "  答え: [点灯, 消灯]\n" in written(read(CARD))


@given(guides(with_order=True))
@A_FEW
def test_every_guide_without_problems_survives_being_written(guide):
    named = Guide(
        tuple(Cause(cause.id, "no", cause.weight) for cause in guide.causes),
        tuple(
            Step(s.id, s.kind, "12: [", s.minutes, s.requires, s.risk, s.answers, filled(s.likely), s.fixes)
            for s in guide.steps
        ),
        guide.escalation,
        guide.pinned,
        0.0,
    )
    if not problems(named):
        assert read(written(named)) == named


def filled(likely):
    """Return the rows that say something."""
    return {cause: row for cause, row in likely.items() if row}


def test_blocks_are_found_in_an_article_with_their_lines():
    text = f"## 切り分け\r\n\r\n```guide\r\n{CARD}```\r\n\r\n```python\nguide\n```\n"

    (found,) = blocks(text)

    assert (found.text, found.line, found.closed) == (CARD, 4, True)
    assert found.end == 4 + CARD.count("\n")
    assert not blocks("```guide\nopen to the end")[0].closed
    assert not blocks("````\n```guide\nan example\n```\n````")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("分: 15", "分: 十五", "20行目：「十五」は数ではありません。半角の数字で書いてください。"),
        ("分: 15", "分: 0", "17行目：かかる時間（分）は、0より大きく10080以下にしてください。"),
        (
            "種類: 準備",
            "種類: 用意",
            "14行目：「用意」は使えません。確認・処置・準備 のどれかを書いてください。",
        ),
        ("[approval]", "[boss]", "17行目：先に行う手順「boss」がありません。"),
        ("[approval]", "approval", "21行目：「-」で始まる行を並べるか、[ ] で囲んでください。"),
        ("{reader: いつも}", "{printer: いつも}", "17行目：原因「printer」がありません。"),
        ("{消灯: よくある}", "{点滅: よくある}", "5行目：答え「点滅」が「答え」の一覧にありません。"),
        ("    分: 5\n", "", "13行目：「分」がありません。"),
        ("    分: 5\n", "    分: 5\n    分: 6\n", "17行目：「分」が2回あります。"),
        ("    分: 5\n", "    分: 5\n    時間: 6\n", "17行目：「時間」という項目はありません。"),
        (
            "    分: 5\n",
            "    分: 5\n    答え: [はい, いいえ]\n",
            "17行目：「答え」は、この種類の手順には書けません。",
        ),
        ("記号: swap", "記号: lamp", "5行目：記号「lamp」が2回使われています。"),
        ("記号: lamp", "記号: ランプ", "5行目：記号「ランプ」は使えません。"),
        ("分: 1\n    答え", "分: 1\n   答え", "行目：ここから読み取れません。"),
        ("分: 5\n", "分: 5\n    先に行う: [swap]\n", "は、自分自身が終わるのを待つことになります。"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_wrong(old, new, sentence):
    assert old in CARD

    assert any(sentence in line for line in told(CARD.replace(old, new, 1))), told(CARD.replace(old, new, 1))


def test_every_mistake_is_named_at_once_counted_from_the_article_s_first_line():
    found = told(CARD.replace("分: 15", "分: x").replace("頻度: よくある", "頻度: 毎日"), line=11)

    assert [line.split("：")[0] for line in found] == ["12行目", "30行目"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "原因", "原因: &a [*a]", "原因: " + "[" * 5000, "\x00", "原因: 3\n手順: {}", "x" * 50_000],
)
def test_what_is_no_guide_is_refused_and_breaks_nothing(text):
    assert told(text)


def test_a_guide_is_asked_about_what_it_leaves_open():
    twins = CARD.replace("手順:", "  - {記号: cable, 名前: 線の外れ, 頻度: まれ}\n手順:", 1)

    assert in_japanese(doubts(read(twins))) == [
        "原因「カードの接点が汚れている」を確かめる手順がありません。",
        "原因「カードの接点が汚れている」を直す手順がありません。",
        "原因「線の外れ」を確かめる手順がありません。",
        "原因「線の外れ」を直す手順がありません。",
    ]
    row = "      reader: {消灯: よくある}\n"
    alike = doubts(read(twins.replace(row, row + "      cable: {消灯: よくある}\n")))
    assert "原因「読取機の故障」と「線の外れ」は、どの確認でも区別できません。" in in_japanese(alike)


def test_a_step_that_is_never_proposed_is_asked_about():
    idle = CARD.replace("先に行う: [approval]\n    ", "").replace("{消灯: よくある}", "{点灯: いつも}")

    asked = [doubt.values.get("step") for doubt in doubts(read(idle)) if doubt.key == "guides.unreachable"]

    assert asked == ["lamp", "approval"]
    pinned = idle + "最初に行う: [approval, lamp]\n"
    assert not [doubt for doubt in doubts(read(pinned)) if doubt.key == "guides.unreachable"]


def test_a_guide_for_staff_holds_nothing_that_interrupts_work():
    (refused,) = staff_problems(read(CARD))

    assert refused.values["step"] == "swap"
    assert set(LEVELS) == {"never", "rarely", "half", "often", "always"}
