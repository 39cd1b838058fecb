"""An incident is walked with a starter guide to its repair, by somebody who has no mouse."""

from __future__ import annotations

import re

SYMPTOM = "3番窓口のカードリーダーが認識されない"
GUIDE = "マイナンバーカード読取機が認識されない"
STEPS = 20
"""Steps after which a walk counts as going nowhere."""


def key(page, name):
    """Press a key that leads to a page."""
    with page.expect_navigation():
        page.keyboard.press(name)


def begin(page):
    """Record an incident and start the guide that is found for it, from the keyboard alone."""
    page.goto("/incidents/new")
    page.locator("[name=symptom]").fill(SYMPTOM)
    with page.expect_navigation():
        page.get_by_role("button", name="記録する").press("Enter")
    titles = page.locator("#find [data-article] .find-title a").all_inner_texts()
    page.keyboard.press(str(1 + next(n for n, title in enumerate(titles) if GUIDE in title)))
    key(page, "g")


def repair_after_one_that_failed(page):
    """Answer until the second repair helps; what cannot be undone is left alone. Returns what was tried."""
    tried = []
    for _ in range(STEPS):
        if page.locator(".walk-danger").count():
            with page.expect_navigation():
                page.get_by_role("button", name="行わない").press("Enter")
            continue
        kind = page.locator(".walk-step .badge").first.inner_text()
        if kind == "処置":
            tried.append(page.locator("h1").inner_text())
            key(page, "1" if len(tried) == 2 else "2")
            if len(tried) == 2:
                return tried
        else:
            key(page, "1")
    raise AssertionError(f"no second repair: {tried}")


def test_an_incident_is_walked_to_its_repair_by_keyboard(
    new_page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    page = new_page()
    sign_in(page, "engineer")
    begin(page)

    # One step: what, why, how long, what is suspected.
    told = page.locator("main").inner_text()
    assert GUIDE in told and "復旧の見込み" in told and "作成者の見積り" in told and "未学習" in told
    screenshot(page, "walk-step")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    key(page, "o")
    assert page.locator(".walk-list li").count() > 5
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    key(page, "1")
    assert "あなたが選んだ手順です" in page.locator("main").inner_text()
    page.get_by_role("button", name="提案された手順に戻る").press("Enter")
    page.wait_for_url(re.compile(r"/walks/\d+$"))
    walk = page.url

    # The expected time goes into the next update with one key.
    key(page, "e")
    form = page.locator("form.update-form")
    assert "未学習" in form.locator("[name=ward_text]").input_value()
    with page.expect_navigation():
        form.locator("button").press("Enter")
    assert page.locator("#updates .update").count() == 1

    # Stopped, and gone on with later.
    page.goto(walk)
    key(page, "r")
    with page.expect_navigation():
        page.get_by_role("link", name=GUIDE).press("Enter")
    key(page, "1")

    # One repair fails, the next helps.
    failed, helped = repair_after_one_that_failed(page)
    assert helped in page.locator("h1").inner_text()
    assert_accessible(page)
    key(page, "1")
    assert "復旧として終わりました" in page.locator("h1").inner_text()
    screenshot(page, "walk-ended")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    key(page, "1")

    # The incident has it all.
    timeline = page.locator("#timeline").inner_text()
    assert f"{failed}：試したが直らなかった" in timeline and f"{helped}：直った" in timeline
    assert "解決した" in page.locator("#articles .find-hit", has_text=GUIDE).inner_text()
    assert page.get_by_role("button", name="今、復旧した").count() == 0
    screenshot(page, "walk-incident")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_a_guide_is_walked_without_script(new_page, sign_in):
    page = new_page(width=320, height=640, java_script_enabled=False)
    sign_in(page, "engineer")
    page.goto("/search?q=カードリーダーが認識されない")
    page.locator(".search-rows li", has_text=GUIDE).locator(".guide-start button").click()

    before = page.locator("h1").inner_text()
    page.locator(".walk-answer").nth(1).click()

    assert before in page.locator(".walk-done").inner_text()
    assert page.locator("h1").inner_text() != before
