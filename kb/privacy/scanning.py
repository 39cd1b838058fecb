"""Looking through what is stored: which kinds stand where, and masking them. Never prints a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.personal_data import MASK, PERSONAL, REFUSE, find, masked
from kb.privacy.stored import Cell, attachment_texts, cells, change, same_shape
from kb.store import audit
from kb.store.models import Article, Attachment, Revision
from kb.store.queue import to_index

NAMES_PEOPLE = {
    ("people", "name"),
    ("people", "login"),
    ("people", "email"),
    ("export_requests", "readers"),
    ("export_requests", "in_charge"),
}
"""Columns that hold a person's name by their purpose: only what must never be stored counts there."""


class Stands(NamedTuple):
    """One thing that is stored: kind, place ("articles 12 title"), line. fixable: `fix` can mask it."""

    kind: str
    place: str
    line: int
    fixable: bool


def scan(session: Session, attachments: Path) -> Iterator[Stands]:
    """Yield what stands in the tables and in the attachments."""
    for cell in cells(session):
        for text in cell.texts():
            for found in find(text, _policies(cell)):
                yield Stands(found.kind, cell.place, text.count("\n", 0, found.start) + 1, True)
    for attachment in session.scalars(select(Attachment)):
        yield from _in_file(attachment, attachments)


def _policies(cell: Cell) -> frozenset[str]:
    return frozenset({REFUSE}) if (cell.table, cell.column) in NAMES_PEOPLE else PERSONAL


def _in_file(attachment: Attachment, folder: Path) -> Iterator[Stands]:
    path = folder / attachment.sha256[:2] / attachment.sha256
    if not path.exists():
        return
    for text in attachment_texts(path):
        for found in find(text, (REFUSE, MASK)):
            yield Stands(
                found.kind, f"attachment {attachment.id}", text.count("\n", 0, found.start) + 1, False
            )


def fix(session: Session, by: int | None, now: datetime) -> Counter[str]:
    """Mask within the transaction whatever stands in the tables; return how many places of each kind."""
    fixed = Counter[str]()
    touched: set[int] = set()
    for cell in list(cells(session)):
        kinds = Counter(f.kind for text in cell.texts() for f in find(text, _policies(cell)))
        if not kinds:
            continue
        policies = _policies(cell)
        rewrite(session, cell, same_shape(cell.value, lambda text, p=policies: masked(text, p)), now, touched)
        fixed += kinds
        told: dict[str, Any] = {"place": cell.place, "kinds": dict(kinds)}
        audit.record(session, "personal_data.masked", at=now, by=by, object_type="personal_data", **told)
    return fixed


def rewrite(session: Session, cell: Cell, value: Any, now: datetime, touched: set[int]) -> None:
    """Write a cell anew and queue the article that it belongs to for the index, once."""
    change(session, cell, value)
    article = _article_of(session, cell)
    if article is not None and article not in touched:
        touched.add(article)
        to_index(session, article, at=now)


def _article_of(session: Session, cell: Cell) -> int | None:
    if cell.table == Article.__tablename__:
        return int(cell.key[0])
    if cell.table == Revision.__tablename__:
        return session.scalar(select(Revision.article_id).where(Revision.id == cell.key[0]))
    return None
