"""Personal data in what was read of a file: kind and place, never the value (C-11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from articles.intake.bounds import Budget
from articles.intake.texts import Line
from kb.domain import personal_data
from kb.domain.errors import Refused, refuse_all

PIECE = 60_000
"""Characters that are looked through at once."""
MOST = 20
"""Places that are named; a list of a thousand helps nobody."""
_BEFORE = 2
"""Lines that are seen again with the next piece: a word above a number says what it is."""


@dataclass
class Found:
    """What stands in a file: by kind and place, each once, at most MOST of either.

    refused: must never be kept. doubtful: names, telephone numbers; somebody has to answer for them.
    """

    refused: dict[str, Refused] = field(default_factory=dict)
    doubtful: dict[str, Refused] = field(default_factory=dict)


def look(lines: Iterable[Line], budget: Budget) -> list[Refused]:
    """Return what is doubtful in the lines. Raises everything in them that must never be kept."""
    found = Found()
    piece: list[Line] = []
    size = 0
    for place, text in lines:
        budget.read(len(text) + 1)
        piece.append((place, " ".join(text.splitlines())))
        size += len(text)
        if size > PIECE:
            _look(piece, found)
            piece, size = piece[-_BEFORE:], 0
        if len(found.refused) >= MOST:
            break
    _look(piece, found)
    refuse_all(list(found.refused.values())[:MOST])
    return list(found.doubtful.values())


def _look(piece: list[Line], found: Found) -> None:
    text = "\n".join(line for _, line in piece)
    for finding in personal_data.find(text):
        place, kind = piece[text.count("\n", 0, finding.start)][0], finding.kind
        key = f"{kind} {place.key} {sorted(place.values.items())}"
        if personal_data.KINDS[kind] == personal_data.REFUSE:
            found.refused.setdefault(key, Refused("attachments.personal_data", kind=kind, place=place))
        elif len(found.doubtful) < MOST:
            found.doubtful.setdefault(key, Refused("attachments.doubtful", kind=kind, place=place))
