"""What the answers so far say about the causes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from kb.domain.diagnosis.guide import (
    CHECK,
    DEFAULT,
    FIXED,
    HARMLESS,
    NOT_FIXED,
    OTHER,
    REPAIR,
    Guide,
    Step,
)

Result = tuple[str, str]
"""(step id, outcome): an answer; "fixed", "not_fixed"; "done". "unknown" and "skipped" tell nothing."""
_NEVER_BELOW = 0.02
"""What all the answers together keep that an author left out of a row."""
_A_SECOND = 1 / 60


@dataclass(frozen=True)
class Action:
    """A step in numbers. Vectors go over Model.causes.

    rows: answer -> P(answer | cause) of a check. fixes: P(mended | cause) of a repair, None if it is none.
    listed: the same as (place, value) where it is not 0, if those are few.
    """

    id: str
    kind: str
    minutes: float
    risk: str
    requires: tuple[str, ...]
    rows: Mapping[str, Sequence[float]]
    fixes: Sequence[float] | None = None
    listed: tuple[tuple[int, float], ...] | None = None

    def mended(self, weights: Sequence[float]) -> float:
        """Return how much of the weights a repair takes away by mending: sum of w f."""
        if self.listed is not None:
            return sum([weights[place] * value for place, value in self.listed])
        return sum(map(mul, weights, self.fixes)) if self.fixes else 0.0

    def failed(self, weights: list[float]) -> list[float]:
        """Return the weights after a repair that did not help: w (1 - f)."""
        if self.fixes is None:
            return weights
        if self.listed is None:
            return [weight * (1 - fix) for weight, fix in zip(weights, self.fixes, strict=True)]
        left = weights.copy()
        for place, value in self.listed:
            left[place] *= 1 - value
        return left


@dataclass(frozen=True)
class Model:
    """A guide in numbers, as its author guessed or as learnt since.

    causes: ids, OTHER last. prior: their shares, which sum to 1. escalation: minutes.
    """

    causes: tuple[str, ...]
    prior: Sequence[float]
    actions: Mapping[str, Action]
    pinned: tuple[str, ...]
    escalation: float


def repair(id: str, minutes: float, risk: str, requires: tuple[str, ...], fixes: Sequence[float]) -> Action:
    """Return a repair; fixes that are mostly 0 are kept as a list too, which is quicker to go over."""
    listed = tuple((place, value) for place, value in enumerate(fixes) if value)
    few = listed if len(listed) * 4 <= len(fixes) or len(listed) <= 3 else None
    return Action(id, REPAIR, minutes, risk, requires, {}, fixes, few)


def authored(guide: Guide) -> Model:
    """Return a guide's numbers as its author gave them, nothing learnt."""
    total = sum(cause.weight for cause in guide.causes)
    prior = [(1 - guide.other) * cause.weight / total for cause in guide.causes]
    return Model(
        (*(cause.id for cause in guide.causes), OTHER),
        [*prior, guide.other],
        {step.id: _action(guide, step) for step in guide.steps},
        guide.pinned,
        max(guide.escalation, _A_SECOND),
    )


def _action(guide: Guide, step: Step) -> Action:
    minutes = max(step.minutes, _A_SECOND)
    risk = step.risk or HARMLESS
    if step.kind == REPAIR:
        fixes = [step.fixes.get(cause.id, 0.0) for cause in guide.causes]
        return repair(step.id, minutes, risk, step.requires, [*fixes, step.fixes.get(OTHER, 0.0)])
    rows = _rows(guide, step) if step.kind == CHECK else {}
    return Action(step.id, step.kind, minutes, risk, step.requires, rows)


def _rows(guide: Guide, step: Step) -> dict[str, list[float]]:
    """Return {answer: P(answer | cause)}; OTHER answers like the mean of the causes."""
    by_cause = [_row(step, cause.id) for cause in guide.causes]
    if OTHER in step.likely:
        by_cause.append(_row(step, OTHER))
    else:
        by_cause.append([sum(column) / len(by_cause) for column in zip(*by_cause, strict=True)])
    return {
        answer: list(column) for answer, column in zip(step.answers, zip(*by_cause, strict=True), strict=True)
    }


def _row(step: Step, cause: str) -> list[float]:
    """Return one cause's answers, summing to 1.

    The cells that the author left open share what the others leave, as the default row has them, or evenly.
    """
    usual = step.likely.get(DEFAULT, {})
    given = step.likely.get(cause) or usual
    gaps = {answer: usual.get(answer, 0.0) for answer in step.answers if answer not in given}
    if not sum(gaps.values()):
        gaps = dict.fromkeys(gaps, 1.0)
    left = max(1 - sum(given.values()), _NEVER_BELOW)
    row = [given[a] if a in given else left * gaps[a] / sum(gaps.values()) for a in step.answers]
    total = sum(row)
    return [value / total for value in row] if total else [1 / len(row)] * len(row)


def weighed(model: Model, results: Iterable[Result]) -> list[float]:
    """Return the share of each cause after these results: prior x likelihoods, made to sum to 1.

    Results of unknown steps, unknown answers and skipped steps tell nothing. Results that no cause can
    have (only possible with probabilities of exactly 0) leave everything to OTHER.
    """
    weights = list(model.prior)
    for step, outcome in results:
        weights = _updated(weights, model.actions.get(step), outcome)
    total = sum(weights)
    if total <= 0:
        return [0.0] * (len(weights) - 1) + [1.0]
    return [weight / total for weight in weights]


def _updated(weights: list[float], action: Action | None, outcome: str) -> list[float]:
    """Return w P(outcome | cause), kept away from underflow."""
    if action is None:
        return weights
    if outcome in action.rows:
        weights = list(map(mul, weights, action.rows[outcome]))
    elif action.fixes is not None and outcome == NOT_FIXED:
        weights = action.failed(weights)
    elif action.fixes is not None and outcome == FIXED:
        weights = list(map(mul, weights, action.fixes))
    largest = max(weights)
    return [weight / largest for weight in weights] if 0 < largest < 1e-100 else weights


def posterior(model: Model, results: Iterable[Result]) -> dict[str, float]:
    """Return {cause id: share}, OTHER among them; the shares sum to 1."""
    return dict(zip(model.causes, weighed(model, results), strict=True))
