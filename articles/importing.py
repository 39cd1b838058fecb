"""Import: Markdown files become articles, once, whatever happens in between.

An article remembers the file it came from and that file's hash, so the same file again changes
nothing, a changed file makes a revision, and a run that was killed is simply run again (C-6).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from articles import documents, exporting, files, service
from articles.documents import Document
from articles.sources import IMAGES, MARKDOWN, Files, batches, resolve
from kb.domain import personal_data
from kb.domain.articles import READABLE, Text, article_number
from kb.domain.errors import Refused, refuse_all
from kb.domain.periods import japan_date
from kb.store.db import writing
from kb.store.models import Article, Attachment, Person, Revision

BATCH = 50
"""Files in one transaction: few enough that a page's save never waits long for the import."""

_LINK = re.compile(
    r"(?P<image>!?)\[(?P<words>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)(?P<rest>\s+\"[^\"]*\")?\)"
)


@dataclass(frozen=True)
class Options:
    """What the operator says of files that do not say it themselves. by: whose name the audit bears."""

    kind: str = "self_help"
    audience: str = "engineer"
    confidence: str = "not_validated"
    owner_id: int | None = None
    by: int | None = None
    overwrite: bool = False
    dry_run: bool = False


@dataclass
class Outcome:
    """What became of the files: counts by result, and (name, reasons) of each refused one."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, Refused]] = field(default_factory=list)


class Import:
    """One run over one source."""

    def __init__(self, engine: Engine, source: Files, folder: Path, options: Options) -> None:
        self.engine = engine
        self.source = source
        self.folder = folder
        self.options = options
        self.outcome = Outcome(refused=list(source.refused))

    def run(self, now: Callable[[], datetime], step: Callable[[int], None] = lambda _: None) -> Outcome:
        """Import every file, a transaction a batch. now: the clock. step: told how many files are done."""
        names = sorted(self.source.texts(), key=exporting.is_draft)
        for batch in batches(names, BATCH):
            self._batch(batch, now())
            step(len(batch))
        self._lead_links(names, now())
        return self.outcome

    def _batch(self, names: list[str], now: datetime) -> None:
        read = {name: document for name in names if (document := self._read(name)) is not None}
        if self.options.dry_run:
            self.outcome.counts["would_import"] += len(read)
            return
        with writing(self.engine) as session:
            for name, document in read.items():
                self._one(session, name, document, now)

    def _read(self, name: str) -> Document | None:
        try:
            content = self.source.contents[name]
            document = documents.read(content, kind=self.options.kind, audience=self.options.audience)
            refuse_all(personal_data.problems({"file": name}))
            if self.options.dry_run:
                service.check(document.text)
        except Refused as refused:
            self._refuse(name, refused)
            return None
        return document

    def _refuse(self, name: str, refused: Refused) -> None:
        self.outcome.counts["refused"] += 1
        self.outcome.refused.append((name, refused))

    def _one(self, session: Session, name: str, document: Document, now: datetime) -> None:
        digest = hashlib.sha256(self.source.contents[name]).hexdigest()
        try:
            with session.begin_nested():
                self.outcome.counts[self._keep(session, name, document, digest, now)] += 1
        except Refused as refused:
            self._refuse(name, refused)

    def _keep(self, session: Session, name: str, document: Document, digest: str, now: datetime) -> str:
        if document.draft_of is not None:
            return self._keep_draft(session, name, document, now)
        article = self._known(session, name, document)
        if article is None:
            self._add(session, name, document, digest, now)
            return "imported"
        if article.source_hash == digest:
            return "unchanged"
        text = self._with_pictures(session, name, document.text, article, now)
        text = self._linked(session, name, text)
        if article.head is not None and service.text_of(article.head) == text:
            article.source_hash = digest
            return "unchanged"
        self._update(session, article, document, text, digest, now)
        return "changed"

    def _key(self, name: str, document: Document) -> str:
        return document.source or f"{self.source.label}/{name}"

    def _known(self, session: Session, name: str, document: Document) -> Article | None:
        """Return the article that this file is, or None. Raises Refused if its number is another's."""
        found = session.scalar(select(Article).where(Article.source == self._key(name, document)))
        if found is not None or document.number is None:
            return found
        same_number = session.get(Article, document.number)
        if same_number is None:
            return None
        if same_number.source is None and same_number.created_at == document.created_at:
            return same_number
        raise Refused("import.number_taken", number=article_number(document.number))

    def _add(self, session: Session, name: str, document: Document, digest: str, now: datetime) -> None:
        row = {
            "owner_id": self._owner(session, document),
            "source": None if document.number and not document.source else self._key(name, document),
            "source_hash": digest,
            **({"id": document.number} if document.number else {}),
        }
        text = self._linked(session, name, self._due(document.text, now))
        article = service.add(session, text, by=self.options.by, now=now, reason=f"import: {name}", **row)
        pictured = self._with_pictures(session, name, text, article, now)
        if pictured != text:
            service.relink(session, article, pictured)
        self._publish(session, article, document, now)
        article.source_revision_id = article.head_id
        article.created_at = document.created_at or article.created_at
        article.updated_at = document.updated_at or article.updated_at

    def _due(self, text: Text, now: datetime) -> Text:
        if text.review_due is not None or self.options.confidence == "work_in_progress":
            return text
        return Text(**{**vars(text), "review_due": service.next_review(text.kind, japan_date(now))})

    def _owner(self, session: Session, document: Document) -> int | None:
        if document.owner is None:
            return self.options.owner_id
        named = session.scalar(select(Person.id).where(Person.login == document.owner))
        return named or self.options.owner_id

    def _publish(self, session: Session, article: Article, document: Document, now: datetime) -> None:
        confidence = document.confidence or self.options.confidence
        if confidence in READABLE:
            service.release(
                session, article, confidence=confidence, by=self.options.by, now=now, complete=False
            )
        elif confidence == "archived":
            article.published_id = article.head_id
            article.confidence = confidence

    def _update(
        self, session: Session, article: Article, document: Document, text: Text, digest: str, now: datetime
    ) -> None:
        edited_here = article.source_revision_id != article.head_id
        if edited_here and article.source is not None and not self.options.overwrite:
            raise Refused("import.edited_here", number=article.number)
        published = article.published_id is not None and article.confidence in READABLE
        service.revise(session, article, text, by=self.options.by, now=now, reason="import")
        if published:
            confidence = document.confidence if document.confidence in READABLE else article.confidence
            service.release(
                session, article, confidence=confidence or "", by=self.options.by, now=now, complete=False
            )
        article.source_hash, article.source_revision_id = digest, article.head_id

    def _keep_draft(self, session: Session, name: str, document: Document, now: datetime) -> str:
        """An exported article that readers see may have a newer draft: it becomes the newest revision."""
        article = session.get(Article, document.draft_of)
        if article is None or article.created_at != document.created_at:
            raise Refused("import.no_article", number=article_number(document.draft_of or 0))
        text = self._linked(session, name, self._with_pictures(session, name, document.text, article, now))
        if article.head is not None and service.text_of(article.head) == text:
            return "unchanged"
        service.revise(session, article, text, by=self.options.by, now=now, reason="import")
        return "changed"

    def _with_pictures(
        self, session: Session, name: str, text: Text, article: Article, now: datetime
    ) -> Text:
        """Keep the pictures that the text shows and the source has as attachments of the article."""

        def picture(match: re.Match[str]) -> str:
            target = resolve(name, unquote(match["target"]))
            if not match["image"] or target is None or PurePosixPath(target).suffix.lower() not in IMAGES:
                return match[0]
            content = self.source.contents.get(target, b"")
            media_type = files.image_type(content)
            if media_type is None:
                return match[0]
            sha256 = files.keep(self.folder, content)
            _attach(session, article, sha256, PurePosixPath(target).name, media_type, len(content), now)
            return f"![{match['words']}](attachment:{sha256})"

        return _rewritten(text, picture)

    def _linked(self, session: Session, name: str, text: Text) -> Text:
        """Turn links between files into links between articles, where the other file is imported."""
        keys = {key for section in text.sections.values() for key in self._targets(name, section)}
        if not keys:
            return text
        rows = session.execute(select(Article.source, Article.id).where(Article.source.in_(keys)))
        numbers = {row.source: row.id for row in rows}

        def link(match: re.Match[str]) -> str:
            key, anchor = self._target(name, match)
            if key is None or key not in numbers:
                return match[0]
            return f"[{match['words']}]({article_number(numbers[key])}{anchor}{match['rest'] or ''})"

        return _rewritten(text, link)

    def _targets(self, name: str, markdown: str) -> set[str]:
        found = (self._target(name, match)[0] for match in _LINK.finditer(markdown))
        return {key for key in found if key}

    def _target(self, name: str, match: re.Match[str]) -> tuple[str | None, str]:
        path, mark, anchor = match["target"].partition("#")
        if match["image"] or "://" in path or PurePosixPath(path).suffix.lower() not in MARKDOWN:
            return None, ""
        target = resolve(name, unquote(path))
        return (f"{self.source.label}/{target}" if target else None), mark + anchor

    def _lead_links(self, names: list[str], now: datetime) -> None:
        """Files that link to each other in a circle: once all are there, their links can lead."""
        if self.options.dry_run:
            return
        waiting = [name for name in names if self._targets(name, _decoded(self.source.contents[name]))]
        for batch in batches(waiting, BATCH):
            with writing(self.engine) as session:
                for name in batch:
                    self._lead(session, name, now)

    def _lead(self, session: Session, name: str, now: datetime) -> None:
        article = session.scalar(select(Article).where(Article.source == f"{self.source.label}/{name}"))
        if article is None or article.head is None or article.source_revision_id != article.head_id:
            return
        head: Revision = article.head
        text = self._linked(session, name, service.text_of(head))
        if text != service.text_of(head):
            service.relink(session, article, text)


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _rewritten(text: Text, link: Callable[[re.Match[str]], str]) -> Text:
    sections = {key: _LINK.sub(link, markdown) for key, markdown in text.sections.items()}
    return text if sections == text.sections else Text(**{**vars(text), "sections": sections})


def _attach(
    session: Session, article: Article, sha256: str, name: str, media_type: str, size: int, now: datetime
) -> None:
    known = select(Attachment.id).where(Attachment.article_id == article.id, Attachment.sha256 == sha256)
    if session.scalar(known) is None:
        session.add(
            Attachment(
                article_id=article.id,
                sha256=sha256,
                name=name[:200],
                media_type=media_type,
                size=size,
                created_at=now,
            )
        )
        session.flush()
