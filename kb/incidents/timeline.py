"""The timeline of an incident: what happened, when, and who wrote it down. Nothing is edited away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.access import Scope
from kb.domain.errors import Refused, refuse_all
from kb.domain.incidents import FUTURE_ALLOWED, LONGEST, WRITTEN_KINDS
from kb.domain.periods import japan_date, to_minute
from kb.domain.personal_data import problems
from kb.incidents import queries
from kb.incidents.page import again, back, part
from kb.store import audit
from kb.store.models import Article, Incident, IncidentEvent, Person
from kb.store.paging import Page
from kb.store.timeline import add_event
from kb.store.visibility import visible
from kb.web import db, kept
from kb.web.access import may, scope
from kb.web.forms import block, moment, text

bp = Blueprint("timeline", __name__)
PER_PAGE = 30
CORRECTABLE = frozenset({*WRITTEN_KINDS, "visit", "visit_end"})
"""What a person wrote in words; a moment, a field or a link is put right by setting it again."""
NAMING = ("lead_id", "walk_holder_id")
"""Changed fields that hold a person's id."""
BACK_DATED = timedelta(minutes=1)
"""From this difference on, a line shows when it was written; a typed time is to the minute."""


@dataclass(frozen=True)
class Entry:
    """An event with what became of it. corrections: in the order in which they were written.

    left: the event that ends this visit. article: the article it names, if the reader may see it.
    """

    event: IncidentEvent
    corrections: Sequence[IncidentEvent] = ()
    left: IncidentEvent | None = None
    article: Article | None = None

    @property
    def back_dated(self) -> bool:
        """Whether it was written down later than it happened."""
        return self.event.recorded_at - self.event.at >= BACK_DATED

    @property
    def day(self) -> date:
        """The day in Japan on which it happened."""
        return japan_date(self.event.at)

    @property
    def was(self) -> datetime | None:
        """What a moment was before this event set it."""
        was = self.event.data.get("was") if self.event.kind == "stamp" else None
        return datetime.fromisoformat(was) if was else None


@dataclass(frozen=True)
class Timeline:
    """One page of entries, newest first; leads: id -> name of everybody who was put in charge."""

    page: Page
    entries: Sequence[Entry]
    names: Mapping[int, str] = field(default_factory=dict)


@part
def panel(session: Session, incident: Incident, scope: Scope, _now: datetime) -> dict[str, Any]:
    """Return the page of the timeline that the address asks for (?events=2)."""
    return {
        "timeline": listed(session, incident.id, scope, request.args.get("events", 1, type=int)),
        "written_kinds": WRITTEN_KINDS,
    }


def listed(session: Session, incident_id: int, scope: Scope, number: int) -> Timeline:
    """Return one page of an incident's events, newest first, corrections with what they correct."""
    shown = (IncidentEvent.incident_id == incident_id, IncidentEvent.kind != "correction")
    total = session.scalar(select(func.count()).select_from(IncidentEvent).where(*shown)) or 0
    number = min(max(1, number), max(1, -(-total // PER_PAGE)))
    newest = select(IncidentEvent).where(*shown).order_by(IncidentEvent.at.desc(), IncidentEvent.id.desc())
    rows = newest.options(joinedload(IncidentEvent.person), joinedload(IncidentEvent.about))
    events = session.scalars(rows.limit(PER_PAGE).offset((number - 1) * PER_PAGE)).all()
    about = _about(session, incident_id, events)
    articles = _articles(session, events, scope)
    entries = [
        Entry(
            event,
            [row for row in about.get(event.id, ()) if row.kind == "correction"],
            next((row for row in about.get(event.id, ()) if row.kind == "visit_end"), None),
            articles.get(event.data.get("article_id")),
        )
        for event in events
    ]
    return Timeline(Page(events, number, total, PER_PAGE), entries, _names(session, events))


def _about(
    session: Session, incident_id: int, events: Sequence[IncidentEvent]
) -> dict[int, list[IncidentEvent]]:
    rows = (
        select(IncidentEvent)
        .where(
            IncidentEvent.incident_id == incident_id,
            IncidentEvent.about_id.in_([event.id for event in events]),
        )
        .order_by(IncidentEvent.id)
        .options(joinedload(IncidentEvent.person))
    )
    found: dict[int, list[IncidentEvent]] = {}
    for row in session.scalars(rows):
        found.setdefault(row.about_id or 0, []).append(row)
    return found


def _articles(session: Session, events: Sequence[IncidentEvent], scope: Scope) -> dict[int, Article]:
    wanted = {event.data["article_id"] for event in events if event.data.get("article_id")}
    if not wanted:
        return {}
    rows = select(Article).where(Article.id.in_(wanted), visible(scope))
    return {article.id: article for article in session.scalars(rows)}


def _names(session: Session, events: Sequence[IncidentEvent]) -> dict[int, str]:
    """Return the names of those who are named by a change of who is in charge, or who walks a guide."""
    changed = [event.data.get("fields", {}) for event in events]
    ids = {person for fields in changed for name in NAMING for person in fields.get(name, ()) if person}
    if not ids:
        return {}
    return {
        row.id: row.name for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    }


@bp.get("/incidents/<int:incident_id>/events")
@may("incident.read")
def show(incident_id: int) -> str:
    """Show the timeline alone, for a page that is already open."""
    return _fragment(db.session(), queries.incident(db.session(), incident_id))


def _fragment(session: Session, incident: Incident, **values: Any) -> str:
    found = {"posted": {}, "refused": None} | panel(session, incident, scope(), db.now())
    return render_template("incidents/timeline.html", incident=incident, alone=True, **(found | values))


@bp.post("/incidents/<int:incident_id>/events")
@may("incident.write", keeps_text=True)
def add(incident_id: int) -> Any:
    """Write one line of the timeline."""
    try:
        if kept.resuming():
            return again(incident_id)
        written = Line(text("kind"), block("text").strip(), moment("happened_at"))
        write(db.session(), incident_id, written, by=current_user.id, now=db.now())
    except Refused as refused:
        return _refused(incident_id, refused)
    return _done(incident_id)


def _refused(incident_id: int, refused: Refused) -> Response:
    if "HX-Request" not in request.headers or refused.status == 404:
        return again(incident_id, refused)
    db.close()
    with db.reading() as session:
        incident = queries.incident(session, incident_id)
        shown = _fragment(session, incident, posted=request.form, refused=refused)
    return make_response(shown, refused.status)


def _done(incident_id: int) -> Any:
    """Answer with the timeline, which holds what others wrote meanwhile; without script, lead to the page."""
    if "HX-Request" not in request.headers:
        return back(incident_id, "timeline")
    db.close()
    with db.reading() as session:
        return _fragment(session, queries.incident(session, incident_id))


@dataclass(frozen=True)
class Line:
    """What somebody writes. happened_at: None for now. data: what a visit keeps besides (who, with)."""

    kind: str
    text: str
    happened_at: datetime | None = None
    data: Mapping[str, str] = field(default_factory=dict)


def line_problems(line: Line, now: datetime) -> list[Refused]:
    """Return every reason why a line cannot be kept."""
    found = []
    if not line.text and not line.data:
        found.append(Refused("incidents.timeline.empty", field="text"))
    for name, value in {"text": line.text, **line.data}.items():
        most = LONGEST["text" if name == "text" else "entry"]
        if len(value) > most:
            found.append(Refused("incidents.too_long", field=name, most=most))
    if line.happened_at is not None and line.happened_at > now + FUTURE_ALLOWED:
        found.append(Refused("incidents.timeline.future", field="happened_at"))
    return found + problems({"text": line.text, **line.data})


def write(session: Session, incident_id: int, line: Line, *, by: int | None, now: datetime) -> IncidentEvent:
    """Add a line of one of WRITTEN_KINDS and commit. Raises Refused with every reason."""
    if line.kind not in WRITTEN_KINDS:
        raise Refused("incidents.timeline.unknown_kind")
    return _write(session, incident_id, line, by=by, now=now)


def _write(
    session: Session,
    incident_id: int,
    line: Line,
    *,
    by: int | None,
    now: datetime,
    about_id: int | None = None,
) -> IncidentEvent:
    refuse_all(line_problems(line, now))
    incident = queries.incident(session, incident_id, change=True)
    event = add_event(
        session,
        incident.id,
        line.kind,
        at=now,
        by=by,
        text=line.text,
        happened_at=line.happened_at if line.happened_at != to_minute(now) else None,
        about_id=about_id,
        **line.data,
    )
    incident.updated_at = now
    about: dict[str, Any] = {"object_type": "incident", "object_id": incident.id}
    audit.record(session, "incident.noted", at=now, by=by, **about, event=event.id, kind=line.kind)
    session.commit()
    return event


@bp.post("/incidents/<int:incident_id>/visits")
@may("incident.write", keeps_text=True)
def visit(incident_id: int) -> Any:
    """Write down that somebody has come (C-1): who, when they arrived, with whom it was coordinated."""
    try:
        if kept.resuming():
            return again(incident_id)
        who = text("who")
        if not who:
            raise Refused("incidents.timeline.nobody", field="who")
        line = Line("visit", text("visit_text"), moment("arrived_at"), {"who": who, "with": text("with")})
        _write(db.session(), incident_id, line, by=current_user.id, now=db.now())
    except Refused as refused:
        return _refused(incident_id, refused)
    return _done(incident_id)


@bp.post("/incidents/<int:incident_id>/events/<int:event_id>/end")
@may("incident.write")
def leave(incident_id: int, event_id: int) -> Any:
    """Write down that the visitors have left."""
    try:
        end_visit(db.session(), incident_id, event_id, moment("left_at"), by=current_user.id, now=db.now())
    except Refused as refused:
        return _refused(incident_id, refused)
    return _done(incident_id)


def end_visit(
    session: Session,
    incident_id: int,
    event_id: int,
    left_at: datetime | None,
    *,
    by: int | None,
    now: datetime,
) -> None:
    """Add the end of a visit and commit. Raises Refused 404, 409 if it has ended, 422 if too early."""
    queries.incident(session, incident_id, change=True)
    arrived = _event(session, incident_id, event_id)
    if arrived.kind != "visit":
        raise Refused("incidents.timeline.not_a_visit", status=409)
    ended = select(IncidentEvent.id).where(
        IncidentEvent.about_id == event_id, IncidentEvent.kind == "visit_end"
    )
    if session.scalar(ended.limit(1)) is not None:
        raise Refused("incidents.timeline.left_already", status=409)
    if (left_at or now) < arrived.at:
        raise Refused("incidents.timeline.left_before", field="left_at")
    line = Line("visit_end", "", left_at, {"who": str(arrived.data.get("who", ""))})
    _write(session, incident_id, line, by=by, now=now, about_id=event_id)


@bp.post("/incidents/<int:incident_id>/events/<int:event_id>/correction")
@may("incident.write", keeps_text=True)
def correct(incident_id: int, event_id: int) -> Any:
    """Put a line right: the correction is an event of its own, the original stays."""
    try:
        if kept.resuming():
            return again(incident_id)
        words = block("correction").strip()
        corrected(db.session(), incident_id, event_id, words, by=current_user.id, now=db.now())
    except Refused as refused:
        return _refused(incident_id, refused)
    return _done(incident_id)


def corrected(
    session: Session, incident_id: int, event_id: int, words: str, *, by: int | None, now: datetime
) -> None:
    """Add a correction of an event and commit. Raises Refused 404, or 409 for what nobody wrote in words."""
    queries.incident(session, incident_id, change=True)
    event = _event(session, incident_id, event_id)
    if event.kind not in CORRECTABLE:
        raise Refused("incidents.timeline.not_correctable", status=409)
    _write(session, incident_id, Line("correction", words), by=by, now=now, about_id=event_id)


def _event(session: Session, incident_id: int, event_id: int) -> IncidentEvent:
    event = session.get(IncidentEvent, event_id) if event_id <= queries.LARGEST_ID else None
    if event is None or event.incident_id != incident_id:
        raise Refused("incidents.not_found", status=404)
    return event
