"""What to do next: repairs in the order p/C, a check where an answer is worth its minutes (VOI-R)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from operator import mul

from kb.domain.diagnosis.belief import Model, Result, weighed
from kb.domain.diagnosis.options import NOTHING, Options, Ranking, Way, attempts, options, ranking, way_to

ESCALATE = "escalate"
_WORTH_IT = 1e-12
"""How much better, of the whole, a check must be than none: ties go to the repair."""
_BRANCHES = 4
"""How many ways the pinned checks may end with a look-ahead in each; beyond, repairs alone are reckoned."""


@dataclass(frozen=True)
class Plan:
    """First a repair, then a check, then repairs only; each of the first two may be missing.

    value: its expected minutes times the weights' sum.
    """

    value: float
    repair: Way | None = None
    check: Way | None = None


@dataclass(frozen=True)
class End:
    """One way in which it may end. minutes: from now. share: how likely. fixed: False if escalated."""

    minutes: float
    share: float
    fixed: bool


@dataclass(frozen=True)
class Proposal:
    """The next step.

    kind: check, repair, prep or "escalate" (step None then). ends: how it may go on; the shares sum to 1.
    towards: the step that this one is a prerequisite of, or itself. pin_minutes: what it costs, in expected
    minutes, that the guide's author pinned a step here; None if the step is not pinned.
    """

    kind: str
    step: str | None
    posterior: dict[str, float]
    ends: tuple[End, ...]
    towards: str | None = None
    pin_minutes: float | None = None

    @property
    def eta(self) -> float:
        """The expected minutes left."""
        return sum(end.minutes * end.share for end in self.ends)


def propose(model: Model, results: Sequence[Result]) -> Proposal:
    """Return the step to do next after these results; each step is proposed at most once."""
    weights = weighed(model, results)
    posterior = dict(zip(model.causes, weights, strict=True))
    outcomes = dict(results)
    open_ = options(model, outcomes)
    waiting = [pin for pin in model.pinned if pin in model.actions and pin not in outcomes]
    pins = [way for pin in waiting if (way := way_to(model, pin, outcomes))]
    plan = best_plan(open_, weights)
    if pins:
        ends = tuple(_pinned_ends(open_, weights, pins))
        cost = sum(end.minutes * end.share for end in ends) - plan.value
        return _proposal(pins[0], posterior, ends, max(cost, 0.0))
    return _proposal(_first_way(open_, weights, plan), posterior, tuple(_ends(open_, weights, plan)))


def _proposal(
    way: Way | None, posterior: dict[str, float], ends: tuple[End, ...], pin_minutes: float | None = None
) -> Proposal:
    if way is None:
        return Proposal(ESCALATE, None, posterior, ends)
    step = way.steps(NOTHING)[0]
    return Proposal(step.kind, step.id, posterior, ends, way.id, pin_minutes)


def _first_way(open_: Options, weights: list[float], plan: Plan) -> Way | None:
    return plan.repair or plan.check or next(attempts(open_, weights)).way


def best_plan(open_: Options, weights: list[float], paid: frozenset[str] = NOTHING) -> Plan:
    """Return VOI-R's plan: V1's, or the best repair before the check that V1 picks, if that is shorter.

    V1(w) = min { G(w), min over checks q of m C_q + sum over answers a of G(w P(a|.)) }. A check that cannot
    be undone is looked at only if escalating is all that remains.
    """
    plan = _one_check(open_, open_.checks, weights, paid)
    best = next(attempts(open_, weights, ranking(open_.repairs, weights, paid))).way
    if best is None:
        if plan.check is None and open_.last_checks:
            return _one_check(open_, open_.last_checks, weights, paid)
        return plan
    if plan.check is None:
        return plan
    spent, left, then = _pay(best, weights, paid)
    if spent >= plan.value:
        return plan
    later = _one_check(open_, open_.checks, left, then, plan.value - spent)
    return Plan(spent + later.value, best, later.check) if spent + later.value < plan.value else plan


def _pay(way: Way, weights: list[float], paid: frozenset[str]) -> tuple[float, list[float], frozenset[str]]:
    """Return what a way costs (minutes x weight), the weights if it mended nothing, and what is then paid."""
    spent = 0.0
    for action in way.steps(paid):
        spent += action.minutes * sum(weights)
        weights = action.failed(weights)
    return spent, weights, paid | {way.id, *(action.id for action in way.first)}


def _one_check(
    open_: Options, checks: Sequence[Way], weights: list[float], paid: frozenset[str], limit: float = inf
) -> Plan:
    """Return V1's plan; of plans that reach the limit only that they do is known (value inf).

    What a check can be worth at most is known beforehand: even if it named the cause, the repairs for that
    cause remain (Options.least). Checks that cannot win by that are not looked into.
    """
    ranked = ranking(open_.repairs, weights, paid)
    best = Plan(repairs_only(open_, weights, ranked, limit=limit))
    known = sum(map(mul, weights, open_.least))
    for way in checks:
        if way.id in paid:
            continue
        most = min(best.value, limit) * (1 - _WORTH_IT)
        value = _checked(open_, way, weights, ranked, most, known)
        if value < most:
            best = Plan(value, check=way)
    return best


def _checked(
    open_: Options, way: Way, weights: list[float], ranked: Ranking, limit: float, known: float
) -> float:
    """Return m C_q + the sum of G over a check's answers; inf once that reaches the limit."""
    if way.first:
        total, weights, paid = _pay(way, weights, ranked.paid)
        ranked = ranking(open_.repairs, weights, paid)
        known = sum(map(mul, weights, open_.least))
    else:
        total = way.action.minutes * sum(weights)
    for row in way.action.rows.values():
        if total + known >= limit:
            return inf
        branch = list(map(mul, weights, row))
        least = sum(map(mul, branch, open_.least))
        known -= least
        total += repairs_only(open_, branch, ranked, max(row), limit - total - known)
    return total


def minutes_if_first(open_: Options, weights: list[float], way: Way, limit: float = inf) -> float:
    """Return the expected minutes left if this step is done first; inf once they reach the limit.

    weights must sum to 1. After a repair one check is looked at, after a check's answer repairs only.
    """
    if way.action.rows:
        known = sum(map(mul, weights, open_.least))
        return _checked(open_, way, weights, ranking(open_.repairs, weights), limit, known)
    spent, left, paid = _pay(way, weights, NOTHING)
    return spent + _one_check(open_, open_.checks, left, paid, limit - spent).value


def repairs_only(
    open_: Options, weights: list[float], ranked: Ranking | None = None, most: float = 1.0, limit: float = inf
) -> float:
    """Return G(w): expected minutes times weight, using repairs only; inf once that reaches the limit."""
    total, mass = 0.0, sum(weights)
    for attempt in attempts(open_, weights, ranked, most):
        total += attempt.minutes * mass
        if total >= limit:
            return inf
        mass -= attempt.fixed
    return total


def _ends(
    open_: Options, weights: list[float], plan: Plan, paid: frozenset[str] = NOTHING, minutes: float = 0.0
) -> Iterator[End]:
    """Yield how a plan may end; expected minutes over the ends are the plan's value."""
    if plan.repair is not None:
        ends, weights, paid, minutes = _tried(plan.repair, weights, paid, minutes)
        yield from ends
    rows: Iterable[Sequence[float]] = [[1.0] * len(weights)]
    if plan.check is not None:
        ends, weights, paid, minutes = _tried(plan.check, weights, paid, minutes)
        yield from ends
        rows = plan.check.action.rows.values()
    for row in rows:
        branch, spent = list(map(mul, weights, row)), minutes
        for attempt in attempts(open_, branch, ranking(open_.repairs, branch, paid)):
            spent += attempt.minutes
            yield End(spent, attempt.fixed, attempt.way is not None)


def _tried(
    way: Way, weights: list[float], paid: frozenset[str], minutes: float
) -> tuple[list[End], list[float], frozenset[str], float]:
    """Return where a way may end it, and the weights, what is paid and the minutes if it does not."""
    ends = []
    for action in way.steps(paid):
        minutes += action.minutes
        if action.fixes is not None:
            ends.append(End(minutes, action.mended(weights), True))
            weights = action.failed(weights)
    return ends, weights, paid | {way.id, *(action.id for action in way.first)}, minutes


def _pinned_ends(
    open_: Options,
    weights: list[float],
    pins: list[Way],
    paid: frozenset[str] = NOTHING,
    minutes: float = 0.0,
    branches: int = 1,
) -> Iterator[End]:
    """Yield how it may end if the pinned steps are done first, in their order."""
    if not pins:
        plan = best_plan(open_, weights, paid) if branches <= _BRANCHES else Plan(inf)
        yield from _ends(open_, weights, plan, paid, minutes)
        return
    ends, weights, paid, minutes = _tried(pins[0], weights, paid, minutes)
    yield from ends
    later = [pin for pin in pins[1:] if pin.id not in paid]
    rows = pins[0].action.rows.values() or [[1.0] * len(weights)]
    for row in rows:
        branch = list(map(mul, weights, row))
        yield from _pinned_ends(open_, branch, later, paid, minutes, branches * len(rows))
