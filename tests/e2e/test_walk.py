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


def first_step(page, article):
    """Begin to walk the guide from its article; return the step that it proposes first."""
    page.goto(article)
    with page.expect_navigation():
        page.locator(".guide-start button").first.click()
    return page.locator("h1").inner_text()


def old_tickets(path, times):
    """Write tickets of an earlier system: starting the service was what helped."""
    rows = [f"OLD-{n},start-service=直った=1.5,スマートカードのサービスの停止" for n in range(times)]
    path.write_text("source,steps,cause\n" + "\n".join(rows))
    return str(path)


def test_after_twenty_old_tickets_the_guide_begins_elsewhere_and_its_owner_sees_why(
    new_page, sign_in, server, tmp_path, assert_accessible, assert_no_sideways_scroll, screenshot
):
    page = new_page()
    sign_in(page, "engineer")
    page.goto("/search?q=カードリーダーが認識されない")
    article = page.locator(".search-rows li", has_text=GUIDE).locator(".row-title a").get_attribute("href")
    before = first_step(page, article)
    page.goto(article)
    number = page.locator(".article-number").inner_text()
    owner = new_page()
    sign_in(owner, "reviewer")
    owner.goto(f"{article}/edit")
    owner.locator("[name=owner_id]").select_option(label="試験 reviewer")
    with owner.expect_navigation():
        owner.locator("button[name=action][value=save]").first.click()

    told = server.flask("guides", "learn", old_tickets(tmp_path / "old.csv", 20), "--article", number)

    assert "20" in told
    after = first_step(page, article)
    assert "サービスを始める" in after and after != before
    assert "未学習" not in page.locator("main").inner_text()

    owner.goto("/notices/")
    with owner.expect_navigation():
        owner.locator(".notice-row", has_text="最初の手順が変わりました").locator(".notice-open").click()
    changes = owner.locator("#changes").inner_text()
    assert (
        f"「{before}」から「{after}」" in changes
        and "「スマートカードのサービスの停止」の見込みが" in changes
    )
    assert owner.locator("svg.chart").count() == 2
    screenshot(owner, "guide-record")
    assert_accessible(owner)
    assert_no_sideways_scroll(owner)
    with owner.expect_navigation():
        owner.get_by_role("button", name="確認しました").press("Enter")
    assert owner.locator("#changes").count() == 0
    assert "確認" in owner.locator("#history-title + ul").inner_text()
    english = owner.locator("button[name=language][value=en]")
    with owner.expect_navigation():
        english.click()
    assert "How the causes' shares moved" in owner.locator("main").inner_text()
    screenshot(owner, "guide-record-en")
    assert_accessible(owner)
    assert_no_sideways_scroll(owner)
