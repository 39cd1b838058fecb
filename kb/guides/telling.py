"""What a walk tells: the incident's timeline its steps and their changes, a colleague that it is theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.diagnosis.guide import CHECK, DONE, FIXED, NOT_FIXED, NOT_FOUND_OUT
from kb.domain.diagnosis.walking import Answer, eliminated, named
from kb.guides.queries import Walk
from kb.store import guide_runs
from kb.store.models import IncidentEvent
from kb.store.notices import notify, settle
from kb.store.timeline import add_event
from kb.web.locale import words_in

SAID = {FIXED: "fixed", NOT_FIXED: "not_fixed", DONE: "done", NOT_FOUND_OUT: "unknown"}


def of_answer(session: Session, walk: Walk, new: Answer, *, by: int | None, now: datetime) -> None:
    """Add the step to the timeline of the run's incident, with the causes that it ruled out."""
    if not _tells(walk):
        return
    row = walk.row
    add_event(
        session,
        row.incident_id or 0,
        "step",
        at=now,
        by=by,
        text=_words(walk, new),
        run_id=row.id,
        article_id=row.article_id,
        step=new.step,
        outcome=new.outcome,
        minutes=new.minutes,
    )
    _touch(walk, now)


def of_change(
    session: Session, walk: Walk, step: str, new: Answer | None, *, by: int | None, now: datetime
) -> None:
    """Add the correction of a step's event; None: it was taken back."""
    about = _event(session, walk, step) if _tells(walk) else None
    if about is None:
        return
    text = _words(walk, new) if new else words_in("ja", "walks.event.withdrawn")
    add_event(
        session,
        about.incident_id,
        "correction",
        at=now,
        by=by,
        text=text,
        about_id=about.id,
        run_id=walk.row.id,
        article_id=walk.row.article_id,
        step=step,
    )
    _touch(walk, now)


def of_escalation(session: Session, walk: Walk, *, by: int | None, now: datetime) -> None:
    """Add that help was called for."""
    if not _tells(walk):
        return
    row = walk.row
    text = words_in("ja", "walks.event.escalated", number=row.article.number, title=_title(walk))
    data = {"run_id": row.id, "article_id": row.article_id}
    add_event(session, row.incident_id or 0, "called_in", at=now, by=by, text=text, **data)
    _touch(walk, now)


def of_hand_over(session: Session, walk: Walk, person_id: int, *, by: int | None, now: datetime) -> None:
    """Add to the timeline who goes on with it, and tell them. The walk has its holder until now."""
    row = walk.row
    taken_over(session, walk, now=now)
    about = ("article", row.article_id)
    notify(session, "walk_handed_over", [person_id], about=about, at=now, by=by, run_id=row.id)
    if not _tells(walk):
        return
    text = words_in("ja", "walks.event.handed_over", number=row.article.number, title=_title(walk))
    data: dict[str, Any] = {"run_id": row.id, "article_id": row.article_id}
    data["fields"] = {"walk_holder_id": [row.person_id, person_id]}
    add_event(session, row.incident_id or 0, "change", at=now, by=by, text=text, **data)
    _touch(walk, now)


def taken_over(session: Session, walk: Walk, *, now: datetime) -> None:
    """Ask nobody any more to go on with the walk: somebody did, or nobody need."""
    about = ("article", walk.row.article_id)
    settle(session, ["walk_handed_over"], about=about, at=now, run_id=walk.row.id)


def _title(walk: Walk) -> str:
    """Return the title of what is walked; none where not everybody who reads incidents may read it."""
    return "" if guide_runs.for_few(walk.row) else walk.row.revision.title


def _tells(walk: Walk) -> bool:
    """Tell whether the walk is part of an incident that is not closed."""
    return walk.row.incident is not None and walk.row.incident.closed_at is None


def _touch(walk: Walk, now: datetime) -> None:
    if walk.row.incident is not None:
        walk.row.incident.updated_at = now


def _words(walk: Walk, answer: Answer) -> str:
    """Return what is told, in Japanese as all records are. The walk has the answer already."""
    if guide_runs.for_few(walk.row):
        return words_in("ja", "walks.event.hidden", number=walk.row.article.number)
    step = named(walk.guide, answer.step)
    told = words_in("ja", f"walks.event.{SAID.get(answer.outcome, 'skipped')}")
    if step.kind == CHECK and answer.outcome != NOT_FOUND_OUT:
        told = answer.outcome
    text = words_in("ja", "walks.event.step", step=step.title, told=told, n=shown_minutes(answer.minutes))
    gone = [walk.cause_titles[cause] for cause in newly_eliminated(walk, answer.step)]
    return f"{text}\n{words_in('ja', 'walks.event.eliminated', causes='、'.join(gone))}" if gone else text


def newly_eliminated(walk: Walk, step: str) -> list[str]:
    """Return the ids of the causes that are ruled out, and were not without the answer to this step."""
    before = eliminated(walk.model, [answer for answer in walk.answers if answer.step != step])
    return [cause for cause in eliminated(walk.model, walk.answers) if cause not in before]


def shown_minutes(minutes: float) -> str:
    """Return minutes as people write them: 3, 0.5."""
    return f"{minutes:.1f}".removesuffix(".0") if minutes < 10 else f"{minutes:.0f}"


def _event(session: Session, walk: Walk, step: str) -> IncidentEvent | None:
    """Return the newest event of the timeline that told of this step."""
    rows = select(IncidentEvent).where(
        IncidentEvent.incident_id == walk.row.incident_id, IncidentEvent.kind == "step"
    )
    mine = (walk.row.id, step)
    newest = session.scalars(rows.order_by(IncidentEvent.id.desc()))
    return next((e for e in newest if (e.data.get("run_id"), e.data.get("step")) == mine), None)
