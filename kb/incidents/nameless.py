"""Free text without the names of people: who reads it later needs the role, not the person (C-11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

ADDRESSED = r"[ \u3000]?(?:さん|様|さま|氏|殿|先生|課長|係長|部長|主査|主任|主事)"
"""What follows a name when somebody is spoken of."""


class Named(NamedTuple):
    """A person by name, and the words that stand for them."""

    name: str
    role: str


def replacing_names(people: Iterable[Named], within: str) -> Callable[[str], str]:
    """Return a function that replaces the people's names in a text by their roles.

    A full name counts with any blank or none between its parts; a family name only before a form of
    address. within: every text it will be asked for, so that the names that occur nowhere cost nothing.
    """
    roles = _roles(people, within.casefold())
    if not roles:
        return str
    each = [(re.compile(pattern, re.IGNORECASE), role) for pattern, role in roles.items()]
    whole = re.compile("|".join(sorted(roles, key=len, reverse=True)), re.IGNORECASE)

    def role_of(match: re.Match[str]) -> str:
        return next((role for pattern, role in each if pattern.fullmatch(match[0])), "")

    return lambda text: whole.sub(role_of, text)


def _roles(people: Iterable[Named], folded: str) -> dict[str, str]:
    """Return pattern -> role for those whose names can occur in the folded text at all."""
    found: dict[str, str] = {}
    for person in people:
        parts = person.name.split()
        if len("".join(parts)) < 2 or parts[0].casefold() not in folded:
            continue
        full = r"[ \u3000]*".join(map(re.escape, parts))
        found.setdefault(rf"(?<![A-Za-z]){full}(?![A-Za-z])(?:{ADDRESSED})?", person.role)
        if len(parts) > 1:
            found.setdefault(rf"(?<![A-Za-z]){re.escape(parts[0])}{ADDRESSED}", person.role)
    return found
