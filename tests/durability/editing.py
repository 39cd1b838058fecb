"""Four editors save one article at once: `python -m tests.durability.editing --each 300`.

Each opens the form, changes one section and saves: two times of three the section that all of them change,
else one of their own. What was accepted must be a revision; what was refused must have shown both texts;
and no editor's own section may be lost to another's save.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app import create_app
from articles import service
from kb.domain.articles import Text
from kb.people.passwords import hashed
from kb.settings import Settings
from kb.store.db import reading, writing
from kb.store.models import Article, Person, Revision
from kb.web import db
from tests.conftest import settings_in
from tests.durability.timeline import PASSWORD, WRITERS, at_once, signed_in
from tests.durability.visitor import first_form

SHARED = "section.steps"
OWN = ("section.effect", "section.prerequisites", "section.side_effects", "section.undo")
_MARK = re.compile(r"編\d-\d+終")


class Save(NamedTuple):
    """One save. marks: the texts of saves that the answer showed."""

    writer: int
    field: str
    mark: str
    status: int
    marks: tuple[str, ...]


@dataclass
class Result:
    """What a drill found. stored: (field, mark) -> in how many revisions; newest: each field's text then."""

    saves: list[Save]
    stored: Counter[tuple[str, str]] = field(default_factory=Counter)
    newest: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def with_status(self, status: int) -> list[Save]:
        """Return the saves that were answered like this."""
        return [save for save in self.saves if save.status == status]

    @property
    def lost(self) -> list[Save]:
        """What was accepted and is in no revision."""
        return [save for save in self.with_status(303) if not self.stored[save.field, save.mark]]

    @property
    def stored_though_refused(self) -> list[Save]:
        """What was refused and is in a revision all the same."""
        return [save for save in self.saves if save.status != 303 and self.stored[save.field, save.mark]]

    @property
    def refused_without_both(self) -> list[Save]:
        """What was refused without its own and another's text on the page."""
        refused = self.with_status(409)
        return [save for save in refused if save.mark not in save.marks or len(set(save.marks)) < 2]

    @property
    def overwritten(self) -> list[str]:
        """Whose own section no longer holds what they saved last: another's save has taken it away."""
        last = {save.field: save.mark for save in self.with_status(303) if save.field != SHARED}
        return [name for name, mark in last.items() if self.newest[name] != mark]


def drill(folder: Path, each: int) -> Result:
    """Let WRITERS editors save one article this many times each; return what became of every save."""
    settings = settings_in(folder / "var")
    article_id = _prepared(settings)
    begun = time.monotonic()
    result = Result([save for told in at_once(_edit, settings, article_id, each) for save in told])
    result.seconds = time.monotonic() - begun
    _examine(settings, article_id, result)
    return result


def _prepared(settings: Settings) -> int:
    app = create_app(settings)
    db.migrate(app)
    engine, now, password = app.extensions["kb.engine"], datetime.now(UTC), hashed(PASSWORD)
    with writing(engine) as session:
        known = {"role": "engineer", "organisation": "ward", "created_at": now, "consent_reference": ""}
        session.add_all(
            Person(login=f"editor{number}", name=f"試験 {number}", password_hash=password, **known)
            for number in range(WRITERS)
        )
        session.flush()
        sections = {name.removeprefix("section."): "はじめの文。" for name in (SHARED, *OWN)}
        text = Text("workaround", "同時に直す", "止まる", review_due=date(2030, 3, 31), sections=sections)
        article = service.add(session, text, by=None, now=now)
        service.release(session, article, confidence="validated", by=None, now=now, complete=False)
        article_id = article.id
    engine.dispose()
    return article_id


def _edit(settings: Settings, article_id: int, each: int, number: int) -> list[Save]:
    client, path = signed_in(settings, f"editor{number}"), f"/articles/{article_id}/edit"
    saves = []
    for turn in range(each):
        name, mark = SHARED if turn % 3 else OWN[number], f"編{number}-{turn}終"
        form = first_form(client.get(path).text, path) | {name: mark, "action": "save"}
        answer = client.post(path, data=form)
        saves.append(Save(number, name, mark, answer.status_code, tuple(_MARK.findall(_plain(answer.text)))))
    return saves


def _plain(page: str) -> str:
    """Return the page without the signs that mark what differs within a word."""
    return re.sub(r"</?(?:ins|del)>", "", page)


def _examine(settings: Settings, article_id: int, result: Result) -> None:
    engine = create_app(settings).extensions["kb.engine"]
    with reading(engine) as session:
        revisions = session.scalars(select(Revision).where(Revision.article_id == article_id)).all()
        seen = {}
        for revision in revisions:  # a later revision repeats the sections that it leaves alone
            before = seen.get(revision.parent_id, {})
            for key, words in revision.sections.items():
                result.stored[f"section.{key}", words] += before.get(key) != words
            seen[revision.id] = revision.sections
        head = session.get(Article, article_id).head
        result.newest = {f"section.{key}": words for key, words in head.sections.items()}
    engine.dispose()


def main() -> None:
    """Run the drill and print what it found; exit code 1 if anything was lost or hidden."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=300)
    each = parser.parse_args().each
    with tempfile.TemporaryDirectory() as folder:
        result = drill(Path(folder), each)
    counts = Counter(save.status for save in result.saves)
    wrong = {
        "accepted but lost": len(result.lost),
        "refused but stored": len(result.stored_though_refused),
        "refused without both texts": len(result.refused_without_both),
        "own sections overwritten": len(result.overwritten),
        "other answers": len(result.saves) - counts[303] - counts[409],
        "missing": WRITERS * each - len(result.saves),
    }
    print(f"{WRITERS} editors, {len(result.saves)} saves of one article in {result.seconds:.1f} s")
    print(f"accepted {counts[303]}, refused with both texts {counts[409]}")
    print(", ".join(f"{what} {number}" for what, number in wrong.items()))
    raise SystemExit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
