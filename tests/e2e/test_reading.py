"""Reading in a real browser: every page sound in both languages, contents, copying, paper, no script."""

from __future__ import annotations

import re

import pytest

from kb.domain.articles import KINDS

LISTS = ("/", "/articles/", "/articles/?kind=self_help&order=review", "/articles/?owner=me&kind=post_mortem")


def in_language(page, language):
    """Open the site in a language by its own switch."""
    page.goto("/articles/")
    if page.locator("html").get_attribute("lang") != language:
        with page.expect_navigation():
            page.locator(f"button[name=language][value={language}]").click()
    assert page.locator("html").get_attribute("lang") == language


def article_of(page, kind):
    """Return the path of one article of this kind."""
    page.goto(f"/articles/?kind={kind}&order=number")
    return page.locator(".row-title a").first.get_attribute("href")


def article_about(page, words):
    """Return the path of the article whose title holds these words."""
    page.goto("/articles/?order=number")
    return page.locator(".row-title a", has_text=words).first.get_attribute("href")


@pytest.fixture
def sound(assert_accessible, assert_no_sideways_scroll):
    """A function of a page: accessible, and nothing sticks out at 320 pixels."""

    def sound(page):
        assert_accessible(page)
        assert_no_sideways_scroll(page)

    return sound


@pytest.mark.parametrize("language", ["ja", "en"])
def test_lists_and_error_pages_are_sound(page, sign_in, sound, screenshot, language):
    page.watch.allowed_statuses.add(404)
    sign_in(page, "reviewer")
    in_language(page, language)

    for path in (*LISTS, "/articles/new", "/articles/999999", "/nowhere"):
        page.goto(path)
        screenshot(page, f"{language}{path}")
        sound(page)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_article_of_each_kind_is_sound_to_read_and_to_edit(
    page, sign_in, sound, screenshot, kind, language
):
    sign_in(page, "reviewer")
    in_language(page, language)
    path = article_of(page, kind)

    for suffix in ("", "/edit"):
        page.goto(path + suffix)
        screenshot(page, f"{language}-{kind}{suffix}")
        sound(page)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_history_and_an_old_version_are_sound(page, sign_in, sound, screenshot, language):
    sign_in(page, "reviewer")
    in_language(page, language)

    page.goto(article_of(page, "procedure") + "/history")
    screenshot(page, f"{language}-history")
    sound(page)
    page.locator(".row-title a").first.click()
    page.wait_for_url(re.compile("/revisions/"))
    screenshot(page, f"{language}-revision")
    sound(page)


def test_dark_pages_keep_their_contrast(new_page, sign_in, assert_accessible):
    page = new_page(color_scheme="dark")
    sign_in(page, "reviewer")
    path = article_of(page, "self_help")

    for place in (
        "/",
        "/articles/",
        "/articles/new?kind=workaround",
        path,
        f"{path}/edit",
        f"{path}/history",
    ):
        page.goto(place)
        assert_accessible(page)


def test_the_contents_lead_to_a_heading_whose_address_can_be_sent(new_page, sign_in):
    page = new_page()
    sign_in(page, "engineer")
    page.goto(article_of(page, "fault_isolation"))

    page.get_by_role("navigation", name="目次").get_by_role("link", name="切り分け手順").click()

    assert page.evaluate("decodeURIComponent(location.hash)") == "#切り分け手順"
    other = new_page()
    sign_in(other, "engineer")
    other.goto(page.url)
    assert other.locator("h2", has_text="切り分け手順").bounding_box()["y"] < 400


def test_a_code_and_a_link_are_copied_with_one_press(page, sign_in):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, "engineer")
    page.goto(article_about(page, "全窓口でネットワーク"))

    page.get_by_role("button", name="「0x80070035」をコピー").click()
    page.locator("[data-said]", has_text="コピーしました").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == "0x80070035"

    page.get_by_role("link", name="「開始条件」へのリンクをコピー").click()
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text.includes('#'))")
    assert page.evaluate("navigator.clipboard.readText()").startswith(page.url.split("#")[0])


def test_a_wide_table_scrolls_by_keyboard_in_a_narrow_window(page, sign_in, assert_accessible):
    sign_in(page, "engineer")
    path = article_about(page, "全窓口でネットワーク")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(path)

    region = page.get_by_role("region", name="表").first
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert_accessible(page)


def test_paper_shows_what_identifies_the_article_and_nothing_to_press(page, sign_in, screenshot):
    sign_in(page, "reviewer")
    page.goto(article_of(page, "self_help"))
    page.emulate_media(media="print")
    screenshot(page, "paper")

    for hidden in (".top", ".bottom", ".toc", ".reading-head .actions", ".manage", ".copy", ".anchor"):
        assert page.locator(hidden).first.is_hidden(), hidden
    head = page.locator(".reading-head")
    for shown in ("KB-", "職員", "改訂", "令和"):
        assert shown in head.inner_text(), shown
    link = page.locator(".text a").first
    assert page.evaluate("link => getComputedStyle(link, '::after').content", link.element_handle()) == "none"


def test_the_notice_for_the_counter_prints_alone(page, sign_in):
    page.add_init_script("window.print = () => { window.printed = document.body.className; };")
    sign_in(page, "staff")
    page.goto(article_of(page, "self_help"))

    page.get_by_role("button", name="この掲示だけを印刷").click()

    assert page.evaluate("window.printed") == "print-notice"
    page.emulate_media(media="print")
    assert page.locator(".section-notice .text").is_visible()
    assert page.locator("h1").is_hidden()
    assert page.locator(".section-steps").is_hidden()


def test_keys_reach_the_search_box_and_close_the_menu(page, sign_in):
    sign_in(page, "engineer")
    page.goto("/articles/")

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("a/b")
    assert page.locator("#top-q").input_value() == "a/b"

    page.locator(".menu summary").click()
    page.get_by_role("link", name="パスワードを変更").focus()
    page.keyboard.press("Escape")
    assert page.locator(".menu").get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_skip_link_is_the_first_stop_and_leads_to_the_text(page, sign_in):
    sign_in(page, "engineer")
    page.goto("/articles/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_language_stays_on_the_page_one_was_reading(page, sign_in):
    sign_in(page, "engineer")
    path = article_of(page, "procedure")
    page.goto(path)

    with page.expect_navigation():
        page.get_by_role("button", name="English").click()

    assert page.url.endswith(path)
    assert page.get_by_role("heading", name="Contents").or_(page.get_by_text("Contents")).first.is_visible()


def test_an_article_is_whole_without_script(new_page, sign_in, assert_no_sideways_scroll):
    page = new_page(java_script_enabled=False)
    sign_in(page, "engineer", fresh=True)
    page.goto(article_about(page, "全窓口でネットワーク"))

    assert page.get_by_role("navigation", name="目次").is_visible()
    assert page.locator(".section-steps table").first.is_visible()
    assert page.locator(".js-only").first.is_hidden()
