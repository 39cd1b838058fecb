"""Writing in a real browser: toolbar, preview, composition, conflict, and text that is never lost."""

from __future__ import annotations

import re
from itertools import count

import pytest

from tests.conftest import PASSWORD

NUMBERS = count(1)
ARTICLE = re.compile(r"/articles/\d+$")
WORKAROUND = {
    "effect": "印刷だけができる。",
    "prerequisites": "窓口担当係の了解。",
    "steps": "1. 隣のプリンターを選ぶ。\n2. 印刷する。",
    "side_effects": "なし",
    "undo": "元のプリンターを選ぶ。",
    "lapses": "元のプリンターが直ったとき。",
}


def section(page, key):
    """Return the text box of a section."""
    return page.locator(f"textarea[name='section.{key}']")


def begin(page, kind="workaround"):
    """Open the form of a new article and fill in what every article has; return its title."""
    title = f"隣で印刷する {next(NUMBERS)}"
    page.goto(f"/articles/new?kind={kind}")
    page.locator("[name=title]").fill(title)
    page.locator("[name=symptom]").fill("申請書が出てこない")
    page.locator("[name=environment]").fill("窓口プリンター")
    return title


def press(page, name):
    """Press a button of the form that leads to another page."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def saved(page):
    """Keep a draft with every section filled; return its path."""
    begin(page)
    for key, words in WORKAROUND.items():
        section(page, key).fill(words)
    press(page, "保存")
    assert ARTICLE.search(page.url)
    return page.url


def test_an_article_is_written_saved_approved_and_read_by_staff(new_page, sign_in):
    page = new_page()
    sign_in(page, "reviewer")
    title = begin(page)
    page.locator("[name=audience]").select_option("staff")
    for key, words in WORKAROUND.items():
        section(page, key).fill(words)
    press(page, "保存")
    assert page.get_by_text("下書きです").is_visible()
    press(page, "審査に出す")
    assert page.get_by_role("button", name="承認して公開する").count() == 0
    second = new_page()
    sign_in(second, "administrator")
    second.goto(page.url)
    press(second, "承認して公開する")
    assert second.get_by_role("status").get_by_text("公開しました").is_visible()
    page.goto(second.url)

    reader = new_page()
    sign_in(reader, "staff")
    reader.goto(page.url)
    assert reader.get_by_role("heading", level=1).inner_text() == title
    assert reader.locator(".section-steps li").count() == 2


@pytest.mark.parametrize(
    ("tool", "before", "after"),
    [
        ("太字", "押す", "**押す**"),
        ("見出し", "確認", "### 確認"),
        ("番号", "押す\n待つ", "1. 押す\n2. 待つ"),
        ("箇条書き", "押す\n待つ", "- 押す\n- 待つ"),
        ("チェック", "押す", "- [ ] 押す"),
        ("コード", "ping", "`ping`"),
        ("リンク", "手順", "[手順](KB-0000)"),
        ("メモ", "", "> [!NOTE]\n> ここにメモを書く\n"),
        ("注意", "", "> [!WARNING]\n> ここに注意を書く\n"),
        ("表", "", "| 確認すること | 結果 |\n| --- | --- |\n| 項目 | 結果 |\n"),
    ],
)
def test_a_tool_writes_markdown_that_can_be_undone(page, sign_in, tool, before, after):
    sign_in(page, "author")
    page.goto("/articles/new?kind=workaround")
    box = section(page, "steps")
    box.fill(before)
    box.select_text()

    page.get_by_role("toolbar", name="手順と確認できる結果").get_by_role("button", name=tool).click()

    assert box.input_value() == after
    page.keyboard.press("Control+z")
    assert box.input_value() == before


def test_a_list_in_the_middle_of_a_text_begins_a_line_of_its_own(page, sign_in):
    sign_in(page, "author")
    page.goto("/articles/new?kind=workaround")
    box = section(page, "steps")
    box.fill("次を行う。\n押す")

    page.get_by_role("toolbar", name="手順と確認できる結果").get_by_role("button", name="番号").click()

    assert box.input_value() == "次を行う。\n\n1. 押す"


def test_the_toolbar_is_one_stop_and_arrows_move_in_it(page, sign_in):
    sign_in(page, "author")
    page.goto("/articles/new?kind=workaround")
    bar = page.get_by_role("toolbar", name="効果と制約")
    bar.get_by_role("button").first.focus()

    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.tool") == "numbered"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.dataset.tool") == "warning"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "section.effect"


def test_the_preview_shows_the_text_and_stores_nothing(page, sign_in, assert_accessible, screenshot):
    sign_in(page, "author")
    title = begin(page)
    section(page, "steps").fill("1. 押す\n\n| 列 | 値 |\n|--|--|\n| a | b |\n\n<script>alert(1)</script>")

    page.get_by_role("button", name="プレビュー").click()
    preview = page.get_by_role("dialog", name="プレビュー")
    preview.get_by_role("heading", name=title).wait_for()
    assert preview.locator("table").is_visible()
    assert "<script>" in preview.inner_text()
    screenshot(page, "preview")
    assert_accessible(page)

    page.keyboard.press("Escape")
    assert preview.is_hidden()
    assert section(page, "steps").input_value().startswith("1. 押す")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/articles/?owner=me")
    assert page.get_by_text(title).count() == 0


def test_the_preview_works_without_script(new_page, sign_in):
    page = new_page(java_script_enabled=False)
    sign_in(page, "author", fresh=True)
    title = begin(page)
    section(page, "steps").fill("- [ ] 確かめる")

    press(page, "プレビュー")

    shown = page.get_by_role("region", name="プレビュー")
    assert title in shown.inner_text() and "☐ 確かめる" in shown.inner_text()
    assert section(page, "steps").input_value() == "- [ ] 確かめる"


@pytest.mark.parametrize("script", [True, False])
def test_enter_in_the_title_does_not_send_the_form(new_page, sign_in, script):
    page = new_page(java_script_enabled=script)
    sign_in(page, "author", fresh=not script)
    begin(page)
    address = page.url

    page.locator("[name=title]").press("Enter")
    page.wait_for_timeout(300)

    assert page.url == address
    assert page.get_by_role("alert").count() == 0
    assert page.locator("[name=title]").input_value()


def test_the_enter_that_ends_a_composition_sends_nothing(page, sign_in):
    sign_in(page, "engineer")
    page.goto("/articles/")
    box = page.locator("#top-q")
    box.focus()
    keyboard = page.context.new_cdp_session(page)

    keyboard.send("Input.imeSetComposition", {"text": "かーど", "selectionStart": 3, "selectionEnd": 3})
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.url.endswith("/articles/")

    keyboard.send("Input.insertText", {"text": "カード"})
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/search?" in page.url


def test_what_is_refused_is_told_at_its_field_and_the_text_stays(page, sign_in, assert_accessible):
    page.watch.allowed_statuses.add(422)
    sign_in(page, "author")
    begin(page)
    page.locator("[name=title]").fill("")
    section(page, "effect").fill("一行目\n個人番号 1234 5678 9012")
    press(page, "保存")

    alert = page.get_by_role("alert")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert "2行目: 個人番号（マイナンバー）" in alert.inner_text() and "1234" not in alert.inner_text()
    assert page.locator("mark").inner_text() == "1234 5678 9012"
    assert_accessible(page)
    alert.get_by_role("link", name=re.compile("個人番号")).click()
    assert page.evaluate("document.activeElement.name") == "section.effect"
    assert section(page, "effect").input_value() == "一行目\n個人番号 1234 5678 9012"

    press(page, "「■」で伏せて保存する")  # and now what the form itself says

    assert "題名" in page.locator(".error-summary").inner_text()
    assert section(page, "effect").input_value() == "一行目\n個人番号 ■■■■■■■■■■■■■■"


def test_submitting_an_unfinished_article_names_every_empty_part(page, sign_in):
    page.watch.allowed_statuses.add(422)
    sign_in(page, "reviewer")
    begin(page)
    press(page, "保存して審査に出す")

    words = page.get_by_role("alert").inner_text()
    for part in ("効果と制約", "前提条件", "データへの影響", "元に戻す方法", "この回避策が不要になる条件"):
        assert f"「{part}」が空です" in words


def test_what_publishing_still_needs_is_ticked_off_while_writing(page, sign_in):
    sign_in(page, "author")
    page.goto("/articles/new?kind=workaround")
    item = page.locator("[data-missing] li", has_text="効果と制約")
    assert "done" not in (item.get_attribute("class") or "")

    item.get_by_role("link").click()
    assert page.evaluate("document.activeElement.name") == "section.effect"
    page.keyboard.type("印刷だけができる")

    assert "done" in item.get_attribute("class")


def test_a_conflict_keeps_both_texts_and_the_next_save_is_deliberate(
    new_page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    mine, theirs = new_page(), new_page()
    mine.watch.allowed_statuses.add(409)
    sign_in(mine, "reviewer")
    sign_in(theirs, "administrator")
    address = saved(mine)
    mine.goto(f"{address}/edit")
    theirs.goto(f"{address}/edit")
    section(theirs, "undo").fill("電源ボタンを押して戻す。")
    press(theirs, "保存")
    section(mine, "undo").fill("線を差し直して戻す。")
    press(mine, "保存")

    conflict = mine.get_by_role("alert")
    assert "試験 administrator" in conflict.inner_text()
    assert "電源ボタンを押して戻す。" in conflict.locator(".theirs").text_content()
    assert conflict.locator("del").count() and conflict.locator("ins").count()
    assert section(mine, "undo").input_value() == "線を差し直して戻す。"
    screenshot(mine, "conflict")
    assert_accessible(mine)
    assert_no_sideways_scroll(mine)

    press(mine, "保存")
    assert "線を差し直して戻す。" in mine.locator(".section-undo").inner_text()
    mine.goto(f"{address}/history")
    assert mine.locator(".rows > li").count() == 3


def test_text_written_in_an_ended_session_is_there_after_signing_in(page, sign_in, assert_accessible):
    page.watch.allowed_statuses.add(401)
    sign_in(page, "author", fresh=True)
    title = begin(page)
    section(page, "effect").fill("一行目\n\n二行目 <b>&amp;</b>")
    page.context.clear_cookies(name="session")
    page.get_by_role("button", name="プレビュー").click()
    page.get_by_role("dialog").get_by_text("サインアウト").wait_for()
    page.keyboard.press("Escape")
    press(page, "保存")
    assert_accessible(page)

    page.locator("input[name=login]").fill("author")
    page.locator("input[name=password]").fill(PASSWORD)
    with page.expect_navigation():
        page.locator("input[name=password]").press("Enter")
    assert page.get_by_role("heading", name="書きかけの内容は残っています").is_visible()
    assert_accessible(page)
    press(page, "書きかけに戻る")

    assert page.locator("[name=title]").input_value() == title
    assert section(page, "effect").input_value() == "一行目\n\n二行目 <b>&amp;</b>"
    press(page, "保存")
    assert ARTICLE.search(page.url)


def test_leaving_with_text_that_is_not_saved_asks_first(page, sign_in):
    sign_in(page, "author")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    begin(page)
    page.locator("[name=title]").press("End")
    page.keyboard.type("続き")

    page.get_by_role("link", name="記事", exact=True).click()
    page.wait_for_timeout(300)

    assert asked == ["beforeunload"]
    assert "/articles/new" in page.url


def test_leaving_a_form_as_it_was_asks_nothing(page, sign_in):
    sign_in(page, "author")
    page.goto("/articles/new?kind=workaround")

    with page.expect_navigation():
        page.get_by_role("link", name="記事", exact=True).click()

    assert page.url.endswith("/articles/")


def test_a_known_device_is_added_by_name(page, sign_in):
    sign_in(page, "author")
    page.goto("/articles/new?kind=workaround")
    known = page.get_by_label("使われている名前から追加")
    known.fill("窓口端末")
    known.press("Enter")
    known.fill("窓口プリンター")
    page.get_by_role("button", name="追加", exact=True).click()

    assert page.locator("[name=components]").input_value() == "窓口端末\n窓口プリンター"


def test_an_old_version_is_restored_as_the_newest(page, sign_in):
    sign_in(page, "reviewer")
    address = saved(page)
    page.goto(f"{address}/edit")
    section(page, "undo").fill("違う方法。")
    press(page, "保存")
    page.goto(f"{address}/history")

    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("この版に戻す")).click()

    assert WORKAROUND["undo"] in page.locator(".section-undo").inner_text()


@pytest.mark.parametrize("kind", ["workaround", "fault_isolation"])
def test_a_telephone_number_in_a_title_does_not_take_the_form_away_from_who_types(kind, page, sign_in):
    page.watch.allowed_statuses = {422}
    sign_in(page, "author")
    page.goto(f"/articles/new?kind={kind}")
    page.locator("[name=environment]").fill("窓口端末")
    with page.expect_response(re.compile("/articles/similar")) as asked:
        page.locator("[name=title]").fill("折り返しは 080-6543-2198")
    assert asked.value.status == 422
    page.wait_for_timeout(300)
    assert page.locator("[name=environment]").input_value() == "窓口端末"

    press(page, "保存")
    press(page, "「■」で伏せて保存する")
    assert "折り返しは ■" in page.get_by_role("heading", level=1).inner_text()
