"""Notices: told in the transaction of what they tell of, shown only while their reader may see the object.

To tell of something new: a row in KINDS, its words in kb/web/words/notices.toml under the same key, and
`notify` where it happens. A new type of object is a row in ABOUT.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from kb.domain import access
from kb.domain.access import Reader, Scope
from kb.domain.people import access_problem
from kb.domain.periods import japan_date
from kb.store.models import Article, Notice, Person
from kb.store.visibility import visible

KEPT = timedelta(days=180)
"""How long a notice is kept once it was read."""


@dataclass(frozen=True)
class About:
    """A type of object. permission: who may see it; endpoint, argument: the page of one.

    title: the words that stand for one, if it has no name of its own.
    """

    permission: str
    endpoint: str
    argument: str = ""
    title: str = ""


@dataclass(frozen=True)
class Kind:
    """What is told. about: the type of the object. endpoint, anchor: the page, if not the object's.

    argument: what that page is opened by, if not by the object: a key of the notice's data.
    """

    about: str = "article"
    endpoint: str = ""
    anchor: str = ""
    argument: str = ""


ABOUT: dict[str, About] = {
    "article": About("article.read", "articles.show", "article_id"),
    "incident": About("incident.read", "incidents.show", "incident_id"),
    "privacy": About("privacy.ask", "privacy.index", title="privacy.title"),
}
KINDS: dict[str, Kind] = {
    "assigned": Kind(),
    "article_merged": Kind(),
    "article_replaced": Kind(),
    "flag_raised": Kind(anchor="flags"),
    "flag_answered": Kind(anchor="flags"),
    "watched_article": Kind(),
    "watched_component": Kind(),
    "watched_replaced": Kind(),
    "watched_search": Kind(),
    "release_marks": Kind(endpoint="articles.upkeep.marks"),
    "review_due": Kind(anchor="verify"),
    "guide_first": Kind(endpoint="guides.record.show", anchor="changes"),
    "guide_shares": Kind(endpoint="guides.record.show", anchor="changes"),
    "walk_handed_over": Kind(endpoint="guides.walk", argument="run_id"),
    "keep_asked": Kind("privacy", anchor="keeps"),
    "keep_allowed": Kind("privacy", anchor="keeps"),
    "keep_refused": Kind("privacy", anchor="keeps"),
    "export_asked": Kind("privacy", anchor="exports"),
    "export_approved": Kind("privacy", anchor="exports"),
    "export_refused": Kind("privacy", anchor="exports"),
    "submitted": Kind(anchor="manage"),
    "published_urgently": Kind(anchor="manage"),
    "approved": Kind(),
    "returned": Kind(),
    "withdrawn": Kind(anchor="manage"),
    "fell_back": Kind(anchor="manage"),
}


def notify(
    session: Session,
    kind: str,
    person_ids: Iterable[int | None],
    *,
    about: tuple[str, int],
    at: datetime,
    by: int | None = None,
    **data: Any,
) -> list[int]:
    """Tell people of something, within the transaction in which it happens; return the ids of those told.

        notify(session, "assigned", [article.owner_id], about=("article", article.id), at=now, by=by)

    kind: a key of KINDS; its words are `notices.<kind>` and may use `data` as places: {n}.
    person_ids: may hold None (nobody in charge) and the same person twice. about: (type, id), as in ABOUT.
    by: who did it; nobody is told of what they did themselves.
    data: values for the words, as JSON; it is kept and mailed: no personal data, no text that somebody wrote.
    Nobody is told who may no longer sign in (C-10) or for whom the object does not exist; both are asked
    again when the notice is shown and when it is mailed. Call it after the object has its new state.
    A notice of this kind and object that is still unread is told anew: its time moves and its `times` rises.
    Mail goes out within a minute where a mail server is set and the person has an address.
    """
    object_type, object_id = about
    if KINDS[kind].about != object_type:
        raise ValueError(f"a notice {kind!r} is about an object of type {KINDS[kind].about!r}")
    wanted = {person_id for person_id in person_ids if person_id is not None and person_id != by}
    told = [person.id for person in _people(session, wanted) if _may_hear(session, person, about, at)]
    unread = {notice.person_id: notice for notice in session.scalars(_unread(kind, about, told))}
    for person_id in told:
        notice = unread.get(person_id)
        if notice is None:
            row = {"person_id": person_id, "object_type": object_type, "object_id": object_id}
            session.add(Notice(kind=kind, at=at, data=data, **row))
        else:
            notice.times, notice.at, notice.data = notice.times + 1, at, data
    _forget(session, told, at)
    session.flush()
    return told


def settle(
    session: Session, kinds: Collection[str], *, about: tuple[str, int], at: datetime, **data: int
) -> None:
    """Mark read for everybody, within the transaction, what asked for something that is done by now.

    data: only the notices that were told with these numbers.
    """
    same = Notice.object_type == about[0], Notice.object_id == about[1]
    told = [Notice.data[name].as_integer() == value for name, value in data.items()]
    unread = update(Notice).where(Notice.kind.in_(kinds), Notice.read_at.is_(None), *same, *told)
    with session.no_autoflush:  # what the transaction changed is flushed at once, in its own time
        session.execute(unread.values(read_at=at))


def _people(session: Session, ids: Collection[int]) -> Iterable[Person]:
    return session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)) if ids else ()


def _may_hear(session: Session, person: Person, about: tuple[str, int], at: datetime) -> bool:
    if access_problem(person, japan_date(at)) is not None:
        return False
    object_type, object_id = about
    if object_type != "article":
        return access.may(person, ABOUT[object_type].permission)
    article = session.get(Article, object_id)
    return article is not None and access.may(person, ABOUT[object_type].permission, article)


def _unread(kind: str, about: tuple[str, int], person_ids: Collection[int]) -> Select[tuple[Notice]]:
    same = Notice.kind == kind, Notice.object_type == about[0], Notice.object_id == about[1]
    return select(Notice).where(Notice.person_id.in_(person_ids), Notice.read_at.is_(None), *same)


def _forget(session: Session, person_ids: Collection[int], at: datetime) -> None:
    old = Notice.person_id.in_(person_ids), Notice.read_at < at - KEPT
    session.execute(delete(Notice).where(*old))


def of_person(reader: Reader, scope: Scope) -> Select[tuple[Notice]]:
    """Return the notices of a person whose objects still exist for them, as a query to go on with."""
    rows = select(Notice).outerjoin(
        Article, and_(Notice.object_type == "article", Article.id == Notice.object_id)
    )
    return rows.where(Notice.person_id == reader.id, _exists_for(reader, scope))


def _exists_for(reader: Reader, scope: Scope) -> ColumnElement[bool]:
    """Return the condition that the object, joined if it is an article, exists for the reader."""
    seen = [
        and_(Notice.object_type == name, visible(scope)) if name == "article" else Notice.object_type == name
        for name, row in ABOUT.items()
        if access.may(reader, row.permission)
    ]
    return or_(false(), *seen)


def unread_count(session: Session, reader: Reader, scope: Scope) -> int:
    """Return how many notices a person has not read yet, in one query by index."""
    unread = of_person(reader, scope).where(Notice.read_at.is_(None))
    return session.scalar(unread.with_only_columns(func.count(), maintain_column_froms=True)) or 0
