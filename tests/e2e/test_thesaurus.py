"""The thesaurus in a real browser: by keyboard, on a small screen, in both languages."""

from __future__ import annotations

import re


def test_a_reviewer_adds_a_group_and_undoes_a_shipped_one(
    page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    sign_in(page, "reviewer")
    page.get_by_text("審査・手入れ").click()
    page.get_by_role("link", name="同義語", exact=True).click()
    for _ in range(2):
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        screenshot(page, f"thesaurus {page.locator('html').get_attribute('lang')}")
        page.locator("button[name=language]").click()

    page.get_by_role("link", name="同義語を追加").click()
    page.watch.allowed_statuses = {422}
    page.get_by_label("同じ意味").focus()
    assert not page.locator("#field-finds").is_visible()
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("一方向").is_checked() and page.locator("#field-finds").is_visible()
    page.get_by_label("言葉", exact=False).first.fill("窓口くん\nこれ")
    page.locator("#field-finds").fill("総合窓口端末")
    page.get_by_role("button", name="追加").click()
    assert page.locator(".error-summary").evaluate("node => node === document.activeElement")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    screenshot(page, "thesaurus refused")
    page.locator("#field-words").fill("窓口くん")
    page.get_by_role("button", name="追加").press("Enter")
    assert "窓口くん" in page.locator(".notice-success").inner_text()
    assert page.locator(".group-words").first.inner_text().startswith("窓口くん")

    page.locator("#field-q").fill("フリーズする")
    page.locator("#field-q").press("Enter")
    page.locator(".group-words a").first.click()
    assert_accessible(page)
    screenshot(page, "thesaurus shipped")
    page.get_by_role("button", name="この同義語を使わない").click()
    page.locator(".is-off a").first.click()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    screenshot(page, "thesaurus off")
    page.get_by_role("button", name="この同義語を使う").click()
    assert "もう一度" in page.locator(".notice-success").inner_text()
    assert page.locator(".is-off").count() == 0
    screenshot(page, "thesaurus changed list")


def test_what_a_query_is_widened_by_is_shown(
    page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    sign_in(page, "author")
    page.goto("/thesaurus/")
    page.locator("#field-try").fill("画面が固まる")
    page.locator("#field-try").press("Enter")

    assert page.locator(".widened dt").count()
    assert re.search("フリーズ|応答", page.locator(".widened").inner_text())
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    screenshot(page, "thesaurus try")


def test_the_administrators_places_are_one_menu_away(
    page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    sign_in(page, "administrator")
    page.goto("/articles/")
    assert page.locator(".top").bounding_box()["height"] < 80, "the header is one row"

    page.locator(".nav-menu summary").last.press("Enter")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    screenshot(page, "thesaurus menu")
    page.set_viewport_size({"width": 320, "height": 640})
    screenshot(page, "thesaurus menu narrow")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy/")
    assert page.locator(".nav-menu a[aria-current]").get_attribute("href") == "/privacy/"
