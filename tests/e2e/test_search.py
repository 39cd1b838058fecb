"""Searching in a real browser: by slash and by typing, with an input method, and without script."""

from __future__ import annotations

import re

import pytest

PATHS = (
    "/search",
    "/search?q=カードを置いても反応しない",
    "/search?q=ヴァイオリン",
    "/search?q=印刷&kind=self_help",
)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_is_sound_in_every_state(
    page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot, language
):
    sign_in(page, "reviewer")
    page.goto("/search")
    if page.locator("html").get_attribute("lang") != language:
        with page.expect_navigation():
            page.locator(f"button[name=language][value={language}]").click()

    for number, path in enumerate(PATHS):
        page.goto(path)
        screenshot(page, f"search-{language}-{number}")
        assert_accessible(page)
        assert_no_sideways_scroll(page)


def test_slash_leads_to_the_box_and_typing_shows_results(page, sign_in):
    sign_in(page, "staff")
    page.goto("/search?q=番号")
    page.locator("h1").click()
    page.keyboard.press("/")

    page.keyboard.type("印刷されない")
    page.wait_for_url(re.compile("q=%E5%8D%B0%E5%88%B7%E3%81%95%E3%82%8C%E3%81%AA%E3%81%84"))

    assert "印刷" in page.locator(".search-rows li").first.locator(".row-title").inner_text()
    assert page.locator("#search-status").inner_text() == page.locator(".search-summary h2").inner_text()
    assert page.locator("#search-q").evaluate("box => box === document.activeElement")
    assert "印刷されない" in page.title()
    assert page.locator("input[name=next]").get_attribute("value") == "/search?q=" + page.url.split("q=")[1]


def test_nothing_is_sent_while_an_input_method_composes(page, sign_in):
    sign_in(page, "staff")
    page.goto("/search")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "q=" in request.url else None)
    box = page.locator("#search-q")
    box.focus()
    keyboard = page.context.new_cdp_session(page)

    for text in ("い", "いん", "いんさ", "いんさつ", "印刷"):
        keyboard.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )
        page.wait_for_timeout(400)
    assert asked == [], "the pause between two keys is longer than the page's own"

    keyboard.send("Input.insertText", {"text": "印刷"})
    page.wait_for_selector(".search-rows li")
    assert len(asked) == 1 and "%E5%8D%B0%E5%88%B7" in asked[0]


def test_filters_and_the_way_back_are_addresses_to_send(page, sign_in):
    sign_in(page, "engineer")
    page.goto("/search?q=カード読取機")
    page.locator(".filter-choice").first.click()
    page.wait_for_url(re.compile("kind="))
    address = page.url
    page.locator(".row-title a").first.click()
    page.go_back()

    assert page.url == address
    assert page.locator(".filter-choice[aria-current]").count() == 1


def test_it_works_without_script(new_page, sign_in, signed_in, page):
    sign_in(page, "staff")
    plain = new_page(java_script_enabled=False)
    plain.context.add_cookies(page.context.cookies())
    plain.goto("/search")
    plain.locator("#search-q").fill("番号札が出ない")
    plain.locator("#search-q").press("Enter")

    assert plain.locator(".search-rows li").count() > 0
    assert plain.locator(".search-rows mark").count() > 0


def test_a_search_that_gets_no_answer_says_so(page, sign_in):
    page.watch.allowed_statuses.add(500)
    sign_in(page, "staff")
    page.goto("/search")
    page.route("**/search?q=*", lambda route: route.fulfill(status=500, body="no"))
    page.locator("#search-q").press_sequentially("番号")

    page.locator("#search-failed:not(:empty)").wait_for()
    page.unroute("**/search?q=*")
    page.locator("#search-q").press_sequentially("札")
    page.wait_for_selector(".search-rows li")
    assert page.locator("#search-failed").inner_text() == ""
    provoked = [problem for problem in page.watch.problems if "Response Status Error Code 500" in problem]
    page.watch.problems[:] = [problem for problem in page.watch.problems if problem not in provoked]
