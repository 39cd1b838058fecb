"""The last door: a row with something that must never be stored is not written, whoever writes it (C-11).

Forms and imports refuse earlier and say where; this holds for every text column of every table, so that
a table or a form that is new is covered on the day it is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from kb.domain.errors import refuse_all
from kb.domain.personal_data import problems

NOT_WRITTEN_BY_PEOPLE = frozenset({"password_hash", "token_hash", "token", "sha256", "digest", "html", "key"})
"""Columns of hashes, and of HTML that is made from a text that is looked at itself."""


def refuse_rows(session: Session, _context: Any, _instances: Any) -> None:
    """Raise Refused for the first text of a new or changed row that must never be stored."""
    for row in (*session.new, *session.dirty):
        state = inspect(row)
        changed = (a for a in state.mapper.column_attrs if a.key not in NOT_WRITTEN_BY_PEOPLE)
        for attribute in changed:
            for value in state.attrs[attribute.key].history.added or ():
                refuse_all([refused for text in texts(value) for refused in problems({attribute.key: text})])


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a column's value, also in JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)
