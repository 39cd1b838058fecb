"""Searches that found nothing or did not help, grouped by what they tell of: the authors' queue.

Grouping is done when somebody looks, over the newest wordings of the log. What was dealt with is kept for
each wording, so that it stays dealt with however the wordings are grouped the next time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.access import Scope
from kb.domain.errors import Refused
from kb.store import audit
from kb.store.models import Article, HandledSearch, Search
from kb.store.paging import LARGEST_ID
from kb.store.visibility import visible
from search.likeness import Likeness, bag

ACTIONS = {
    "writing": "gap.writing",
    "added": "gap.added",
    "not_ours": "gap.not_ours",
    "reopened": "gap.reopened",
}
"""What may become of a gap, the last of them no state that stays: its name in the audit log."""
MOST_WORDINGS = 2_000
_SAME_WORDS = 0.95
"""Cosine from which a wording is one that was set aside, with other particles."""


@dataclass(frozen=True)
class Wording:
    """What was typed, folded. times: searches since it was last dealt with; search_id: the newest of them.

    not_helped: how many of them found something that did not help.
    """

    words: str
    times: int
    not_helped: int
    last: datetime
    search_id: int


@dataclass(frozen=True)
class Gap:
    """Wordings of one thing that nobody found an answer for, the most frequent first.

    before: how a wording like these was dealt with earlier, if one was: it was searched for again since.
    """

    wordings: tuple[Wording, ...]
    before: HandledSearch | None = None

    @property
    def id(self) -> int:
        """The search by which this gap is addressed."""
        return self.wordings[0].search_id

    @property
    def words(self) -> str:
        """The wording that was searched for most."""
        return self.wordings[0].words

    @property
    def times(self) -> int:
        """How many searches there were."""
        return sum(wording.times for wording in self.wordings)

    @property
    def not_helped(self) -> int:
        """How many of them found something that did not help."""
        return sum(wording.not_helped for wording in self.wordings)

    @property
    def last(self) -> datetime:
        """When the last search was."""
        return max(wording.last for wording in self.wordings)


@dataclass(frozen=True)
class Handled:
    """Wordings that somebody dealt with in one go; row: the first of their rows."""

    row: HandledSearch
    words: tuple[str, ...]


def open_gaps(session: Session) -> list[Gap]:
    """Return what waits for an author, the most frequent first, then the newest."""
    handled = _handled(session)
    wordings = list(_not_set_aside(_open_wordings(session), handled))
    gaps = [Gap(tuple(group)) for group in grouped(wordings)]
    return sorted(_with_past(gaps, handled), key=lambda gap: (-gap.times, -gap.last.timestamp(), gap.words))


def grouped(wordings: Sequence[Wording]) -> list[list[Wording]]:
    """Put each wording to the group whose first one it is most like, the most frequent wordings first."""
    leaders = Likeness()
    groups: list[list[Wording]] = []
    for wording in sorted(wordings, key=lambda w: (-w.times, w.words)):
        words = bag(wording.words)
        like = leaders.like(words)
        if like:
            best = min(like, key=lambda number: (-round(like[number], 6), number))
            groups[best].append(wording)
        else:
            leaders.add(words)
            groups.append([wording])
    return groups


def _open_wordings(session: Session) -> list[Wording]:
    """Return the wordings that nobody dealt with since they were last searched for, the newest first."""
    not_helped = func.sum(case((Search.helped == "no", 1), else_=0))
    last = func.max(Search.last_at)
    rows = (
        select(Search.words, func.count(), not_helped, last, func.max(Search.id))
        .outerjoin(HandledSearch, HandledSearch.words == Search.words)
        .where(Search.unanswered, or_(HandledSearch.id.is_(None), _searched_again()))
        .group_by(Search.words)
        .order_by(last.desc(), Search.words)
        .limit(MOST_WORDINGS)
    )
    return [Wording(*row) for row in session.execute(rows)]


def _searched_again() -> ColumnElement[bool]:
    return and_(HandledSearch.state != "not_ours", Search.last_at > HandledSearch.at)


def _handled(session: Session) -> Sequence[HandledSearch]:
    rows = select(HandledSearch).options(joinedload(HandledSearch.person), joinedload(HandledSearch.article))
    return session.scalars(rows.order_by(HandledSearch.at.desc(), HandledSearch.id)).all()


def _known(handled: Iterable[HandledSearch]) -> Likeness:
    known = Likeness()
    for row in handled:
        known.add(bag(row.words))
    return known


def _not_set_aside(wordings: Iterable[Wording], handled: Sequence[HandledSearch]) -> Iterable[Wording]:
    """Leave out what was said not to be ours in the same words."""
    aside = _known(row for row in handled if row.state == "not_ours")
    return (wording for wording in wordings if not aside.like(bag(wording.words), _SAME_WORDS))


def _with_past(gaps: Iterable[Gap], handled: Sequence[HandledSearch]) -> Iterable[Gap]:
    known = _known(handled)
    for gap in gaps:
        like = known.like(bag(gap.words))
        yield replace(gap, before=handled[min(like)]) if like else gap


def done(session: Session) -> list[Handled]:
    """Return what was dealt with and not searched for since, the newest first."""
    again = {wording.words for wording in _open_wordings(session)}
    rows = [row for row in _handled(session) if row.words not in again]
    return [
        Handled(group[0], tuple(row.words for row in group))
        for group in (
            list(rows_) for _, rows_ in groupby(rows, key=lambda row: (row.at, row.person_id, row.state))
        )
    ]


def gap(session: Session, search_id: int) -> Gap:
    """Return the gap that this search belongs to. Raises Refused: 404 no such search, 409 dealt with."""
    words = (
        session.scalar(select(Search.words).where(Search.id == search_id)) if _known_id(search_id) else None
    )
    if words is None:
        raise Refused("gaps.not_found", status=404)
    for found in open_gaps(session):
        if any(wording.words == words for wording in found.wordings):
            return found
    raise Refused("gaps.handled_already", status=409)


def opened(session: Session, gap: Gap, scope: Scope) -> Sequence[Article]:
    """Return the articles that were opened in the gap's searches, did not help, and exist for the reader."""
    words = [wording.words for wording in gap.wordings]
    rows = session.scalars(select(Search.opened).where(Search.words.in_(words), Search.helped == "no"))
    numbers = {number for row in rows for number in row}
    found = select(Article).where(Article.id.in_(numbers), visible(scope), Article.confidence != "archived")
    return session.scalars(found.order_by(Article.id).limit(5)).all()


def handle(
    session: Session, gap: Gap, state: str, *, by: int | None, at: datetime, article_id: int | None = None
) -> None:
    """Say in this transaction that the gap's wordings were dealt with. state: writing, added or not_ours."""
    keys = {hashlib.sha256(w.words.encode()).hexdigest(): w.words for w in gap.wordings}
    rows = session.scalars(select(HandledSearch).where(HandledSearch.key.in_(keys)))
    present = {row.key: row for row in rows}
    for key, words in keys.items():
        row = present.get(key) or HandledSearch(key=key, words=words)
        row.state, row.article_id, row.person_id, row.at = state, article_id, by, at
        session.add(row)
    session.flush()
    _tell(session, state, len(keys), by, at, article_id)


def reopen(session: Session, handled_id: int, *, by: int | None, at: datetime) -> None:
    """Put back what was dealt with in one go, in this transaction. Raises Refused 404."""
    row = session.get(HandledSearch, handled_id) if _known_id(handled_id) else None
    if row is None:
        raise Refused("gaps.not_found", status=404)
    together = (HandledSearch.at == row.at, HandledSearch.person_id == row.person_id)
    gone = session.execute(delete(HandledSearch).where(*together, HandledSearch.state == row.state))
    _tell(session, "reopened", int(getattr(gone, "rowcount", 0)), by, at, row.article_id)


def _tell(
    session: Session, what: str, wordings: int, by: int | None, at: datetime, article_id: int | None
) -> None:
    """Audit without the words: the audit log is kept longer than they are."""
    about = {"object_type": "article", "object_id": article_id} if article_id else {"object_type": "gap"}
    audit.record(session, ACTIONS[what], at=at, by=by, wordings=wordings, **about)


def _known_id(number: int) -> bool:
    return number <= LARGEST_ID
