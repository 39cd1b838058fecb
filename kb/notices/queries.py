"""What the list of notices shows; the objects are asked of again for each page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.access import Reader, Scope
from kb.domain.errors import Refused
from kb.store import notices
from kb.store.models import Article, Incident, Notice
from kb.store.notices import ABOUT, KINDS
from kb.store.paging import LARGEST_ID, Page, paged
from kb.web.locale import t


@dataclass(frozen=True)
class Told:
    """A notice as it is shown. number, title: of the object, as it is now. endpoint, args: where it leads."""

    notice: Notice
    number: str
    title: str
    endpoint: str
    args: dict[str, Any]


def listed(session: Session, reader: Reader, scope: Scope, number: int) -> Page:
    """Return one page of a person's notices, the unread first, then the newest."""
    rows = notices.of_person(reader, scope)
    order = Notice.read_at.is_not(None), Notice.at.desc(), Notice.id.desc()
    page = paged(session, rows.order_by(*order), number)
    return Page(shown(session, page.rows), page.number, page.total, page.per_page)


def shown(session: Session, rows: Sequence[Notice]) -> list[Told]:
    """Return notices with what their objects are called now."""
    articles = _named(session, Article, Article.title, rows, "article")
    incidents = _named(session, Incident, Incident.symptom, rows, "incident")
    names = {("article", key): name for key, name in articles.items()}
    names |= {("incident", key): name for key, name in incidents.items()}
    return [_told(notice, *names.get((notice.object_type, notice.object_id), ("", ""))) for notice in rows]


def _named(
    session: Session, table: Any, title: Any, rows: Sequence[Notice], object_type: str
) -> dict[int, tuple[str, str]]:
    ids = {notice.object_id for notice in rows if notice.object_type == object_type}
    found = session.scalars(select(table).where(table.id.in_(ids))) if ids else ()
    return {row.id: (row.number, getattr(row, title.key)) for row in found}


def _told(notice: Notice, number: str, title: str) -> Told:
    kind, about = KINDS[notice.kind], ABOUT[notice.object_type]
    args: dict[str, Any] = {about.argument: notice.object_id} if about.argument else {}
    if kind.argument:
        args = {kind.argument: notice.data[kind.argument]}
    if kind.anchor:
        args["_anchor"] = kind.anchor
    title = title or (t(about.title) if about.title else "")
    return Told(notice, number, title, kind.endpoint or about.endpoint, args)


def own(session: Session, reader: Reader, scope: Scope, notice_id: int) -> Told:
    """Return one of the person's notices, or raise Refused 404, also where its object is gone for them."""
    known = notices.of_person(reader, scope).where(Notice.id == notice_id)
    found = session.scalars(known).first() if notice_id <= LARGEST_ID else None
    if found is None:
        raise Refused("notices.not_found", status=404)
    return shown(session, [found])[0]


def read_all(session: Session, reader: Reader, until: datetime, now: datetime) -> None:
    """Mark read what was told up to a moment: what came after the page was made stays unread."""
    mine = Notice.person_id == reader.id, Notice.read_at.is_(None), Notice.at <= until
    for notice in session.scalars(select(Notice).where(*mine)):
        notice.read_at = now
