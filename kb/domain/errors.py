"""What the rules say no with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Refused(Exception):
    """A rule said no.

    key: names the sentence shown to the person (`kb/web/words`), in both languages.
    status: the HTTP status that fits (403, 404, 409, 422, 429); the web maps it in one place.
    values: fill the sentence's places.
    """

    def __init__(self, key: str, /, status: int = 422, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.status = status
        self.values = values


class Reasons(Refused):
    """Several reasons at once, so that nobody mends one only to meet the next."""

    def __init__(self, reasons: Sequence[Refused]) -> None:
        super().__init__("errors.reasons", status=max(reason.status for reason in reasons))
        self.reasons = tuple(reasons)


def refuse_all(reasons: Sequence[Refused]) -> None:
    """Raise every reason together; do nothing if there is none."""
    if reasons:
        raise Reasons(reasons)
