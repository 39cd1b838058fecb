"""The incident because of which an article is written or changed (C-5, C-6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.errors import Refused
from kb.store import post_mortems
from kb.store.incident_links import link
from kb.store.models import Article, Incident, Revision


def incident(session: Session, incident_id: int | None) -> Incident | None:
    """Return the incident that a form names, or None: a number that is none loses nobody their text."""
    return session.get(Incident, incident_id) if incident_id is not None else None


def record(
    session: Session,
    incident: Incident,
    article: Article,
    revision: Revision,
    *,
    by: int | None,
    now: datetime,
) -> None:
    """Keep, in this transaction, that the incident caused the revision; link the article to it.

    A post-mortem becomes the incident's own unless there is one that is still in use.
    """
    revision.incident_id = incident.id
    outcome = "created" if revision.parent_id is None else "updated"
    link(session, incident, article.id, outcome, by=by, at=now, revision_id=revision.id)
    present = incident.post_mortem
    if revision.kind == post_mortems.KIND and (present is None or present.confidence == "archived"):
        incident.post_mortem = article


def require_no_post_mortem(session: Session, incident: Incident, kind: str, scope: Scope) -> None:
    """Raise Refused 409 where a second post-mortem would begin beside one that exists for the person."""
    present = post_mortems.of_incident(session, incident, scope) if kind == post_mortems.KIND else None
    if present is not None:
        raise Refused("post_mortem.there_is_one", number=present.number, status=409)


def of_revisions(session: Session, revisions: Iterable[Revision]) -> dict[int, Incident]:
    """Return by id the incidents that caused these revisions."""
    ids = {revision.incident_id for revision in revisions if revision.incident_id is not None}
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(Incident).where(Incident.id.in_(ids)))}
