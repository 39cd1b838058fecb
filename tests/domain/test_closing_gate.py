"""The close gate: every combination of what is there and what is missing (C-5, C-6)."""

from __future__ import annotations

from itertools import product

import pytest

from kb.domain.incidents import CAUSE_STATES, KNOWLEDGE_OUTCOMES, Closing, closing_problems

BLANK = ("", "  ")
CAUSES = ("", *CAUSE_STATES)
OUTCOMES = ("", *KNOWLEDGE_OUTCOMES)
YES_NO = (False, True)


def expected(closing):
    """Return the fields that the gate must ask for, told by a table of its own."""
    needs = {
        "recovered_at": not closing.recovered,
        "cause_state": closing.cause_state not in CAUSE_STATES,
        "cause": closing.cause_state == "confirmed" and closing.cause in BLANK,
        "cause_note": closing.cause_state == "not_found" and closing.cause_note in BLANK,
        "knowledge_outcome": closing.knowledge_outcome not in KNOWLEDGE_OUTCOMES,
        "knowledge_reason": closing.knowledge_outcome == "none" and closing.knowledge_reason in BLANK,
        "knowledge_article": closing.knowledge_outcome in ("reused", "improved", "new")
        and not closing.knowledge_article,
        "knowledge_revision": closing.knowledge_outcome == "improved"
        and closing.knowledge_article
        and not closing.knowledge_revision,
        "actions": not closing.actions and closing.no_action_reason in BLANK,
    }
    return [field for field, missing in needs.items() if missing]


def combinations():
    """Yield every combination of what may be filled in, blanks only among them."""
    columns = {
        "recovered": YES_NO,
        "cause_state": CAUSES,
        "cause": ("", "  ", "プリントサーバーの停止"),
        "cause_note": ("", "  ", "再現しなかった"),
        "knowledge_outcome": OUTCOMES,
        "knowledge_article": YES_NO,
        "knowledge_revision": YES_NO,
        "knowledge_reason": ("", "  ", "一度きりの作業のため"),
        "actions": (0, 1),
        "no_action_reason": ("", "  ", "機器を更新する予定のため"),
    }
    for values in product(*columns.values()):
        yield Closing(**dict(zip(columns, values, strict=True)))


def test_the_gate_asks_for_exactly_what_is_missing_in_every_combination():
    count = 0
    for closing in combinations():
        asked = [problem.values["field"] for problem in closing_problems(closing)]
        assert sorted(asked) == sorted(expected(closing)), closing
        count += 1

    assert count == 2 * 3 * 3 * 3 * 5 * 2 * 2 * 3 * 2 * 3


@pytest.mark.parametrize(("field", "value"), [("cause_state", "guessed"), ("knowledge_outcome", "later")])
def test_an_answer_that_is_no_choice_counts_as_missing(field, value):
    asked = [problem.values["field"] for problem in closing_problems(Closing(**{field: value}))]

    assert field in asked
