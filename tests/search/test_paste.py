"""A long paste becomes a short address that still says which problem it is."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from search.analysis import QUERY_CHARS
from search.paste import ADDRESS_BYTES, fits, gist, telling

FRAMES = [f"\tat jp.example.counter.Layer{n}.call(Layer{n}.java:{n})" for n in range(120)]
TRACE = "\n".join(
    [
        "2026-11-20 09:15:02.123 証明書の発行に失敗しました",
        "java.lang.IllegalStateException: 発行できません",
        *FRAMES,
        "Caused by: java.sql.SQLException: ORA-12541: TNS:no listener",
        *FRAMES[:80],
        "\t... 40 more",
    ]
)


def test_the_cause_at_the_end_of_a_stack_trace_stays_and_its_frames_go():
    short = gist(TRACE)

    assert fits(short) and len(TRACE) > 2 * QUERY_CHARS
    assert short.splitlines()[0] == "証明書の発行に失敗しました", "without the time"
    assert "ORA-12541" in short and "Layer" not in short


def test_a_trace_joined_into_one_line_is_taken_apart():
    assert "ORA-12541" in gist(TRACE.replace("\n", "\\n")) and fits(gist(TRACE.replace("\n", "\\n")))
    assert "ORA-12541" in gist(TRACE.replace("\n", " "))


def test_a_search_reads_neither_frames_nor_times():
    assert telling("\n".join([*TRACE.splitlines()[:5], TRACE.splitlines()[122]])).splitlines() == [
        "証明書の発行に失敗しました",
        "java.lang.IllegalStateException: 発行できません",
        "Caused by: java.sql.SQLException: ORA-12541: TNS:no listener",
    ]
    assert telling("---") == "---" and telling("at work\nat home") == "at work\nat home"


def test_what_fits_stays_as_it_is():
    for text in ("印刷できない", "一行目\n\n  二行目", "x" * QUERY_CHARS):
        assert gist(text) == text


def test_lines_keep_their_order_and_come_once():
    lines = [f"{n}番目の行には何も書いてありません" for n in range(60)]
    lines[50] = "エラー E-1042 が出ました"

    short = gist("\n".join(lines + lines)).splitlines()

    assert "エラー E-1042 が出ました" in short and short == sorted(short, key=lines.index)
    assert len(set(short)) == len(short)


@pytest.mark.parametrize(
    "hostile",
    [
        "あ" * 5000,
        "\x00" * 9000,
        "\ud800" * 5000,
        "\n" * 9000,
        "-" * 9000,
        " at " * 9000,
        "a b(" * 9000,
        "%" * 1_000_000,
    ],
    ids=["one_line", "nul", "surrogates", "empty_lines", "ruler", "at", "brackets", "megabyte"],
)
def test_any_text_gives_an_address_that_fits(hostile):
    short = gist(hostile)

    assert len(short) <= QUERY_CHARS and len(quote(short, errors="replace")) <= ADDRESS_BYTES


def test_a_post_leads_to_the_short_address_with_its_filters(as_role):
    answer = as_role("staff").post("/search", data={"q": TRACE, "kind": "self_help", "csrf_token": "x"})

    assert answer.status_code == 303 and len(answer.location) < 4_000
    assert "ORA-12541" in answer.location and answer.location.endswith("&kind=self_help&cut=True")
    page = as_role("staff").get(answer.location).text
    assert "手がかりになる行を選んで" in page and "<textarea" in page
    short = as_role("staff").post("/search", data={"q": "印刷"})
    assert short.location == "/search?q=%E5%8D%B0%E5%88%B7"


def test_a_filter_that_no_component_is_named_by_does_not_make_the_address_long(as_role):
    answer = as_role("staff").post("/search", data={"q": "印刷", "component": "あ" * 100_000})

    assert answer.status_code == 303 and len(answer.headers["Location"]) < ADDRESS_BYTES


def test_without_script_a_long_paste_is_shortened_too(as_role):
    page = as_role("staff").get("/search", query_string={"q": TRACE.replace("\n", "\r\n")}).text

    assert "手がかりになる行を選んで" in page
    assert "ORA-12541" in page.split("<textarea")[1].split("</textarea>")[0]
