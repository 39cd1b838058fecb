"""The gate: what authors write comes out readable, what attackers write comes out as text."""

from __future__ import annotations

import pytest

from kb.domain.errors import Refused
from kb.domain.plain import outline, plain_text
from kb.web.markup import gate, render


def html(markdown, label="本文"):
    return render({"body": markdown}, {"body": label})["body"]


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](java\u00a0script:alert(1))",
        "[x](ｊavascript:alert(1))",
        "<a href='jav&#x09;ascript:alert(1)'>x</a>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext></table><img src=x onerror=alert(1)></math>",
        "<style>@import 'http://evil'</style>",
        "<iframe src=http://evil></iframe>",
        "<form action=http://evil><button>x</button></form>",
        "<p style='position:fixed'>x</p>",
        "<p onclick=alert(1)>x</p>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<!--><img src=x onerror=alert(1)>-->",
        "![x](http://evil/x.png)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "<a href='data:text/html,x'>x</a>",
        "<base href=http://evil>",
        "<meta http-equiv=refresh content='0;url=http://evil'>",
    ],
)
def test_nothing_active_gets_through(attack):
    out = html(attack)

    for bad in (
        "<script",
        "<svg",
        "<iframe",
        "<form",
        "<style",
        "<base",
        "<meta",
        "style=",
        'src="http',
        "<math",
    ):
        assert bad not in out
    assert "javascript:" not in out.split("href=")[-1] or "href=" not in out
    assert not [tag for tag in out.split("<")[1:] if " on" in tag.split(">")[0]]


def test_the_gate_is_the_same_twice():
    once = html("題\n\n| a | b |\n|:-|-:|\n| 1 | 2 |\n\n> [!NOTE]\n> 注\n\n1. 一\n\n```\n<b>\n```\n")

    assert gate(once) == once


def test_headings_begin_below_the_sections_and_have_japanese_anchors():
    out = html("# 切り分け　手順\n\n## 確認\n\n## 確認\n", label="本文")

    assert outline(out) == [
        (3, "切り分け-手順", "切り分け　手順"),
        (4, "確認", "確認"),
        (4, "確認-2", "確認"),
    ]


def test_a_heading_never_takes_the_anchor_of_a_section_or_of_the_page():
    assert outline(html("# 本文\n\n# Main"))[0][1:] == ("本文-2", "本文")
    assert outline(html("# main"))[0][1] == "s-main"


def test_lists_nested_beyond_sense_are_refused_and_the_next_text_is_shown_as_ever():
    with pytest.raises(Refused) as refused:
        html("1. " * 1_000)

    assert refused.value.key == "articles.too_deep"
    assert html("**次**") == "<p><strong>次</strong></p>"


def test_an_id_that_an_author_writes_is_dropped_for_it_could_be_the_pages_own():
    assert "id=" not in html('<h3 id="toolbar">題</h3>\n\n<h3 id="本文">題</h3>').replace('id="本文"', "")
    assert html("## 手順").startswith('<h3 id="手順">')


def test_an_article_number_is_a_link_except_in_code():
    assert '<a href="/articles/12"' in html("KB-0012 を見る")
    assert "<a" not in html("`KB-0012`") and "<a" not in html("AKB-0012")
    assert '<a href="/articles/3#%E7%A2%BA%E8%AA%8D"' in html(
        "[記事](KB-0003#確認)"
    ) or "/articles/3#確認" in html("[記事](KB-0003#確認)")


def test_only_written_web_addresses_become_links():
    assert 'href="https://example.jp/a"' in html("https://example.jp/a を開く")
    assert "<a" not in html("setup.py と file.md と example.jp")


def test_own_pictures_are_shown_and_others_described():
    sha = "ab" * 32

    assert f'src="/attachments/{sha}"' in html(f"![配線図](attachment:{sha})")
    assert "[画像: 配線図]" in html("![配線図](media/wiring.png)")
    assert "<img" not in html("<img src=media/x.png alt='x'>")


def test_text_in_angle_brackets_is_not_lost():
    assert "&lt;user&gt;" in html("C:\\Users\\<user> を開く")


def test_a_note_and_tick_boxes():
    assert '<blockquote class="warning">' in html("> [!WARNING]\n> 触らない")
    assert "☐ 一" in html("- [ ] 一\n- [x] 二") and "☑ 二" in html("- [ ] 一\n- [x] 二")


def test_nul_and_half_a_surrogate_do_not_break_the_page():
    assert "あ" in html("あ\x00い\ud800う")


def test_plain_text_takes_nothing_inside_a_tag_for_text_and_no_text_for_a_tag():
    out = html('[接続先](https://example.jp/?a=1&b=2 "1 > 2 <b>")は 3 < 4 &lt;p&gt; `<td>`')

    assert 'title="' in out
    assert plain_text(out) == "接続先は 3 < 4 <p> <td>"
    assert outline('<h2 class="x > y" id="一&amp;二">見<em>出</em>し</h2>') == [(2, "一&二", "見出し")]


def test_plain_text_ends_blocks_and_keeps_words_apart():
    assert plain_text("<p>一</p><table><tr><td>a|b</td><td>c</td></tr></table>") == "一\na b\nc"
