"""kill -9 of the serving process in the middle of saves: `python -m tests.durability.kills --times 100`.

Four people save without pause; the server is killed at a random moment and started again.
A save is acknowledged once the answer has arrived. Every acknowledged save must then be a revision in the
database, and the search page must find it.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tests.durability.visitor import Visitor
from tests.e2e.server import Server

PASSWORD = "鍵は三つの引き出しにある"
WRITERS = 4
KIND = "workaround"
SECTIONS = ("effect", "prerequisites", "steps", "side_effects", "undo", "lapses")
FIRST_SAVE_WITHIN = 30
INDEXED_WITHIN = 20
"""Seconds after which a save that search does not find counts as lost."""


@dataclass
class Result:
    """What a drill found. saves: code -> article id of each acknowledged save."""

    kills: int = 0
    saves: dict[str, int] = field(default_factory=dict)
    not_stored: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many acknowledged saves are gone or cannot be found."""
        return len(self.not_stored) + len(self.not_found)


def drill(data: Path, times: int, seed: int = 1) -> Result:
    """Kill the server this many times while people save; return what became of the saves."""
    chance = random.Random(seed)
    result = Result()
    server = Server(data)
    server.flask("init")
    people = "reviewer", "--organisation", "ward", "--password-stdin"
    server.flask("people", "add", "writer", "--name", "試験 保存", "--role", *people, words=PASSWORD + "\n")
    server.start()
    visitor = Visitor(server.url)
    visitor.sign_in("writer", PASSWORD)
    for _ in range(times):
        _save_until_killed(server, visitor, result, chance)
        server.start()
    _examine(server, visitor, result)
    server.stop()
    return result


def _save_until_killed(server: Server, visitor: Visitor, result: Result, chance: random.Random) -> None:
    stop = threading.Event()
    round_ = result.kills
    writers = [
        threading.Thread(target=_save, args=(visitor, result, f"{round_:03d}{letter}", stop))
        for letter in "ABCD"[:WRITERS]
    ]
    for writer in writers:
        writer.start()
    _wait_for_a_save(result, len(result.saves))
    time.sleep(chance.uniform(0, 1.2))
    server.process.kill()
    server.process.wait()
    stop.set()
    for writer in writers:
        writer.join()
    result.kills += 1


def _wait_for_a_save(result: Result, before: int) -> None:
    """A kill before anything was acknowledged shows nothing."""
    deadline = time.monotonic() + FIRST_SAVE_WITHIN
    while len(result.saves) == before and time.monotonic() < deadline:
        time.sleep(0.01)


def _save(visitor: Visitor, result: Result, who: str, stop: threading.Event) -> None:
    """Save new articles, and new revisions of them, until the server is gone."""
    number = 0
    path = "/articles/new"
    while not stop.is_set():
        code = f"DRILL-{who}{number:04d}"
        form_at = f"{path}?kind={KIND}" if path == "/articles/new" else path
        try:
            target = visitor.post(path, form_at, **_text(code))
        except (OSError, HTTPException):
            return
        article_id = int(target.rsplit("/", 1)[1])
        result.saves[code] = article_id
        number += 1
        path = "/articles/new" if number % 3 == 0 else f"/articles/{article_id}/edit"


def _text(code: str) -> dict[str, str]:
    fields = {
        "title": f"保存の試験 {code}",
        "symptom": "止まる",
        "environment": "窓口端末",
        "synonyms": code,
        "action": "save",
    }
    return fields | {f"section.{key}": f"本文 {code}" for key in SECTIONS}


def _examine(server: Server, visitor: Visitor, result: Result) -> None:
    with sqlite3.connect(server.data / "kiriwake.db") as database:
        stored = {
            title.removeprefix("保存の試験 ") for (title,) in database.execute("SELECT title FROM revisions")
        }
        newest = dict(
            database.execute("SELECT a.id, r.title FROM articles a JOIN revisions r ON r.id = a.head_id")
        )
    result.not_stored = [code for code in result.saves if code not in stored]
    deadline = time.monotonic() + INDEXED_WITHIN
    for code, article_id in result.saves.items():
        if newest.get(article_id) == f"保存の試験 {code}" and not _found(visitor, code, article_id, deadline):
            result.not_found.append(code)


def _found(visitor: Visitor, code: str, article_id: int, deadline: float) -> bool:
    while True:
        if f'href="/articles/{article_id}' in visitor.get(f"/search?q={code}"):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)


def main() -> None:
    """Run the drill and print what it found; exit code 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = drill(Path(folder), arguments.times, arguments.seed)
    print(f"kills {result.kills}, acknowledged saves {len(result.saves)}, lost {result.lost}")
    print(f"not in the database: {result.not_stored}\nnot found by search: {result.not_found}")
    raise SystemExit(1 if result.lost else 0)


if __name__ == "__main__":
    main()
