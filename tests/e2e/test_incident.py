"""One incident from the call to the lesson, by somebody who has no mouse; and what the staff see of it."""

from __future__ import annotations

import re

SYMPTOM = "証明書を印刷しようとしても、プリンターから何も出てこない"
STEPS = 250
"""Presses of the Tab key after which something counts as out of reach."""


STOPS = "a[href], button:enabled, input:enabled:not([type=hidden]), select, textarea, summary, [tabindex]"
WHERE = """(element, stops) => {
    const here = document.activeElement;
    if (element === here) return 0;
    const seen = [...document.querySelectorAll(stops)].filter((stop) => stop.checkVisibility());
    const way = Math.max(1, Math.abs(seen.indexOf(element) - seen.indexOf(here)) >> 1);
    return here.compareDocumentPosition(element) === Node.DOCUMENT_POSITION_PRECEDING ? -way : way;
}"""
"""Half the number of stops to an element, below 0 for what lies before: a group of choices is one stop."""


def reach(page, target):
    """Press Tab, or Shift+Tab for what lies before, until the target has the focus."""
    pressed = 0
    while pressed < STEPS:
        way = target.evaluate(WHERE, STOPS)
        if not way:
            return
        for _ in range(abs(way)):
            page.keyboard.press("Tab" if way > 0 else "Shift+Tab")
        pressed += abs(way)
    raise AssertionError(f"not reached by keyboard: {target}")


def write(page, target, words):
    """Go to a field and type."""
    reach(page, target)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(words)


def press(page, target):
    """Go to a button or link and press it; it leads to a page."""
    reach(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def unfold(page, details):
    """Open what is folded away."""
    if not details.evaluate("element => element.open"):
        reach(page, details.locator("summary").first)
        page.keyboard.press("Enter")


def choose(page, group, value):
    """Move within a group of choices by arrow until the one with this value is chosen."""
    chosen = group.locator("input:checked")
    reach(page, chosen if chosen.count() else group.locator("input").first)
    for _ in range(12):
        if group.locator(f"input[value='{value}']").is_checked():
            return
        page.keyboard.press("Space" if not chosen.count() else "ArrowDown")
    raise AssertionError(value)


def jump(page, place):
    """Go to a part of the incident's page by its links at the top."""
    reach(page, page.locator(f".incident-places a[href='#{place}']"))
    page.keyboard.press("Enter")


def tell(page, words, staff_words, minutes):
    """Send a status update that expects recovery in so many minutes."""
    part = page.locator("#updates")
    jump(page, "updates")
    unfold(page, part.locator("details.update-write"))
    write(page, part.locator("[name=ward_text]"), words)
    write(page, part.locator("[name=staff_text]"), staff_words)
    choose(page, part.locator("fieldset", has=page.locator("[name=eta]")), minutes)
    press(page, part.locator("form.update-form button"))


def test_an_incident_goes_from_the_call_to_its_lesson_by_keyboard(
    new_page, sign_in, assert_accessible, assert_no_sideways_scroll, screenshot
):
    page, staff = new_page(), new_page()
    page.watch.allowed_statuses.add(422)
    sign_in(page, "engineer")
    sign_in(staff, "staff")

    # A call comes in.
    page.goto("/incidents/new")
    write(page, page.locator("[name=symptom]"), SYMPTOM)
    reach(page, page.locator("[name=severity]"))
    page.keyboard.type("P2")
    write(page, page.locator("[name=counters]"), "3番窓口")
    press(page, page.get_by_role("button", name="記録する"))
    number = re.search(r"INC-\d{4}-\d{4}", page.locator("h1, .badges").first.inner_text())[0]

    # What is known of it is there at once; two keys say what it was.
    page.keyboard.press("1")
    title = page.evaluate("document.activeElement.innerText")
    with page.expect_navigation():
        page.keyboard.press("s")
    linked = page.locator("#articles .find-hit")
    assert title in linked.inner_text() and "解決した" in linked.inner_text()
    knowledge = linked.get_by_role("link").first.get_attribute("href")

    # The ward hears twice when it will be over.
    press(page, page.get_by_role("button", name="今、復旧に着手"))
    tell(page, "プリントサーバーを調べています。", "印刷だけできません。受付は続けられます。", "60")
    tell(page, "再起動の効果を確かめています。", "まもなく直ります。", "15")
    assert page.locator("#updates .update").count() == 2
    press(page, page.locator("#updates .update-switch button"))

    # The staff see it, and can put it up at the counter.
    staff.goto("/status")
    told = staff.locator("main").inner_text()
    assert SYMPTOM in told and "まもなく直ります。" in told and "プリントサーバー" not in told
    screenshot(staff, "incident-status")
    assert_accessible(staff)
    assert_no_sideways_scroll(staff)
    press(staff, staff.locator("a[href$='/notice']").first)
    screenshot(staff, "incident-notice")
    assert_accessible(staff)
    assert_no_sideways_scroll(staff)

    # It is over, and one button drafts the post-mortem.
    jump(page, "timeline")
    write(page, page.locator("[data-line-text]"), "プリントサーバーを再起動した")
    page.keyboard.press("Enter")
    page.locator("#timeline .event", has_text="再起動した").wait_for()
    press(page, page.get_by_role("button", name="今、復旧した"))
    screenshot(page, "incident-recovered")
    jump(page, "post-mortem")
    press(page, page.get_by_role("button", name="下書きを作る"))
    draft = page.locator("article.reading").inner_text()
    assert "プリントサーバーを再起動した" in draft and title in draft
    screenshot(page, "incident-post-mortem")
    assert_accessible(page)
    press(page, page.get_by_role("link", name=re.compile(number)))

    # It does not close without cause, knowledge and action.
    jump(page, "closing")
    closing = page.locator("#closing")
    unfold(page, closing.locator("details.closing-more"))
    press(page, closing.locator("button[value=close]"))
    missing = closing.get_by_role("alert")
    assert missing.locator("li").count() == 3
    screenshot(page, "incident-not-closed")
    assert_accessible(page)
    assert_no_sideways_scroll(page)

    jump(page, "actions")
    actions = page.locator("#actions")
    unfold(page, actions.locator("details"))
    write(page, actions.locator("[name=action_text]"), "プリントサーバーの監視を加える")
    press(page, actions.locator("button").first)
    jump(page, "closing")
    unfold(page, closing.locator("details.closing-more"))
    choose(page, closing.locator("fieldset", has=page.locator("[name=cause_state]")), "confirmed")
    write(page, closing.locator("[name=cause]"), "プリントサーバーの停止")
    choose(page, closing.locator("fieldset", has=page.locator("[name=knowledge_outcome]")), "reused")
    reach(page, closing.locator("[name=knowledge_article]"))
    page.keyboard.press("ArrowDown")
    press(page, closing.locator("button[value=close]"))
    assert "この障害は完了しています" in page.locator("#closing").inner_text()
    screenshot(page, "incident-closed")
    assert_accessible(page)
    assert_no_sideways_scroll(page)

    # The lesson comes back: to the staff, and to whoever reads the article next.
    staff.goto("/status")
    assert staff.locator(".status-recovered").get_by_text(SYMPTOM).is_visible()
    page.goto(knowledge)
    assert page.locator("h1").inner_text() == title and number in page.locator("main").inner_text()
    screenshot(page, "incident-article")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
