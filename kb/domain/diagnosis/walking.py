"""A guide as it is walked: what its engineer sees before a step, what may be answered, what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.domain.diagnosis.belief import Model, Result, posterior
from kb.domain.diagnosis.checking import MOST_MINUTES
from kb.domain.diagnosis.eta import Expectation, expectation
from kb.domain.diagnosis.guide import (
    CHECK,
    DESTRUCTIVE,
    DONE,
    FIXED,
    NOT_FIXED,
    NOT_FOUND_OUT,
    OTHER,
    REPAIR,
    SKIPPED,
    Guide,
    Step,
)
from kb.domain.diagnosis.options import NOTHING, Way, way_to
from kb.domain.diagnosis.policy import Proposal, propose
from kb.domain.diagnosis.reasons import (
    Alternative,
    Hearing,
    alternatives,
    chance,
    hearings,
    likeliest,
    outside,
)
from kb.domain.errors import Refused

ELIMINATED = 0.05
"""The share below which a cause is ruled out, if it has come down to a tenth of what it was."""


@dataclass(frozen=True)
class Answer:
    """What came of a step. outcome: one of `outcomes` of the step. minutes: spent on it."""

    step: str
    outcome: str
    minutes: float


@dataclass(frozen=True)
class Standing:
    """What is to be seen before a step.

    step: the id of what is to be done now, None if only help is left. proposal: what the guide proposes,
    which may be another. towards: the step that was chosen, where this one must come before it.
    chance: how likely a repair ends it. told: what each answer of a check would say. others: nearly as good.
    causes: the likeliest with their shares, OTHER last. eliminated: ids of the causes that are ruled out.
    escalation: minutes until help has ended it.
    """

    step: str | None
    proposal: Proposal
    towards: str | None
    chance: float
    told: Sequence[Hearing]
    others: Sequence[Alternative]
    expected: Expectation
    escalation: float
    causes: Sequence[tuple[str, float]]
    eliminated: Sequence[str]
    outside: bool

    @property
    def chosen(self) -> bool:
        """Whether somebody chose this step over the proposed one."""
        return self.step != self.proposal.step


def told(answers: Sequence[Answer]) -> list[Result]:
    """Return answers as the belief wants them."""
    return [(answer.step, answer.outcome) for answer in answers]


def standing(model: Model, answers: Sequence[Answer], *, chosen: str = "", runs: int = 0) -> Standing:
    """Return what is to be seen after these answers.

    chosen: the step that somebody wants to do instead of the proposed one. runs: how many the numbers
    rest on.
    """
    results = told(answers)
    proposal = propose(model, results)
    way = _way(model, results, chosen) if chosen else None
    step = way.steps(NOTHING)[0].id if way else proposal.step
    shares = proposal.posterior
    return Standing(
        step=step,
        proposal=proposal,
        towards=way.id if way and way.id != step else None,
        chance=chance(model, results, step) if step else 0.0,
        told=hearings(model, results, step) if step else (),
        others=alternatives(model, results, proposal),
        expected=expectation(proposal, runs),
        escalation=model.escalation,
        causes=[*likeliest(shares), (OTHER, shares[OTHER])],
        eliminated=eliminated(model, answers),
        outside=outside(shares),
    )


def _way(model: Model, results: Sequence[Result], step: str) -> Way | None:
    outcomes = dict(results)
    return way_to(model, step, outcomes) if step in model.actions and step not in outcomes else None


def eliminated(model: Model, answers: Sequence[Answer]) -> list[str]:
    """Return the ids of the causes that these answers rule out, in the guide's order.

    What mended it rules nothing out: it says what it was.
    """
    shares = posterior(model, [result for result in told(answers) if result[1] != FIXED])
    return [
        cause
        for cause, before in zip(model.causes, model.prior, strict=True)
        if cause != OTHER and shares[cause] < ELIMINATED and shares[cause] * 10 <= before
    ]


@dataclass(frozen=True)
class Choice:
    """A step that can be done now. first: the id of what must come before it, "" if nothing must."""

    step: Step
    first: str = ""


def choices(guide: Guide, model: Model, answers: Sequence[Answer]) -> list[Choice]:
    """Return every step that is still open, in the author's order; a requirement is the only bar."""
    results = told(answers)
    found = []
    for step in guide.steps:
        way = _way(model, results, step.id)
        if way is not None:
            found.append(Choice(step, way.first[0].id if way.first else ""))
    return found


def outcomes(step: Step) -> tuple[str, ...]:
    """Return what may come of a step, what tells nothing last."""
    if step.kind == CHECK:
        return (*step.answers, NOT_FOUND_OUT)
    return (FIXED, NOT_FIXED, SKIPPED) if step.kind == REPAIR else (DONE, SKIPPED)


def named(guide: Guide, step_id: str) -> Step:
    """Return the step with this id, or raise Refused 404."""
    found = next((step for step in guide.steps if step.id == step_id), None)
    if found is None:
        raise Refused("walks.no_such_step", status=404)
    return found


def mended(answers: Sequence[Answer]) -> str | None:
    """Return the id of the repair that ended it, None while nothing has."""
    return next((answer.step for answer in answers if answer.outcome == FIXED), None)


def answered(
    guide: Guide, model: Model, answers: Sequence[Answer], new: Answer, *, confirmed: bool = False
) -> list[Answer]:
    """Return the answers with a new one.

    Raises Refused: 409 if the step was answered, or something mended it; 422 for an answer or minutes that
    cannot be, for a step that must wait, for one that cannot be undone and was not confirmed.
    """
    step = named(guide, new.step)
    if mended(answers) or any(answer.step == new.step for answer in answers):
        raise Refused("walks.answered_already", status=409)
    _require_possible(step, new)
    way = _way(model, told(answers), step.id)
    if way is None or way.first:
        raise Refused("walks.must_wait", step=step.title)
    if step.risk == DESTRUCTIVE and not confirmed and new.outcome not in (SKIPPED, NOT_FOUND_OUT):
        raise Refused("walks.not_confirmed", step=step.title)
    return [*answers, new]


def changed(guide: Guide, answers: Sequence[Answer], new: Answer) -> list[Answer]:
    """Return the answers with one changed in its place. Raises Refused as `answered` does."""
    _require_possible(named(guide, new.step), new)
    if all(answer.step != new.step for answer in answers):
        raise Refused("walks.not_answered", status=409)
    if new.outcome == FIXED and mended(answers) not in (None, new.step):
        raise Refused("walks.answered_already", status=409)
    return [new if answer.step == new.step else answer for answer in answers]


def withdrawn(answers: Sequence[Answer], step: str) -> list[Answer]:
    """Return the answers without the one to a step. Raises Refused 409 if there is none."""
    left = [answer for answer in answers if answer.step != step]
    if len(left) == len(answers):
        raise Refused("walks.not_answered", status=409)
    return left


def _require_possible(step: Step, answer: Answer) -> None:
    if answer.outcome not in outcomes(step):
        raise Refused("walks.no_such_answer")
    if not 0 <= answer.minutes <= MOST_MINUTES:
        raise Refused("walks.minutes_range", field="minutes", most=int(MOST_MINUTES))


def rounded(answer: Answer) -> Answer:
    """Return an answer with its minutes to a tenth."""
    return replace(answer, minutes=round(answer.minutes, 1))
