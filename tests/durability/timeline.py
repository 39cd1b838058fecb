"""Several processes write into one timeline: `python -m tests.durability.timeline --each 300`.

Each process has an application of its own on the one database and sends its lines through the real route.
Every line must then stand in the timeline once, a writer's lines in the order in which they were sent.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import create_app
from kb.incidents.recording import Report, record
from kb.people.passwords import hashed
from kb.settings import Settings
from kb.store.db import writing
from kb.store.models import Person
from kb.web import db
from tests.conftest import settings_in

FORK = multiprocessing.get_context("fork")
PASSWORD = "鍵は三つの引き出しにある"
WRITERS = 4
PATIENCE = 300
"""Seconds until a process that has not ended counts as hung."""
_LINE = re.compile(r"行(\d+)-(\d+)終</p>")


@dataclass
class Result:
    """What a drill found. statuses: of every post. first, second: (writer, line) in two readings."""

    statuses: list[int] = field(default_factory=list)
    first: list[tuple[int, int]] = field(default_factory=list)
    second: list[tuple[int, int]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def in_order(self) -> bool:
        """Whether each writer's lines stand newest first, and both readings agree."""
        own = [[line for who, line in self.first if who == writer] for writer in range(WRITERS)]
        return self.first == self.second and all(rows == sorted(rows, reverse=True) for rows in own)


def drill(folder: Path, each: int) -> Result:
    """Let WRITERS processes write this many lines each; return what the timeline's pages hold then."""
    settings = settings_in(folder / "var")
    incident_id = _prepared(settings)
    begun = time.monotonic()
    result = Result([status for told in at_once(_write, settings, incident_id, each) for status in told])
    result.seconds = time.monotonic() - begun
    client = signed_in(settings)
    result.first, result.second = _read(client, incident_id), _read(client, incident_id)
    return result


def at_once(write: Callable[..., list[Any]], *arguments: Any) -> list[list[Any]]:
    """Let WRITERS processes call write(*arguments, number) at once; return what each of them returned."""
    told = FORK.Queue()
    writers = [
        FORK.Process(target=_told, args=(told, write, *arguments, number)) for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    found = [told.get(timeout=PATIENCE) for _ in writers]
    for writer in writers:
        writer.join(PATIENCE)
    return found


def _told(told: Any, write: Callable[..., list[Any]], *arguments: Any) -> None:
    found: list[Any] = []
    try:
        found = write(*arguments)
    finally:
        told.put(found)


def _prepared(settings: Settings) -> int:
    app = create_app(settings)
    db.migrate(app)
    engine = app.extensions["kb.engine"]
    now = datetime.now(UTC)
    with writing(engine) as session:
        known = {"role": "engineer", "organisation": "ward", "created_at": now, "consent_reference": ""}
        session.add(Person(login="writer", name="試験", password_hash=hashed(PASSWORD), **known))
        incident = record(session, Report("番号札が出ない"), by=None, now=now)
        incident_id = incident.id
    engine.dispose()
    return incident_id


def signed_in(settings: Settings, login: str = "writer") -> Any:
    """Return a client of an application of its own, signed in through the form."""
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def _write(settings: Settings, incident_id: int, each: int, number: int) -> list[int]:
    client = signed_in(settings)
    address = f"/incidents/{incident_id}/events"
    lines = ({"kind": "note", "text": f"行{number}-{line}終"} for line in range(each))
    return [client.post(address, data=fields).status_code for fields in lines]


def _read(client, incident_id: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    number, last = 1, 1
    while number <= last:
        page = client.get(f"/incidents/{incident_id}/events?events={number}").text
        found += [(int(who), int(line)) for who, line in _LINE.findall(page)]
        last += f"events={number + 1}" in page
        number += 1
    return found


def main() -> None:
    """Run the drill and print what it found; exit code 1 if a line was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=300)
    each = parser.parse_args().each
    with tempfile.TemporaryDirectory() as folder:
        result = drill(Path(folder), each)
    whole = len(set(result.first)) == len(result.first) == WRITERS * each
    print(f"{WRITERS} processes, {WRITERS * each} lines in {result.seconds:.1f} s; shown {len(result.first)}")
    print(f"each once: {whole}, in order: {result.in_order}")
    raise SystemExit(0 if whole and result.in_order else 1)


if __name__ == "__main__":
    main()
