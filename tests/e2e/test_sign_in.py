"""Signing in and out in a real browser, with and without script, in both languages."""

from __future__ import annotations

import pytest

from tests.conftest import CAST


@pytest.mark.parametrize("login", CAST)
def test_everyone_of_the_cast_signs_in_and_sees_a_sound_first_page(
    page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot, login
):
    sign_in(page, login)

    screenshot(page, f"first-page-{login}")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_sign_in_page_is_sound_in_both_languages(
    page, assert_accessible, assert_no_sideways_scroll, screenshot
):
    page.goto("/sign-in")
    for language in ("ja", "en"):
        assert page.locator("html").get_attribute("lang") == language
        screenshot(page, f"sign-in-{language}")
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        if language == "ja":
            with page.expect_navigation():
                page.get_by_role("button", name="English").click()


def test_a_wrong_password_is_told_and_nothing_else(page, assert_accessible):
    page.watch.allowed_statuses.add(422)
    page.goto("/sign-in")
    page.locator("input[name=login]").fill("engineer")
    page.locator("input[name=password]").fill("これではない")
    with page.expect_navigation():
        page.locator("input[name=password]").press("Enter")

    assert page.locator("[data-signed-in]").count() == 0
    assert page.get_by_role("alert").count() == 1
    assert_accessible(page)


def test_after_signing_out_the_old_cookie_opens_nothing(new_page, sign_in):
    page = new_page()
    sign_in(page, "engineer", fresh=True)
    cookies = page.context.cookies()
    page.locator(".menu summary").click()
    with page.expect_navigation():
        page.locator("form[action='/sign-out'] button").click()

    other = new_page()
    other.context.add_cookies(cookies)
    other.goto("/articles/")

    assert other.locator("[data-signed-in]").count() == 0


def test_signing_in_needs_no_script(new_page, sign_in):
    page = new_page(java_script_enabled=False)

    sign_in(page, "engineer", fresh=True)

    assert page.locator("[data-signed-in]").count() == 1
