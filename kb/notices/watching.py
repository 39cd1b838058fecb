"""Watching and no longer watching; and the round that asks the watched searches about what was published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session, joinedload

from kb.domain import access, personal_data
from kb.domain.access import Scope
from kb.domain.errors import Refused, refuse_all
from kb.store.db import reading, writing
from kb.store.models import Article, Component, Person, ToIndex, ToMatch, Watch
from kb.store.notices import notify
from kb.store.paging import LARGEST_ID
from kb.web import finding

MOST = 200
"""Watches of one person: more than anybody reads the notices of."""
LONGEST = 200
FIRST = 20
"""An article matches a watched search if it is among so many results."""


def key_of(kind: str, value: str) -> str:
    """Return what names a watch of a person: value is an id, a component's name is not; a search's words."""
    return f"search:{hashlib.sha256(value.encode()).hexdigest()}" if kind == "search" else f"{kind}:{value}"


def watch(session: Session, scope: Scope, kind: str, value: str, *, by: int, now: datetime) -> None:
    """Watch something, within the transaction; watching it twice changes nothing.

    value: the id of an article, the name of a component, or the words of a search.
    Raises Refused 404 for what does not exist for the person, 422 for words that cannot be kept.
    """
    row = Watch(person_id=by, kind=kind, at=now, words="")
    if kind == "article":
        row.article_id = _article(session, scope, value).id
        value = str(row.article_id)
    elif kind == "component":
        row.component_id = session.scalar(select(Component.id).where(Component.name == value))
        if row.component_id is None:
            raise Refused("watches.not_found", status=404)
        value = str(row.component_id)
    elif kind == "search":
        row.words = value = " ".join(value.split())
        if not value or len(value) > LONGEST:
            raise Refused("watches.words_wrong", most=LONGEST)
        refuse_all(personal_data.problems({"words": value}))
    else:
        raise Refused("watches.not_found", status=404)
    row.key = key_of(kind, value)
    mine = select(func.count()).select_from(Watch).where(Watch.person_id == by)
    if session.scalar(mine.where(Watch.key == row.key)):
        return
    if (session.scalar(mine) or 0) >= MOST:
        raise Refused("watches.too_many", most=MOST)
    session.add(row)


def _article(session: Session, scope: Scope, value: str) -> Article:
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
    article = session.get(Article, min(number, LARGEST_ID))
    if article is None or not scope.sees(article):
        raise Refused("articles.not_found", status=404)
    return article


def end(session: Session, watch_id: int, *, by: int) -> None:
    """Watch something no longer, within the transaction; one that is not the person's is not there (404)."""
    row = session.get(Watch, min(watch_id, LARGEST_ID))
    if row is None or row.person_id != by:
        raise Refused("watches.not_found", status=404)
    session.delete(row)


def listed(session: Session, scope: Scope, person_id: int) -> Sequence[Watch]:
    """Return a person's watches, without those of articles that do not exist for them now."""
    rows = select(Watch).where(Watch.person_id == person_id).order_by(Watch.kind, Watch.id)
    found = session.scalars(rows.options(joinedload(Watch.article), joinedload(Watch.component)))
    return [one for one in found if one.article is None or scope.sees(one.article)]


def match(engine: Engine, now: datetime) -> None:
    """Ask every watched search about what was published since the last round, and tell who watches.

    Nothing is asked while nothing was published; each wording is asked once for readers of the same scope.
    An article that the index has not taken yet waits for the next round.
    """
    with reading(engine) as session:
        behind = select(ToIndex.article_id)
        rows = session.scalars(select(ToMatch).where(ToMatch.article_id.not_in(behind))).all()
        changed: Mapping[int, ToMatch] = {row.article_id: row for row in rows}
        if not changed:
            return
        found = _matches(session, set(changed))
    with writing(engine) as session:
        for article_id, people in found.items():
            about, by = ("article", article_id), changed[article_id].by_id
            notify(session, "watched_search", people, about=about, at=now, by=by)
        for row in rows:
            done = ToMatch.article_id == row.article_id, ToMatch.queued_at == row.queued_at
            session.execute(delete(ToMatch).where(*done))


def _matches(session: Session, changed: set[int]) -> dict[int, list[int]]:
    """Return {article: people whose watched searches find it}."""
    watches = select(Watch.words, Person).join(Person, Person.id == Watch.person_id)
    asked: dict[tuple[str, frozenset[str]], set[int]] = {}
    found: dict[int, list[int]] = {}
    for words, person in session.execute(watches.where(Watch.kind == "search").order_by(Watch.id)).all():
        scope = access.scope(person)
        key = words, scope.published
        if key not in asked:
            asked[key] = set(finding.matching(session, scope, words)[:FIRST]) & changed
        for article_id in asked[key]:
            found.setdefault(article_id, []).append(person.id)
    return found
