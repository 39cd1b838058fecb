"""Files of articles: brought by a person, theirs until they save a text that names them, then the article's.

A text names a file by its hash (`attachment:<SHA-256>`). Naming gives nobody access: a save attaches only
what its author may open, and a reader opens only what a revision that they may open names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import String, cast, delete, func, select
from sqlalchemy.orm import Session

from articles import files
from articles.intake.process import Accepted
from articles.intake.types import BY_MEDIA_TYPE
from kb.domain.access import Scope
from kb.domain.articles import attachments_in
from kb.domain.errors import Refused
from kb.store import audit
from kb.store.models import Article, Attachment, Revision, Upload
from kb.store.visibility import visible

MOST_WAITING = 200
"""Files that one person may have brought without saving an article that names them."""


class File(NamedTuple):
    """A file as an article has it: the fields of an `Attachment`."""

    sha256: str
    name: str
    media_type: str
    size: int


def file_of(row: Attachment | Upload) -> File:
    """Return what both tables keep of a file."""
    return File(row.sha256, row.name, row.media_type, row.size)


def upload(session: Session, found: Accepted, *, by: int, folder: Path, now: datetime) -> Upload:
    """Keep a file for the person who brought it, and commit. Raises Refused if too many of theirs wait.

    The bytes are written inside the transaction: what cleans up would otherwise take them for nobody's.
    """
    waiting = session.scalar(select(func.count()).select_from(Upload).where(Upload.person_id == by)) or 0
    if waiting >= MOST_WAITING:
        raise Refused("attachments.too_many_uploads", most=MOST_WAITING)
    sha256, size = files.keep_stream(folder, found.content)
    row = session.scalar(select(Upload).where(Upload.person_id == by, Upload.sha256 == sha256))
    if row is None:
        row = Upload(person_id=by, sha256=sha256)
        session.add(row)
    row.name, row.media_type, row.size, row.created_at = found.name, found.type.media_type, size, now
    session.flush()
    told = {"sha256": sha256, "type": found.type.key, "size": size}
    told |= {"unread_pages": len(found.unread)} if found.unread else {}
    told |= {"kinds": sorted({reason.values["kind"] for reason in found.doubtful})} if found.doubtful else {}
    audit.record(
        session, "attachment.uploaded", at=now, by=by, object_type="upload", object_id=row.id, **told
    )
    session.commit()
    return row


def remove(session: Session, upload_id: int, *, by: int, now: datetime) -> None:
    """Forget a file that the person brought and has not saved, and commit."""
    row = session.scalar(select(Upload).where(Upload.id == upload_id, Upload.person_id == by))
    if row is None:
        raise Refused("articles.not_found", status=404)
    about = {"object_type": "upload", "object_id": row.id, "sha256": row.sha256}
    audit.record(session, "attachment.removed", at=now, by=by, **about)
    session.delete(row)
    session.commit()


def waiting(session: Session, person_id: int) -> Sequence[Upload]:
    """Return what the person brought and has not saved, newest first."""
    rows = select(Upload).where(Upload.person_id == person_id).order_by(Upload.id.desc())
    return session.scalars(rows).all()


def of_text(
    session: Session, sections: Mapping[str, str], scope: Scope, *, history: bool
) -> tuple[File, ...]:
    """Return the files that a text names and its author may open: what a save attaches to the article."""
    found = (_openable(session, sha256, scope, history) for sha256 in sorted(attachments_in(sections)))
    return tuple(file_of(row) for row in found if row is not None)


def attach(
    session: Session, article: Article, named: Iterable[File], *, by: int | None, now: datetime
) -> None:
    """Give the article the files that its new revision names; they are no longer the uploader's alone."""
    named = list(named)
    if not named:
        return
    known = set(session.scalars(select(Attachment.sha256).where(Attachment.article_id == article.id)))
    for file in named:
        if file.sha256 not in known:
            known.add(file.sha256)
            session.add(Attachment(article_id=article.id, created_at=now, **file._asdict()))
    hashes = [file.sha256 for file in named]
    session.execute(delete(Upload).where(Upload.person_id == by, Upload.sha256.in_(hashes)))


def of_revision(session: Session, revision: Revision) -> list[Attachment]:
    """Return the article's files that this revision names, in the order of their names."""
    named = attachments_in(revision.sections)
    if not named:
        return []
    rows = select(Attachment).where(
        Attachment.article_id == revision.article_id, Attachment.sha256.in_(named)
    )
    return list(session.scalars(rows.order_by(Attachment.name, Attachment.id)))


def of_article(session: Session, article: Article, scope: Scope) -> list[Attachment]:
    """Return the article's files that a revision names which the reader may open."""
    rows = select(Attachment).where(Attachment.article_id == article.id).order_by(Attachment.id)
    return [row for row in session.scalars(rows) if _named(session, article, row.sha256, scope, history=True)]


def openable(session: Session, sha256: str, scope: Scope, *, history: bool) -> File:
    """Return the file if the reader may open it, or raise Refused 404.

    history: whether the reader sees old revisions and drafts, not only what is published.
    """
    found = _openable(session, sha256, scope, history) if re.fullmatch("[0-9a-f]{64}", sha256) else None
    if found is None:
        raise Refused("articles.not_found", status=404)
    return file_of(found)


def _openable(session: Session, sha256: str, scope: Scope, history: bool) -> Attachment | Upload | None:
    own = select(Upload).where(Upload.sha256 == sha256, Upload.person_id == scope.reader_id)
    if scope.reader_id is not None and (upload := session.scalar(own)):
        return upload
    rows = select(Attachment, Article).join(Article, Article.id == Attachment.article_id)
    for attachment, article in session.execute(rows.where(Attachment.sha256 == sha256, visible(scope))):
        if _named(session, article, sha256, scope, history):
            return attachment  # type: ignore[no-any-return]
    return None


def _named(session: Session, article: Article, sha256: str, scope: Scope, history: bool) -> bool:
    """Return whether a revision of a visible article that the reader may open names the file."""
    published = article.published
    if published is not None and sha256 in attachments_in(published.sections):
        return True
    if not history:
        return False
    name = cast(Revision.sections, String).contains(f"attachment:{sha256}")
    audiences = scope.texts(article.owner_id)
    rows = select(Revision.id).where(
        Revision.article_id == article.id, Revision.audience.in_(audiences), name
    )
    return session.scalar(rows.limit(1)) is not None


def markdown(file: File | Attachment | Upload) -> str:
    """Return how a text names the file; the words for a picture are its author's to write."""
    kind = BY_MEDIA_TYPE.get(file.media_type)
    if kind and kind.picture:
        return f"![](attachment:{file.sha256})"
    words = re.sub(r"([\\`*_\[\]])", r"\\\1", file.name)
    return f"[{words}](attachment:{file.sha256})"
