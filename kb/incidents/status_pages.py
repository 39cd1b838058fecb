"""What ward staff are told: the status page, and the notice to put up at a counter (C-4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy import and_, select
from sqlalchemy.orm import Session, selectinload

from kb.domain.access import Scope
from kb.domain.errors import Refused
from kb.domain.periods import JAPAN, in_japan, japan_date
from kb.domain.updates import rounded_up
from kb.incidents import queries
from kb.incidents.overdue import latest_id
from kb.store.models import (
    Article,
    Incident,
    IncidentArticle,
    IncidentUpdate,
    article_components,
    incident_components,
)
from kb.store.visibility import visible
from kb.web import db
from kb.web.access import can, may, scope
from kb.web.locale import LANGUAGES, language, words_in

bp = Blueprint("status_pages", __name__)
MOST_ARTICLES = 3
NO_HELP = ("not_helped", "misled")
"""An article with this outcome is not what staff should try."""


@dataclass(frozen=True)
class Told:
    """What staff see of one incident. update: the newest, or None. articles: what helps meanwhile."""

    incident: Incident
    update: IncidentUpdate | None
    articles: Sequence[Article]
    now: datetime

    @property
    def eta(self) -> str:
        """ "known", "passed" or "unknown"."""
        if self.update is None or self.update.eta_to is None:
            return "unknown"
        return "passed" if self.update.eta_to < self.now else "known"

    @property
    def late(self) -> bool:
        """Whether the next notice should have come."""
        due = self.update.next_due if self.update else None
        return due is not None and due < self.now

    @property
    def places(self) -> list[str]:
        """The offices and counters that are affected."""
        return [*self.incident.offices, *self.incident.counters]

    @property
    def wait_minutes(self) -> int | None:
        """Minutes until the expected recovery, in fives; None unless it is known and within the day."""
        if self.eta != "known" or self.update is None or self.update.eta_to is None:
            return None
        minutes = -(-(self.update.eta_to - self.now) // timedelta(minutes=5)) * 5
        return minutes if minutes <= 8 * 60 else None


@bp.get("/status")
@may("status.read", asks_by_itself=True)
def status() -> Response:
    """Show what is wrong now and what has recovered today; the open page asks each minute what is new."""
    session, now = db.session(), db.now()
    going_on = _told(session, _going_on(session), scope(), now)
    recovered = _recovered_on(session, now)
    seen = _digest(going_on, recovered, now)
    partial = "HX-Request" in request.headers
    if partial and request.args.get("seen") == seen:
        return Response(status=204)
    page = render_template(
        "incidents/status_now.html" if partial else "incidents/status.html",
        going_on=going_on,
        recovered=recovered,
        seen=seen,
    )
    response = make_response(page)
    response.vary.add("HX-Request")
    return response


def _going_on(session: Session) -> list[tuple[Incident, IncidentUpdate | None]]:
    """Return what staff see of what is not over, the gravest first, each with its newest update."""
    rows = (
        select(Incident, IncidentUpdate)
        .outerjoin(IncidentUpdate, IncidentUpdate.id == latest_id())
        .where(Incident.on_status_page, Incident.recovered_at.is_(None), Incident.closed_at.is_(None))
        .order_by(Incident.severity, Incident.created_at, Incident.id)
        .options(selectinload(Incident.components))
    )
    return [(incident, update) for incident, update in session.execute(rows)]


def _recovered_on(session: Session, now: datetime) -> Sequence[Incident]:
    """Return the incidents on the status page that recovered today in Japan, the newest first."""
    start = datetime.combine(japan_date(now), time(), JAPAN)
    rows = (
        select(Incident)
        .where(Incident.on_status_page, Incident.recovered_at >= start)
        .order_by(Incident.recovered_at.desc(), Incident.id.desc())
        .options(selectinload(Incident.components))
    )
    return session.scalars(rows).all()


def _shown(incident: Incident, now: datetime) -> bool:
    """Return whether the incident stands on the status page now: going on, or recovered today."""
    recovered = incident.recovered_at
    over = incident.closed_at is not None if recovered is None else japan_date(recovered) < japan_date(now)
    return incident.on_status_page and not over


def _told(
    session: Session,
    rows: Sequence[tuple[Incident, IncidentUpdate | None]],
    scope: Scope,
    now: datetime,
) -> list[Told]:
    helping = articles_for_staff(session, [incident.id for incident, _ in rows], scope)
    return [Told(incident, update, helping.get(incident.id, []), now) for incident, update in rows]


def articles_for_staff(session: Session, wanted: Sequence[int], scope: Scope) -> dict[int, list[Article]]:
    """Return by incident what staff can do meanwhile: published staff articles that the reader may see.

    What is linked to the incident comes first, then self-help for its systems; at most three each.
    """
    if not wanted:
        return {}
    for_staff = and_(visible(scope), Article.audience == "staff", Article.published_id.is_not(None))
    linked = (
        select(IncidentArticle.incident_id, Article)
        .join(Article, Article.id == IncidentArticle.article_id)
        .where(IncidentArticle.incident_id.in_(wanted), for_staff)
        .where(Article.kind.in_(("self_help", "workaround")), IncidentArticle.outcome.not_in(NO_HELP))
        .order_by(Article.kind, IncidentArticle.at.desc(), Article.id)
    )
    refuted = select(IncidentArticle.article_id).where(
        IncidentArticle.incident_id == incident_components.c.incident_id,
        IncidentArticle.outcome.in_(NO_HELP),
    )
    alike = (
        select(incident_components.c.incident_id, Article)
        .join(article_components, article_components.c.component_id == incident_components.c.component_id)
        .join(Article, Article.id == article_components.c.article_id)
        .where(incident_components.c.incident_id.in_(wanted), for_staff, Article.kind == "self_help")
        .where(Article.id.not_in(refuted.correlate(incident_components)))
        .order_by(Article.updated_at.desc(), Article.id)
    )
    found: dict[int, list[Article]] = {}
    for incident_id, article in [*session.execute(linked), *session.execute(alike)]:
        helping = found.setdefault(incident_id, [])
        if article not in helping and len(helping) < MOST_ARTICLES:
            helping.append(article)
    return found


def _digest(going_on: Sequence[Told], recovered: Sequence[Incident], now: datetime) -> str:
    """Return what tells whether the page would look different."""
    shown: list[Any] = [language(), japan_date(now).isoformat(), [row.id for row in recovered]]
    for told in going_on:
        articles = [(article.id, article.published_id) for article in told.articles]
        update_id = told.update.id if told.update else None
        shown.append([told.incident.id, told.incident.version, update_id, told.eta, told.late, articles])
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


@bp.get("/status/<int:incident_id>/notice")
@may("status.read")
def counter_notice(incident_id: int) -> str:
    """Show the notice to print and put up at the counter, in plain Japanese and in English."""
    session, now = db.session(), db.now()
    incident = queries.incident(session, incident_id)
    if not (_shown(incident, now) or can("incident.read")):
        raise Refused("incidents.not_found", status=404)
    rows = select(IncidentUpdate).where(IncidentUpdate.incident_id == incident.id)
    latest = rows.order_by(IncidentUpdate.at.desc(), IncidentUpdate.id.desc()).limit(1)
    told = _told(session, [(incident, session.scalars(latest).one_or_none())], scope(), now)[0]
    return render_template(
        "incidents/notice.html", told=told, said={tongue: _said(told, tongue) for tongue in LANGUAGES}
    )


def _said(told: Told, tongue: str) -> dict[str, str]:
    """Return the sentences of the notice in one language: when it will work again, how long the wait is."""
    if told.incident.recovered_at is not None:
        return {"when": words_in(tongue, "updates.notice.recovered")}
    update, wait = told.update, told.wait_minutes
    if told.eta != "known" or update is None or update.eta_to is None:
        return {"when": words_in(tongue, "updates.notice.unknown")}
    said = {
        "when": words_in(
            tongue, "updates.notice.until", at=_spoken(rounded_up(update.eta_to), told.now, tongue)
        )
    }
    if wait is not None:
        values = {"wait": _duration(wait, tongue), "at": _spoken(told.now, told.now, tongue)}
        said["wait"] = words_in(tongue, "updates.notice.wait", **values)
    return said


def _spoken(at: datetime, now: datetime, tongue: str) -> str:
    """Return a time as it is said aloud: 午後2時30分, 2:30 p.m.; with the day unless it is today."""
    local = in_japan(at)
    hour = local.hour % 12
    if tongue == "ja":
        minutes = f"{local.minute}分" if local.minute else ""
        said = f"{'午前' if local.hour < 12 else '午後'}{hour}時{minutes}"
        return said if local.date() == japan_date(now) else f"{local.month}月{local.day}日 {said}"
    said = f"{hour or 12}:{local:%M} {'a.m.' if local.hour < 12 else 'p.m.'}"
    return said if local.date() == japan_date(now) else f"{said} on {local.day} {local:%B}"


def _duration(minutes: int, tongue: str) -> str:
    """Return a length of time in words: 1時間30分, 1 hour 30 minutes."""
    hours, rest = divmod(minutes, 60)
    if tongue == "ja":
        return (f"{hours}時間" if hours else "") + (f"{rest}分" if rest or not hours else "")
    parts = [f"{hours} hour{'s' if hours > 1 else ''}"] if hours else []
    return " ".join([*parts, f"{rest} minutes"] if rest or not hours else parts)
