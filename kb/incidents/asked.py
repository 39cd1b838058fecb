"""What somebody of the ward decides about personal data (C-11): values to keep, data to take out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from kb.domain import access
from kb.domain.access import Reader
from kb.incidents.waiting import Item, Sort
from kb.store.models import ExportRequest, PersonalDataKeep


def sorts(reader: Reader) -> list[Sort]:
    """Return what others asked for and the reader may decide, the oldest first."""
    if not access.may(reader, "privacy.decide"):
        return []
    return [
        Sort("keeps", _asked(PersonalDataKeep, reader).where(_first), _keep),
        Sort("exports", _asked(ExportRequest, reader), _export),
    ]


_earlier = aliased(PersonalDataKeep)
_first = ~(
    select(_earlier.id)
    .where(_earlier.state == "asked", _earlier.id < PersonalDataKeep.id)
    .where(_earlier.asked_by == PersonalDataKeep.asked_by, _earlier.reason == PersonalDataKeep.reason)
    .correlate(PersonalDataKeep)
    .exists()
)
"""Several values that one person asked for with one reason are one thing to do."""


def _asked(table: Any, reader: Reader) -> Select[Any]:
    rows = select(table).where(table.state == "asked", table.asked_by != reader.id)
    return rows.order_by(table.asked_at, table.id)


def _keep(row: Any) -> Item:
    keep = row.PersonalDataKeep
    return Item(keep.reason, "keeps", "privacy.index", since=keep.asked_at, args={"_anchor": "keeps"})


def _export(row: Any) -> Item:
    asked, args = row.ExportRequest, {"_anchor": "exports"}
    number = asked.reference
    return Item(asked.purpose, "exports", "privacy.index", number=number, since=asked.asked_at, args=args)
