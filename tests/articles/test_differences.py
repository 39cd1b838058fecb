"""The difference of two texts: lines that became others, changed words marked within Japanese lines."""

from __future__ import annotations

import pytest

from articles.differences import changes, pieces, place_of, rows


def marked(old, new):
    """Return the pieces as one line: -gone-, +new+."""
    return "".join(words if op == " " else f"{op}{words}{op}" for op, words in pieces(old, new))


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("電源ボタンを押す。", "電源スイッチを押す。", "電源-ボタン-+スイッチ+を押す。"),
        ("申請書印刷確認", "申請書出力確認", "申請書-印刷-+出力+確認"),
        ("三十秒待つ", "六十秒待つ", "-三-+六+十秒待つ"),
        ("2.押す。", "2.強く押す。", "2.+強く+押す。"),
        ("IP は 10 台", "IP は 12 台", "IP は 1-0-+2+ 台"),
        ("同じ行", "同じ行", "同じ行"),
        ("まったく別のこと。", "何も共通しない文です。", "-まったく別のこと。-+何も共通しない文です。+"),
    ],
)
def test_changed_words_are_marked_within_a_japanese_line(old, new, shown):
    assert marked(old, new) == shown


def test_a_changed_line_stays_beside_what_it_became_where_lines_come_in_between():
    old = "1. 電源を抜く。\n2. 三十秒待つ。\n3. 電源を入れる。"
    new = "1. 電源を抜く。\n注意：濡れた手で触らない。\n2. 六十秒待つ。\n3. 電源を入れる。"

    found = [(row.kind, row.old, row.new) for row in rows(old, new)]

    assert found == [("same", 1, 1), ("added", None, 2), ("changed", 2, 3), ("same", 3, 4)]


def test_unchanged_lines_far_from_a_change_are_left_out_and_counted():
    lines = [f"{number}行目" for number in range(1, 21)]
    found = list(rows("\n".join(lines), "\n".join([*lines[:9], "変えた", *lines[10:]])))

    assert [row.kind for row in found].count("gap") == 2
    assert found[0].skipped == 6 and sum(row.skipped or 1 for row in found) == 21
    assert all(row.kind != "gap" for row in rows("\n".join(lines), "変えた", None))


def test_fields_that_differ_come_in_the_order_of_the_new_text_and_then_what_is_gone():
    before = {"title": "題", "section.steps": "1", "section.undo": "戻す"}
    after = {"title": "題", "section.new": "足した", "section.steps": "2"}

    assert [change.name for change in changes(before, after)] == [
        "section.new",
        "section.steps",
        "section.undo",
    ]
    assert "title" in [change.name for change in changes(before, after, every=True)]


def test_a_line_is_found_again_after_the_text_has_moved():
    before = "1. 抜く。\n2. 押す。\n3. 待つ。"

    assert place_of(2, before, "0. 見る。\n" + before) == 3
    assert place_of(2, before, "1. 抜く。\n2. 強く押す。\n3. 待つ。") == 2
    assert place_of(2, before, "1. 抜く。\n3. 待つ。") is None
    assert place_of(9, before, before) is None
