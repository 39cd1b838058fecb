"""Made-up guides for the tests of the diagnosis, and two worked by hand."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from kb.domain.diagnosis.guide import CHECK, FIXED, LEVELS, NOT_FIXED, PREPARATION, REPAIR, Cause, Guide, Step

A_FEW = settings(max_examples=25, deadline=None)
"""Drawing a guide takes longer than what is asserted of it."""
LEVEL = st.sampled_from([*LEVELS.values()])
MINUTES = st.sampled_from([1.0, 2.0, 5.0, 10.0, 30.0])


def two_causes(*more, escalation=60.0, other=0.0, pinned=(), **changes):
    """Return a guide with cause a (.6, mended in 10 minutes by ra) and cause b (.4, in 4 by rb)."""
    ra = Step("ra", REPAIR, "", 10.0, fixes={"a": 1.0}, **changes.get("ra", {}))
    rb = Step("rb", REPAIR, "", 4.0, fixes={"b": 1.0}, **changes.get("rb", {}))
    causes = (Cause("a", "", 0.6), Cause("b", "", 0.4))
    return Guide(causes, (ra, rb, *more), escalation, pinned, other)


def telling_check(minutes):
    """Return a check that tells a from b for certain."""
    rows = {"a": {"yes": 1.0, "no": 0.0}, "b": {"yes": 0.0, "no": 1.0}}
    return Step("q", CHECK, "", minutes, answers=("yes", "no"), likely=rows)


@st.composite
def guides(draw, with_order=False):
    """Draw a guide of 2 to 5 causes; with_order: with a preparation, requirements and risks too."""
    ids = [f"c{number}" for number in range(draw(st.integers(2, 5)))]
    causes = tuple(Cause(one, "", draw(st.sampled_from([1.0, 2.0, 4.0, 8.0, 16.0]))) for one in ids)
    steps = [draw(checks(f"q{number}", ids)) for number in range(draw(st.integers(0, 3)))]
    steps += [draw(repairs(f"r{number}", ids)) for number in range(draw(st.integers(0, 4)))]
    if with_order:
        steps.append(Step("p", PREPARATION, "", draw(MINUTES)))
        steps = [draw(ordered(step, steps)) for step in steps]
    pinned = draw(st.lists(st.sampled_from(steps), max_size=2, unique_by=id)) if with_order else []
    return Guide(causes, tuple(steps), draw(st.sampled_from([15.0, 60.0])), tuple(step.id for step in pinned))


@st.composite
def checks(draw, id, causes):
    """Draw a check in which some cells may be open."""
    answers = ("x", "y", "z")[: draw(st.integers(2, 3))]
    row = st.dictionaries(st.sampled_from(answers), LEVEL)
    likely = draw(st.dictionaries(st.sampled_from([*causes, "default"]), row))
    return Step(id, CHECK, "", draw(MINUTES), answers=answers, likely=likely)


@st.composite
def repairs(draw, id, causes):
    """Draw a repair that mends some causes."""
    fixes = draw(st.dictionaries(st.sampled_from(causes), LEVEL, max_size=3))
    return Step(id, REPAIR, "", draw(MINUTES), fixes=fixes)


@st.composite
def ordered(draw, step, steps):
    """Draw what a step requires (a circle may come of it) and its risk."""
    others = [other.id for other in steps if other is not step]
    needed = draw(st.lists(st.sampled_from(others), max_size=1)) if others else []
    risk = draw(st.sampled_from(["none", "none", "disruptive", "destructive"]))
    return Step(
        step.id, step.kind, "", step.minutes, tuple(needed), risk, step.answers, step.likely, step.fixes
    )


def outcomes(step):
    """Return how a step can turn out without ending it."""
    return {CHECK: [*step.answers, "unknown"], REPAIR: [NOT_FIXED, "skipped"]}.get(
        step.kind, ["done", "skipped"]
    )


@st.composite
def walks(draw, guide):
    """Draw results of some steps of a guide, in any order."""
    if not guide.steps:
        return []
    steps = draw(st.lists(st.sampled_from(guide.steps), unique_by=lambda step: step.id, max_size=4))
    return [(step.id, draw(st.sampled_from(outcomes(step)))) for step in steps]


@st.composite
def runs(draw, guide):
    """Draw a closed run as (results with minutes, confirmed cause)."""
    results = [(step, outcome, draw(MINUTES)) for step, outcome in draw(walks(guide))]
    done = {step for step, *_ in results}
    left = [step.id for step in guide.steps if step.kind == REPAIR and step.id not in done]
    if left and draw(st.booleans()):
        results.append((draw(st.sampled_from(left)), FIXED, draw(MINUTES)))
    else:
        results.append(("_escalate", "done", draw(MINUTES)))
    causes = [None, "_other", *(cause.id for cause in guide.causes)]
    return tuple(results), draw(st.sampled_from(causes))
