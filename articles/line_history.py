"""Since when a line stands in a section, and why: read from what was saved, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from articles.differences import Piece, aligned, lines_of, pieces
from kb.domain.access import Scope
from kb.store.models import Article, Revision

MOST = 500
"""Revisions that are looked through, the newest; older changes count as made by the first of them."""


@dataclass(frozen=True)
class Turn:
    """What a revision made of a line. before: None where the line is new with it."""

    revision: Revision
    before: str | None
    after: str

    @property
    def pieces(self) -> list[Piece]:
        """The change, word by word."""
        return pieces(self.before, self.after) if self.before is not None else [("+", self.after)]


@dataclass(frozen=True)
class Line:
    """A line as it stands, and how it came to, the newest turn last."""

    words: str
    turns: tuple[Turn, ...] = field(default_factory=tuple)

    @property
    def since(self) -> Revision:
        """The revision that made the line what it is."""
        return self.turns[-1].revision


def lines(revisions: Sequence[Revision], text: Callable[[Revision], str]) -> list[Line]:
    """Return the lines of the last revision with their turns. revisions: oldest first."""
    found: list[Line] = []
    before = ""
    for revision in revisions:
        after = text(revision)
        if after != before:
            found = list(_next(found, lines_of(after), revision))
        before = after
    return found


def _next(found: Sequence[Line], after: Sequence[str], revision: Revision) -> Iterator[Line]:
    for i, j in aligned([line.words for line in found], after):
        if j is None:
            continue
        if i is None:
            yield Line(after[j], (Turn(revision, None, after[j]),))
        elif found[i].words == after[j]:
            yield found[i]
        else:
            yield Line(after[j], (*found[i].turns, Turn(revision, found[i].words, after[j])))


def revisions(session: Session, article: Article, last: Revision, scope: Scope) -> Sequence[Revision]:
    """Return the revisions up to this one that exist for the reader, oldest first."""
    texts = scope.texts(article.owner_id)
    rows = select(Revision).where(
        Revision.article_id == article.id, Revision.id <= last.id, Revision.audience.in_(texts)
    )
    newest = rows.order_by(Revision.id.desc()).limit(MOST).options(joinedload(Revision.author))
    return list(reversed(session.scalars(newest).all()))
