"""How much two short texts say the same: for telling a writer that the article may exist already."""

from __future__ import annotations

import unicodedata

SAME = 0.5
"""From here on two titles (or symptoms) name the same thing in nearly the same words."""


def likeness(one: str, other: str) -> float:
    """Return how many pairs of neighbouring characters two texts share, 0 to 1 (Dice's coefficient).

    Case, width, blanks and punctuation do not count; a text of one character is like nothing.
    """
    left, right = _pairs(one), _pairs(other)
    if not left or not right:
        return 0.0
    return 2 * len(left & right) / (len(left) + len(right))


def _pairs(text: str) -> set[str]:
    folded = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    return {folded[place : place + 2] for place in range(len(folded) - 1)}
