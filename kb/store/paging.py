"""One page of a long list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PER_PAGE = 50
LARGEST_ID = 2**63 - 1
"""The largest id that a database keeps; a larger number in an address names nothing."""


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, its number (from 1), how many rows there are in all."""

    rows: Sequence[Any]
    number: int
    total: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.total // self.per_page))


def paged(session: Session, rows: Select[Any], number: int, per_page: int = PER_PAGE) -> Page:
    """Return one page of a query over one entity; a number past either end gives the nearest page."""
    total = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    last = max(1, -(-total // per_page))
    number = min(max(1, number), last)
    found = session.scalars(rows.limit(per_page).offset((number - 1) * per_page)).unique().all()
    return Page(found, number, total, per_page)
