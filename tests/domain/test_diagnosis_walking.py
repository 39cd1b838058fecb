"""A walk by the rules alone: what is seen, what may be answered, what an answer changes."""

from __future__ import annotations

import pytest
from hypothesis import given

from kb.domain.diagnosis.belief import authored, weighed
from kb.domain.diagnosis.guide import DESTRUCTIVE, PREPARATION, REPAIR, Step
from kb.domain.diagnosis.options import options
from kb.domain.diagnosis.policy import minutes_if_first, propose
from kb.domain.diagnosis.reasons import alternatives
from kb.domain.diagnosis.walking import (
    Answer,
    answered,
    changed,
    choices,
    eliminated,
    mended,
    outcomes,
    standing,
    withdrawn,
)
from kb.domain.errors import Refused
from tests.domain.diagnosis_cases import A_FEW, guides, telling_check, two_causes

NO = Answer("rb", "not_fixed", 4.0)


def guide(**changes):
    """Return cause a and b, a telling check, and a preparation before what cannot be undone."""
    backup = Step("p", PREPARATION, "", 1.0)
    wipe = Step("rc", REPAIR, "", 2.0, ("p",), DESTRUCTIVE, fixes={"a": 0.5})
    return two_causes(telling_check(1.0), backup, wipe, **changes)


def test_a_step_has_the_outcomes_of_its_kind_what_tells_nothing_last():
    steps = {step.id: outcomes(step) for step in guide().steps}

    assert steps["q"] == ("yes", "no", "unknown")
    assert steps["ra"] == ("fixed", "not_fixed", "skipped") and steps["p"] == ("done", "skipped")


def test_the_proposed_step_is_shown_unless_another_was_chosen():
    model = authored(guide())
    proposed = standing(model, [])

    chosen = standing(model, [], chosen="ra")

    assert proposed.step == proposed.proposal.step == "q" and not proposed.chosen
    assert (chosen.step, chosen.chosen, chosen.proposal.step) == ("ra", True, "q")
    assert chosen.chance == pytest.approx(0.6)
    assert standing(model, [Answer("ra", "not_fixed", 1.0)], chosen="ra").step != "ra", "it was done"
    assert standing(model, [], chosen="no such").step == "q"


def test_what_the_chosen_step_requires_comes_first():
    seen = standing(authored(guide()), [], chosen="rc")

    assert (seen.step, seen.towards) == ("p", "rc")


def test_every_open_step_can_be_chosen_but_one_whose_preparation_was_refused():
    whole = guide()
    model = authored(whole)

    assert [(c.step.id, c.first) for c in choices(whole, model, [])] == [
        ("ra", ""),
        ("rb", ""),
        ("q", ""),
        ("p", ""),
        ("rc", "p"),
    ]
    refused = [NO, Answer("p", "skipped", 0.0)]
    assert [c.step.id for c in choices(whole, model, refused)] == ["ra", "q"]


def test_an_answer_is_ruled_out_where_it_cannot_be():
    whole = guide()
    model = authored(whole)

    def key(answers, new, **options):
        with pytest.raises(Refused) as refused:
            answered(whole, model, answers, new, **options)
        return refused.value.key, refused.value.status

    assert key([NO], NO) == ("walks.answered_already", 409)
    assert key([Answer("ra", "fixed", 1.0)], NO) == ("walks.answered_already", 409)
    assert key([], Answer("q", "maybe", 1.0)) == ("walks.no_such_answer", 422)
    assert key([], Answer("rb", "fixed", float("nan"))) == ("walks.minutes_range", 422)
    assert key([], Answer("rc", "fixed", 1.0)) == ("walks.must_wait", 422)
    ready = [Answer("p", "done", 1.0)]
    assert key(ready, Answer("rc", "not_fixed", 1.0)) == ("walks.not_confirmed", 422)
    assert key([], Answer("x", "fixed", 1.0)) == ("walks.no_such_step", 404)
    assert answered(whole, model, ready, Answer("rc", "fixed", 1.0), confirmed=True)[-1].step == "rc"
    assert answered(whole, model, ready, Answer("rc", "skipped", 1.0))[-1].step == "rc"
    assert key([], Answer("rb", "fixed", -0.1)) == ("walks.minutes_range", 422)
    assert answered(whole, model, [], Answer("rb", "fixed", 0.5))[-1].minutes == 0.5


def test_an_answer_changes_in_its_place_and_what_mended_it_is_one_step():
    whole, yes = guide(), Answer("q", "yes", 1.0)

    assert changed(whole, [NO, yes], Answer("rb", "skipped", 2.0)) == [Answer("rb", "skipped", 2.0), yes]
    fixed = changed(whole, [NO, yes], Answer("rb", "fixed", 4.0))
    assert mended(fixed) == "rb" and withdrawn(fixed, "rb") == [yes]
    with pytest.raises(Refused, match=r"walks\.answered_already"):
        changed(whole, [*fixed, Answer("ra", "not_fixed", 1.0)], Answer("ra", "fixed", 1.0))
    with pytest.raises(Refused, match=r"walks\.not_answered"):
        changed(whole, [yes], NO)


def test_a_cause_is_eliminated_by_what_speaks_against_it_and_not_by_what_mended_it():
    model = authored(guide())

    assert eliminated(model, []) == []
    assert eliminated(model, [NO]) == ["b"]
    assert eliminated(model, [Answer("ra", "fixed", 1.0)]) == []
    assert eliminated(model, [Answer("q", "unknown", 1.0)]) == []


@A_FEW
@given(guides())
def test_the_alternatives_are_the_two_quickest_of_all_other_first_steps(whole):
    model = authored(whole)
    proposal = propose(model, [])
    weights, open_ = weighed(model, []), options(model, {})
    ways = [way for way in (*open_.repairs, *open_.checks) if way.id != proposal.step]
    quickest = sorted(minutes_if_first(open_, weights, way) for way in ways)

    found = [row.minutes for row in alternatives(model, [], proposal)]

    assert found == pytest.approx([one for one in quickest if one <= proposal.eta * 1.1][:2])
