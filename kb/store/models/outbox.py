"""Mail that waits to be sent: written in the transaction of what it tells of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.store.models.base import Base
from kb.store.models.people import Person


class OutboxMail(Base):
    """One message to one person; their address is read when it is sent, so that none is kept twice.

    key: names what the message is about; a second one with the same key and person is not written.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    subject: Mapped[str]
    body: Mapped[str]
    queued_at: Mapped[datetime]
    next_try_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(default="")

    person: Mapped[Person] = relationship()
