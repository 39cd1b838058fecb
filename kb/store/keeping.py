"""Values found as personal data that may be stored: asked for by one, let pass by another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.store import accounts, audit
from kb.store.models import PersonalDataKeep
from kb.store.notices import notify, settle

ABOUT = ("privacy", 0)
"""What the notices of all such requests are about: several at once are one notice."""


def digest(value: str, secret: str) -> str:
    """Return what is kept of a plain value: slow to make, so that trying every number takes too long."""
    salt = hashlib.sha256(f"kept values {secret}".encode()).digest()
    return hashlib.scrypt(value.encode(), salt=salt, n=2**13, r=8, p=1, dklen=32).hex()


def allowed(session: Session, secret: str) -> Callable[[str, str], bool]:
    """Return a function that says whether a plain value of a kind was let pass; each is hashed once."""
    rows = session.execute(
        select(PersonalDataKeep.kind, PersonalDataKeep.digest).where(PersonalDataKeep.state == "allowed")
    )
    known = {(kind, kept) for kind, kept in rows}
    kinds = {kind for kind, _ in known}

    @cache
    def passes(kind: str, value: str) -> bool:
        return kind in kinds and (kind, digest(value, secret)) in known

    return passes


def ask(
    session: Session,
    kind: str,
    kept: str,
    *,
    field: str,
    context: str,
    reason: str,
    by: int,
    now: datetime,
) -> None:
    """Add a request to the transaction; the same value asked for twice is one request.

    kept: the value's digest, made before the transaction: nobody who saves waits for a slow hash.
    """
    same = select(PersonalDataKeep.id).where(
        PersonalDataKeep.kind == kind, PersonalDataKeep.digest == kept, PersonalDataKeep.state == "asked"
    )
    if session.scalar(same) is not None:
        return
    row = PersonalDataKeep(
        kind=kind,
        digest=kept,
        field=field[:100],
        context=context[:200],
        reason=reason,
        asked_by=by,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "personal_data.keep_asked",
        at=now,
        by=by,
        object_type="personal_data",
        object_id=row.id,
        kind=kind,
        field=field[:100],
    )
    notify(session, "keep_asked", accounts.deciders(session, now, [by]), about=ABOUT, at=now, by=by)


def decided(session: Session, row: PersonalDataKeep, *, by: int, now: datetime) -> None:
    """Tell within the transaction who asked; once nothing waits, nobody is asked to decide any more."""
    notify(session, f"keep_{row.state}", [row.asked_by], about=ABOUT, at=now, by=by)
    waits = select(PersonalDataKeep.id).where(PersonalDataKeep.state == "asked")
    if session.scalar(waits.limit(1)) is None:
        settle(session, ["keep_asked"], about=ABOUT, at=now)
