"""The next step of a guide: worked by hand, compared with the plain formulas, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.domain.diagnosis.belief import authored, posterior, weighed
from kb.domain.diagnosis.eta import Told, calibration, expectation
from kb.domain.diagnosis.guide import CHECK, OTHER, PREPARATION, REPAIR, Cause, Guide, Step, edited_steps
from kb.domain.diagnosis.options import options
from kb.domain.diagnosis.policy import ESCALATE, propose, repairs_only
from kb.domain.diagnosis.preview import tree, usual_walk
from kb.domain.diagnosis.reasons import alternatives, chance, hearings, likeliest, outside
from tests.domain.diagnosis_cases import A_FEW, guides, outcomes, telling_check, two_causes, walks

APPROVAL = Step("p", PREPARATION, "", 5.0)
NEEDS_APPROVAL = {"rb": {"requires": ("p",)}}
WIPES = {"rb": {"risk": "destructive"}}


@pytest.mark.parametrize(
    ("guide", "results", "step", "minutes"),
    [
        pytest.param(two_causes(), [], "rb", 4 + 0.6 * 10, id="p over C, not p alone"),
        pytest.param(two_causes(telling_check(1.0)), [], "q", 1 + 0.6 * 10 + 0.4 * 4, id="a cheap check"),
        pytest.param(two_causes(telling_check(3.0)), [], "rb", 10, id="a dear check"),
        pytest.param(two_causes(telling_check(1.0)), [("q", "yes")], "ra", 10, id="after its answer"),
        pytest.param(two_causes(telling_check(1.0)), [("q", "unknown")], "rb", 10, id="nobody could tell"),
        pytest.param(two_causes(), [("rb", "not_fixed")], "ra", 10, id="a failed repair rules out"),
        pytest.param(two_causes(), [("rb", "skipped")], "ra", 10 + 0.4 * 60, id="a skipped one does not"),
        pytest.param(two_causes(other=0.5), [], "rb", 4 + 0.8 * 10 + 0.5 * 60, id="a cause it does not know"),
        pytest.param(two_causes(escalation=8.0), [], None, 8, id="help is quicker"),
        pytest.param(two_causes(APPROVAL, **NEEDS_APPROVAL), [], "ra", 10 + 0.4 * 9, id="approval counts"),
        pytest.param(two_causes(APPROVAL, **NEEDS_APPROVAL), [("p", "done")], "rb", 10, id="approval given"),
        pytest.param(
            two_causes(APPROVAL, **NEEDS_APPROVAL),
            [("p", "skipped")],
            "ra",
            10 + 0.4 * 60,
            id="approval refused",
        ),
        pytest.param(
            two_causes(APPROVAL, **NEEDS_APPROVAL), [("ra", "not_fixed")], "p", 9, id="approval comes first"
        ),
        pytest.param(two_causes(**WIPES), [], "ra", 10 + 0.4 * 4, id="what cannot be undone waits"),
        pytest.param(two_causes(**WIPES), [("ra", "not_fixed")], "rb", 4, id="until it is likely"),
        pytest.param(
            two_causes(other=0.7, **WIPES), [("ra", "skipped")], "rb", 4 + 0.88 * 60, id="or all that is left"
        ),
        pytest.param(two_causes(pinned=("ra",)), [], "ra", 10 + 0.4 * 4, id="the author's first step"),
    ],
)
def test_the_next_step_is_the_one_worked_out_by_hand(guide, results, step, minutes):
    proposal = propose(authored(guide), results)

    assert proposal.step == step
    assert proposal.eta == pytest.approx(minutes)


def test_a_cheap_likely_repair_comes_before_the_check_that_is_worth_its_minutes():
    causes = (Cause("a", "", 8.0), Cause("b", "", 1.0), Cause("c", "", 1.0))
    repairs = [Step(f"r{one}", REPAIR, "", 20.0, fixes={one: 1.0}) for one in "bc"]
    rows = {"a": {"yes": 0.5}, "b": {"yes": 1.0, "no": 0.0}, "c": {"yes": 0.0, "no": 1.0}}
    check = Step("q", CHECK, "", 1.5, answers=("yes", "no"), likely=rows)
    guide = Guide(causes, (Step("ra", REPAIR, "", 1.0, fixes={"a": 1.0}), check, *repairs), 200.0, other=0.0)

    proposal = propose(authored(guide), [])

    # repairs only: 1 + .2 x 20 + .1 x 20 = 7; the check first: 1.5 + 5; ra, then the check: less
    assert proposal.step == "ra"
    assert proposal.eta == pytest.approx(1 + 0.2 * 1.5 + 0.1 * 20 + 0.1 * 20)


def test_a_repair_that_failed_is_not_reckoned_again_after_an_approval():
    guide = two_causes(APPROVAL, **NEEDS_APPROVAL)
    guide = replace(guide, steps=(replace(guide.steps[0], minutes=5.0, fixes={"a": 0.85}), *guide.steps[1:]))

    assert propose(authored(guide), []).eta == pytest.approx(5 + 0.49 * 9 + 0.09 * 60)


def test_a_prerequisite_says_what_it_is_for():
    proposal = propose(authored(two_causes(APPROVAL, **NEEDS_APPROVAL)), [("ra", "not_fixed")])

    assert (proposal.kind, proposal.step, proposal.towards) == ("prep", "p", "rb")


def test_a_pin_tells_what_it_costs():
    pinned = propose(authored(two_causes(pinned=("ra",))), [])

    assert pinned.pin_minutes == pytest.approx(11.6 - 10)
    assert propose(authored(two_causes()), []).pin_minutes is None


def test_a_pin_that_another_pin_needs_is_paid_once():
    guide = two_causes(APPROVAL, pinned=("rb", "p"), **NEEDS_APPROVAL)

    assert propose(authored(guide), []).eta == pytest.approx(9 + 0.6 * 10)


def test_one_approval_pays_for_every_step_that_needs_it():
    needs = {"requires": ("p",)}
    guide = two_causes(APPROVAL, ra=needs, rb=needs)

    assert propose(authored(guide), []).eta == pytest.approx(5 + 4 + 0.6 * 10)


def test_steps_that_wait_for_each_other_are_never_proposed():
    guide = two_causes(ra={"requires": ("rb",)}, rb={"requires": ("ra",)})

    assert propose(authored(guide), []).kind == ESCALATE


def test_many_steps_that_need_two_others_each_are_put_in_order_at_once():
    chain = [
        Step(f"p{n}", PREPARATION, "", 1.0, tuple(f"p{m}" for m in (n - 1, n - 2) if m >= 0))
        for n in range(60)
    ]
    guide = two_causes(*chain, ra={"requires": ("p59",)}, rb={"requires": ("p58",)}, escalation=600.0)

    proposal = propose(authored(guide), [])

    assert (proposal.step, proposal.eta) == ("p0", pytest.approx(60 + 10 + 0.4 * 4))


def test_open_cells_share_what_is_left():
    check = Step(
        "q",
        CHECK,
        "",
        1.0,
        answers=("x", "y", "z"),
        likely={"a": {"x": 0.5}, "default": {"y": 0.15, "z": 0.85}},
    )
    rows = authored(two_causes(check)).actions["q"].rows

    assert [rows[answer][0] for answer in "xyz"] == pytest.approx([0.5, 0.075, 0.425])
    assert [rows[answer][1] for answer in "xyz"] == pytest.approx([0.02 / 1.02, 0.15 / 1.02, 0.85 / 1.02])
    assert rows["z"][2] == pytest.approx((0.425 + 0.85 / 1.02) / 2), "what is not known answers like the mean"
    less = replace(check, likely={"a": {"x": 0.5}, "default": {"y": 0.1, "z": 0.3}})
    rows = authored(two_causes(less)).actions["q"].rows
    assert [rows[answer][0] for answer in "xyz"] == pytest.approx([0.5, 0.125, 0.375])


def test_answers_that_no_cause_can_give_leave_the_guide_behind():
    guide = two_causes(telling_check(1.0))

    assert posterior(authored(guide), [("q", "yes"), ("ra", "not_fixed")]) == {"a": 0, "b": 0, OTHER: 1}


def test_the_range_is_of_the_ways_it_may_go_on():
    expected = expectation(propose(authored(two_causes(other=0.1)), []), runs=19)

    assert (expected.low, expected.high) == (4, 14)  # .36 after 4 minutes, .90 after 14, the rest after 74
    assert expected.mean == pytest.approx(4 + 0.64 * 10 + 0.1 * 60)
    assert expected.escalated == pytest.approx(0.1)
    assert not expected.learnt


def test_a_guide_counts_as_learnt_from_its_twentieth_incident_on():
    proposal = propose(authored(two_causes()), [])

    assert [expectation(proposal, runs).learnt for runs in (0, 19, 20)] == [False, False, True]


def test_a_check_says_what_its_answers_raise_and_lower():
    model = authored(two_causes(telling_check(1.0)))
    likely, unlikely = hearings(model, [], "q")

    assert (likely.answer, likely.share) == ("yes", pytest.approx(0.6))
    assert [(move.cause, move.after) for move in likely.raised] == [("a", pytest.approx(1))]
    assert [move.cause for move in likely.lowered] == ["b"]
    assert [move.cause for move in unlikely.raised] == ["b"]
    assert chance(model, [], "rb") == pytest.approx(0.4)


def test_what_would_do_nearly_as_well_is_offered_too():
    guide = two_causes(telling_check(2.0))  # 2 + 7.6 with the check, 10 without

    proposal = propose(authored(guide), [])
    others = alternatives(authored(guide), [], proposal)

    assert proposal.step == "q"
    assert [(other.step, other.minutes) for other in others] == [("rb", pytest.approx(10))]


def test_a_guide_says_when_it_may_not_be_its_case():
    shares = posterior(authored(two_causes(other=0.3)), [("ra", "not_fixed")])

    assert outside(shares)
    assert not outside(posterior(authored(two_causes(other=0.3)), []))
    assert [cause for cause, _ in likeliest(shares)] == ["b", "a"]


def test_only_new_numbers_make_an_edited_step():
    old = two_causes(telling_check(1.0))
    retitled = Step("q", CHECK, "新しい題", 1.0, answers=("yes", "no"), likely=telling_check(1.0).likely)

    assert edited_steps(old, two_causes(retitled, APPROVAL)) == frozenset()
    assert edited_steps(old, two_causes(telling_check(2.0))) == {"q"}


def test_a_guide_shows_where_each_answer_leads():
    top = tree(authored(two_causes(telling_check(1.0))), depth=5)

    yes, no = top.branches
    assert (top.step, top.minutes) == ("q", pytest.approx(8.6))
    assert (yes.outcome, yes.share, yes.then.step) == ("yes", pytest.approx(0.6), "ra")
    fixed, failed = yes.then.branches
    assert (fixed.share, fixed.then, fixed.cut) == (pytest.approx(0.6), None, False)
    assert (failed.share, failed.cut) == (0, True)
    assert no.then.step == "rb"
    assert all(branch.cut for branch in tree(authored(two_causes(telling_check(1.0))), depth=1).branches)
    second = tree(authored(two_causes(other=0.1)), depth=3).branches[1].then
    assert (second.step, second.branches[1].then.step) == ("ra", None), "three steps deep"


def test_the_usual_walk_ends_with_escalating():
    walk = usual_walk(authored(two_causes(telling_check(1.0), other=0.1)), 5)

    assert [node.step for node in walk] == ["q", "ra", None]
    assert walk[1].minutes == pytest.approx(10 + 60 * 0.05 / 0.59)


@given(st.data())
@A_FEW
def test_beliefs_sum_to_one_whatever_was_answered(data):
    guide = data.draw(guides(with_order=True))

    shares = posterior(authored(guide), data.draw(walks(guide)))

    assert isclose(sum(shares.values()), 1, abs_tol=1e-9)
    assert all(share >= 0 for share in shares.values())


@given(st.data())
@A_FEW
def test_a_walk_does_no_step_twice_and_ends_with_escalating(data):
    guide = data.draw(guides(with_order=True))
    model, steps, results = authored(guide), {step.id: step for step in guide.steps}, []

    while (proposal := propose(model, results)).step is not None:
        step = steps[proposal.step]
        done = dict(results)
        assert step.id not in done
        assert set(step.requires) <= done.keys(), "a prerequisite was left out"
        assert isclose(sum(end.share for end in proposal.ends), 1, abs_tol=1e-6)
        results.append((step.id, data.draw(st.sampled_from(outcomes(step)))))

    assert proposal.kind == ESCALATE


@given(st.data())
@A_FEW
def test_the_quick_engine_agrees_with_the_plain_formulas(data):
    guide = data.draw(guides())
    model, results = authored(guide), data.draw(walks(guide))
    weights, open_ = weighed(model, results), options(model, dict(results))
    plain = Plain(model, {step for step, _ in results})

    assert repairs_only(open_, weights) == pytest.approx(plain.repairs_only(weights))
    assert propose(model, results).eta == pytest.approx(plain.voi_r(weights))


class Plain:
    """The model's formulas word for word: every repair reckoned at every turn, nothing left out."""

    def __init__(self, model, done):
        self.model = model
        actions = [action for action in model.actions.values() if action.id not in done]
        self.repairs = [action for action in actions if action.kind == REPAIR]
        self.checks = [action for action in actions if action.kind == CHECK]

    def best(self, weights, repairs):
        rated = [(self._p(weights, repair) / repair.minutes, repair) for repair in repairs]
        floor = sum(weights) / self.model.escalation
        return max((row for row in rated if row[0] > floor), key=lambda row: row[0], default=(0, None))[1]

    def _p(self, weights, repair):
        return sum(weight * fix for weight, fix in zip(weights, repair.fixes, strict=True))

    def _failed(self, weights, repair):
        return [weight * (1 - fix) for weight, fix in zip(weights, repair.fixes, strict=True)]

    def repairs_only(self, weights, repairs=None):
        left, total = list(self.repairs if repairs is None else repairs), 0.0
        while (repair := self.best(weights, left)) is not None:
            total += sum(weights) * repair.minutes
            weights = self._failed(weights, repair)
            left.remove(repair)
        return total + sum(weights) * self.model.escalation

    def one_check(self, weights, repairs):
        values = [
            sum(weights) * check.minutes
            + sum(
                self.repairs_only([w * p for w, p in zip(weights, row, strict=True)], repairs)
                for row in check.rows.values()
            )
            for check in self.checks
        ]
        without = self.repairs_only(weights, repairs)
        return min([without, *values]), bool(values) and min(values) < without - 1e-9

    def voi_r(self, weights):
        value, with_check = self.one_check(weights, self.repairs)
        best = self.best(weights, self.repairs)
        if not with_check or best is None:
            return value
        rest = [repair for repair in self.repairs if repair is not best]
        later = self.one_check(self._failed(weights, best), rest)[0]
        return min(value, sum(weights) * best.minutes + later)


def test_a_step_that_is_gone_tells_nothing():
    model = authored(Guide((Cause("a", "", 1.0),), (), 60.0))

    assert weighed(model, [("gone", "yes")]) == pytest.approx([0.95, 0.05])


def test_a_guide_that_promises_too_much_is_seen_in_its_runs():
    runs = [Told(20, 10, 30, took) for took in (10, 25, 30, 60, 5)]

    found = calibration(runs)

    assert (found.within, found.sooner, found.later, found.runs) == (3, 1, 1, 5)
    assert found.ratio == pytest.approx(130 / 100)
    assert calibration([]) is None
