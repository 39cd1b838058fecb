"""A guide as its author and a printed page show it: where each answer leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.domain.diagnosis.belief import Model, Result, weighed
from kb.domain.diagnosis.guide import CHECK, DONE, FIXED, NOT_FIXED, REPAIR
from kb.domain.diagnosis.policy import propose

_SELDOM = 0.02


@dataclass(frozen=True)
class Branch:
    """An outcome of a step and what comes next. share: how likely, of all walks from the start.

    then: None where it ends (mended), or where it is cut because it is seldom or far down (cut is True).
    """

    outcome: str
    share: float
    then: Node | None
    cut: bool = False


@dataclass(frozen=True)
class Node:
    """A step of the walk (step None: escalate) with the expected minutes left before it."""

    kind: str
    step: str | None
    minutes: float
    branches: tuple[Branch, ...] = ()


def tree(model: Model, depth: int, results: Sequence[Result] = (), share: float = 1.0) -> Node:
    """Return the first steps of every walk, `depth` of them; what happens in fewer than 2 of 100 is cut."""
    proposal = propose(model, results)
    if proposal.step is None:
        return Node(proposal.kind, None, proposal.eta)
    branches = []
    for outcome, part in _outcomes(model, results, proposal.step):
        reached = share * part
        cut = outcome != FIXED and (depth <= 1 or reached < _SELDOM)
        ended = outcome == FIXED or cut
        then = None if ended else tree(model, depth - 1, [*results, (proposal.step, outcome)], reached)
        branches.append(Branch(outcome, reached, then, cut))
    return Node(proposal.kind, proposal.step, proposal.eta, tuple(branches))


def _outcomes(model: Model, results: Sequence[Result], step: str) -> list[tuple[str, float]]:
    """Return how a step may turn out and how likely, likeliest answer first."""
    weights, action = weighed(model, results), model.actions[step]
    if action.kind == CHECK:
        heard = [
            (answer, sum(weight * p for weight, p in zip(weights, row, strict=True)))
            for answer, row in action.rows.items()
        ]
        return sorted(heard, key=lambda one: -one[1])
    if action.kind == REPAIR:
        fixed = action.mended(weights)
        return [(FIXED, fixed), (NOT_FIXED, 1 - fixed)]
    return [(DONE, 1.0)]


def usual_walk(model: Model, most: int) -> list[Node]:
    """Return the first steps if every check gives its likeliest answer and no repair helps."""
    walk: list[Node] = []
    results: list[Result] = []
    while len(walk) < most:
        proposal = propose(model, results)
        walk.append(Node(proposal.kind, proposal.step, proposal.eta))
        if proposal.step is None:
            break
        ahead = [outcome for outcome, _ in _outcomes(model, results, proposal.step) if outcome != FIXED]
        results.append((proposal.step, ahead[0]))
    return walk
