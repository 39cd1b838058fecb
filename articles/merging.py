"""Two people changed one article: what they did not both touch is put together, field by field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from articles.forms import TEXTS, Form

LINES = frozenset({"error_codes", "synonyms", "components"})
"""Fields of entries, one a line: blanks and empty lines mean nothing."""


@dataclass(frozen=True)
class Merge:
    """A form put together of two. taken: fields that only theirs changed; touching: fields that both did.

    form: mine, with what was taken; a touching field holds my text, so that nothing typed is lost.
    """

    form: Form
    taken: tuple[str, ...]
    touching: tuple[str, ...]


def merge(base: Form, mine: Form, theirs: Form) -> Merge:
    """Return my form with what only theirs changed since base, the revision that mine was made from.

    The kind decides which sections there are, and nobody knows who owned the article in between: a difference
    there touches.
    """
    taken, touching = [], []
    names = dict.fromkeys(
        [*TEXTS, *(f"section.{key}" for form in (base, mine, theirs) for key in form.sections)]
    )
    for name in names:
        before, my, their = (_value(form, name) for form in (base, mine, theirs))
        if _same(name, my, their) or _same(name, before, their):
            continue
        if _same(name, before, my):
            taken.append(name)
        else:
            touching.append(name)
    if mine.kind != theirs.kind:
        touching.insert(0, "kind")
    if mine.owner_id not in (None, theirs.owner_id):
        touching.append("owner")
    form = mine
    for name in taken:
        form = _with(form, name, _value(theirs, name))
    return Merge(form, tuple(taken), tuple(touching))


def _value(form: Form, name: str) -> str:
    if name.startswith("section."):
        return form.sections.get(name.removeprefix("section."), "")
    value: str = getattr(form, name)
    return value


def _same(name: str, one: str, other: str) -> bool:
    if name in LINES:
        return [line.strip() for line in one.split("\n") if line.strip()] == [
            line.strip() for line in other.split("\n") if line.strip()
        ]
    return one.strip() == other.strip()


def _with(form: Form, name: str, value: str) -> Form:
    if name.startswith("section."):
        return replace(form, sections={**form.sections, name.removeprefix("section."): value})
    changed: dict[str, Any] = {name: value}
    return replace(form, **changed)
