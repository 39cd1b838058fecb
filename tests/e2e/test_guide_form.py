"""A guide made in a real browser by somebody who never sees YAML: by keyboard, checked while it is typed."""

from __future__ import annotations

import re

from kb.domain.articles import KINDS
from tests.conftest import complete_sections
from tests.e2e.test_writing import begin, section

FINE = "公開できます。気になるところはありません。"


def press(page, name):
    """Press a button by keyboard and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).press("Enter")


def check(page):
    """Return the card that says what the check found."""
    return page.locator("#guide-check")


def fill_in(page):
    """Open the form of a new fault isolation and fill in everything but its guide."""
    title = begin(page, "fault_isolation")
    for key, words in complete_sections("fault_isolation").items():
        section(page, key).fill(words)
    return title


def add_cause(page, words, downs=0):
    """Add a cause by keyboard: the button, its name, how often."""
    press(page, "原因を加える")
    page.keyboard.type(words)
    page.keyboard.press("Tab")
    for _ in range(downs):
        page.keyboard.press("ArrowDown")


def test_a_guide_is_made_by_keyboard_complained_of_mended_published_and_seen_as_a_tree(
    new_page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    page = new_page()
    sign_in(page, "author")
    title = fill_in(page)
    press(page, "手順書を作る・直す")
    add_cause(page, "線の緩み", downs=1)
    add_cause(page, "読取機の故障")
    press(page, "確認を加える")
    page.keyboard.type("ランプを見る")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.locator("[name=answer-0]").focus()
    page.keyboard.type("点いている")
    page.locator("[name=answer-1]").focus()
    page.keyboard.type("消えている")
    assert page.locator(".guide-cell span").all_inner_texts() == ["点いている", "消えている"]

    check(page).get_by_text("原因「線の緩み」を確かめる手順がありません。").wait_for()
    assert page.locator("[name=answer-1]").evaluate("field => field === document.activeElement")
    page.locator("[name=told-cause]").focus()
    press(page, "行を加える")
    page.locator("[name=told-0-0]").select_option("いつも")
    page.locator("[name=told-1-1]").select_option("いつも")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    screenshot(page, "guide-form")

    press(page, "処置を加える")
    page.keyboard.type("線を差し直す")
    page.keyboard.press("Tab")
    page.keyboard.type("二分")
    page.locator(".guide-fixes select").first.select_option("いつも")
    page.watch.allowed_statuses = {422}
    press(page, "保存して審査に出す")
    assert page.get_by_role("alert").get_by_text("入力した内容は、すべて残っています").is_visible()
    assert page.locator("[name=step-title]").input_value() == "線を差し直す"
    page.locator("[name=step-minutes]").fill("2")
    press(page, "処置を加える")
    page.keyboard.type("予備の読取機に替える")
    page.keyboard.press("Tab")
    page.keyboard.type("10")
    page.locator(".guide-fixes select").last.select_option("よくある")
    check(page).get_by_text("原因「読取機の故障」を確かめる手順がありません。").wait_for()
    press(page, "「ランプを見る」を開く")
    press(page, "行を加える")
    page.locator("[name=told-2-0]").select_option("半々")
    check(page).get_by_text(FINE).wait_for()
    assert page.locator("#guide-tree").get_by_text("線を差し直す").count()
    press(page, "保存して審査に出す")

    approve(new_page(), sign_in, page.url)
    reader = new_page(320, 640)
    sign_in(reader, "engineer")
    reader.goto(page.url)
    assert reader.get_by_role("heading", level=1).inner_text() == title
    tree = reader.locator(".guide-tree")
    assert tree.get_by_text("線を差し直す").count() and tree.get_by_text("引き継ぐ").count()
    assert "記号" not in reader.locator("main").inner_text()
    assert_accessible(reader)
    assert_no_sideways_scroll(reader)
    screenshot(reader, "guide-tree")


def approve(page, sign_in, address):
    """Publish the article as its reviewer."""
    sign_in(page, "reviewer")
    page.goto(address)
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("審査")).last.click()
    press(page, "承認して公開する")


def test_without_script_every_button_works_and_nothing_typed_is_lost(new_page, sign_in):
    page = new_page(java_script_enabled=False)
    sign_in(page, "author")
    fill_in(page)
    press(page, "手順書を作る・直す")
    press(page, "原因を加える")
    page.locator("[name=cause-0-title]").fill("線の緩み")
    press(page, "処置を加える")
    page.locator("[name=step-title]").fill("差し直す")
    page.locator("[name=step-minutes]").fill("2")
    page.locator(".guide-fixes select").select_option("いつも")
    press(page, "いまの内容を確かめる")
    assert check(page).get_by_text("原因「線の緩み」を確かめる手順がありません。").is_visible()
    press(page, "記事の文章に戻る（まだ保存しません）")

    assert "名前: 差し直す" in section(page, "steps").input_value()
    assert section(page, "steps").input_value().startswith(complete_sections("fault_isolation")["steps"])
    assert all(section(page, s.key).input_value() for s in KINDS["fault_isolation"].sections if s.required)
