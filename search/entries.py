"""What the index is told of the articles: read from the database, which is the truth."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from kb.domain import plain
from kb.domain.anchors import slug
from kb.domain.articles import KINDS
from kb.store import article_guides
from kb.store.models import Article, Revision
from search.fields import Document
from search.snippet import Passage

CHUNK = 200
log = logging.getLogger(__name__)


def shown(article: Article) -> Revision | None:
    """Return the revision that the article's readers see: published, or the draft while there is none."""
    return article.published or article.head


def body(revision: Revision) -> str:
    """Return a revision's sections as plain text, and what its guide says."""
    texts = [plain.plain_text(html) for html in revision.html.values()]
    return "\n".join(filter(None, [*texts, article_guides.words_of(revision)]))


def passages(revision: Revision) -> tuple[Passage, ...]:
    """Return everything of a revision but its title in parts that have a place of their own on its page.

    What stands at the top of the page has no anchor: one who comes for it begins at the beginning.
    """
    top = {
        "symptom": revision.symptom,
        "error_codes": "、".join(revision.error_codes),
        "synonyms": "、".join(revision.synonyms),
        "environment": revision.environment,
    }
    found = [Passage(name, "", "", text) for name, text in top.items() if text.strip()]
    for section in KINDS[revision.kind].all_sections:
        for anchor, heading, text in plain.passages(revision.html.get(section.key, "")):
            place = anchor or slug(section.label.ja)
            found.append(Passage(f"section.{section.key}", place, heading, text))
        if section.key == article_guides.SECTION and (words := article_guides.words_of(revision)):
            found.append(Passage(f"section.{section.key}", article_guides.ANCHOR, "", words))
    return tuple(found)


def count(session: Session) -> int:
    """Return how many articles have an entry."""
    return session.scalar(select(func.count()).where(Article.confidence != "archived")) or 0


def newest(session: Session) -> dict[int, float]:
    """Return {id: moment of change, in seconds} of every article that has an entry."""
    rows = select(Article.id, Article.updated_at).where(Article.confidence != "archived")
    return {number: updated.timestamp() for number, updated in session.execute(rows)}


def all_documents(session: Session, unreadable: set[int]) -> Iterator[Document]:
    """Yield the entry of every article that is not archived, as `documents` does."""
    ids = session.scalars(select(Article.id).where(Article.confidence != "archived").order_by(Article.id))
    yield from documents(session, ids.all(), unreadable)


def documents(session: Session, ids: Iterable[int], unreadable: set[int]) -> Iterator[Document]:
    """Yield the entries of these articles; of those that are archived or gone there is none.

    What cannot be read of the database is logged and noted in `unreadable`, and keeps nobody from the others.
    """
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield from few(session, chunk, unreadable)
        session.expunge_all()


def few(session: Session, ids: Sequence[int], unreadable: set[int]) -> Iterable[Document]:
    """Return the entries of these articles as `documents` does; what else the session holds stays in it."""
    try:
        return list(_chunk(session, ids)) if ids else ()
    except (MemoryError, OSError, SQLAlchemyError):  # not the article's fault
        raise
    except Exception:
        if len(ids) > 1:
            return [document for number in ids for document in few(session, [number], unreadable)]
        log.exception("article %s cannot be searched", ids[0])
        unreadable.add(ids[0])
        return ()


def _chunk(session: Session, ids: Sequence[int]) -> Iterator[Document]:
    rows = (
        select(Article)
        .where(Article.id.in_(ids), Article.confidence != "archived")
        .options(joinedload(Article.published), joinedload(Article.head))
    )
    for article in session.scalars(rows):
        revision = shown(article)
        if revision is not None:
            yield _document(article, revision)


def _document(article: Article, revision: Revision) -> Document:
    return Document(
        id=article.id,
        title=revision.title,
        symptom=revision.symptom,
        error_codes=(article.number, *revision.error_codes),
        environment=revision.environment,
        synonyms=tuple(revision.synonyms),
        body=body(revision),
        kind=article.kind,
        audience=article.audience,
        confidence=article.confidence,
        owner_id=article.owner_id,
        components=tuple(revision.components),
        updated=article.updated_at,
    )
