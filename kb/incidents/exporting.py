"""Export of incidents: what an import takes, masked, and never without somebody's approval (C-11)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from kb.domain.articles import article_number
from kb.domain.errors import Refused
from kb.domain.periods import in_japan
from kb.domain.personal_data import EVERYTHING
from kb.domain.personal_data import masked as mask
from kb.incidents.importing import CLOSING, COLUMNS, LISTS, MOMENTS
from kb.store.models import Incident, IncidentArticle, IncidentEvent
from kb.web.sheets import csv_bytes

WITHOUT = frozenset({"stamp", "visit", "visit_end"})
"""Kinds of events that stay here: moments have columns of their own, visits name persons."""
BATCH = 200
masked = partial(mask, policies=EVERYTHING)
"""What leaves the house tells no host either."""


def collected(session: Session, path: Path) -> tuple[int, bytes]:
    """Return how many incidents there are, and all of them as this .jsonl or .csv file has them.

    Who did what is left out: no event tells its person, no visit is in it. Texts are masked.
    """
    rows = list(_rows(session))
    if path.suffix.lower() == ".csv":
        return len(rows), csv_bytes([COLUMNS, *([_flat(row[name]) for name in COLUMNS] for row in rows)])
    return len(rows), "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def keep(path: Path, data: bytes) -> None:
    """Write the new file, for its owner alone. Raises Refused if it is there."""
    if path.exists():
        raise Refused("numbers.file_exists", path=str(path))
    path.touch(mode=0o600)
    path.write_bytes(data)


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        events = bool(value) and isinstance(value[0], dict)
        return json.dumps(value, ensure_ascii=False) if events else ";".join(value)
    return int(value) if isinstance(value, bool) else value


def _rows(session: Session) -> Iterator[dict[str, Any]]:
    ids = session.scalars(select(Incident.id).order_by(Incident.year, Incident.serial)).all()
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        events, links = _events(session, part), _links(session, part)
        rows = select(Incident).where(Incident.id.in_(part)).order_by(Incident.year, Incident.serial)
        for one in session.scalars(rows.options(selectinload(Incident.components))):
            yield _row(one) | {"articles": links[one.id], "events": events[one.id]}


def _row(one: Incident) -> dict[str, Any]:
    found: dict[str, Any] = {"source": one.source or one.number, "severity": one.severity}
    found |= {"symptom": masked(one.symptom), "reporter": masked(one.reporter)}
    found |= {"channel": one.channel, "urgent": one.urgent}
    found |= {name: [masked(entry) for entry in getattr(one, name)] for name in LISTS if name != "components"}
    found["components"] = [component.name for component in one.components]
    for name in MOMENTS:
        moment = getattr(one, name)
        found[name] = in_japan(moment).isoformat() if moment else ""
    found |= {name: masked(getattr(one, name)) for name in CLOSING}
    known = one.knowledge_article_id
    return found | {"knowledge_article": article_number(known) if known else ""}


def _events(session: Session, ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    rows = (
        select(IncidentEvent)
        .where(
            IncidentEvent.incident_id.in_(ids), IncidentEvent.kind.not_in(WITHOUT), IncidentEvent.text != ""
        )
        .order_by(IncidentEvent.at, IncidentEvent.id)
    )
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    for event in session.scalars(rows):
        if not event.data.get("recorded"):
            told = {"at": in_japan(event.at).isoformat(), "kind": event.kind, "text": masked(event.text)}
            found[event.incident_id].append(told)
    return found


def _links(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    rows = select(IncidentArticle).where(IncidentArticle.incident_id.in_(ids)).order_by(IncidentArticle.id)
    found: dict[int, list[str]] = defaultdict(list)
    for link in session.scalars(rows):
        found[link.incident_id].append(f"{article_number(link.article_id)}:{link.outcome}")
    return found
