"""What can still be done, and in which order repairs are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace

from kb.domain.diagnosis.belief import Action, Model
from kb.domain.diagnosis.guide import CHECK, DESTRUCTIVE, PREPARATION, REPAIR, SKIPPED

NOTHING: frozenset[str] = frozenset()
LIKELY_ENOUGH = 0.5
"""How likely something that cannot be undone must be to mend it, to be proposed before the last resort."""
_GONE = 1e-9
"""The share of the weights below which nothing is left to plan for."""
_ROUNDING = 1 + 1e-9
"""Keeps a bound above what it bounds."""


@dataclass(frozen=True)
class Way:
    """A step with what must come before it.

    first: its unmet prerequisites in order. destructive: the step, or one it needs, cannot be undone.
    """

    id: str
    action: Action
    first: tuple[Action, ...]
    destructive: bool

    def steps(self, paid: frozenset[str]) -> list[Action]:
        """Return what is to be done for it, in order, if the steps in paid are done by then."""
        return [action for action in self.first if action.id not in paid] + [self.action]

    def minutes(self, paid: frozenset[str]) -> float:
        """Return what it costs, unmet prerequisites included."""
        return sum([step.minutes for step in self.steps(paid)]) if self.first else self.action.minutes


@dataclass(frozen=True)
class Options:
    """What has not been done yet and can be.

    checks: without the destructive ones, which are in last_checks. least: for each cause the fewest
    expected minutes that repairs alone need if it were known, prerequisites and risk left aside.
    """

    repairs: tuple[Way, ...]
    checks: tuple[Way, ...]
    last_checks: tuple[Way, ...]
    escalation: float
    least: Sequence[float]


@dataclass(frozen=True)
class Attempt:
    """A repair, or the escalation (way None).

    minutes: with its prerequisites. fixed: the weight that ends with it.
    """

    minutes: float
    fixed: float
    way: Way | None


def options(model: Model, outcomes: Mapping[str, str]) -> Options:
    """Return what is open after these outcomes of steps.

    A step whose prerequisite was skipped is not, nor is one that requires itself in a circle.
    """
    open_ways = [
        way
        for action in model.actions.values()
        if action.id not in outcomes
        and action.kind != PREPARATION
        and (way := way_to(model, action.id, outcomes))
    ]
    repairs = tuple(way for way in open_ways if way.action.kind == REPAIR)
    checks = [way for way in open_ways if way.action.kind == CHECK]
    return Options(
        repairs,
        tuple(way for way in checks if not way.destructive),
        tuple(way for way in checks if way.destructive),
        model.escalation,
        _least(repairs, len(model.causes), model.escalation),
    )


def way_to(model: Model, step: str, outcomes: Mapping[str, str]) -> Way | None:
    """Return a step with its unmet prerequisites; None if they cannot be met."""
    first: dict[str, Action] = {}
    if not _met(model, step, outcomes, first, {step}):
        return None
    action = model.actions[step]
    destructive = any(one.risk == DESTRUCTIVE for one in (*first.values(), action))
    return Way(step, action, tuple(first.values()), destructive)


def _met(
    model: Model, step: str, outcomes: Mapping[str, str], first: dict[str, Action], above: set[str]
) -> bool:
    """Add a step's unmet prerequisites to `first`, each after its own; tell whether all can be met."""
    for needed in model.actions[step].requires:
        action = model.actions.get(needed)
        if action is None or needed in above or (action.kind != CHECK and outcomes.get(needed) == SKIPPED):
            return False
        if needed in outcomes or needed in first:
            continue
        if not _met(model, needed, outcomes, first, above | {needed}):
            return False
        first[needed] = action
    return True


def _least(repairs: Sequence[Way], causes: int, escalation: float) -> list[float]:
    """Return for each cause the expected minutes of its best order of repairs, had it been found out.

    With the cause known the repairs are independent, so that p/C is the best order there is, and the
    result a lower bound of what any plan costs.
    """
    listed: list[list[tuple[float, float, float]]] = [[] for _ in range(causes)]
    for way in repairs:
        minutes, fixes = way.action.minutes, way.action.fixes or ()
        for place, value in way.action.listed or enumerate(fixes):
            if value * escalation > minutes:
                listed[place].append((-value / minutes, minutes, value))
    found = []
    for candidates in listed:
        total, left = 0.0, 1.0
        for _, minutes, value in sorted(candidates):
            total += left * minutes
            left *= 1 - value
        found.append(total + left * escalation)
    return found


@dataclass(frozen=True)
class Ranking:
    """The repairs of some weights, best p/C first, as (-p/C, place in the guide, way).

    held: those that cannot be undone, unranked. paid: the steps that are done by then.
    """

    queue: list[tuple[float, int, Way]]
    held: list[Way]
    paid: frozenset[str]


def ranking(repairs: Sequence[Way], weights: Sequence[float], paid: frozenset[str] = NOTHING) -> Ranking:
    """Return the repairs that are not paid, in their order for these weights."""
    ways = [(place, way) for place, way in enumerate(repairs) if way.id not in paid]
    queue = [
        (-way.action.mended(weights) / way.minutes(paid), place, way)
        for place, way in ways
        if not way.destructive
    ]
    return Ranking(sorted(queue), [way for _, way in ways if way.destructive], paid)


def attempts(
    open_: Options, weights: list[float], ranked: Ranking | None = None, most: float = 1.0
) -> Iterator[Attempt]:
    """Yield the repairs in the order p/C, each costing what was not paid yet; last the escalation.

    A repair comes before the next exactly if p/C is larger: A before B costs C_A + (1 - p_A) C_B. The
    escalation is an action with p = 1 and ends it. What cannot be undone waits until it would mend with
    LIKELY_ENOUGH, or until nothing else is left but to escalate.

    ranked: a ranking for weights of which these are nowhere more than `most` times (an answer's are not
    more than its largest likelihood times those before the check); it saves reckoning every repair anew.
    """
    mass = sum(weights)
    nothing_left = mass * _GONE
    order = _Order(open_.repairs, ranked or ranking(open_.repairs, weights), most)
    while mass > nothing_left:
        way = order.best(weights, mass, mass / open_.escalation)
        if way is None:
            break
        minutes = 0.0
        for action in way.steps(order.paid):
            minutes += action.minutes
            if action.fixes is not None:
                fixed = action.mended(weights)
                yield Attempt(minutes, fixed, way)
                minutes, mass, weights = 0.0, mass - fixed, action.failed(weights)
        order.take(way, weights)
    yield Attempt(open_.escalation, max(mass, 0.0), None)


class _Order:
    """The repairs that are left, best p/C first.

    Weights only shrink while repairs fail, and so does every p: a p/C reckoned earlier is an upper bound,
    and only those at the head are reckoned anew. Paying a prerequisite is what may raise p/C; after that
    all are.
    """

    def __init__(self, repairs: Sequence[Way], ranked: Ranking, most: float) -> None:
        self._repairs = repairs
        self._tried: set[str] = set()
        self._stamp = 0
        self._start(ranked, most)

    def _start(self, ranked: Ranking, most: float) -> None:
        self.paid, self._held = ranked.paid, ranked.held
        self._bounds, self._most, self._next = ranked.queue, most * _ROUNDING, 0
        self._seen: list[tuple[float, int, int, Way]] = []

    def best(self, weights: list[float], mass: float, floor: float) -> Way | None:
        """Return the repair with the largest p/C above the floor, None if there is none."""
        best, found = self._head(weights, floor)
        if not self._held:
            return found
        held = [(one.action.mended(weights), one) for one in self._held]
        for last_resort in (False, True):
            for fixed, one in held:
                ratio = fixed / one.minutes(self.paid)
                if ratio > best and (last_resort or fixed >= LIKELY_ENOUGH * mass):
                    best, found = ratio, one
            if found is not None:
                return found
        return None

    def _head(self, weights: list[float], floor: float) -> tuple[float, Way | None]:
        """Return the best p/C above the floor and its repair, without those that cannot be undone."""
        seen, bounds, stamp = self._seen, self._bounds, self._stamp
        while True:
            known = -seen[0][0] if seen else 0.0
            if self._next < len(bounds) and -bounds[self._next][0] * self._most >= max(known, floor):
                _, place, way = bounds[self._next]
                self._next += 1
                heappush(seen, (-way.action.mended(weights) / way.minutes(self.paid), place, stamp, way))
            elif known <= floor:
                return floor, None
            elif seen[0][2] == stamp:
                return known, seen[0][3]
            else:
                _, place, _, way = seen[0]
                heapreplace(seen, (-way.action.mended(weights) / way.minutes(self.paid), place, stamp, way))

    def take(self, way: Way, weights: list[float]) -> None:
        """Go on without a repair that was tried, and with its prerequisites done."""
        self._stamp += 1
        self._tried.add(way.id)
        if way.first or way.destructive:
            paid = self.paid | self._tried | {action.id for action in way.first}
            self._start(ranking(self._repairs, weights, paid), 1.0)
        else:
            heappop(self._seen)
