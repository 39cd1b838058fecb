"""Articles inside an incident: found by its words, linked with one key, with what they were to it (C-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.domain.access import Scope
from kb.domain.errors import Refused
from kb.domain.incidents import LINK_OUTCOMES, MADE
from kb.incidents import queries, similar
from kb.incidents.page import back, part
from kb.store import audit, incident_links
from kb.store.models import Article, Incident, IncidentArticle
from kb.store.visibility import visible
from kb.web import db, finding
from kb.web.access import may, scope
from kb.web.forms import text
from kb.web.locale import t

bp = Blueprint("linking", __name__)
SHOWN = 5
LONGEST_WORDS, LONGEST_NUMBER = 400, 19
KEYS = {"solved": "s", "partly": "p", "not_helped": "n", "misled": "m"}
"""The outcomes that a person chooses, with the key that says so for the article in focus."""


@dataclass(frozen=True)
class Linked:
    """An article of the incident that exists for the reader, with its link of each part, if there is one."""

    article: Article
    use: IncidentArticle | None = None
    made: IncidentArticle | None = None


@part
def panel(session: Session, incident: Incident, scope: Scope, _now: datetime) -> dict[str, Any]:
    """Return the linked articles, and what is found for the words in the address or the incident's own."""
    return shown(session, incident, scope, _wanted())


def _wanted() -> str:
    return " ".join(request.args.get("find", "").split())[:LONGEST_WORDS]


def shown(session: Session, incident: Incident, scope: Scope, words: str) -> dict[str, Any]:
    """Return what the fragments of linking need. words: "" for the incident's own."""
    rows = linked(session, incident, scope)
    used = {row.article.id: row.use.outcome for row in rows if row.use}
    hits = finding.articles(session, scope, words or incident.symptom, SHOWN, typed=bool(words))
    past = similar.told_alike(session, incident, scope, words) if words else []
    return {"linked": rows, "find": {"words": words, "hits": hits, "used": used, "past": past}, "keys": KEYS}


def linked(session: Session, incident: Incident, scope: Scope) -> Sequence[Linked]:
    """Return the incident's articles that exist for the reader, in the order in which they were linked."""
    rows = (
        select(IncidentArticle)
        .join(Article, Article.id == IncidentArticle.article_id)
        .where(IncidentArticle.incident_id == incident.id, visible(scope))
        .options(joinedload(IncidentArticle.article))
        .order_by(IncidentArticle.id)
    )
    found: dict[int, dict[str, IncidentArticle]] = {}
    for row in session.scalars(rows):
        found.setdefault(row.article_id, {})[row.part] = row
    return [
        Linked(next(iter(parts.values())).article, parts.get("use"), parts.get("made"))
        for parts in found.values()
    ]


@bp.get("/incidents/<int:incident_id>/articles")
@may("incident.read")
def find(incident_id: int) -> Any:
    """Return what is found for other words; without script the incident's page shows it."""
    words = _wanted()
    if "HX-Request" not in request.headers:
        shows = url_for("incidents.show", incident_id=incident_id, find=words or None, _anchor="find")
        return redirect(shows, 303)
    incident = queries.incident(db.session(), incident_id)
    found = shown(db.session(), incident, scope(), words)
    return render_template("incidents/search.html", incident=incident, **found)


@bp.post("/incidents/<int:incident_id>/articles")
@may("incident.write")
def link(incident_id: int) -> Any:
    """Say what an article was to the incident; no right to edit the article is needed."""
    session, outcome = db.session(), text("outcome")
    incident = queries.incident(session, incident_id, change=True)
    article = _article(session, text("article"))
    if outcome not in LINK_OUTCOMES or outcome in MADE:
        raise Refused("linking.unknown_outcome")
    incident_links.link(session, incident, article.id, outcome, by=current_user.id, at=db.now())
    _audit(session, "incident.linked", incident, article.id, outcome)
    session.commit()
    flash(t(f"linking.said_{outcome}", number=article.number), "success")
    return back(incident_id, "articles")


@bp.post("/incidents/<int:incident_id>/articles/<int:link_id>/removal")
@may("incident.write")
def unlink(incident_id: int, link_id: int) -> Any:
    """Take back a link that was a mistake."""
    session = db.session()
    incident = queries.incident(session, incident_id, change=True)
    row = session.get(IncidentArticle, link_id) if link_id <= queries.LARGEST_ID else None
    if row is None or row.incident_id != incident.id or row.part != "use" or not scope().sees(row.article):
        raise Refused("linking.no_such_link", status=404)
    number = row.article.number
    incident_links.unlink(session, incident, row, by=current_user.id, at=db.now())
    _audit(session, "incident.unlinked", incident, row.article_id, row.outcome)
    session.commit()
    flash(t("linking.withdrawn", number=number), "success")
    return back(incident_id, "articles")


def _article(session: Session, posted: str) -> Article:
    """Return the article with this id if it exists for the person, or raise Refused 404."""
    known = posted.isascii() and posted.isdigit() and len(posted) < LONGEST_NUMBER
    found = session.get(Article, int(posted)) if known else None
    if found is None or not scope().sees(found):
        raise Refused("articles.not_found", status=404)
    return found


def _audit(session: Session, action: str, incident: Incident, article_id: int, outcome: str) -> None:
    about: dict[str, Any] = {"object_type": "incident", "object_id": incident.id}
    told = {"article_id": article_id, "outcome": outcome}
    audit.record(session, action, at=db.now(), by=current_user.id, **about, **told)
