"""The audit log: written in the transaction of what it tells of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.store.models import AuditRow


def record(
    session: Session,
    action: str,
    *,
    at: datetime,
    by: int | None,
    object_type: str = "",
    object_id: int | None = None,
    address: str = "",
    **detail: Any,
) -> None:
    """Add one audit row to the session. detail must be JSON and must not hold personal data."""
    session.add(
        AuditRow(
            at=at,
            person_id=by,
            action=action,
            object_type=object_type,
            object_id=object_id,
            address=address,
            detail=detail,
        )
    )
