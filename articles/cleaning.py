"""Files that nothing needs any more: listed, and forgotten after a while. What any revision names stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import String, cast, delete, select
from sqlalchemy.orm import Session

from kb.domain.articles import attachments_in
from kb.store import audit
from kb.store.models import Attachment, Autosave, Revision, Upload

KEPT = timedelta(days=30)
"""How long a file waits to be named by a text that is saved."""
LEFT_ALONE = timedelta(days=1)
"""Bytes on the disk are this old before they count as nobody's: their row may not be committed yet."""
AT_ONCE = 500
"""Revisions that are read at a time."""


class Unused(NamedTuple):
    """A row that no text needs. article_id: None while it is a person's own."""

    row: Attachment | Upload
    article_id: int | None


def unused(session: Session, before: datetime) -> list[Unused]:
    """Return the files brought before this moment that no stored revision names."""
    named = named_anywhere(session)
    uploads = session.scalars(select(Upload).where(Upload.created_at < before).order_by(Upload.id))
    rows = session.scalars(select(Attachment).where(Attachment.created_at < before).order_by(Attachment.id))
    found = [Unused(row, None) for row in uploads] + [Unused(row, row.article_id) for row in rows]
    return [one for one in found if one.row.sha256 not in named]


def named_anywhere(session: Session) -> set[str]:
    """Return the hashes that any revision of any article names, or a form that somebody has not saved yet."""
    found = set()
    for texts in (Revision.sections, Autosave.fields):
        naming = select(texts).where(cast(texts, String).contains("attachment:"))
        rows = session.scalars(naming.execution_options(yield_per=AT_ONCE))
        found |= {sha256 for written in rows for sha256 in attachments_in(written)}
    return found


def forget(session: Session, now: datetime, *, kept: timedelta = KEPT) -> int:
    """Delete the rows of unused files within the transaction; an audit row tells of each. Return how many."""
    found = unused(session, now - kept)
    for row, article_id in found:
        about = {"object_type": "article" if article_id else "upload", "object_id": article_id or row.id}
        audit.record(session, "attachment.cleaned", at=now, by=None, **about, sha256=row.sha256)
        session.execute(delete(type(row)).where(type(row).id == row.id))
    return len(found)


def sweep(session: Session, folder: Path, now: datetime, *, left_alone: timedelta = LEFT_ALONE) -> int:
    """Delete bytes that neither a row nor a revision names; return how many.

    Inside a write transaction: nobody can be bringing them at this moment.
    """
    known = set(session.scalars(select(Attachment.sha256))) | set(session.scalars(select(Upload.sha256)))
    old = (now - left_alone).timestamp()
    idle = [path for path in _stored(folder) if path.name not in known and path.stat().st_mtime < old]
    named = named_anywhere(session) if idle else set()
    gone = [path for path in idle if path.name not in named]
    for path in gone:
        path.unlink()
    return len(gone)


def _stored(folder: Path) -> Iterator[Path]:
    for part in sorted(folder.glob("[0-9a-f][0-9a-f]")):
        yield from (path for path in sorted(part.iterdir()) if path.is_file())


class Daily:
    """A round that cleans once a day: first the bytes of what an earlier round forgot, then rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last: datetime | None = None

    def __call__(self, session: Session, now: datetime) -> None:
        if self.last is not None and now - self.last < timedelta(days=1):
            return
        self.last = now
        sweep(session, self.folder, now)
        forget(session, now)
