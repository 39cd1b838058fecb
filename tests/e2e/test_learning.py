"""What the search learns from, in a real browser: answers, what solved it before, the queue of gaps."""

from __future__ import annotations

import time

import pytest


@pytest.fixture
def sound(assert_accessible, assert_no_sideways_scroll):
    """A function of a page: accessible, and nothing sticks out at 320 pixels."""

    def sound(page):
        assert_accessible(page)
        assert_no_sideways_scroll(page)

    return sound


def english(page):
    """Switch the page's language to English."""
    with page.expect_navigation():
        page.locator("button[name=language][value=en]").click()


def open_first_result(page, words):
    """Search, follow the first result, and return its title."""
    page.goto(f"/search?q={words}")
    first = page.locator(".search-rows .row-title a").first
    title = first.inner_text()
    with page.expect_navigation():
        first.click()
    return title


def answer(page, words):
    """Press one of the two buttons and wait for what comes in their place."""
    page.get_by_role("button", name=words, exact=True).click()
    page.locator("#feedback-title[tabindex]").wait_for()


def until_listed(page, words, seconds=15):
    """Open the queue until it lists the words: the log is written a moment after the search."""
    deadline = time.monotonic() + seconds
    while True:
        page.goto("/search/gaps")
        row = page.locator(".gaps > li", has_text=words)
        if row.count() or time.monotonic() > deadline:
            return row.first


def test_an_answer_in_place_makes_the_panel_of_what_solved_it(page, sign_in, sound, screenshot):
    sign_in(page, "staff")
    title = open_first_result(page, "カードを置いても反応しない")
    screenshot(page, "feedback-asked")
    sound(page)
    page.watch.allowed_statuses.add(503)
    page.route("**/feedback", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="解決した", exact=True).click()
    page.get_by_text("送れませんでした").wait_for()
    page.unroute("**/feedback")
    page.watch.problems = [told for told in page.watch.problems if "503" not in told]  # htmx's own line
    answer(page, "解決した")
    assert page.evaluate("document.activeElement.id") == "feedback-title"
    screenshot(page, "feedback-yes")

    page.goto("/search?q=カードを置いたのに反応しません")
    panel = page.get_by_role("complementary", name="過去にこの症状で解決")
    assert panel.get_by_role("link", name=title).count() == 1 and "1回" in panel.inner_text()
    screenshot(page, "solved-panel")
    sound(page)
    english(page)
    assert "Solved this symptom before" in page.locator(".solved").inner_text()
    screenshot(page, "solved-panel-en")
    sound(page)


def test_did_not_help_offers_the_search_again_and_can_be_changed_without_script(
    new_page, sign_in, sound, screenshot
):
    page = new_page(java_script_enabled=False)
    sign_in(page, "engineer")
    open_first_result(page, "番号札が二重に出る")
    with page.expect_navigation():
        page.get_by_role("button", name="解決しなかった").click()

    assert page.url.endswith("#feedback") and "執筆者が確かめます" in page.locator(".flashes").inner_text()
    assert page.get_by_label("もう一度検索する言葉").input_value() == "番号札が二重に出る"
    screenshot(page, "feedback-no")
    with page.expect_navigation():
        page.get_by_role("button", name="「解決した」に変える").click()
    assert "「解決した」と記録しました" in page.locator("#feedback-title").inner_text()


def test_authors_deal_with_what_was_not_found(page, new_page, sign_in, sound, screenshot):
    reader, other = new_page(), new_page()
    sign_in(reader, "staff")
    sign_in(other, "engineer")
    for words in ("ヴァイオリン", "ウクレレ"):
        reader.goto(f"/search?q={words}")
    other.goto("/search?q=ヴァイオリン ヴィオラ")
    open_first_result(reader, "通訳タブレットの声が小さい")
    answer(reader, "解決しなかった")
    screenshot(reader, "feedback-no-in-place")
    sound(reader)

    sign_in(page, "author")
    row = until_listed(page, "バイオリン")
    assert "2回検索" in row.inner_text()
    screenshot(page, "gaps")
    sound(page)
    with page.expect_navigation():
        row.get_by_role("link", name="記事はある：言葉を加える").click()
    screenshot(page, "gap-words")
    sound(page)
    page.get_by_role("searchbox", name="記事を探す（言葉か番号）").fill("KB-0001")
    page.get_by_role("searchbox", name="記事を探す（言葉か番号）").press("Enter")
    with page.expect_navigation():
        page.get_by_role("button", name="この記事に加える：KB-0001").click()
    assert "バイオリン" in page.get_by_label("別の言い方").input_value()
    screenshot(page, "gap-edit")
    until_listed(page, "ウクレレ")
    assert page.locator(".gaps > li", has_text="バイオリン").count() == 0
    row = page.locator(".gaps > li", has_text="ウクレレ")
    with page.expect_navigation():
        row.get_by_role("button", name="対象外にする").click()
    with page.expect_navigation():
        page.get_by_role("link", name="対応したもの").click()
    screenshot(page, "gaps-done")
    sound(page)
    english(page)
    screenshot(page, "gaps-done-en")
    sound(page)
    row = page.locator(".gaps > li", has_text="ウクレレ")
    with page.expect_navigation():
        row.get_by_role("button", name="Put back").click()
    screenshot(page, "gaps-en")
    sound(page)
    with page.expect_navigation():
        row.get_by_role("button", name="Write the article").click()
    with page.expect_navigation():
        page.locator(".choices").get_by_role("link", name="Workaround", exact=True).click()
    assert page.get_by_label("Title", exact=False).first.input_value() == "ウクレレ"
    screenshot(page, "gap-new-article")
    page.goto("/")
    screenshot(page, "gaps-home")
    sound(page)
