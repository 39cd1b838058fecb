"""Searching in a real browser: by slash and by typing, with an input method, and without script."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

PATHS = (
    "/search",
    "/search?q=カードを置いても反応しない",
    "/search?q=チェンバロ",
    "/search?q=印刷&kind=self_help",
    "/search?q=C:%5CProgram%20Files%5Ca_very_long_name_without_any_break%5Canother_long_name.dll%0A印刷%0A固まる",
)
LOG = "\n".join(
    [
        "2026-11-20 09:15:02.123 証明書の発行に失敗しました",
        *(f"\tat jp.example.counter.Layer{n}.call(Layer{n}.java:{n})" for n in range(90)),
        "Caused by: java.sql.SQLException: ORA-12541: TNS:no listener",
    ]
)


def paste(page, text):
    """Put the text on the clipboard and press Ctrl+V."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


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
    back = page.locator("header input[name=next]").get_attribute("value")
    assert back == "/search?q=" + page.url.split("q=")[1]


def test_nothing_is_sent_while_an_input_method_composes(page, sign_in):
    sign_in(page, "staff")
    page.goto("/search")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "?q=" in request.url else None)
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
    assert sorted(url.split("/")[-1].split("?")[0] for url in asked) == ["search", "suggest"]
    assert all("%E5%8D%B0%E5%88%B7" in url for url in asked)


def test_the_enter_that_ends_a_composition_searches_nothing_in_either_field(page, sign_in):
    sign_in(page, "staff")
    for address in ("/search", "/search?q=一行目%0A二行目", "/"):
        page.goto(address)
        held = page.locator("main [name=q]").evaluate(
            """box => ["isComposing", "keyCode"].map(name => {
                box.value += "印";
                const init = { key: "Enter", bubbles: true, cancelable: true };
                const told = name === "keyCode" ? { ...init, keyCode: 229 } : { ...init, isComposing: true };
                return box.dispatchEvent(new KeyboardEvent("keydown", told));
            })"""
        )
        page.wait_for_timeout(200)
        assert page.url.endswith(address) or "%0A" in page.url, held


def test_suggestions_are_chosen_by_keyboard_and_escape_closes_them_first(
    page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    sign_in(page, "reviewer")
    page.goto("/")
    box = page.get_by_role("combobox")
    box.press_sequentially("プリンタ", delay=20)
    options = page.get_by_role("option")
    options.first.wait_for()
    number = options.count()

    assert box.get_attribute("aria-expanded") == "true"
    assert f"候補が{number}件" in page.locator(".ask [role=status]").inner_text()
    assert options.first.inner_text().startswith("窓口プリンター")
    screenshot(page, "search-suggestions")
    assert_accessible(page)
    assert_no_sideways_scroll(page)

    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") == options.last.get_attribute("id")
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None, "back in the text"
    page.keyboard.press("Escape")
    assert options.count() == 0 and box.input_value() == "プリンタ"
    page.keyboard.press("ArrowDown")
    options.first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    words = options.nth(1).locator("span").first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/*")
    assert page.locator("h1").inner_text() == words

    page.keyboard.press("/")
    page.keyboard.type("まどぐち")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/search?q=*")
    assert page.locator(".search-rows li").count() > 0


def test_a_pasted_log_gets_a_field_that_grows_and_an_address_that_can_be_sent(
    page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    sign_in(page, "engineer")
    page.goto("/search")
    paste(page, LOG)
    box = page.locator("#search-q")
    page.wait_for_url(re.compile("ORA-12541.*cut="))

    assert box.evaluate("box => [box.localName, box.rows]") == ["textarea", 8]
    assert box.input_value() == LOG and len(page.url) < 4_000
    assert "手がかりになる行を選んで" in page.locator("#search-results").inner_text()
    assert box.get_attribute("role") is None and page.get_by_role("option").count() == 0
    screenshot(page, "search-paste")
    assert_accessible(page)
    assert_no_sideways_scroll(page)

    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Layer" not in box.input_value() and "ORA-12541" in box.input_value()
    box.focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    assert box.get_attribute("role") == "combobox"
    page.keyboard.type("一行目")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("二行目")
    assert box.input_value() == "一行目\n二行目" and box.evaluate("box => box.rows") == 2


def test_a_result_leads_to_its_section_and_its_link_can_be_copied(page, sign_in):
    sign_in(page, "engineer")
    page.goto("/search?q=デバイスマネージャーで無効にして有効にする")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".link-copy").click()
    page.locator("[data-said]:not(:empty)").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    assert page.locator(".link-copy").inner_text() == "コピーしました"

    link = page.locator(".row-title a[href*='#']").first
    anchor = unquote(link.get_attribute("href").split("#")[1].split(":~:")[0])
    link.click()
    page.wait_for_url("**/articles/*")
    page.wait_for_timeout(500)

    shown = page.evaluate("() => [scrollY, innerHeight, document.documentElement.scrollHeight]")
    place = page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", anchor)
    assert shown[0] > 0 and -shown[1] < place < shown[1], (anchor, shown, place)


def test_recent_searches_are_one_persons_until_sign_out(page, sign_in, assert_accessible):
    sign_in(page, "staff", fresh=True)
    for words in ("番号札が出ない", "個人番号 123456789018 が印刷されない"):
        page.goto(f"/search?q={words}")
    page.goto("/")
    links = page.locator("[data-recent] li a")

    assert links.all_inner_texts() == ["個人番号 ■■■■■■■■■■■■ が印刷されない", "番号札が出ない"]
    assert_accessible(page)
    page.locator(".recent-remove").first.click()
    assert links.all_inner_texts() == ["番号札が出ない"]
    assert page.locator(".recent-remove").evaluate("button => button === document.activeElement")
    links.first.click()
    page.wait_for_selector(".search-rows li")

    page.locator(".menu summary").click()
    with page.expect_navigation():
        page.locator("[data-forget] button").click()
    assert page.evaluate("() => Object.keys(localStorage)") == []
    sign_in(page, "engineer", fresh=True)
    page.goto("/search?q=印刷")
    assert page.evaluate("() => Object.keys(localStorage).length") == 1
    page.goto("/search")
    page.locator("[data-clear]").click()
    assert page.locator("[data-recent]").is_hidden()
    assert page.evaluate("() => Object.keys(localStorage)") == []


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
