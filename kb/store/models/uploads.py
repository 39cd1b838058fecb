"""Files that somebody brought and no article has yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb.store.models.base import Base


class Upload(Base):
    """A file that a person brought: theirs alone until a revision that they save names it.

    Its bytes lie among the attachments; forgotten after a while if nothing came of it.
    """

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_person_sha256", "person_id", "sha256", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
