"""How quick the pages of incidents are with 2,000 incidents and 20,000 events: real requests, measured."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from kb.domain.incidents import SEVERITIES
from kb.domain.periods import japan_date
from kb.store.db import make_engine, writing
from kb.store.migrate import upgrade
from kb.store.models import (
    Component,
    Incident,
    IncidentAction,
    IncidentEvent,
    IncidentUpdate,
    Person,
    incident_components,
)
from kb.web import sessions

Told = Callable[[str, float, float], None]
"""Hears of a page: its address, the median and the 95th percentile of its answers in milliseconds."""
LIMIT_MS = 200.0
PAGES = (
    "/incidents/",
    "/incidents/?q=印刷&severity=P2",
    "/incidents/?page=20",
    "/incidents/1",
    "/incidents/{middle}",
    "/status",
    "/today",
    "/actions/?view=all",
    "/numbers/",
    "/numbers/?year={year}",
)
"""What is asked for. Incident 1 has as many events as a day-long outage."""
LONG = 1_200
NOTE = {"kind": "note", "text": "状況を確認した。窓口は紙で受け付けている。", "data": {}}
SYMPTOMS = (
    "印刷を押しても何も出ない",
    "番号が進まない",
    "カードを読み取らない",
    "画面が固まる",
    "証明書の交付が遅い",
)
CAUSES = ("電源の断線", "証明書の期限切れ", "ネットワークのループ", "用紙切れ", "")


def fill(session: Session, incidents: int, events: int, now: datetime, person: int) -> None:
    """Add incidents over three years, most of them closed, with their events, updates and actions."""
    draw = random.Random(20270101)  # noqa: S311 -- the same data each time
    session.add_all(Component(name=f"機器{n}") for n in range(12))
    session.flush()
    numbers = range(1, incidents + 1)
    begun = sorted(now - timedelta(minutes=draw.randrange(30, 3 * 365 * 1440)) for _ in numbers)
    rows = [_incident(draw, n, at, now, person) for n, at in zip(numbers, begun, strict=True)]
    session.execute(insert(Incident), rows)
    session.execute(
        insert(incident_components),
        [{"incident_id": n, "component_id": draw.randrange(1, 13)} for n in numbers],
    )
    session.execute(insert(IncidentEvent), list(_events(draw, rows, events, person)))
    session.execute(insert(IncidentUpdate), [_update(row) for row in rows])
    session.execute(insert(IncidentAction), [_action(draw, row, person) for row in rows if row["id"] % 2])


def _incident(draw: random.Random, n: int, at: datetime, now: datetime, person: int) -> dict[str, Any]:
    recovered = at + timedelta(minutes=draw.randrange(20, 2_000))
    closed = recovered + timedelta(days=draw.randrange(1, 20))
    cause = draw.choice(CAUSES)
    return {
        "id": n,
        "year": at.year,
        "serial": n,
        "symptom": draw.choice(SYMPTOMS),
        "severity": draw.choice(list(SEVERITIES)),
        "offices": ["戸籍住民課"],
        "counters": ["1番", "2番"],
        "channel": "phone",
        "lead_id": person,
        "on_status_page": closed > now,
        "contacted_at": at,
        "started_at": at + timedelta(minutes=draw.randrange(1, 20)),
        "recovered_at": recovered if recovered < now else None,
        "closed_at": closed if closed < now else None,
        "cause_state": "confirmed" if cause else "",
        "cause": cause,
        "knowledge_outcome": draw.choice(("reused", "improved", "new", "none")),
        "created_at": at,
        "updated_at": at,
    }


def _events(
    draw: random.Random, rows: Sequence[dict[str, Any]], events: int, person: int
) -> list[dict[str, Any]]:
    owners = [rows[0]] * min(LONG, events // 2)
    owners += [draw.choice(rows) for _ in range(events - len(owners) - len(rows))]
    found = []
    for row in [*rows, *owners]:
        at = row["created_at"] + timedelta(minutes=draw.randrange(0, 600))
        told = {"incident_id": row["id"], "at": at, "recorded_at": at, "person_id": person}
        found.append(told | NOTE)
    return found


def _update(row: dict[str, Any]) -> dict[str, Any]:
    said = row["started_at"] + timedelta(minutes=1)
    return {
        "incident_id": row["id"],
        "event_id": row["id"],
        "at": said,
        "ward_text": "復旧作業中です。",
        "eta_from": said + timedelta(minutes=30),
        "eta_to": said + timedelta(minutes=90),
        "confidence": "medium",
        "next_due": said + timedelta(minutes=60),
    }


def _action(draw: random.Random, row: dict[str, Any], person: int) -> dict[str, Any]:
    at = row["created_at"]
    return {
        "incident_id": row["id"],
        "kind": "corrective",
        "text": "電源を二重にする",
        "owner_id": person,
        "due": japan_date(at) + timedelta(days=30),
        "done_at": at + timedelta(days=draw.randrange(5, 60)) if draw.random() < 0.9 else None,
        "check_due": japan_date(at) + timedelta(days=120),
        "created_at": at,
        "created_by": person,
    }


def signed_in(app: Flask, engine: Engine, now: datetime) -> tuple[FlaskClient, int]:
    """Return a client signed in as a new administrator of this database, and that person's id."""
    with writing(engine) as session:
        person = Person(login="bench", name="計測", role="administrator", organisation="ward", created_at=now)
        person.password_hash = ""
        session.add(person)
        session.flush()
        number, token = person.id, sessions.begin(session, person, now)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client, number


@contextmanager
def stage(app: Flask) -> Iterator[Engine]:
    """Give the application an empty database of its own for a while; the instance's stays untouched."""
    kept = app.extensions["kb.engine"], app.secret_key, dict(app.config)
    with TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/bench.db")
        upgrade(engine)
        app.extensions["kb.engine"] = engine
        app.secret_key = "bench"  # noqa: S105 -- of this process alone
        app.config.update(TRUSTED_HOSTS=None, SESSION_COOKIE_SECURE=False, SESSION_COOKIE_NAME="session")
        try:
            yield engine
        finally:
            app.extensions["kb.engine"], app.secret_key = kept[:2]
            app.config.update(kept[2])
            engine.dispose()


def bench(app: Flask, incidents: int, events: int, rounds: int, now: datetime, told: Told) -> bool:
    """Fill a temporary database and ask for every page. Return whether all are quick enough."""
    with stage(app) as engine:
        client, person = signed_in(app, engine, now)
        with writing(engine) as session:
            fill(session, incidents, events, now, person)
        found = [page.format(middle=incidents // 2, year=now.year - 1) for page in PAGES]
        quick = [_measured(client, page, rounds, told) for page in found]
    return all(quick)


def _measured(client: FlaskClient, page: str, rounds: int, told: Told) -> bool:
    """Ask for a page so many times, after a first that does not count; return whether its p95 passes."""
    _once(client, page)
    times = sorted(_once(client, page) for _ in range(rounds))
    late = times[math.ceil(0.95 * rounds) - 1]
    told(page, times[rounds // 2], late)
    return late < LIMIT_MS


def _once(client: FlaskClient, page: str) -> float:
    began = time.perf_counter()
    answer = client.get(page)
    took = (time.perf_counter() - began) * 1_000
    if answer.status_code != 200:
        raise RuntimeError(f"{page} answered {answer.status_code}")
    return took
