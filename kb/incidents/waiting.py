"""What the list of what waits is made of: sections of things to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select


@dataclass(frozen=True)
class Item:
    """One thing to do. what: its words; number: as people quote it; why: a key of the words today.why.

    since: since when it waits. due: the day it is due. endpoint, args: where it is done.
    """

    what: str
    why: str
    endpoint: str
    number: str = ""
    since: datetime | None = None
    due: date | None = None
    late: bool = False
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """Things of one sort. total: how many there are, those not shown too. key: of the words today.section."""

    key: str
    total: int
    items: Sequence[Item]


@dataclass(frozen=True)
class Sort:
    """What waits of one sort, as a query, and how a row of it becomes an item."""

    key: str
    rows: Select[Any]
    item: Callable[[Any], Item]
