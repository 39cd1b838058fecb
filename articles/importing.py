"""Import: Markdown files become articles, once, whatever happens in between.

An article remembers the file it came from and that file's hash, so the same file again changes
nothing, a changed file makes a revision, and a run that was killed is simply run again (C-6).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from articles import documents, exporting, files, service
from articles.attachments import File, attach
from articles.documents import Document
from articles.intake.process import accepted
from articles.sources import IMAGES, LARGEST, MARKDOWN, Files, attachable, batches, resolve
from kb.domain import personal_data
from kb.domain.articles import APPROVED, READABLE, Text, article_number
from kb.domain.errors import Refused, refuse_all
from kb.domain.periods import japan_date
from kb.domain.upkeep import next_review
from kb.store.db import writing
from kb.store.models import Article, Person, Revision

BATCH = 50
"""Files in one transaction: few enough that a page's save never waits long for the import."""

_LINK = re.compile(
    r"(?P<image>!?)\[(?P<words>(?:[^\[\]]|\[[^\[\]]{0,200}\]){0,500})\]"
    r"\((?P<target>[^()\s]{1,2000})(?P<rest>\s{1,9}\"[^\"]{0,500}\")?\)"
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
        self.keys: dict[str, str] = {}
        self.taken: dict[str, File | None] = {}

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
        for name, document in read.items():
            self._take_files(name, document.text)
        before = self.outcome.counts.copy(), len(self.outcome.refused)
        try:
            self._store(read, now)
        except Exception:  # whatever one file does, the others are imported
            self.outcome.counts = before[0]
            del self.outcome.refused[before[1] :]
            for name, document in read.items():
                self._alone(name, document, now)

    def _alone(self, name: str, document: Document, now: datetime) -> None:
        try:
            self._store({name: document}, now)
        except Exception as error:
            self._refuse(name, Refused("import.unforeseen", problem=type(error).__name__))

    def _store(self, read: dict[str, Document], now: datetime) -> None:
        with writing(self.engine) as session:
            keys = [self._key(name, document) for name, document in read.items()]
            known = {
                row.source: row for row in session.scalars(select(Article).where(Article.source.in_(keys)))
            }
            for name, document in read.items():
                try:
                    article = known.get(self._key(name, document)) or _by_number(session, document)
                    self.outcome.counts[self._keep(session, name, document, article, now)] += 1
                except Refused as refused:
                    self._refuse(name, refused)

    def _read(self, name: str) -> Document | None:
        try:
            content = self.source.contents[name]
            document = documents.read(content, kind=self.options.kind, audience=self.options.audience)
            document = replace(document, text=service.masked(document.text, (personal_data.MASK,)))
            if self.options.dry_run:
                service.check(document.text)  # otherwise it is checked as it is stored
            key = self._key(name, document)
            refuse_all(personal_data.problems({"file": key}))
            if document.draft_of is None and self.keys.setdefault(key, name) != name:
                raise Refused("import.source_twice", other=self.keys[key])
        except Refused as refused:
            self._refuse(name, refused)
            return None
        except Exception as error:
            self._refuse(name, Refused("import.unforeseen", problem=type(error).__name__))
            return None
        return document

    def _refuse(self, name: str, refused: Refused) -> None:
        self.outcome.counts["refused"] += 1
        self.outcome.refused.append((name, refused))

    def _keep(
        self, session: Session, name: str, document: Document, article: Article | None, now: datetime
    ) -> str:
        """Store what is new in a file. Whatever is refused is refused before anything is stored."""
        digest = hashlib.sha256(self.source.contents[name]).hexdigest()
        if article is not None and document.draft_of is None and article.source_hash == digest:
            return "unchanged"
        text, pictures = self._pictured(name, document.text)
        text = self._linked(session, name, self._due(text, article, now))
        if article is None:
            article = self._add(session, name, document, text, now)
            result = "imported"
        elif _says(article.head, text) or (document.draft_of is None and _says(article.published, text)):
            result = "unchanged"
        else:
            self._update(session, article, document, text, now)
            result = "changed"
        attach(session, article, pictures, by=None, now=now)
        if document.draft_of is None:
            article.source_hash = digest
        return result

    def _key(self, name: str, document: Document) -> str:
        return document.source or f"{self.source.label}/{name}"

    def _add(self, session: Session, name: str, document: Document, text: Text, now: datetime) -> Article:
        row = {
            "owner_id": self._owner(session, document),
            "source": None if document.number and not document.source else self._key(name, document),
            **({"id": document.number} if document.number else {}),
        }
        article = service.add(session, text, by=self.options.by, now=now, reason=f"import: {name}", **row)
        self._publish(session, article, document, now)
        article.source_revision_id = article.head_id
        article.created_at = document.created_at or article.created_at
        article.updated_at = document.updated_at or article.updated_at
        return article

    def _due(self, text: Text, article: Article | None, now: datetime) -> Text:
        if text.review_due is not None or self.options.confidence == "work_in_progress":
            return text
        due = article.review_due if article else next_review(text.kind, japan_date(now))
        return replace(text, review_due=due)

    def _owner(self, session: Session, document: Document) -> int | None:
        if document.owner is None:
            return self.options.owner_id
        named = session.scalar(select(Person.id).where(Person.login == document.owner))
        return named or self.options.owner_id

    def _publish(self, session: Session, article: Article, document: Document, now: datetime) -> None:
        confidence = document.confidence or self.options.confidence
        if confidence in APPROVED:
            service.release(
                session, article, confidence=confidence, by=self.options.by, now=now, complete=False
            )
        elif confidence == "archived":
            article.published_id = article.head_id
            article.confidence = confidence

    def _update(
        self, session: Session, article: Article, document: Document, text: Text, now: datetime
    ) -> None:
        """A changed file makes a revision; the draft of an exported article stays one."""
        is_draft = document.draft_of is not None
        if article.head_id != article.source_revision_id and not self.options.overwrite:
            raise Refused("import.edited_here", number=article.number)
        shown = article.confidence in READABLE and not is_draft
        service.revise(session, article, text, by=self.options.by, now=now, reason="import")
        if shown:
            told = (document.confidence, article.confidence)
            confidence = next((word for word in told if word in APPROVED), "not_validated")
            service.release(
                session, article, confidence=confidence, by=self.options.by, now=now, complete=False
            )
        article.source_revision_id = article.head_id

    def _take_files(self, name: str, text: Text) -> None:
        """Keep what the text shows or links to and the source has, before a transaction makes others wait."""
        for markdown in text.sections.values():
            for match in _LINK.finditer(markdown):
                target = self._file(name, match)
                if target is not None and target not in self.taken:
                    self.taken[target] = self._take(target)

    def _take(self, target: str) -> File | None:
        content = self.source.contents[target]
        shown = PurePosixPath(target).name
        if PurePosixPath(target).suffix.lower() in IMAGES and files.image_type(content) is None:
            return None  # its words stay
        try:
            with accepted(io.BytesIO(content), shown, most_bytes=LARGEST["image"]) as found:
                sha256, size = files.keep_stream(self.folder, found.content)
        except Refused as refused:
            self._refuse(target, refused)
            return None
        return File(sha256, found.name, found.type.media_type, size)

    def _file(self, name: str, match: re.Match[str]) -> str | None:
        """Return the name of the source's file that a picture or link leads to, or None."""
        target = resolve(name, unquote(match["target"]))
        if target is None or target not in self.source.contents or not attachable(target):
            return None
        return target

    def _pictured(self, name: str, text: Text) -> tuple[Text, list[File]]:
        """Return the text that names our files instead of the source's, and those files."""
        found: list[File] = []

        def ours(match: re.Match[str]) -> str:
            file = self.taken.get(self._file(name, match) or "")
            if file is None:
                return match[0]
            found.append(file)
            return f"{match['image']}[{match['words']}](attachment:{file.sha256})"

        return _rewritten(text, ours), found

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
        refused = {name for name, _ in self.outcome.refused}
        linking = (name for name in names if name not in refused and b".m" in self.source.contents[name])
        waiting = [name for name in linking if self._targets(name, _decoded(self.source.contents[name]))]
        for batch in batches(waiting, BATCH):
            with writing(self.engine) as session:
                for name in batch:
                    with suppress(Refused):  # its links then stay as they were written
                        self._lead(session, name, now)

    def _lead(self, session: Session, name: str, now: datetime) -> None:
        article = session.scalar(select(Article).where(Article.source == f"{self.source.label}/{name}"))
        if article is None or article.head is None or article.source_revision_id != article.head_id:
            return
        head: Revision = article.head
        text = self._linked(session, name, service.text_of(head))
        if text != service.text_of(head):
            service.relink(session, article, text, by=self.options.by, now=now)


def _says(revision: Revision | None, text: Text) -> bool:
    return revision is not None and service.text_of(revision) == text


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _rewritten(text: Text, link: Callable[[re.Match[str]], str]) -> Text:
    sections = {key: _LINK.sub(link, markdown) for key, markdown in text.sections.items()}
    return text if sections == text.sections else replace(text, sections=sections)


def _by_number(session: Session, document: Document) -> Article | None:
    """Return the article that an exported file is, or None. Raises Refused if it is not there, or another."""
    number = document.draft_of or document.number
    found = session.get(Article, number) if number else None
    if found is not None and found.created_at == document.created_at:
        return found
    if document.draft_of:
        raise Refused("import.no_article", number=article_number(document.draft_of))
    if found is not None:
        raise Refused("import.number_taken", number=article_number(found.id))
    return None
