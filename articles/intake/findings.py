"""Personal data in what was read of a file: kind and place, never the value (C-11)."""

from __future__ import annotations

from collections.abc import Iterable

from articles.intake.bounds import Budget
from articles.intake.texts import Line
from kb.domain import personal_data
from kb.domain.errors import Refused

PIECE = 60_000
"""Characters that are looked through at once."""
MOST = 20
"""Places that are named; a list of a thousand helps nobody."""
_BEFORE = 2
"""Lines that are seen again with the next piece: a word above a number says what it is."""


def problems(lines: Iterable[Line], budget: Budget) -> list[Refused]:
    """Return a refusal for each kind and place found, at most MOST."""
    found: dict[tuple[str, str], Refused] = {}
    piece: list[Line] = []
    size = 0
    for place, text in lines:
        budget.read(len(text) + 1)
        piece.append((place, " ".join(text.splitlines())))
        size += len(text)
        if size > PIECE:
            _look(piece, found)
            piece, size = piece[-_BEFORE:], 0
        if len(found) >= MOST:
            break
    _look(piece, found)
    return list(found.values())[:MOST]


def _look(piece: list[Line], found: dict[tuple[str, str], Refused]) -> None:
    for problem in personal_data.problems({"": "\n".join(text for _, text in piece)}):
        place = piece[problem.values["line"] - 1][0]
        kind = problem.values["kind"]
        key = kind, f"{place.key} {sorted(place.values.items())}"
        found.setdefault(key, Refused("attachments.personal_data", kind=kind, place=place))
