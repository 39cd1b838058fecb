"""What closed incidents teach a guide, and what they must not do."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.domain.diagnosis.belief import authored, posterior
from kb.domain.diagnosis.guide import OTHER
from kb.domain.diagnosis.learning import (
    RATES,
    Counts,
    Release,
    Run,
    contradicts,
    course,
    estimated,
    learnt,
    soft_label,
    take_in,
)
from kb.domain.diagnosis.policy import propose
from kb.domain.diagnosis.reasons import change
from tests.domain.diagnosis_cases import A_FEW, guides, runs, telling_check, two_causes

NO_DECAY = replace(RATES, decay=1.0)
MENDED_B = Run((("ra", "not_fixed", 12.0), ("rb", "fixed", 5.0)), "b")


@st.composite
def histories(draw, most=5):
    """Draw a guide and its closed runs."""
    guide = draw(guides())
    return guide, [Run(*draw(runs(guide))) for _ in range(draw(st.integers(1, most)))]


def numbers(model):
    """Return every number of a model, in one order."""
    found = [*model.prior, model.escalation]
    for action in model.actions.values():
        found += [
            action.minutes,
            *(action.fixes or ()),
            *(value for row in action.rows.values() for value in row),
        ]
    return found


def test_one_incident_counts_as_worked_out_by_hand():
    guide = two_causes(other=0.0)

    model = learnt(guide, [MENDED_B])

    # b: .4 x .98 floor-free fix of 1; a: .6 x 0 (its repair failed) -> all of u is b's
    assert model.prior == pytest.approx([20 * 0.6 / 21, (20 * 0.4 + 1) / 21, 0])
    assert model.actions["ra"].minutes == pytest.approx((3 * 10 + 12) / 4)
    assert model.actions["rb"].minutes == pytest.approx((3 * 4 + 5) / 4)
    assert model.actions["ra"].fixes == pytest.approx([1, 0, 0])
    assert model.escalation == 60


def test_a_repair_that_fails_loses_credit_for_the_cause_it_should_mend():
    guide = two_causes(ra={}, other=0.0)
    guide = replace(guide, steps=(replace(guide.steps[0], fixes={"a": 0.5}), guide.steps[1]))

    model = learnt(guide, [Run((("ra", "not_fixed", 10.0), ("rb", "not_fixed", 4.0)), "a")])

    assert model.actions["ra"].fixes[0] == pytest.approx(4 * 0.5 / 5)


def test_an_escalation_teaches_how_long_help_takes_and_a_long_break_counts_five_times_at_most():
    run = Run((("ra", "not_fixed", 9000.0), ("_escalate", "done", 100.0)), None)

    model = learnt(two_causes(), [run])

    assert model.escalation == pytest.approx((3 * 60 + 100) / 4)
    assert model.actions["ra"].minutes == pytest.approx((3 * 10 + 50) / 4)


def test_skipped_steps_and_steps_that_are_gone_teach_nothing():
    guide = two_causes(telling_check(1.0))
    run = Run((("q", "unknown", 3.0), ("ra", "skipped", 1.0), ("gone", "yes", 9.0)), None)

    before, after = authored(guide), learnt(guide, [run])

    assert after.actions == before.actions
    assert after.prior == pytest.approx(before.prior), "no evidence moves no share"


def test_minutes_that_nobody_measured_teach_no_time():
    guide = two_causes(other=0.0)

    model = learnt(guide, [Run((("ra", "not_fixed", 0.0), ("rb", "fixed", 0.0)), "b")])

    assert model.actions["ra"].minutes == 10
    assert model.prior == learnt(guide, [MENDED_B]).prior
    half = learnt(guide, [Run((("ra", "not_fixed", 0.5),))])
    assert half.actions["ra"].minutes == pytest.approx((3 * 10 + 0.5) / 4)


def test_a_confirmed_cause_is_believed_nine_times_in_ten():
    guide = two_causes(other=0.0, escalation=60.0)

    label = soft_label(authored(replace(guide, other=0.2)), Run((), OTHER))

    assert label == pytest.approx([0.48 * 0.05 / 0.22, 0.32 * 0.05 / 0.22, 0.18 / 0.22])


def test_a_cause_that_the_record_speaks_against_is_asked_about():
    model = authored(two_causes(telling_check(1.0), other=0.05))
    heard = (("q", "yes", 1.0),)

    assert contradicts(model, Run(heard, "b"))
    assert not contradicts(model, Run(heard, "a"))
    assert not contradicts(model, Run(heard, None))


def test_a_release_leaves_a_fifth_of_what_was_counted():
    guide = two_causes(other=0.0)

    after = learnt(guide, [MENDED_B, Release()])

    assert after.prior == pytest.approx([20 * 0.6 / 20.2, (20 * 0.4 + 0.2) / 20.2, 0])


def test_an_edit_of_a_step_forgets_that_step_only():
    guide = two_causes(telling_check(1.0), other=0.05)
    runs = [Run((("q", "yes", 3.0), ("ra", "not_fixed", 30.0), ("rb", "fixed", 9.0)), "b")] * 3

    since = [replace(run, edited=frozenset({"ra"})) for run in runs]

    kept, edited = learnt(guide, runs), learnt(guide, since)

    assert edited.actions["ra"] == authored(guide).actions["ra"]
    assert (edited.actions["rb"], edited.actions["q"]) == (kept.actions["rb"], kept.actions["q"])
    assert edited.prior == kept.prior


def test_twenty_incidents_of_another_cause_change_the_first_step_and_the_owner_is_told():
    guide = two_causes(other=0.0, ra={}, escalation=60.0)
    guide = replace(
        guide, causes=(replace(guide.causes[0], weight=0.9), replace(guide.causes[1], weight=0.1))
    )
    mended = Run((("rb", "fixed", 4.0),), "b")

    before, after = authored(guide), learnt(guide, [mended] * 20)

    assert (propose(before, []).step, propose(after, []).step) == ("ra", "rb")
    told = change(before, after)
    assert told.first == ("ra", "rb")
    assert [move.cause for move in told.shares] == ["b"]
    assert told.largest == told.shares[0]
    assert not change(before, before)


@given(histories(most=8), st.data())
@A_FEW
def test_one_incident_moves_no_cause_by_more_than_a_21st_also_after_a_release(history, data):
    guide, closed = history
    events = [*closed]
    events.insert(data.draw(st.integers(0, len(closed))), Release())

    shares = [posterior(learnt(guide, events[:count]), []) for count in range(len(events) + 1)]

    assert course(guide, events) == [pytest.approx(share) for share in shares]
    for event, (before, after) in zip(events, pairwise(shares), strict=True):
        assert sum(after.values()) == pytest.approx(1)
        if isinstance(event, Run):
            assert max(abs(after[cause] - before[cause]) for cause in before) <= 1 / 21 + 1e-12


@given(histories(), st.randoms(use_true_random=False))
@A_FEW
def test_the_order_of_incidents_does_not_matter_but_for_the_decay(history, chance):
    guide, closed = history
    shuffled = chance.sample(closed, len(closed))

    assert numbers(learnt(guide, shuffled, NO_DECAY)) == pytest.approx(
        numbers(learnt(guide, closed, NO_DECAY))
    )


@given(histories(), st.data())
@A_FEW
def test_learning_one_by_one_is_the_same_as_recomputing_from_the_runs(history, data):
    guide, events = history
    places = st.integers(0, len(events))
    events.insert(data.draw(places), Release())
    model = authored(guide)
    counts = Counts([0.0] * len(model.causes))

    for number, event in enumerate(events, 1):
        take_in(counts, model, event)
        assert numbers(estimated(counts, model)) == numbers(learnt(guide, events[:number]))


@given(histories())
@A_FEW
def test_counts_are_the_decayed_sum_of_the_labels(history):
    guide, closed = history
    model = authored(guide)
    labels = [soft_label(model, run) for run in closed]
    ages = range(len(closed) - 1, -1, -1)
    weighted = [[0.99**age * value for value in label] for age, label in zip(ages, labels, strict=True)]
    counts = [sum(column) for column in zip(*weighted, strict=True)]

    expected = [(20 * share + n) / (20 + sum(counts)) for share, n in zip(model.prior, counts, strict=True)]
    assert learnt(guide, closed).prior == pytest.approx(expected)


@given(histories(), st.data())
@A_FEW
def test_a_deleted_run_is_as_if_it_had_never_been(history, data):
    guide, closed = history
    model, counts = authored(guide), Counts([0.0] * (len(guide.causes) + 1))
    place = data.draw(st.integers(0, len(closed)))
    longer = [*closed[:place], Run(*data.draw(runs(guide))), *closed[place:]]
    for event in longer:
        take_in(counts, model, event)  # as a program that learns one by one has it in memory
    del longer[place]

    assert numbers(learnt(guide, longer)) == numbers(learnt(guide, closed))


@given(histories(), st.data())
@A_FEW
def test_steps_edited_since_keep_the_authors_numbers_and_change_no_share(history, data):
    guide, closed = history
    steps = [step.id for step in guide.steps]
    edited = frozenset(data.draw(st.lists(st.sampled_from(steps), max_size=3)) if steps else [])

    kept = learnt(guide, closed)
    after = learnt(guide, [replace(run, edited=edited) for run in closed])

    assert after.prior == kept.prior
    for step, action in after.actions.items():
        assert action == (authored(guide) if step in edited else kept).actions[step]


def test_thousands_of_incidents_do_not_outgrow_the_numbers():
    guide = two_causes(other=0.05)
    fast = replace(RATES, decay=0.5)

    model = learnt(guide, [MENDED_B] * 1200, fast)

    assert sum(model.prior) == pytest.approx(1)
    assert model.prior[1] == pytest.approx(
        (20 * 0.95 * 0.4 + 2 * soft_label(authored(guide), MENDED_B)[1]) / 22
    )
