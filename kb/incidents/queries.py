"""What pages show of incidents. Who may see incidents at all, a view's permission says."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.domain.access import Scope
from kb.domain.errors import Refused
from kb.domain.incidents import SEVERITIES, STATES
from kb.store.models import Article, Component, Incident, article_components, incident_components
from kb.store.paging import LARGEST_ID, Page, paged
from kb.store.visibility import visible

STATE = case(
    (Incident.closed_at.is_not(None), "closed"),
    (Incident.recovered_at.is_not(None), "recovered"),
    (Incident.started_at.is_not(None), "recovering"),
    else_="waiting",
)
"""`Incident.state` as SQL."""
OPEN_FIRST = (
    Incident.closed_at.is_not(None),
    Incident.recovered_at.is_not(None),
    Incident.created_at.desc(),
    Incident.id.desc(),
)
_NUMBER = re.compile(r"(?:inc-?)?(\d{4})-(\d{1,6})", re.IGNORECASE)


def incident(session: Session, incident_id: int, *, change: bool = False) -> Incident:
    """Return the incident, or raise Refused 404. change: nobody else changes it until this commits."""
    known = 0 < incident_id <= LARGEST_ID
    found = session.get(Incident, incident_id, with_for_update=change or None) if known else None
    if found is None:
        raise Refused("incidents.not_found", status=404)
    return found


def by_number(session: Session, year: int, serial: int) -> Incident:
    """Return the incident of this number, or raise Refused 404."""
    rows = select(Incident).where(
        Incident.year == min(year, 9999), Incident.serial == min(serial, LARGEST_ID)
    )
    found = session.scalars(rows).one_or_none()
    if found is None:
        raise Refused("incidents.not_found", status=404)
    return found


def listed(session: Session, filters: dict[str, str], reader_id: int | None, number: int) -> Page:
    """Return the incidents that pass the filters: open ones first, then those that wait for their lesson."""
    rows = (
        select(Incident)
        .where(*_conditions(filters, reader_id))
        .order_by(*OPEN_FIRST)
        .options(selectinload(Incident.components), joinedload(Incident.lead))
    )
    return paged(session, rows, number)


def _conditions(
    filters: dict[str, str], reader_id: int | None, without: str = ""
) -> list[ColumnElement[bool]]:
    kept = {name: value for name, value in filters.items() if name != without}
    found: list[ColumnElement[bool]] = []
    if kept.get("state"):
        found.append(Incident.closed_at.is_(None) if kept["state"] == "open" else STATE.in_((kept["state"],)))
    if kept.get("severity"):
        found.append(Incident.severity == kept["severity"])
    if kept.get("component"):
        found.append(Incident.components.any(Component.name == kept["component"]))
    if kept.get("year"):
        found.append(Incident.year == int(kept["year"]))
    if kept.get("lead") == "me":
        found.append(Incident.lead_id == reader_id)
    return found + [_worded(word) for word in kept.get("q", "").split()]


def _worded(word: str) -> ColumnElement[bool]:
    """Return the condition that the symptom holds the word, or that it is the incident's number."""
    alike = {word, unicodedata.normalize("NFKC", word)}
    found: list[ColumnElement[bool]] = [Incident.symptom.icontains(each, autoescape=True) for each in alike]
    number = _NUMBER.fullmatch(unicodedata.normalize("NFKC", word))
    if number:
        found.append(and_(Incident.year == int(number[1]), Incident.serial == int(number[2])))
    return or_(*found)


def choices(
    session: Session, filters: dict[str, str], reader_id: int | None
) -> dict[str, list[tuple[str, int]]]:
    """Return for each filter its values with how many incidents each would leave."""
    found = {}
    for name, column in {"state": STATE, "severity": Incident.severity, "year": Incident.year}.items():
        where = _conditions(filters, reader_id, without=name)
        rows: Any = select(column, func.count()).where(*where).group_by(column)
        found[name] = {str(key): count for key, count in session.execute(rows)}
    where = _conditions(filters, reader_id, without="component")
    named = (
        select(Component.name, func.count())
        .join(incident_components, incident_components.c.component_id == Component.id)
        .join(Incident, Incident.id == incident_components.c.incident_id)
        .where(*where)
        .group_by(Component.name)
        .order_by(Component.name)
    )
    return {
        "state": _in_order(STATES, found["state"]),
        "severity": _in_order(SEVERITIES, found["severity"]),
        "year": sorted(found["year"].items(), reverse=True),
        "component": [(name, count) for name, count in session.execute(named)],
    }


def _in_order(keys: Any, counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(key, counts[key]) for key in keys if key in counts]


def component_names(session: Session, scope: Scope) -> list[str]:
    """Return the names of the systems and devices of incidents and of what the reader may read."""
    part, links = article_components.c, incident_components.c
    read = select(part.component_id).join(Article, Article.id == part.article_id).where(visible(scope))
    known = or_(Component.id.in_(select(links.component_id)), Component.id.in_(read))
    return list(session.scalars(select(Component.name).where(known).order_by(Component.name)))
