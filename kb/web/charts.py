"""Charts as geometry, drawn as SVG by templates/charts.html, with a table of the same figures behind each.

Lengths are units of the picture, WIDTH of them from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 250
BAR, LABEL = 24, 190
LEFT, RIGHT, TOP, BOTTOM = 48, 210, 14, 30
"""Around what is drawn: figures at the left, names at the right of lines."""
_NUMBER = 60
_APART = 15
"""How far apart names have to stand to be read."""
_MOST_DRAWN = 60


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: its words, its number, where it lies and how long it is."""

    words: str
    number: int
    top: int
    length: int


@dataclass(frozen=True)
class Tick:
    """A figure at the left and the height of its line."""

    words: str
    y: float


@dataclass(frozen=True)
class Line:
    """A line with its name at its end. points: for SVG; y: where it ends, words_y: where its name stands."""

    words: str
    points: str
    y: float
    words_y: float


@dataclass(frozen=True)
class Lines:
    """Lines over the same steps from left to right. breaks: where something else happened."""

    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    breaks: tuple[float, ...]


@dataclass(frozen=True)
class Mark:
    """A range and what came of it: a bar from top to bottom, None where nothing was said, and a dot."""

    x: float
    top: float | None
    bottom: float | None
    dot: float


@dataclass(frozen=True)
class Marks:
    """Ranges with dots, from left to right."""

    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]


def bars(rows: Sequence[tuple[str, int]]) -> list[Bar]:
    """Return a bar for each (words, number); none if there is nothing to draw."""
    most = max((number for _, number in rows), default=0)
    if not most:
        return []
    room = WIDTH - LABEL - _NUMBER
    return [
        Bar(words[:14], number, place * BAR, round(room * number / most))
        for place, (words, number) in enumerate(rows)
    ]


def lines(rows: Sequence[tuple[str, Sequence[float]]], unit: str = "", breaks: Sequence[int] = ()) -> Lines:
    """Return a line for each (name, values); values are 0 or above and as many for every name.

    breaks: places of values that are marked.
    """
    most = _ceiling(max(max(values) for _, values in rows))
    ends = _spread([_y(values[-1], most) for _, values in rows])
    drawn = [
        Line(name, _points(values, most), _y(values[-1], most), end)
        for (name, values), end in zip(rows, ends, strict=True)
    ]
    count = len(rows[0][1])
    marked = tuple(_x(place, count, WIDTH - RIGHT) for place in breaks)
    return Lines(_ticks(most, unit), tuple(drawn), marked)


def marks(rows: Sequence[tuple[float | None, float | None, float]], unit: str = "") -> Marks:
    """Return a mark for each (low, high, actual), low and high None where nothing was said."""
    most = _ceiling(max(max(actual, high or 0.0) for _, high, actual in rows))
    drawn = [
        Mark(
            _x(place, len(rows), WIDTH - 24),
            None if high is None else _y(high, most),
            None if low is None else _y(low, most),
            _y(actual, most),
        )
        for place, (low, high, actual) in enumerate(rows)
    ]
    return Marks(_ticks(most, unit), tuple(drawn))


def newest(rows: Sequence[object]) -> int:
    """Return from where on rows are drawn: more than can be told apart are not."""
    return max(0, len(rows) - _MOST_DRAWN)


def _points(values: Sequence[float], most: float) -> str:
    end = WIDTH - RIGHT
    return " ".join(f"{_x(place, len(values), end)},{_y(value, most)}" for place, value in enumerate(values))


def _x(place: int, count: int, end: int) -> float:
    room = end - LEFT - 12
    return round(LEFT + 12 + room * (place / (count - 1) if count > 1 else 0.5), 1)


def _y(value: float, most: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most), 1)


def _ticks(most: float, unit: str) -> tuple[Tick, ...]:
    return tuple(Tick(f"{value:g}{unit}", _y(value, most)) for value in (0, most / 2, most))


def _ceiling(value: float) -> float:
    """Return the round figure at the top of the axis: 1, 2 or 5 times a power of ten, at least the value."""
    step = 1.0
    while step * 10 < value:
        step *= 10
    return next((step * factor for factor in (1, 2, 4, 6, 8, 10) if step * factor >= value), step * 10)


def _spread(ends: Sequence[float]) -> list[float]:
    """Return where names stand so that none covers another, in the order of the ends."""
    places = sorted(range(len(ends)), key=lambda place: ends[place])
    found = list(ends)
    last = -float(_APART)
    for place in places:
        found[place] = last = max(ends[place], last + _APART)
    below = HEIGHT - BOTTOM + 4.0
    for place in reversed(places):
        found[place] = below = min(found[place], below)
        below -= _APART
    return [round(value, 1) for value in found]
