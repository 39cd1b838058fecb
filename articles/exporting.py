"""Export: every article as a file that an empty instance imports to the same article.

What is not in it: the history, the people and the audit log; a backup of the data folder holds those.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from articles import documents, files, service
from kb.domain.articles import Text
from kb.domain.errors import Refused
from kb.domain.personal_data import EVERYTHING
from kb.domain.reviewing import UNAPPROVED
from kb.store import submissions
from kb.store.models import Article, Attachment, Revision

DRAFT = ".draft.md"
_PICTURE = re.compile(r"\]\(attachment:([0-9a-f]{64})")


def export(
    session: Session, folder: Path, attachments: Path, step: Callable[[int], None] = lambda _: None
) -> int:
    """Write every article below the folder and return how many. Raises Refused if it is not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused("import.not_empty", path=str(folder))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    articles = session.scalars(select(Article).order_by(Article.id)).all()
    for article in articles:
        pictures = _attached(session, article, folder, attachments)
        confidence, shown = _approved(session, article)
        _write(folder / f"{article.number}.md", article, shown or article.head, pictures, confidence)
        if shown is not None and article.head_id != shown.id:
            _write(folder / f"{article.number}{DRAFT}", article, article.head, pictures, draft=True)
        step(1)
    return len(articles)


def is_draft(name: str) -> bool:
    """Return whether a file holds the newer draft of an article that has a file of its own."""
    return name.endswith(DRAFT)


def count(session: Session) -> int:
    """Return how many articles an export would write."""
    return session.scalar(select(func.count()).select_from(Article)) or 0


def _approved(session: Session, article: Article) -> tuple[str, Revision | None]:
    """Return what readers see with approval: what was published urgently leaves as the draft that it is."""
    waiting = submissions.waiting(session, article.id) if article.confidence == UNAPPROVED else None
    if waiting is not None:
        return waiting.base_confidence, waiting.base
    return article.confidence, article.published


def _write(
    path: Path,
    article: Article,
    revision: Revision | None,
    pictures: dict[str, str],
    confidence: str = "",
    *,
    draft: bool = False,
) -> None:
    if revision is None:
        return
    text = service.text_of(revision)
    told: dict[str, Any] = {"draft_of": article.number} if draft else {"number": article.number}
    told["created"] = article.created_at
    if not draft:
        told["updated"] = article.updated_at
        told["confidence"] = confidence
        told |= {"owner": article.owner.login} if article.owner else {}
        told |= {"source": article.source} if article.source else {}
    path.write_text(documents.write(service.masked(_led(text, pictures), EVERYTHING), told), encoding="utf-8")


def _led(text: Text, pictures: dict[str, str]) -> Text:
    sections = {
        key: _PICTURE.sub(lambda match: f"]({pictures.get(match[1], f'attachment:{match[1]}')}", markdown)
        for key, markdown in text.sections.items()
    }
    return replace(text, sections=sections)


def _attached(session: Session, article: Article, folder: Path, attachments: Path) -> dict[str, str]:
    """Copy the article's files and return hash -> address relative to the folder, as Markdown writes it."""
    found = {}
    rows = session.scalars(select(Attachment).where(Attachment.article_id == article.id))
    for attachment in rows:
        name = f"attachments/{attachment.sha256}/{attachment.name}"
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not copy.exists():
            shutil.copyfile(files.path_of(attachments, attachment.sha256), copy)
            os.chmod(copy, 0o600)
        found[attachment.sha256] = quote(name)
    return found
