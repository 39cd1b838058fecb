"""Taking data out with a request that the ward approved (C-11): checked, counted and logged."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.errors import Refused
from kb.domain.exports import use_problem
from kb.domain.periods import in_japan, japan_date
from kb.store import audit
from kb.store.models import ExportRequest

_ACTIONS = {"articles": "articles.exported", "incidents": "incidents.exported"}


def require(session: Session, reference: str, what: str, now: datetime) -> ExportRequest:
    """Return the request of this reference. Raises Refused unless it is approved, for this, and for today."""
    row = session.scalar(select(ExportRequest).where(ExportRequest.reference == reference.strip()))
    if row is None:
        raise Refused("privacy.unknown_reference")
    problem = use_problem(row.state, row.what, row.begins, row.ends, what, japan_date(now))
    if problem is not None:
        raise problem
    return row


def use(session: Session, row: ExportRequest, number: int, now: datetime, *, masked: bool = True) -> None:
    """Count one export within the transaction. number: how many articles or incidents went out."""
    row.uses += 1
    row.used_at = now
    audit.record(
        session,
        _ACTIONS[row.what],
        at=now,
        by=None,
        object_type="export",
        object_id=row.id,
        approval=row.reference,
        number=number,
        masked=masked,
        use=row.uses,
    )


def stamp(row: ExportRequest, number: int, now: datetime) -> str:
    """Return what is laid beside the exported data, for whoever finds it."""
    lines = (
        f"申請番号: {row.reference}",
        f"書き出した日時: {in_japan(now):%Y-%m-%d %H:%M}",
        f"件数: {number}（伏せ字）",
        f"目的: {row.purpose}",
        f"期間: {row.begins} から {row.ends} まで。過ぎたら消すこと",
        f"見る人: {row.readers}",
        f"保管先の安全対策: {row.security}",
        f"責任者: {row.in_charge}",
    )
    return "\n".join(lines) + "\n"
