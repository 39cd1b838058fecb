"""The administrator's pages, one's password and the audit log in a real browser, both languages."""

from __future__ import annotations

import re
import secrets

import pytest

from tests.conftest import PASSWORD

PLACES = ("/people/", "/people/?q=nobody", "/people/new", "/audit", "/audit?last=2000-01-01", "/password")


@pytest.fixture
def sound(assert_accessible, assert_no_sideways_scroll, screenshot):
    """A function of a page and a name: accessible, nothing sticks out at 320 pixels, a picture taken."""

    def sound(page, name):
        screenshot(page, f"accounts-{name}")
        assert_accessible(page)
        assert_no_sideways_scroll(page)

    return sound


def in_language(page, language):
    """Switch the site's language by its own button."""
    page.goto("/people/")
    if page.locator("html").get_attribute("lang") != language:
        with page.expect_navigation():
            page.locator(f"button[name=language][value={language}]").click()


def press(page, locator):
    """Press a button that leads to another page."""
    with page.expect_navigation():
        locator.click()


def add_person(page, **terms):
    """Fill in and send the form for a new person; return their login."""
    login = "e2e-" + secrets.token_hex(4)
    page.goto("/people/new")
    for name, value in {"login": login, "name": "試験 とても長い名前の人", **terms}.items():
        control = page.locator(f"[name={name}]")
        if control.evaluate("control => control.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    press(page, page.locator("main form button.button"))
    return login


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_of_accounts_are_sound(page, sign_in, sound, language):
    sign_in(page, "administrator")
    in_language(page, language)

    for path in PLACES:
        page.goto(path)
        sound(page, f"{language}{path}")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_person_is_added_looked_at_changed_and_disabled(page, sign_in, sound, language):
    page.watch.allowed_statuses.add(422)
    sign_in(page, "administrator")
    in_language(page, language)

    add_person(page, organisation="subcontractor")
    sound(page, f"{language}-refused")
    assert page.locator("[role=alert] a").count() == 2

    add_person(page, organisation="contractor", access_until="2099-03-31", consent_reference="承諾 第5号")
    sound(page, f"{language}-one-time")
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", page.locator(".one-time code").inner_text())

    press(page, page.locator("main a.button").first)
    sound(page, f"{language}-person")
    press(page, page.locator("main a[href$='/edit']"))
    sound(page, f"{language}-edit")
    press(page, page.locator("main form button.button"))
    page.locator("summary", has_text=re.compile("停止|Disable")).click()
    sound(page, f"{language}-open")
    press(page, page.locator(".button-danger"))
    sound(page, f"{language}-disabled")
    assert page.locator(".badge.is-disabled").count() == 1


def test_a_one_time_password_is_changed_by_keyboard_alone_at_the_first_sign_in(new_page, sign_in, sound):
    office, desk = new_page(), new_page()
    sign_in(office, "administrator")
    login = add_person(office)
    one_time = office.locator(".one-time code").inner_text()
    own = "雨の日は傘が三本"

    desk.goto("/sign-in?next=/articles/")
    desk.locator("[name=login]").focus()
    desk.keyboard.type(login)
    desk.keyboard.press("Tab")
    desk.keyboard.type(one_time)
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    sound(desk, "first-password")
    desk.locator("[name=current]").focus()
    for typed in (one_time, own, own):
        desk.keyboard.insert_text(typed)
        desk.keyboard.press("Tab")
        desk.keyboard.press("Tab")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")

    assert desk.url.endswith("/articles/")
    assert desk.locator("[data-signed-in]").count() == 1


def test_a_password_is_shown_and_hidden_by_a_button(page, sound):
    page.goto("/sign-in")
    field, button = page.locator("[name=password]"), page.locator(".secret button")
    field.fill(PASSWORD)

    button.press("Enter")
    assert (field.get_attribute("type"), button.get_attribute("aria-pressed")) == ("text", "true")
    assert page.evaluate("document.activeElement.name") == "password"
    sound(page, "password-shown")
    button.click()
    assert (field.get_attribute("type"), button.get_attribute("aria-pressed")) == ("password", "false")


def test_the_log_is_filtered_without_script(new_page, sign_in, sound):
    page = new_page(java_script_enabled=False)
    sign_in(page, "administrator")

    page.goto("/audit")
    page.locator("[name=action]").select_option("people.signed_in")
    press(page, page.locator("form.filters button"))

    assert "action=people.signed_in" in page.url
    assert set(page.locator("tbody td:nth-child(3)").all_inner_texts()) == {"サインイン"}
