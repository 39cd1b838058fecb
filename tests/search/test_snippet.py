"""The piece of text that shows why an article was found."""

import pytest

from search.analysis import analyse_query
from search.snippet import marked, snippet


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
