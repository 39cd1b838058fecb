"""From a contractor's draft to a trusted article, in a real browser and by the people who do it."""

from __future__ import annotations

import re

from tests.conftest import PASSWORD
from tests.e2e.test_writing import WORKAROUND, begin, press, section


def submitted(page, **changes):
    """Write an article with every section and submit it; return the address of its submission."""
    begin(page)
    page.locator("[name=audience]").select_option("staff")
    for key, words in (WORKAROUND | changes).items():
        section(page, key).fill(words)
    press(page, "保存して審査に出す")
    page.get_by_role("link", name="審査の状況を見る").click()
    return page.url.split("?")[0]


def approved(page, address):
    """Approve a submission; return the article's address."""
    page.goto(address)
    press(page, "承認して公開する")
    return page.url


def test_a_contractor_submits_the_ward_returns_with_a_remark_the_contractor_mends_the_ward_approves(
    new_page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    author, ward, staff = new_page(), new_page(), new_page()
    sign_in(author, "author")
    sign_in(ward, "reviewer")
    sign_in(staff, "staff")
    article = approved_first(author, ward)

    author.goto(f"{article}/edit")
    section(author, "steps").fill("1. 隣のプリンターを選び、電源を入れる。\n2. 印刷する。\n3. 受け取る。")
    press(author, "保存して審査に出す")
    ward.goto("/reviews/")
    screenshot(ward, "review-queue")
    assert_accessible(ward)
    assert_no_sideways_scroll(ward)
    title = author.get_by_role("heading", level=1).inner_text()
    ward.get_by_role("link", name=title).click()
    table = ward.locator(".diff-side")
    assert "電源" in "".join(table.locator("ins").all_inner_texts())
    screenshot(ward, "review-side")
    assert_accessible(ward)
    assert_no_sideways_scroll(ward)
    ward.get_by_role("link", name="一つにまとめる").click()
    assert ward.locator(".diff-inline").count()
    screenshot(ward, "review-inline")
    assert_accessible(ward)

    ward.get_by_role("link", name="1行目に指摘する").click()
    ward.locator("textarea[name=remark]:focus").wait_for()
    ward.keyboard.type("電源のどのボタンか書いてください")
    assert_accessible(ward)
    press(ward, "指摘を付ける")
    assert ward.get_by_text("電源のどのボタンか書いてください").is_visible()
    screenshot(ward, "review-remark")
    assert_accessible(ward)
    press(ward, "差し戻す")
    staff.goto(article)
    assert "電源を入れる" not in staff.locator(".section-steps").inner_text()

    author.goto("/today")
    author.get_by_role("link", name=title).click()
    author.get_by_role("link", name="直す", exact=True).click()
    remarks = author.get_by_role("list", name="「手順と確認できる結果」への指摘")
    assert "1行目" in remarks.inner_text() and "電源のどのボタンか" in remarks.inner_text()
    screenshot(author, "review-mend")
    assert_accessible(author)
    assert_no_sideways_scroll(author)
    steps = section(author, "steps")
    steps.fill(steps.input_value().replace("電源を入れる", "青いボタンを押す"))
    press(author, "保存して審査に出す")

    ward.goto("/reviews/")
    ward.get_by_role("link", name=title).click()
    press(ward, "承認して公開する")
    staff.goto(article)
    assert "青いボタンを押す" in staff.locator(".section-steps").inner_text()
    ward.goto(f"{article}/history")
    screenshot(ward, "review-history")
    assert_accessible(ward)
    assert_no_sideways_scroll(ward)


def approved_first(author, ward):
    """Return the address of an article by the contractor that the ward has approved."""
    return approved(ward, submitted(author))


def test_an_approval_of_what_changed_meanwhile_shows_what_changed(new_page, sign_in, assert_accessible):
    author, ward = new_page(), new_page()
    ward.watch.allowed_statuses.add(409)
    sign_in(author, "author")
    sign_in(ward, "reviewer")
    address = submitted(author)
    ward.goto(address)
    author.goto(re.sub("/submissions/.*", "/edit", address))
    section(author, "undo").fill("線を差し直して戻す。")
    press(author, "保存")
    press(ward, "承認して公開する")

    assert "あなたが読んだ版から" in ward.locator(".reading-notices").inner_text()
    assert "線を差し直し" in ward.locator(".reading-notices ins").first.inner_text()
    assert_accessible(ward)
    press(ward, "承認して公開する")
    assert "線を差し直して戻す。" in ward.locator(".section-undo").inner_text()


def test_an_engineer_publishes_during_an_outage_and_staff_see_that_nobody_approved(
    new_page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    engineer, staff = new_page(), new_page()
    sign_in(engineer, "engineer")
    sign_in(staff, "staff")
    engineer.goto("/incidents/new")
    engineer.locator("[name=symptom]").fill("窓口の印刷が全部止まった")
    with engineer.expect_navigation():
        engineer.locator("main form button.button").first.click()
    title = begin(engineer)
    engineer.locator("[name=audience]").select_option("staff")
    section(engineer, "steps").fill("1. 手書きの用紙を使う。")
    press(engineer, "保存")
    screenshot(engineer, "urgent-offer")
    assert_accessible(engineer)
    engineer.get_by_label("どの障害のためか").select_option(index=0)
    press(engineer, "未承認のまま公開する")
    assert_accessible(engineer)

    staff.goto(engineer.url)
    assert "未承認（緊急）" in staff.locator(".badges").first.inner_text()
    assert "審査の前に公開" in staff.locator(".reading-notices").inner_text()
    screenshot(staff, "urgent-staff")
    assert_accessible(staff)
    assert_no_sideways_scroll(staff)
    staff.goto("/articles/")
    assert "未承認（緊急）" in staff.locator(".rows > li", has_text=title).inner_text()


def test_what_was_typed_survives_the_browser_and_the_session(
    new_page, sign_in, screenshot, assert_accessible
):
    page = new_page()
    sign_in(page, "author", fresh=True)
    title = begin(page, "known_issue")
    with page.expect_response(re.compile("/articles/autosave")) as kept:
        section(page, "condition").fill("朝の九時ごろ")
    assert kept.value.status == 200
    page.get_by_text("書きかけを自動で保存しました").wait_for()
    page.context.clear_cookies(name="session")
    page.context.close()

    again = new_page()
    again.goto("/articles/new?kind=known_issue")
    again.locator("input[name=login]").fill("author")
    again.locator("input[name=password]").fill(PASSWORD)
    with again.expect_navigation():
        again.locator("input[name=password]").press("Enter")
    again.goto("/articles/new?kind=known_issue")
    screenshot(again, "autosave-offer")
    assert_accessible(again)
    again.get_by_role("link", name="続きから書く").click()
    assert again.locator("[name=title]").input_value() == title
    assert section(again, "condition").input_value() == "朝の九時ごろ"
    press(again, "保存")
    again.goto("/articles/new?kind=known_issue")
    assert again.get_by_text("保存されていない書きかけ").count() == 0


def test_nothing_is_kept_in_the_middle_of_a_composition_or_of_what_must_not_be(page, sign_in):
    page.watch.allowed_statuses.add(422)
    sign_in(page, "engineer")
    page.goto("/articles/new?kind=procedure")
    sent = []
    page.on("request", lambda request: "/articles/autosave" in request.url and sent.append(request))
    page.locator("[name=title]").focus()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "でんげん", "selectionStart": 4, "selectionEnd": 4})
    page.wait_for_timeout(2600)
    assert sent == []

    with page.expect_response(re.compile("/articles/autosave")):
        keyboard.send("Input.insertText", {"text": "電源"})
    with page.expect_response(re.compile("/articles/autosave")) as refused:
        section(page, "purpose").fill("個人番号 123456789018")
    assert refused.value.status == 422
    page.get_by_text("自動保存していません").wait_for()
