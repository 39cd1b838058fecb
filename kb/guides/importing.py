"""Old tickets as starting runs: what a guide would have been told, had it been there (docs/guides.md).

A line names what it was elsewhere (`source`) and is taken once: runs are immutable. A line that cannot be
taken says why; the others are taken. Nothing but ids, figures and that name is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from kb.domain.articles import article_number
from kb.domain.diagnosis.checking import MOST_MINUTES
from kb.domain.diagnosis.guide import (
    CHECK,
    DONE,
    ESCALATION,
    FIXED,
    NOT_FIXED,
    NOT_FOUND_OUT,
    OTHER,
    REPAIR,
    SKIPPED,
    Guide,
    Step,
)
from kb.domain.errors import Refused, refuse_all
from kb.domain.guide_runs import ESCALATED, IMPORTED, REPAIRED
from kb.domain.periods import EARLIEST, JAPAN
from kb.domain.personal_data import problems
from kb.store import audit, guide_changes
from kb.store.article_guides import guide_of
from kb.store.db import writing
from kb.store.models import Article, GuideRun, GuideRunCause, Incident
from kb.store.paging import LARGEST_ID
from kb.web.imports import Outcome
from kb.web.sheets import records

COLUMNS = ("source", "article", "at", "steps", "cause", "help_minutes", "incident")
"""In CSV steps are `step=outcome=minutes`, the next after ";"; minutes may be left out everywhere."""
LONGEST_SOURCE = 200
MOST_BYTES = 20_000_000
WORDS = {
    FIXED: ("直った", "復旧した"),
    NOT_FIXED: ("直らなかった", "変わらない"),
    DONE: ("済み", "行った"),
    NOT_FOUND_OUT: ("分からない",),
    SKIPPED: ("行わなかった",),
}
"""Outcome -> the words for it that a file may use besides its key."""
OTHER_WORDS = (OTHER, "その他", "other")
_NUMBER = re.compile(r"(?:KB-)?(\d{1,9})", re.IGNORECASE | re.ASCII)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ticket:
    """A line that was read. at: None if the file does not say when it was."""

    source: str
    article: Article
    at: datetime | None
    results: list[list[Any]]
    cause: str | None
    incident_id: int | None

    @property
    def state(self) -> str:
        """What it ended in: what no repair mended was mended by help."""
        return REPAIRED if any(outcome == FIXED for _, outcome, _ in self.results) else ESCALATED


def learn(
    engine: Engine, path: Path, now: Callable[[], datetime], *, article: str = "", dry_run: bool = False
) -> Outcome:
    """Take every line of a .jsonl or .csv file, in one transaction.

    article: the guide's article (KB-0001) for lines that name none. Raises Refused if the file cannot be
    read at all. dry_run: reads and checks, changes nothing.
    """
    outcome, rows = Outcome(), list(records(path, COLUMNS, MOST_BYTES))
    with writing(engine) as session:
        taken: set[int] = set()
        for line, row in rows:
            _take(session, line, row, article, outcome, taken, now())
        at = now()
        for article_id in sorted(taken):
            guide_changes.learnt_more(session, article_id, at)
        told = dict(outcome.counts) | {"refused": len(outcome.refused)}
        audit.record(session, "guide.learnt", at=at, by=None, object_type="articles", **told)
        if dry_run:
            session.rollback()
    return outcome


def _take(
    session: Session,
    line: int,
    row: Row | Refused,
    article: str,
    outcome: Outcome,
    taken: set[int],
    now: datetime,
) -> None:
    try:
        if isinstance(row, Refused):
            raise row
        ticket = _ticket(session, row, article, now)
        result = _keep(session, ticket, now)
        outcome.counts[result] += 1
        if result == "imported":
            taken.add(ticket.article.id)
    except Refused as refused:
        outcome.refused.append((line, refused))


def _ticket(session: Session, row: Row, article: str, now: datetime) -> Ticket:
    source = _text(row, "source")
    if not source:
        raise Refused("numbers.source_missing")
    if len(source) > LONGEST_SOURCE:
        raise Refused("learn.source_long", most=LONGEST_SOURCE)
    refuse_all(
        problems({"source": source, "steps": str(row.get("steps") or ""), "cause": _text(row, "cause")})
    )
    found = _article(session, _text(row, "article") or article)
    guide = guide_of(found.published) if found.published else None
    if guide is None:
        raise Refused("learn.no_guide", number=found.number)
    results = _results(guide, _steps(row))
    helped = _minutes(_text(row, "help_minutes"), "help_minutes")
    if helped:
        if any(outcome == FIXED for _, outcome, _ in results):
            raise Refused("learn.helped_and_fixed")
        results.append([ESCALATION, DONE, helped])
    if not results:
        raise Refused("learn.no_steps")
    cause, incident = _cause(guide, _text(row, "cause")), _incident(session, _text(row, "incident"))
    return Ticket(source, found, _moment(_text(row, "at"), now), results, cause, incident)


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused("import.unknown_value", name=name, value=str(value)[:40])
    return str(value).strip()


def _article(session: Session, text: str) -> Article:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise Refused("import.unknown_value", name="article", value=text[:40])
    number = int(found[1])
    article = session.get(Article, number) if 0 < number <= LARGEST_ID else None
    if article is None:
        raise Refused("numbers.no_article", number=article_number(number))
    return article


def _steps(row: Row) -> list[list[str]]:
    """Return [step, outcome, minutes] of each step as it was written; JSON may give lists."""
    given = row.get("steps") or []
    if isinstance(given, str):
        given = [part.split("=") for part in re.split(r"[;\n]", given) if part.strip()]
    if not isinstance(given, list):
        raise Refused("import.unknown_value", name="steps", value=str(given)[:40])
    found = []
    for part in given:
        if not isinstance(part, list) or not 2 <= len(part) <= 3:
            raise Refused("import.unknown_value", name="steps", value=str(part)[:40])
        found.append([str(cell if cell is not None else "").strip() for cell in [*part, ""][:3]])
    return found


def _results(guide: Guide, steps: list[list[str]]) -> list[list[Any]]:
    """Return the rows of a run. Raises Refused for what this guide cannot have been told."""
    found: list[list[Any]] = []
    for name, words, minutes in steps:
        step = _named(guide, name)
        if any(step.id == done for done, *_ in found):
            raise Refused("learn.twice", step=step.title)
        if found and found[-1][1] == FIXED:
            raise Refused("learn.after_fixed", step=step.title)
        found.append([step.id, _outcome(step, words), _minutes(minutes, "steps")])
    return found


def _named(guide: Guide, name: str) -> Step:
    same = [step for step in guide.steps if step.id == name]
    same = same or [step for step in guide.steps if _folded(step.title) == _folded(name)]
    if len(same) != 1:
        raise Refused("learn.no_step", name=name[:40])
    return same[0]


def _outcome(step: Step, words: str) -> str:
    told = _folded(words)
    if step.kind == CHECK:
        heard = [answer for answer in step.answers if _folded(answer) == told]
        if heard:
            return heard[0]
        possible: tuple[str, ...] = (NOT_FOUND_OUT,)
    else:
        possible = (FIXED, NOT_FIXED, SKIPPED) if step.kind == REPAIR else (DONE, SKIPPED)
    for outcome in possible:
        if told in (outcome, *WORDS[outcome]):
            return outcome
    raise Refused("learn.no_outcome", step=step.title, outcome=words[:40])


def _cause(guide: Guide, name: str) -> str | None:
    if not name:
        return None
    if _folded(name) in OTHER_WORDS:
        return OTHER
    same = [cause.id for cause in guide.causes if cause.id == name or _folded(cause.title) == _folded(name)]
    if len(same) != 1:
        raise Refused("learn.no_cause", name=name[:40])
    return same[0]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _minutes(text: str, name: str) -> float:
    """Return minutes, 0 where nobody measured."""
    if not text:
        return 0.0
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII) or not 0 < float(text) <= MOST_MINUTES:
        raise Refused("import.unknown_value", name=name, value=text[:40])
    return float(text)


def _moment(text: str, now: datetime) -> datetime | None:
    """Return a moment in UTC; one without an offset is Japan time."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
        moment = (found if found.tzinfo else found.replace(tzinfo=JAPAN)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("import.unknown_value", name="at", value=text[:40]) from None
    if not EARLIEST <= moment <= now:
        raise Refused("import.unknown_value", name="at", value=text[:40])
    return moment


def _incident(session: Session, source: str) -> int | None:
    """Return the incident that was imported from the same ticket system under this name."""
    if not source:
        return None
    found = session.scalar(select(Incident.id).where(Incident.source == source))
    if found is None:
        raise Refused("learn.no_incident", name=source[:40])
    return found


def _keep(session: Session, ticket: Ticket, now: datetime) -> str:
    known = session.scalars(select(GuideRun).where(GuideRun.source == ticket.source)).one_or_none()
    if known is not None:
        if _same(session, known, ticket):
            return "unchanged"
        raise Refused("learn.changed")
    at = ticket.at or now
    run = GuideRun(
        article_id=ticket.article.id,
        revision_id=ticket.article.published_id,
        incident_id=ticket.incident_id,
        origin=IMPORTED,
        state=ticket.state,
        results=ticket.results,
        started_at=at,
        changed_at=now,
        ended_at=at,
        source=ticket.source,
    )
    session.add(run)
    session.flush()
    if ticket.cause is not None:
        session.add(GuideRunCause(run_id=run.id, cause=ticket.cause, at=now))
    return "imported"


def _same(session: Session, known: GuideRun, ticket: Ticket) -> bool:
    """Tell whether a run is what this line says; a cause that was corrected here since does not count."""
    said = select(GuideRunCause.cause).where(GuideRunCause.run_id == known.id).order_by(GuideRunCause.id)
    first = session.scalars(said.limit(1)).first()
    moments = ticket.at is None or ticket.at == known.ended_at
    return (
        moments
        and (known.article_id, known.results, known.incident_id)
        == (ticket.article.id, ticket.results, ticket.incident_id)
        and first == ticket.cause
    )
