"""Actions after an incident: their states, their checks, and what makes a cause the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kb.domain.actions import (
    Planned,
    action_state,
    came_back,
    cause_key,
    check_due,
    check_problems,
    done_problems,
    planned_problems,
    same_cause,
)

TODAY = date(2027, 5, 10)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("done", "effect", "due", "check", "state"),
    [
        (False, "", TODAY, None, "open"),
        (False, "", TODAY - DAY, None, "overdue"),
        (True, "", TODAY - DAY, TODAY, "done"),
        (True, "", TODAY - DAY, TODAY - DAY, "check_overdue"),
        (True, "", TODAY - DAY, None, "done"),
        (True, "unknown", TODAY - DAY, TODAY - DAY, "checked"),
    ],
)
def test_an_action_is_overdue_the_day_after_its_day(done, effect, due, check, state):
    assert action_state(done, effect, due, check, TODAY) == state


def fields(problems):
    """Return the fields that the refusals are about."""
    return [problem.values.get("field") for problem in problems]


def test_everything_an_action_lacks_is_said_at_once():
    assert fields(planned_problems(Planned("", " ", None))) == ["action_kind", "action_text", "action_due"]
    assert not planned_problems(Planned("corrective", "電源を二重にする", TODAY))


def test_an_action_does_not_take_a_password():
    assert fields(planned_problems(Planned("corrective", "パスワード: hiraku01 に変える", TODAY))) == [
        "action_text"
    ]


def test_done_needs_evidence_and_a_day_that_has_come():
    assert fields(done_problems("", TODAY + DAY, TODAY, TODAY)) == ["evidence", "done_on"]
    assert fields(done_problems("変更記録 CHG-7", None, TODAY, TODAY)) == ["done_on"]
    assert fields(done_problems("変更記録 CHG-7", date(2007, 5, 10), TODAY, TODAY)) == ["done_on"]
    assert not done_problems("変更記録 CHG-7", TODAY, TODAY, TODAY)


def test_the_effect_is_checked_ninety_days_later():
    assert check_due(date(2027, 5, 10)) == date(2027, 8, 8)


@pytest.mark.parametrize(
    ("effect", "note", "recurred", "refused"),
    [
        ("effective", "", "", []),
        ("effective", "", "INC-2027-0009", ["effect"]),
        ("not_effective", "", "", ["effect_note"]),
        ("unknown", "", "", ["effect_note"]),
        ("unknown", "まだ月末を迎えていない", "INC-2027-0009", []),
        ("", "", "", ["effect"]),
    ],
)
def test_a_check_says_why_unless_the_action_was_effective(effect, note, recurred, refused):
    assert fields(check_problems(effect, note, recurred=recurred)) == refused


def test_a_cause_is_the_same_in_any_width_case_and_with_any_blanks():
    assert cause_key("ＤＮＳ サーバーの 停止") == cause_key("dns サーバーの停止。")
    assert cause_key("DNSサーバーの停止") != cause_key("DHCPサーバーの停止")
    assert cause_key(" 。") == ""


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [({1}, {1, 2}, True), ({1}, {2}, False), (set(), set(), True), ({1}, set(), False)],
)
def test_the_same_cause_needs_a_component_in_common(mine, theirs, same):
    assert same_cause("停止", mine, "停止", theirs) is same
    assert not same_cause("", mine, "", theirs)


@pytest.mark.parametrize(
    ("days", "back"), [(-1, False), (0, False), (1, True), (60, True), (150, True), (150.1, False)]
)
def test_a_cause_came_back_between_done_and_ninety_days_after_the_check(days, back):
    done = datetime(2027, 5, 10, 3, tzinfo=UTC)

    assert came_back(done + timedelta(days=days), done, done + timedelta(days=60)) is back
