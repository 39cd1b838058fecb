"""How long the next step takes to find in a guide far larger than anybody writes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from time import perf_counter

from kb.domain.diagnosis.belief import Model, Result, authored
from kb.domain.diagnosis.guide import (
    CHECK,
    DEFAULT,
    FREQUENCIES,
    LEVELS,
    NOT_FIXED,
    REPAIR,
    Cause,
    Guide,
    Step,
)
from kb.domain.diagnosis.policy import propose

CAUSES, CHECKS, REPAIRS = 50, 50, 50
_GUIDES, _STEPS = 5, 12
_TOLD = 5
"""Causes with answers of their own, of each check of a sparse guide; the others share the default row."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds over this many proposals."""

    times: int
    median: float
    p95: float
    longest: float


def measured(dense: bool) -> Latency:
    """Return how long proposals take along walks through made-up guides of 50 causes and 100 steps.

    Sparse: a check tells a few causes apart, a repair mends one to three. Dense: every cell is filled in.
    """
    times = sorted(second * 1e3 for seed in range(_GUIDES) for second in _walk(made(seed, dense), seed))
    return Latency(len(times), times[len(times) // 2], times[int(len(times) * 0.95)], times[-1])


def _walk(model: Model, seed: int) -> list[float]:
    """Return the seconds of each proposal of one walk in which no repair helps."""
    chance = random.Random(seed)  # noqa: S311
    results: list[Result] = []
    seconds = []
    for _ in range(_STEPS):
        start = perf_counter()
        step = propose(model, results).step
        seconds.append(perf_counter() - start)
        if step is None:
            break
        results.append((step, chance.choice([*model.actions[step].rows] or [NOT_FIXED])))
    return seconds


def made(seed: int, dense: bool) -> Model:
    """Return a made-up guide."""
    chance = random.Random(seed)  # noqa: S311
    ids = [f"c{number}" for number in range(CAUSES)]
    causes = tuple(Cause(one, one, chance.choice([*FREQUENCIES.values()])) for one in ids)
    checks = [
        _check(f"q{number}", ids if dense else chance.sample(ids, _TOLD), chance) for number in range(CHECKS)
    ]
    repairs = [
        _repair(f"r{n}", ids if dense else [ids[n], *chance.sample(ids, chance.choice([0, 0, 1, 2]))], chance)
        for n in range(REPAIRS)
    ]
    return authored(Guide(causes, (*checks, *repairs), chance.choice([60.0, 90.0, 120.0])))


def _check(id: str, told: list[str], chance: random.Random) -> Step:
    answers = ("a1", "a2") if chance.random() < 0.6 else ("a1", "a2", "a3")
    rows = [DEFAULT, *told]
    likely = {cause: {answer: chance.choice([*LEVELS.values()]) for answer in answers} for cause in rows}
    return Step(id, CHECK, id, chance.choice([1.0, 2.0, 3.0, 5.0]), answers=answers, likely=likely)


def _repair(id: str, told: list[str], chance: random.Random) -> Step:
    fixes = {cause: chance.choice([*LEVELS.values()]) for cause in told}
    return Step(id, REPAIR, id, chance.choice([2.0, 5.0, 10.0, 15.0, 30.0]), fixes=fixes)
