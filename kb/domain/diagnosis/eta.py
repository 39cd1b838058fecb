"""How long it may take from here, for the engineer and for the next update to the ward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.domain.diagnosis.learning import LEARNT_FROM
from kb.domain.diagnosis.policy import End, Proposal

_LOW, _HIGH = 0.2, 0.8


@dataclass(frozen=True)
class Expectation:
    """Minutes until the end of it. In one case of five it is over by `low`, in four of five by `high`.

    escalated: how likely it ends by calling for help. learnt: False while it rests on the author's guesses.
    """

    mean: float
    low: float
    high: float
    escalated: float
    learnt: bool


def expectation(proposal: Proposal, runs: int) -> Expectation:
    """Return the expected minutes left with their 20-80 % range. runs: how many the guide learnt from.

    The range is that of the ways in which it may go on, each step taking its usual minutes.
    """
    ends = sorted(proposal.ends, key=lambda end: end.minutes)
    escalated = sum(end.share for end in ends if not end.fixed)
    return Expectation(
        proposal.eta, _by(ends, _LOW), _by(ends, _HIGH), min(escalated, 1.0), runs >= LEARNT_FROM
    )


def _by(ends: list[End], share: float) -> float:
    """Return the minutes by which this share of all ends is over; ends are sorted by minutes."""
    over = 0.0
    for end in ends:
        over += end.share
        if over >= share - 1e-9:
            return end.minutes
    return ends[-1].minutes


@dataclass(frozen=True)
class Told:
    """What a run was expected to take at its start, in minutes, and what it took."""

    mean: float
    low: float
    high: float
    actual: float


@dataclass(frozen=True)
class Calibration:
    """How well the expected minutes held: three of five runs should lie within their range.

    within, sooner, later: how many runs. ratio: the minutes they took, all together, over those expected;
    above 1 the guide promises too much.
    """

    within: int
    sooner: int
    later: int
    ratio: float

    @property
    def runs(self) -> int:
        """How many runs were compared."""
        return self.within + self.sooner + self.later


def calibration(runs: Sequence[Told]) -> Calibration | None:
    """Return how well the expected minutes of these runs held; None without runs."""
    expected = sum(run.mean for run in runs)
    if not expected:
        return None
    sooner = sum(run.actual < run.low for run in runs)
    later = sum(run.actual > run.high for run in runs)
    ratio = sum(run.actual for run in runs) / expected
    return Calibration(len(runs) - sooner - later, sooner, later, ratio)
