"""What closed incidents teach a guide: counts, recomputed from the stored runs.

Nothing is stored but the runs. The numbers in force are a fold over a guide's events in their order, so
that a corrected or deleted run leaves no trace (`learnt`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul

from kb.domain.diagnosis.belief import Action, Model, authored, repair, weighed
from kb.domain.diagnosis.guide import CHECK, ESCALATION, FIXED, NOT_FIXED, REPAIR, Guide

LEARNT_FROM = 20
"""Runs below which a guide counts as not learnt (未学習): its times are guesses."""
CONTRADICTION = 0.05
"""A confirmed cause that the record makes less likely than this is asked about."""
_BARELY_FIXED = 0.02
"""P("fixed" | cause) never falls below this: what mended it may be something the author did not think of."""
_LONGEST = 5
"""Minutes count at most as so many times the author's: a lunch break is no part of a step."""


@dataclass(frozen=True)
class Rates:
    """How fast is learnt: what the author's word weighs, in incidents.

    decay: what a count keeps at each further incident. error: how often a confirmed cause is wrong.
    release: what a count keeps when the product changed.
    """

    causes: float = 20.0
    answers: float = 12.0
    repairs: float = 4.0
    minutes: float = 3.0
    decay: float = 0.99
    error: float = 0.10
    release: float = 0.2


RATES = Rates()


@dataclass(frozen=True)
class Run:
    """One closed walk through a guide.

    results: (step id, outcome, minutes) in order, the last (ESCALATION, "done", minutes) if help was called;
    0 minutes: nobody measured. cause: the confirmed cause's id, OTHER, or None if none was confirmed. It
    holds no free text.
    edited: steps whose numbers an author changed since. What they said of the causes stays; their own
    answers, successes and minutes are forgotten.
    """

    results: tuple[tuple[str, str, float], ...]
    cause: str | None = None
    edited: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Release:
    """The guide's product changed: older runs count less from here on."""


Event = Run | Release


@dataclass
class Counts:
    """What was counted so far, in units of `unit`.

    causes: n of each cause. outcomes: (step, outcome) -> n of each cause. minutes: step -> (sum, times).
    Instead of decaying every count at each incident, the unit in which new ones are added grows; only the
    ratio matters.
    """

    causes: list[float]
    outcomes: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    minutes: dict[str, tuple[float, int]] = field(default_factory=dict)
    unit: float = 1.0

    def scaled(self, factor: float) -> None:
        """Multiply every count of causes and outcomes."""
        self.causes = [count * factor for count in self.causes]
        self.outcomes = {key: [count * factor for count in row] for key, row in self.outcomes.items()}


def learnt(guide: Guide, events: Iterable[Event], rates: Rates = RATES) -> Model:
    """Return a guide's numbers after these events, oldest first."""
    model = authored(guide)
    counts = Counts([0.0] * len(model.causes))
    for event in events:
        take_in(counts, model, event, rates)
    return estimated(counts, model, rates)


def take_in(counts: Counts, model: Model, event: Event, rates: Rates = RATES) -> None:
    """Change the counts by one event. model: the author's numbers."""
    if isinstance(event, Release):
        counts.scaled(rates.release)
    else:
        _count(counts, model, event, rates)


def _count(counts: Counts, model: Model, run: Run, rates: Rates) -> None:
    counts.unit /= rates.decay
    if counts.unit > 1e100:
        counts.scaled(1 / counts.unit)
        counts.unit = 1.0
    share = [value * counts.unit for value in soft_label(model, run, rates.error)]
    _add(counts.causes, share)
    for step, outcome, minutes in run.results:
        if step in run.edited or (step != ESCALATION and not _tells(model.actions.get(step), outcome)):
            continue
        if step != ESCALATION:
            _add(counts.outcomes.setdefault((step, outcome), [0.0] * len(share)), share)
        _time(counts, model, step, minutes)


def _tells(action: Action | None, outcome: str) -> bool:
    """Tell whether an outcome says how something went: skipped steps do not, nor steps that are gone."""
    if action is None:
        return False
    return outcome in action.rows if action.kind == CHECK else outcome in (FIXED, NOT_FIXED, "done")


def _add(counts: list[float], more: Sequence[float]) -> None:
    counts[:] = [count + one for count, one in zip(counts, more, strict=True)]


def _time(counts: Counts, model: Model, step: str, minutes: float) -> None:
    if minutes <= 0:
        return
    guess = model.escalation if step == ESCALATION else model.actions[step].minutes
    total, times = counts.minutes.get(step, (0.0, 0))
    counts.minutes[step] = (total + min(minutes, _LONGEST * guess), times + 1)


def soft_label(model: Model, run: Run, error: float = RATES.error) -> list[float]:
    """Return how much of an incident counts for each cause; it sums to 1.

    The record and the confirmation are both evidence, and both may be wrong: u is the share of a cause
    after the record, times (1 - error) for the confirmed one and error / (N - 1) for each other.
    """
    weights = recorded(model, run)
    if run.cause is not None:
        doubt = error / (len(weights) - 1)
        told = [1 - error if cause == run.cause else doubt for cause in model.causes]
        weights = list(map(mul, weights, told))
    total = sum(weights)
    return [weight / total for weight in weights]


def recorded(model: Model, run: Run) -> list[float]:
    """Return the share of each cause by the record alone, nobody's word for it."""
    results = [(step, outcome) for step, outcome, _ in run.results]
    weights = weighed(model, [result for result in results if result[1] != FIXED])
    for step, outcome in results:
        action = model.actions.get(step)
        if outcome == FIXED and action is not None and action.fixes is not None:
            weights = [
                weight * max(fix, _BARELY_FIXED) for weight, fix in zip(weights, action.fixes, strict=True)
            ]
    total = sum(weights)
    return [weight / total for weight in weights]


def contradicts(model: Model, run: Run) -> bool:
    """Tell whether the confirmed cause is one that the record speaks against."""
    if run.cause is None or run.cause not in model.causes:
        return False
    return recorded(model, run)[model.causes.index(run.cause)] < CONTRADICTION


def estimated(counts: Counts, model: Model, rates: Rates = RATES) -> Model:
    """Return the numbers that the counts make of the author's (model): the mean of a Dirichlet.

    pi = (s pi0 + n) / (s + sum n), and so for each cause's answers and each repair's success. One incident
    moves no cause by more than 1 / (s + 1).
    """
    actions = {step: _action(counts, action, rates) for step, action in model.actions.items()}
    escalation = _minutes(counts, ESCALATION, model.escalation, rates)
    return Model(model.causes, _shares(counts, model, rates), actions, model.pinned, escalation)


def course(guide: Guide, events: Iterable[Event], rates: Rates = RATES) -> list[dict[str, float]]:
    """Return the shares of the causes as the author gave them, and then after each event."""
    model = authored(guide)
    counts = Counts([0.0] * len(model.causes))
    found = [dict(zip(model.causes, model.prior, strict=True))]
    for event in events:
        take_in(counts, model, event, rates)
        found.append(dict(zip(model.causes, _shares(counts, model, rates), strict=True)))
    return found


def _shares(counts: Counts, model: Model, rates: Rates) -> list[float]:
    weight = rates.causes * counts.unit
    total = weight + sum(counts.causes)
    return [(weight * share + count) / total for share, count in zip(model.prior, counts.causes, strict=True)]


def _action(counts: Counts, action: Action, rates: Rates) -> Action:
    minutes = _minutes(counts, action.id, action.minutes, rates)
    if action.kind == REPAIR and action.fixes is not None:
        fixes = _fixes(counts, action.id, action.fixes, rates)
        return repair(action.id, minutes, action.risk, action.requires, fixes)
    rows = _rows(counts, action, rates)
    return Action(action.id, action.kind, minutes, action.risk, action.requires, rows)


def _rows(counts: Counts, action: Action, rates: Rates) -> Mapping[str, Sequence[float]]:
    found = {answer: counts.outcomes.get((action.id, answer)) for answer in action.rows}
    if not any(found.values()):
        return action.rows
    weight = rates.answers * counts.unit
    nothing = [0.0] * len(counts.causes)
    heard = {answer: row or nothing for answer, row in found.items()}
    times = [weight + sum(column) for column in zip(*heard.values(), strict=True)]
    return {
        answer: [
            (weight * guess + n) / all_ for guess, n, all_ in zip(row, heard[answer], times, strict=True)
        ]
        for answer, row in action.rows.items()
    }


def _fixes(counts: Counts, step: str, guesses: Sequence[float], rates: Rates) -> Sequence[float]:
    """Return a repair's success for each cause it is listed for; for the others it stays 0."""
    fixed, not_fixed = counts.outcomes.get((step, FIXED)), counts.outcomes.get((step, NOT_FIXED))
    if fixed is None and not_fixed is None:
        return guesses
    weight = rates.repairs * counts.unit
    nothing = [0.0] * len(guesses)
    return [
        (weight * guess + yes) / (weight + yes + no) if guess else 0.0
        for guess, yes, no in zip(guesses, fixed or nothing, not_fixed or nothing, strict=True)
    ]


def _minutes(counts: Counts, step: str, guess: float, rates: Rates) -> float:
    total, times = counts.minutes.get(step, (0.0, 0))
    return (rates.minutes * guess + total) / (rates.minutes + times)
