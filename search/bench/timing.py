"""Percentiles of how long something took, on the clock and on the processor."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field


@dataclass
class Times:
    """Milliseconds, one of each for every call: wall clock, and processor time of the whole process."""

    wall: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def take(self, call: Callable[[], object]) -> None:
        """Call and note how long it took."""
        busy, wall = time.process_time(), time.perf_counter()
        call()
        self.wall.append((time.perf_counter() - wall) * 1000)
        self.busy.append((time.process_time() - busy) * 1000)

    def __add__(self, other: Times) -> Times:
        return Times(self.wall + other.wall, self.busy + other.busy)


def together(parts: Iterable[Times]) -> Times:
    """Return several as one."""
    return sum(parts, Times())


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile, 0 of nothing."""
    ascending = sorted(values)
    return ascending[max(0, math.ceil(len(ascending) * percent / 100) - 1)] if ascending else 0.0
