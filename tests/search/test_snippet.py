"""The piece of text that shows why an article was found."""

from urllib.parse import quote, unquote

import pytest

from search.analysis import analyse_query
from search.snippet import Passage, marked, pieces, snippet


def text_of(parts):
    return "".join(text for text, _ in parts)


def hits(parts):
    return [text for text, hit in parts if hit]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("申請書が印刷されません。", "印刷できない", ["印刷"]),
        ("ネットワークに繋がらない", "つながりません", ["繋がら"]),
        ("ｱｳﾄﾙｯｸで送信", "アウトルック", ["ｱｳﾄﾙｯｸ"]),
        ("エラー ORA-12541 が出る", "ora12541", ["ORA-12541"]),
        ("プリンターの電源", "プリン", ["プリン"]),
        ("あいさつとあい", "あい", ["あい"]),
        ("サーバーとサーバ", "サーバ", ["サーバー", "サーバ"]),
        ("なにもない", "印刷", []),
    ],
)
def test_matches_are_marked_in_any_form_and_spelling(text, query, expected):
    parts = marked(text, analyse_query(query))

    assert hits(parts) == expected
    assert text_of(parts) == text


def test_markup_in_a_text_stays_text():
    parts = marked("<script>印刷</script>", analyse_query("印刷"))

    assert text_of(parts) == "<script>印刷</script>"


def test_the_piece_is_taken_from_where_the_matches_are():
    text = "はじめの文が続きます。" * 60 + "発券機の紙を交換してください。" + "おわりの文が続きます。" * 60

    parts = snippet(text, analyse_query("発券機の紙の交換"))

    assert "発券機" in "".join(hits(parts)) and "交換" in "".join(hits(parts))
    assert len(text_of(parts)) <= 180
    assert parts[0] == ("…", False) and parts[-1] == ("…", False)


@pytest.mark.parametrize("query", ["", "\x00", "*" * 100, "印刷 " * 500, "ー" * 300])
@pytest.mark.parametrize("text", ["", "印刷" * 20_000, "ー" * 1_000, "\ud800印刷"])
def test_any_text_and_query_give_a_short_piece(text, query):
    assert len(text_of(snippet(text, analyse_query(query)))) <= 200


def passage(name, text, anchor="", heading=""):
    return Passage(name, anchor, heading, text)


def test_the_passage_that_holds_most_of_the_query_is_shown_with_its_place():
    parts = [
        passage("symptom", "番号札が出ない"),
        passage("section.effect", "効果です。", "効果"),
        passage("section.steps", "電源を切る。\n紙の残りを確かめ、レバーを戻す。", "手順"),
    ]

    found = pieces(parts, analyse_query("紙 レバー"))

    assert found[0].passage.name == "section.steps"
    assert found[0].line == "紙の残りを確かめ、レバーを戻す。"
    assert found[0].address == "#手順:~:text=" + quote("紙の残りを確かめ、レバーを戻す。")


def test_the_symptom_stands_beside_a_mere_list_and_nothing_beside_a_sentence_that_says_it_all():
    parts = [
        passage("symptom", "画面が白い"),
        passage("synonyms", "印刷できない"),
        passage("environment", "印刷機"),
    ]

    assert [piece.passage.name for piece in pieces(parts, analyse_query("印刷"))] == ["synonyms", "symptom"]
    assert [piece.passage.name for piece in pieces(parts, analyse_query("画面"))] == ["symptom"]


def test_symptom_codes_and_synonyms_never_run_together():
    parts = [
        passage("symptom", "印刷できない"),
        passage("error_codes", "E-1042"),
        passage("synonyms", "紙が出ない"),
    ]

    found = pieces(parts, analyse_query("印刷 E-1042 紙"))

    assert all(text_of(piece.parts) in {"印刷できない", "E-1042", "紙が出ない"} for piece in found)
    assert len(found) == 2


def test_a_latin_word_is_not_looked_for_inside_another():
    parts = [passage("symptom", "storage の警告"), passage("section.steps", "ora のログを見る", "手順")]

    assert pieces(parts, analyse_query("ora"))[0].passage.name == "section.steps"


def test_where_nothing_matches_the_first_passage_begins():
    found = pieces(
        [passage("symptom", "印刷できない"), passage("section.steps", "手順", "手順")], analyse_query("猫")
    )

    assert [piece.passage.name for piece in found] == ["symptom"]
    assert found[0].address == "" and hits(found[0].parts) == []


def test_a_long_line_is_named_by_both_its_ends_and_hyphens_cannot_be_read_as_syntax():
    line = "ORA-12541 が出たときは" + "リスナーの状態を確かめてから、" * 8 + "もう一度接続する。"

    address = pieces([passage("section.steps", line, "手順")], analyse_query("ORA-12541"))[0].address

    ends = address.split(":~:text=")[1].split(",")
    assert [unquote(end) for end in ends] == [line[:25], line[-25:]]
    assert "-" not in "".join(ends)
