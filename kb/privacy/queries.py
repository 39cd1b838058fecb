"""What waits for a decision, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from kb.domain.access import WARD_OFFICERS, Reader
from kb.domain.errors import Refused
from kb.store.models import ExportRequest, PersonalDataKeep
from kb.store.paging import Page, paged

PER_PAGE = 30


def keeps(session: Session, reader: Reader, number: int) -> Page:
    """Return one page of the values asked to be kept, waiting ones first; others see their own alone."""
    waiting = case((PersonalDataKeep.state == "asked", 0), else_=1)
    rows = select(PersonalDataKeep).order_by(waiting, PersonalDataKeep.id.desc())
    if reader.role not in WARD_OFFICERS:
        rows = rows.where(PersonalDataKeep.asked_by == reader.id)
    return paged(session, rows, number, PER_PAGE)


def exports(session: Session, reader: Reader) -> Sequence[ExportRequest]:
    """Return 100 requests to take data out, waiting ones first, then the newest.

    Others than the ward's officers see their own alone.
    """
    waiting = case((ExportRequest.state == "asked", 0), else_=1)
    rows = select(ExportRequest).order_by(waiting, ExportRequest.id.desc()).limit(100)
    if reader.role not in WARD_OFFICERS:
        rows = rows.where(ExportRequest.asked_by == reader.id)
    return session.scalars(rows).all()


def keep(session: Session, keep_id: int) -> PersonalDataKeep:
    """Return one. Raises Refused 404."""
    row = session.get(PersonalDataKeep, keep_id)
    if row is None:
        raise Refused("privacy.not_found", status=404)
    return row


def export(session: Session, export_id: int) -> ExportRequest:
    """Return one. Raises Refused 404."""
    row = session.get(ExportRequest, export_id)
    if row is None:
        raise Refused("privacy.not_found", status=404)
    return row
