"""What a second person lets pass, and requests to take data out of the house (C-11)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.store.models.base import Base
from kb.store.models.people import Person


class PersonalDataKeep(Base):
    """Somebody asks that a value found as personal data may be stored; another person decides.

    digest: scrypt of the plain value with a salt from the secret key; the value itself is nowhere.
    context: the line around it, masked. state: "asked", "allowed" or "refused" (without its digest).
    """

    __tablename__ = "personal_data_keeps"
    __table_args__ = (
        Index("ix_personal_data_keeps_state_kind", "state", "kind"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64), default="")
    field: Mapped[str] = mapped_column(String(100))
    context: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(String(10), default="asked")
    asked_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]

    asker: Mapped[Person] = relationship(foreign_keys=[asked_by])
    decider: Mapped[Person | None] = relationship(foreign_keys=[decided_by])


class ExportRequest(Base):
    """A request to take data out (C-11): what for, how long, who reads it, who answers for it.

    what: "articles" or "incidents". state: "asked", "approved" or "refused". An approved one is good from
    `begins` to `ends`, both days included; uses counts the exports made with it.
    """

    __tablename__ = "export_requests"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    what: Mapped[str] = mapped_column(String(20))
    purpose: Mapped[str]
    begins: Mapped[date] = mapped_column(Date)
    ends: Mapped[date] = mapped_column(Date)
    readers: Mapped[str]
    security: Mapped[str]
    in_charge: Mapped[str]
    state: Mapped[str] = mapped_column(String(10), default="asked")
    asked_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(default="")
    uses: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]

    asker: Mapped[Person] = relationship(foreign_keys=[asked_by])
    decider: Mapped[Person | None] = relationship(foreign_keys=[decided_by])
