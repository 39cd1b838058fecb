"""Articles kept true, in a real browser: a flag until its answer, a release worked through, a watch told."""

from __future__ import annotations

from itertools import count

import pytest

from tests.e2e.test_reviewing import approved
from tests.e2e.test_writing import WORKAROUND, begin, press, section

DEVICES = count(1)
RELEASE = {
    "version": "2.4、月曜の夜、停止なし",
    "counter_changes": "印刷の前に確認の画面が出る。",
    "staff_actions": "確認の画面で「はい」を押す。",
}


@pytest.fixture
def people(new_page, sign_in):
    """A page each for author, reviewer and staff, signed in."""
    pages = {login: new_page() for login in ("author", "reviewer", "staff")}
    for login, page in pages.items():
        sign_in(page, login)
    return pages


@pytest.fixture
def sound(assert_accessible, assert_no_sideways_scroll):
    """A function of a page: accessible, and nothing sticks out at 320 pixels."""

    def sound(page):
        assert_accessible(page)
        assert_no_sideways_scroll(page)

    return sound


def published(people, device, kind="workaround", words=WORKAROUND):
    """Let the author write and the reviewer approve an article about a device; return (address, title)."""
    author = people["author"]
    title = begin(author, kind)
    author.locator("[name=audience]").select_option("staff")
    author.locator("textarea[name=components]").fill(device)
    for key, text in words.items():
        section(author, key).fill(text)
    press(author, "保存して審査に出す")
    author.get_by_role("link", name="審査の状況を見る").click()
    return approved(people["reviewer"], author.url.split("?")[0]), title


def notices(page):
    """Return how many unread notices the header counts."""
    page.goto("/")
    shown = page.locator(".bell .nav-count")
    return int(shown.inner_text()) if shown.count() else 0


def test_staff_flag_an_article_the_owner_answers_and_staff_see_the_answer(people, sound, screenshot):
    author, staff = people["author"], people["staff"]
    address, title = published(people, f"発券機 {next(DEVICES)}")
    before, waiting = notices(staff), notices(author)

    staff.goto(address)
    staff.get_by_role("button", name="解決しなかった", exact=True).click()
    staff.locator(".flags details[open]").wait_for()
    assert staff.get_by_label("直らなかった").is_checked()
    staff.get_by_label("間違い").check()
    staff.get_by_label("気づいたこと").fill("2番目の画面の名前が違います。")
    sound(staff)
    press(staff, "知らせる")
    screenshot(staff, "flag-sent")
    sound(staff)

    assert notices(author) == waiting + 1
    author.goto("/today")
    author.locator("#todo-flags ~ ul").get_by_role("link", name=title).click()
    author.get_by_label("返事").fill("直しました。ありがとうございます。")
    screenshot(author, "flag-answer")
    sound(author)
    press(author, "返事をして終える")

    assert notices(staff) == before + 1
    staff.goto("/notices/")
    screenshot(staff, "notices")
    sound(staff)
    row = staff.locator(".notice-row.is-unread", has_text=title)
    with staff.expect_navigation():
        row.locator(".notice-open").click()
    staff.locator(".flag-list a").first.click()
    assert "直しました。ありがとうございます。" in staff.locator(".flag-talk").inner_text()
    assert notices(staff) == before


def test_a_release_marks_its_articles_and_the_list_is_worked_through_until_they_are_verified(
    people, sound, screenshot
):
    author, staff = people["author"], people["staff"]
    device = f"発券機 {next(DEVICES)}"
    address, title = published(people, device)
    staff.goto(address)
    press(staff, "見守る")
    published(people, device, "release_note", RELEASE)

    staff.goto(address)
    assert "要確認" in staff.locator(".badges").first.inner_text()
    assert "新しい版が出ました" in staff.locator(".reading-notices").inner_text()
    sound(staff)
    author.goto("/upkeep/marks")
    screenshot(author, "upkeep-marks")
    sound(author)
    row = author.locator(".upkeep-rows > li", has_text=title)
    row.locator("summary").focus()
    author.keyboard.press("Enter")
    row.get_by_label("確かめた製品・環境の版").fill("発券機 2.4")
    sound(author)
    with author.expect_navigation():
        row.get_by_role("button", name="確認しました").click()
    assert author.locator(".upkeep-rows > li", has_text=title).count() == 0

    staff.goto(address)
    assert "要確認" not in staff.locator(".badges").first.inner_text()
    assert "発券機 2.4" in staff.locator(".reading-meta").inner_text()
    staff.goto("/watches/")
    sound(staff)
    author.goto(address + "#verify")
    sound(author)


def test_who_types_the_title_of_what_exists_is_told_while_typing(page, sign_in, sound, screenshot):
    sign_in(page, "author")
    page.goto("/articles/new?kind=self_help")
    page.locator("[name=title]").press_sequentially("マイナンバーカードが読み取れない")

    page.locator("#similar .is-same").wait_for()

    first = page.locator("#similar li").first.inner_text()
    assert "マイナンバーカードが読み取れない（窓口の読取機）" in first and "ほぼ同じ" in first
    screenshot(page, "similar")
    sound(page)
