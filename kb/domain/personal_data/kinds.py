"""The kinds that are found, and what happens to each (C-11): one row adds one."""

from __future__ import annotations

from typing import NamedTuple

REFUSE, MASK, HIDE = "refuse", "mask", "hide"

KINDS = {
    "my_number": REFUSE,
    "resident_code": REFUSE,
    "residence_card": REFUSE,
    "drivers_license": REFUSE,
    "passport": REFUSE,
    "pension": REFUSE,
    "insurance": REFUSE,
    "password": REFUSE,
    "secret_key": REFUSE,
    "phone": MASK,
    "email": MASK,
    "address": MASK,
    "birth_date": MASK,
    "name": MASK,
    "host": HIDE,
}
"""Kind -> "refuse": never stored; "mask": stored masked, or with a reason; "hide": kept from ward readers."""


class Finding(NamedTuple):
    """Where something stands: kind, and start and end in the text as given."""

    kind: str
    start: int
    end: int
