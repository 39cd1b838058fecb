"""Why a step is proposed, in figures, and what else could be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import mul

from kb.domain.diagnosis.belief import Model, Result, weighed
from kb.domain.diagnosis.guide import OTHER
from kb.domain.diagnosis.options import NOTHING, Options, Way, options
from kb.domain.diagnosis.policy import Proposal, minutes_if_first, propose, repairs_only

OUTSIDE = 0.4
"""The share of OTHER above which a guide says that this may be none of its cases."""
_NEARLY_AS_GOOD = 1.1
_LOOKED_AT = 4
"""Repairs that are looked into as alternatives."""
_TELLING = 0.01
"""Changes of a share below this are not worth a word."""


@dataclass(frozen=True)
class Move:
    """What an answer makes of a cause's share."""

    cause: str
    before: float
    after: float


@dataclass(frozen=True)
class Hearing:
    """One possible answer of a check: how likely it is, and which causes it raises and lowers, most first."""

    answer: str
    share: float
    raised: tuple[Move, ...]
    lowered: tuple[Move, ...]


@dataclass(frozen=True)
class Alternative:
    """Another step that would do nearly as well. minutes: expected minutes left if it is done first."""

    step: str
    minutes: float


def chance(model: Model, results: Sequence[Result], step: str) -> float:
    """Return how likely a repair would end it now; 0 for what is no repair."""
    return model.actions[step].mended(weighed(model, results))


def hearings(model: Model, results: Sequence[Result], step: str) -> list[Hearing]:
    """Return what each answer of a check would say, likeliest first; empty for what is no check."""
    weights = weighed(model, results)
    found = []
    for answer, row in model.actions[step].rows.items():
        branch = list(map(mul, weights, row))
        share = sum(branch)
        after = [weight / share for weight in branch] if share else weights
        moves = [Move(*move) for move in zip(model.causes, weights, after, strict=True)]
        raised = [move for move in moves if move.after - move.before >= _TELLING]
        lowered = [move for move in moves if move.before - move.after >= _TELLING]
        found.append(Hearing(answer, share, _by_size(raised), _by_size(lowered)))
    return sorted(found, key=lambda hearing: -hearing.share)


def _by_size(moves: list[Move]) -> tuple[Move, ...]:
    return tuple(sorted(moves, key=lambda move: -abs(move.after - move.before)))


def likeliest(posterior: dict[str, float], most: int = 3) -> list[tuple[str, float]]:
    """Return the likeliest causes with their shares, without OTHER."""
    named = [(cause, share) for cause, share in posterior.items() if cause != OTHER]
    return sorted(named, key=lambda row: -row[1])[:most]


def outside(posterior: dict[str, float]) -> bool:
    """Tell whether this may be no case for the guide at all."""
    return posterior.get(OTHER, 0.0) > OUTSIDE


def alternatives(
    model: Model, results: Sequence[Result], proposal: Proposal, most: int = 2
) -> list[Alternative]:
    """Return other steps with which it would take at most a tenth longer, shortest first."""
    weights, outcomes = weighed(model, results), dict(results)
    open_ = options(model, outcomes)
    limit = proposal.eta * _NEARLY_AS_GOOD
    best: dict[str, float] = {}
    for way in _promising(open_, weights):
        first = way.steps(NOTHING)[0].id
        if proposal.step not in (first, way.id):
            minutes = minutes_if_first(open_, weights, way, limit)
            if minutes <= limit:
                best[first] = min(minutes, best.get(first, minutes))
                limit = min(limit, sorted(best.values())[most - 1]) if len(best) >= most else limit
    found = [Alternative(step, minutes) for step, minutes in best.items()]
    return sorted(found, key=lambda row: row.minutes)[:most]


def _promising(open_: Options, weights: list[float]) -> list[Way]:
    """Return the checks, and the repairs that come out best if only repairs follow, best first.

    To look one check ahead after each of many repairs would take a second; the two best are among these.
    """

    def alone(way: Way) -> float:
        spent = way.minutes(NOTHING) * sum(weights)
        return spent + repairs_only(replace(open_, repairs=_without(open_, way)), way.action.failed(weights))

    return [*open_.checks, *sorted(open_.repairs, key=alone)[:_LOOKED_AT]]


def _without(open_: Options, way: Way) -> tuple[Way, ...]:
    return tuple(one for one in open_.repairs if one.id != way.id)


@dataclass(frozen=True)
class Change:
    """What learning did to a guide that its owner should know of.

    first: the first step (before, after) if it is another. shares: causes whose share at least doubled or
    halved. largest: the share that moved most, which is what lies behind another first step.
    """

    first: tuple[str | None, str | None] | None
    shares: tuple[Move, ...]
    largest: Move | None = None

    def __bool__(self) -> bool:
        return self.first is not None or bool(self.shares)


def change(before: Model, after: Model) -> Change:
    """Return what to tell the owner of a guide whose numbers went from these to those."""
    first = propose(before, ()).step, propose(after, ()).step
    known = dict(zip(before.causes, before.prior, strict=True))
    moves = [
        Move(cause, known[cause], share)
        for cause, share in zip(after.causes, after.prior, strict=True)
        if cause in known
    ]
    told = [move for move in moves if move.before and not 0.5 < move.after / move.before < 2]
    return Change(None if first[0] == first[1] else first, tuple(told), next(iter(_by_size(moves)), None))
