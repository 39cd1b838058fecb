"""What a person is told on the page and by mail: where to look, never what is written there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kb.store.models.base import Base


class Notice(Base):
    """One thing that one person is told; while it is unread, the same again only raises `times`.

    kind: a key of `kb.store.notices.KINDS`. object_type, object_id: what it is about.
    data: values for the words of the kind; no personal data. at: when it was last told.
    mailed_at: when the mail of it was queued; it is mailed once, however often it is told.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "uq_notices_unread",
            "person_id",
            "kind",
            "object_type",
            "object_id",
            unique=True,
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notices_person_id_read_at", "person_id", "read_at"),
        Index("ix_notices_mailed_at_at", "mailed_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(40))
    object_type: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    times: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
