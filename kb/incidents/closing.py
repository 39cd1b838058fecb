"""The pages of the close gate."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, request
from flask_login import current_user
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.errors import Reasons, Refused, refuse_all
from kb.domain.incidents import closing_problems
from kb.incidents import gate, queries, walked
from kb.incidents.gate import Answers
from kb.incidents.page import back, page, part
from kb.store.models import Incident, IncidentAction
from kb.web import db, kept
from kb.web.access import may, scope
from kb.web.forms import block, text
from kb.web.locale import t

bp = Blueprint("closing", __name__)
KEPT = "kept"
"""The choice that leaves an article alone which the person may not see."""


@dataclass(frozen=True)
class Form:
    """What stands in the gate's form. number: of an article that is not among the linked ones."""

    answers: Answers
    base: str
    number: str = ""


@part
def panel(session: Session, incident: Incident, scope: Scope, now: datetime) -> dict[str, Any]:
    """Return what the incident's page needs for the close gate."""
    return {"closing": _shown(session, incident, scope, Form(gate.answers(incident), base(incident)))}


def base(incident: Incident) -> str:
    """Return a sign of what is on record, so that nobody overwrites what they have not seen."""
    return hashlib.sha256(repr(astuple(gate.answers(incident))).encode()).hexdigest()[:16]


def _shown(session: Session, incident: Incident, scope: Scope, form: Form) -> dict[str, Any]:
    linked = gate.linked(session, incident, scope)
    articles = [article for article, _ in linked]
    chosen = incident.knowledge_article_id
    return {
        "form": form,
        "missing": closing_problems(gate.closing(session, incident)),
        "linked": linked,
        "revisions": gate.revisions(session, incident, articles, scope),
        "hidden": chosen is not None and chosen not in {article.id for article in articles},
        "causes": gate.causes(session),
        "differs": _differing(form, incident) if form.base != base(incident) else {},
    }


def _differing(form: Form, incident: Incident) -> dict[str, Any]:
    """Return what is on record where the form says otherwise."""
    mine = asdict(form.answers)
    return {name: value for name, value in asdict(gate.answers(incident)).items() if value != mine[name]}


@bp.post("/incidents/<int:incident_id>/closing")
@may("incident.write", keeps_text=True)
def save(incident_id: int) -> Any:
    """Keep what is filled in; close if asked. What a refused close came with is kept all the same."""
    incident = queries.incident(db.session(), incident_id)
    if kept.resuming():
        return _page(incident_id, _posted(incident))
    if text("base") != base(incident):
        return _page(incident_id, _posted(incident), [Refused("closing.stale", status=409)]), 409
    session, now = db.session(), db.now()
    walks = walked.walked(session, incident, scope())
    causes = walked.chosen(walks)
    try:
        refuse_all(walked.problems(walks, causes))
        given = walked.named(_answers(incident), walks, causes)
        reopened = gate.save(session, incident, given, scope=scope(), by=current_user.id, now=now)
        walked.confirm(session, walks, causes, current_user.id, now)
    except Refused as refused:
        return _refused(incident_id, refused)
    db.session().commit()
    _tell(reopened)
    if text("action") == "close":
        return _close(incident_id)
    flash(t("closing.saved"), "success")
    return back(incident_id, "closing")


def _close(incident_id: int) -> Any:
    incident = queries.incident(db.session(), incident_id, change=True)  # as it is by now
    try:
        reopened = gate.close(db.session(), incident, by=current_user.id, now=db.now())
    except Refused as refused:
        return _refused(incident_id, refused, was_kept=True)
    db.session().commit()
    _tell(reopened)
    flash(t("closing.closed"), "success")
    return back(incident_id, "closing")


def _tell(reopened: Sequence[IncidentAction]) -> None:
    if reopened:
        flash(t("closing.reopened_now", n=len(reopened)), "warning")


def _refused(incident_id: int, refused: Refused, *, was_kept: bool = False) -> Any:
    if refused.status in (403, 404):
        raise refused
    form = None if was_kept else _posted_on(incident_id)
    reasons = refused.reasons if isinstance(refused, Reasons) else (refused,)
    return _page(incident_id, form, reasons, was_kept=was_kept), refused.status


def _posted_on(incident_id: int) -> Form:
    with db.reading() as session:
        return _posted(queries.incident(session, incident_id))


def _page(
    incident_id: int, form: Form | None = None, problems: Sequence[Refused] = (), *, was_kept: bool = False
) -> str:
    """Return the incident's page with the gate as it was sent."""
    db.close()
    with db.reading() as session:
        incident = queries.incident(session, incident_id)
        sent = form or Form(gate.answers(incident), base(incident))
        shown = _shown(session, incident, scope(), sent)
        shown |= {"form": replace(sent, base=base(incident)), "problems": problems, "was_kept": was_kept}
        return page(session, incident, closing=shown)


def _posted(incident: Incident) -> Form:
    return Form(_typed(incident), text("base"), text("knowledge_number"))


def _answers(incident: Incident) -> Answers:
    """Return what was sent, the article by number looked up. Raises Refused if it is not there."""
    typed = _typed(incident)
    number = text("knowledge_number")
    if not number or typed.knowledge_outcome == "none":
        return typed
    article_id = gate.article_named(db.session(), number, scope())
    return replace(typed, knowledge_article_id=article_id)


def _typed(incident: Incident) -> Answers:
    keeps = text("knowledge_article") == KEPT
    return Answers(
        cause_state=text("cause_state"),
        cause=text("cause"),
        cause_note=block("cause_note").strip(),
        knowledge_outcome=text("knowledge_outcome"),
        knowledge_article_id=incident.knowledge_article_id if keeps else _number("knowledge_article"),
        knowledge_revision_id=incident.knowledge_revision_id if keeps else _number("knowledge_revision"),
        knowledge_reason=block("knowledge_reason").strip(),
        no_action_reason=block("no_action_reason").strip(),
    )


def _number(name: str) -> int | None:
    """Return a posted number, or None if there is none; another text names nothing that exists."""
    value = request.form.get(name, "").strip()
    if not value:
        return None
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
