"""Atom feeds (RFC 4287) of published articles, and the secret addresses that show what a person may see."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5
from xml.etree import ElementTree as Xml

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.access import Scope
from kb.domain.articles import READABLE
from kb.domain.people import access_problem
from kb.domain.periods import japan_date
from kb.store import audit
from kb.store.models import Article, Component, FeedToken, Person
from kb.store.visibility import visible
from kb.web.kept import digest
from kb.web.locale import label, t

MOST = 50
ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def entries(session: Session, scope: Scope, *, kind: str = "", component: str = "") -> Sequence[Article]:
    """Return the newest published articles that exist for the reader, the newest publication first."""
    rows = select(Article).where(visible(scope), Article.confidence.in_(READABLE))
    if kind:
        rows = rows.where(Article.kind == kind)
    if component:
        rows = rows.where(Article.components.any(Component.name == component))
    newest = rows.order_by(Article.published_at.desc(), Article.id.desc()).limit(MOST)
    return session.scalars(newest.options(joinedload(Article.published))).all()


def when(article: Article) -> datetime:
    """Return when the revision that readers see was published."""
    return article.published_at or article.updated_at


def atom(
    articles: Sequence[Article],
    *,
    title: str,
    name: str,
    address: str,
    page: Callable[[Article], str],
    made: datetime,
) -> bytes:
    """Return a feed as XML. name: what it is of, which never changes. page: the address of an article.

    made: the time of a feed without entries. Everything that is text is escaped by ElementTree.
    """
    Xml.register_namespace("", ATOM)
    feed = Xml.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "ja"})
    _add(feed, "id", uuid5(NAMESPACE_OID, f"kiriwake:feed:{name}").urn)
    _add(feed, "title", title)
    _add(feed, "updated", max(map(when, articles), default=made).isoformat(timespec="seconds"))
    _add(feed, "link", rel="self", href=address, type="application/atom+xml")
    _add(_add(feed, "author"), "name", t("base.product"))
    for article in articles:
        _entry(feed, article, page(article))
    return Xml.tostring(feed, encoding="utf-8", xml_declaration=True)


def _entry(feed: Xml.Element, article: Article, address: str) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", uuid5(NAMESPACE_OID, f"kiriwake:article:{article.id}").urn)
    _add(entry, "title", f"{article.number} {article.title}")
    _add(entry, "updated", when(article).isoformat(timespec="seconds"))
    _add(entry, "link", rel="alternate", href=address, type="text/html")
    _add(entry, "category", term=article.kind, label=label("kind", article.kind))
    _add(entry, "summary", article.published.symptom if article.published else "")


def _add(parent: Xml.Element, tag: str, text: str | None = None, **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, f"{{{ATOM}}}{tag}", {k: _plain(v) for k, v in attributes.items()})
    element.text = _plain(text) if text is not None else None
    return element


def _plain(text: str) -> str:
    """Return a text without the characters that no XML may hold."""
    return _NOT_XML.sub("", text)


def make_token(session: Session, person_id: int, now: datetime) -> str:
    """Return a new secret for a person's feeds, within the transaction; the one before it stops working."""
    token = secrets.token_urlsafe(32)
    revoke(session, person_id, now, told=False)
    session.add(FeedToken(person_id=person_id, token_hash=digest(token), created_at=now))
    audit.record(session, "feed.token_made", at=now, by=person_id, object_type="person", object_id=person_id)
    return token


def revoke(session: Session, person_id: int, now: datetime, *, told: bool = True) -> None:
    """Let a person's secret address stop working, within the transaction."""
    session.execute(delete(FeedToken).where(FeedToken.person_id == person_id))
    if told:
        about = {"object_type": "person", "object_id": person_id}
        audit.record(session, "feed.token_revoked", at=now, by=person_id, **about)


def reader_of(session: Session, token: str, now: datetime) -> Person | None:
    """Return whose secret this is, if they may still sign in (C-10) and need not change their password."""
    rows = select(FeedToken).where(FeedToken.token_hash == digest(token))
    row = session.scalar(rows.options(joinedload(FeedToken.person)))
    if row is None or row.person.must_change_password or row.person.locked_at is not None:
        return None
    return row.person if access_problem(row.person, japan_date(now)) is None else None
