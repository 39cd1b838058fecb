"""Who decides what may be kept and what may leave: one asks, another person of the ward decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.domain.errors import Refused, refuse_all
from kb.domain.exports import Wanted, request_problems
from kb.domain.periods import in_japan, japan_date
from kb.store import accounts, audit, keeping
from kb.store.models import ExportRequest, PersonalDataKeep
from kb.store.notices import notify, settle


def decide_keep(session: Session, row: PersonalDataKeep, allow: bool, *, by: int, now: datetime) -> None:
    """Let a value pass or not, and commit; what is refused keeps no digest. Never one's own request."""
    _require_open(row, by)
    row.state = "allowed" if allow else "refused"
    row.digest = row.digest if allow else ""
    row.decided_by, row.decided_at = by, now
    what = {"object_type": "personal_data", "object_id": row.id, "kind": row.kind, "field": row.field}
    action = "personal_data.keep_allowed" if allow else "personal_data.keep_refused"
    audit.record(session, action, at=now, by=by, **what)
    session.flush()
    keeping.decided(session, row, by=by, now=now)
    session.commit()


def withdraw(session: Session, row: PersonalDataKeep, *, by: int, now: datetime) -> None:
    """Let a value pass no longer, and commit."""
    if row.state != "allowed":
        raise Refused("privacy.decided", status=409)
    row.state, row.digest, row.decided_by, row.decided_at = "refused", "", by, now
    what = {"object_type": "personal_data", "object_id": row.id, "kind": row.kind, "field": row.field}
    audit.record(session, "personal_data.keep_refused", at=now, by=by, **what)
    session.commit()


def ask_export(session: Session, wanted: Wanted, *, by: int, now: datetime) -> ExportRequest:
    """Add a request with its reference, and commit. Raises Refused with every reason."""
    refuse_all(request_problems(wanted, japan_date(now)))
    year = in_japan(now).year
    last = session.scalar(
        select(func.max(ExportRequest.reference)).where(ExportRequest.reference.startswith(f"EXP-{year}-"))
    )
    serial = int(last.rsplit("-", 1)[1]) + 1 if last else 1
    row = ExportRequest(
        reference=f"EXP-{year}-{serial:04}",
        what=wanted.what,
        purpose=wanted.purpose,
        begins=wanted.begins,
        ends=wanted.ends,
        readers=wanted.readers,
        security=wanted.security,
        in_charge=wanted.in_charge,
        asked_by=by,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    told = {"object_type": "export", "object_id": row.id, "approval": row.reference}
    audit.record(session, "export.asked", at=now, by=by, what=row.what, **told)
    deciders, about = accounts.deciders(session, now, [by]), ("privacy", row.id)
    notify(session, "export_asked", deciders, about=about, at=now, by=by, reference=row.reference)
    session.commit()
    return row


def decide_export(
    session: Session, row: ExportRequest, approve: bool, words: str, *, by: int, now: datetime
) -> None:
    """Approve or refuse a request, and commit. Never one's own; a refusal says why."""
    _require_open(row, by)
    if not approve and not words.strip():
        raise Refused("privacy.refusal_reason", field="decision")
    row.state = "approved" if approve else "refused"
    row.decision, row.decided_by, row.decided_at = words.strip()[:1_000], by, now
    told = {"object_type": "export", "object_id": row.id, "approval": row.reference}
    audit.record(session, "export.approved" if approve else "export.refused", at=now, by=by, **told)
    about, number = ("privacy", row.id), row.reference
    settle(session, ["export_asked"], about=about, at=now)
    notify(session, f"export_{row.state}", [row.asked_by], about=about, at=now, by=by, reference=number)
    session.commit()


def _require_open(row: PersonalDataKeep | ExportRequest, by: int) -> None:
    if row.state != "asked":
        raise Refused("privacy.decided", status=409)
    if row.asked_by == by:
        raise Refused("privacy.own_request", status=403)
