"""Import: the incidents of an earlier ticket system, so that history counts from the first day.

A row names what it was there (`source`); the same row again changes nothing, a changed one changes its
incident unless people have worked on it here. A row that cannot be taken says why; the others are taken.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from kb.domain.errors import Refused, refuse_all
from kb.domain.incidents import (
    CAUSE_STATES,
    EVENT_KINDS,
    KNOWLEDGE_OUTCOMES,
    LINK_OUTCOMES,
    LONGEST,
    WRITTEN_KINDS,
    Stamps,
    stamp_problems,
)
from kb.domain.periods import JAPAN, in_japan
from kb.domain.personal_data import MASK, masked_within, problems
from kb.incidents.recording import Report, record, report_problems
from kb.incidents.recurrence import began
from kb.store import audit, components
from kb.store.db import writing
from kb.store.incident_links import part_of, tell_search
from kb.store.models import Article, Incident, IncidentArticle, IncidentEvent
from kb.store.timeline import add_event
from kb.web.imports import Outcome
from kb.web.sheets import parsed, records

TEXTS = ("source", "symptom", "severity", "reporter", "channel")
LISTS = ("components", "offices", "counters")
MOMENTS = ("detected_at", "contacted_at", "started_at", "recovered_at", "closed_at")
CLOSING = ("cause_state", "cause", "cause_note", "knowledge_outcome", "knowledge_reason", "no_action_reason")
COLUMNS = (*TEXTS, "urgent", *LISTS, *MOMENTS, *CLOSING, "knowledge_article", "articles", "events")
"""What a row may hold. In CSV a list's entries stand between ";"; articles: KB-0012:solved."""
MOST_BYTES = 100_000_000
BATCH = 100
_ARTICLE = re.compile(r"(?:KB-)?(\d{1,9})(?::([a-z_]+))?", re.IGNORECASE | re.ASCII)
_YES, _NO = ("1", "true", "yes", "はい"), ("", "0", "false", "no", "いいえ")
Row = dict[str, Any]


@dataclass(frozen=True)
class Ticket:
    """A row that was read: what is recorded, and the rest."""

    source: str
    report: Report
    closing: Mapping[str, str]
    knowledge_article: int | None
    articles: tuple[tuple[int, str], ...]
    events: tuple[tuple[datetime, str, str], ...]
    digest: str


def run(engine: Engine, path: Path, now: Callable[[], datetime], *, dry_run: bool = False) -> Outcome:
    """Import every row of a .jsonl or .csv file, a transaction for each hundred.

    Raises Refused if the file cannot be read at all. dry_run: reads and checks, changes nothing.
    """
    outcome, rows = Outcome(), list(records(path, COLUMNS, MOST_BYTES))
    for start in range(0, len(rows), BATCH):
        with writing(engine) as session:
            for line, row in rows[start : start + BATCH]:
                _take(session, line, row, outcome, now())
            if dry_run:
                session.rollback()
    if not dry_run:
        with writing(engine) as session:
            told = dict(outcome.counts) | {"refused": len(outcome.refused)}
            audit.record(session, "incidents.imported", at=now(), by=None, object_type="incidents", **told)
    return outcome


def _take(session: Session, line: int, row: Row | Refused, outcome: Outcome, now: datetime) -> None:
    try:
        if isinstance(row, Refused):
            raise row
        ticket = _ticket(row)
        with session.begin_nested():
            result = _keep(session, ticket, now)
        outcome.counts[result] += 1
    except Refused as refused:
        outcome.refused.append((line, refused))


def _ticket(row: Row) -> Ticket:
    """Return what a row says, masked: who had called in is of no use to who learns from it (C-11)."""
    digest = hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    row = masked_within(row, (MASK,))
    texts = {name: _text(row, name) for name in (*TEXTS, *CLOSING)}
    if not texts["source"]:
        raise Refused("numbers.source_missing")
    moments = {name.removesuffix("_at"): _moment(row.get(name), name) for name in MOMENTS}
    report = Report(
        symptom=texts["symptom"],
        severity=texts["severity"] or Report.severity,
        channel=texts["channel"] or Report.channel,
        reporter=texts["reporter"],
        urgent=_yes(row),
        stamps=Stamps(**moments),
        **{name: _entries(row, name) for name in LISTS},
    )
    closing = {name: texts[name] for name in CLOSING}
    events = tuple(_events(row))
    told = {"source": texts["source"], "events": "\n".join(text for _, _, text in events), **closing}
    refuse_all(problems(told) + _closing_problems(closing, texts["source"]))
    chosen = [_article(text) for text in _entries(row, "knowledge_article")][:1]
    articles = tuple(_article(text) for text in _entries(row, "articles"))
    return Ticket(
        texts["source"], report, closing, chosen[0][0] if chosen else None, articles, events, digest
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise Refused("import.unknown_value", name=name, value=str(value)[:40])
    return str(value).replace("\r\n", "\n").strip()


def _yes(row: Row) -> bool:
    words = str(row.get("urgent") or "").strip().lower()
    if words not in (*_YES, *_NO):
        raise Refused("import.unknown_value", name="urgent", value=words[:40])
    return words in _YES


def _entries(row: Row, name: str) -> tuple[str, ...]:
    value = row.get(name) or ""
    parts = value if isinstance(value, list) else re.split(r"[;\n]", str(value))
    if not all(isinstance(part, str) for part in parts):
        raise Refused("import.unknown_value", name=name, value=str(value)[:40])
    return tuple(dict.fromkeys(words for part in parts if (words := " ".join(part.split()))))


def _moment(value: Any, name: str) -> datetime | None:
    """Return a moment in UTC; one without an offset is Japan time."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(str(value).strip().replace("/", "-"))
        return (found if found.tzinfo else found.replace(tzinfo=JAPAN)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("import.unknown_value", name=name, value=str(value)[:40]) from None


def _article(text: str) -> tuple[int, str]:
    found = _ARTICLE.fullmatch(text)
    outcome = (found[2] or "solved").lower() if found else ""
    if found is None or outcome not in LINK_OUTCOMES:
        raise Refused("import.unknown_value", name="articles", value=text[:40])
    return int(found[1]), outcome


def _events(row: Row) -> Iterator[tuple[datetime, str, str]]:
    given = row.get("events") or []
    if isinstance(given, str):
        try:
            given = parsed(given)
        except ValueError:
            given = None
    if not isinstance(given, list):
        raise Refused("import.unknown_value", name="events", value=str(row.get("events"))[:40])
    for event in given:
        kind = str(event.get("kind", "note")) if isinstance(event, dict) else ""
        at = _moment(event.get("at"), "events.at") if isinstance(event, dict) else None
        if kind not in EVENT_KINDS or at is None or len(str(event.get("text", ""))) > LONGEST["text"]:
            raise Refused("import.unknown_value", name="events", value=str(event)[:40])
        yield at, kind if kind in WRITTEN_KINDS else "note", str(event.get("text", "")).strip()


def _closing_problems(closing: Mapping[str, str], source: str) -> list[Refused]:
    tables = {"cause_state": CAUSE_STATES, "knowledge_outcome": KNOWLEDGE_OUTCOMES}
    found = [
        Refused("import.unknown_value", name=name, value=closing[name][:40])
        for name, table in tables.items()
        if closing[name] and closing[name] not in table
    ]
    most = dict.fromkeys(CLOSING, LONGEST["text"]) | {"cause": LONGEST["entry"]}
    lengths = {**closing, "source": source}
    for name, text in lengths.items():
        if len(text) > most.get(name, LONGEST["entry"]):
            found.append(Refused("incidents.too_long", field=name, most=most.get(name, LONGEST["entry"])))
    return found


def _keep(session: Session, ticket: Ticket, now: datetime) -> str:
    known = session.scalars(select(Incident).where(Incident.source == ticket.source)).one_or_none()
    if known is not None and known.source_hash == ticket.digest:
        return "unchanged"
    refuse_all(report_problems(ticket.report, now) + stamp_problems(ticket.report.stamps, now))
    if known is None:
        incident = record(session, ticket.report, by=None, now=now)
        incident.source = ticket.source
        _number(session, incident)
    else:
        incident = _emptied(session, known)
    _fill(session, incident, ticket, now)
    return "imported" if known is None else "changed"


def _number(session: Session, incident: Incident) -> None:
    """Give the incident a number of the year in which it began: that is how people look for it."""
    incident.created_at = began(incident)
    year = in_japan(incident.created_at).year
    if year != incident.year:
        most = session.scalar(select(func.max(Incident.serial)).where(Incident.year == year)) or 0
        incident.year, incident.serial = year, most + 1
    session.flush()


def _emptied(session: Session, incident: Incident) -> Incident:
    """Take away what an earlier import brought. Raises Refused if people have worked on it since."""
    touched = select(IncidentEvent.id).where(
        IncidentEvent.incident_id == incident.id, IncidentEvent.person_id.is_not(None)
    )
    if session.scalar(touched.limit(1)) is not None:
        raise Refused("numbers.worked_on", number=incident.number)
    brought = IncidentEvent.data["imported"].as_boolean().is_(True)
    session.execute(
        delete(IncidentEvent).where(IncidentEvent.incident_id == incident.id, brought),
        execution_options={"synchronize_session": False},
    )
    mine = IncidentArticle.incident_id == incident.id
    for link in session.scalars(select(IncidentArticle).where(mine, IncidentArticle.outcome == "solved")):
        tell_search(session, incident, link.article_id, link.outcome, "", link.at)
    session.execute(delete(IncidentArticle).where(mine))
    return incident


def _fill(session: Session, incident: Incident, ticket: Ticket, now: datetime) -> None:
    report = ticket.report
    for name in ("severity", "urgent", "reporter", "channel"):
        setattr(incident, name, getattr(report, name))
    incident.symptom = report.symptom
    incident.offices, incident.counters = list(report.offices), list(report.counters)
    incident.components = components.named(session, report.components)
    for name in MOMENTS:
        setattr(incident, name, getattr(report.stamps, name.removesuffix("_at")))
    for name, text in ticket.closing.items():
        setattr(incident, name, text)
    incident.knowledge_article_id = _known(session, ticket.knowledge_article)
    incident.source_hash, incident.updated_at = ticket.digest, now
    for at, kind, text in ticket.events:
        add_event(session, incident.id, kind, at=now, by=None, happened_at=at, text=text, imported=True)
    links = {(number, part_of(outcome)): outcome for number, outcome in ticket.articles}  # the last counts
    for (number, part), outcome in links.items():
        _link(session, incident, number, part, outcome)


def _link(session: Session, incident: Incident, number: int, part: str, outcome: str) -> None:
    _known(session, number)
    at = incident.recovered_at or began(incident)
    session.add(
        IncidentArticle(incident_id=incident.id, article_id=number, part=part, outcome=outcome, at=at)
    )
    tell_search(session, incident, number, "", outcome, at)


def _known(session: Session, number: int | None) -> int | None:
    if number is not None and session.get(Article, number) is None:
        raise Refused("numbers.no_article", number=f"KB-{number:04d}")
    return number
