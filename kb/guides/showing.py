"""What the pages of a walk show, put together from the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.domain.diagnosis.belief import posterior
from kb.domain.diagnosis.guide import CHECK, DESTRUCTIVE, NOT_FOUND_OUT, OTHER, Step
from kb.domain.diagnosis.reasons import likeliest
from kb.domain.diagnosis.walking import (
    Answer,
    Standing,
    eliminated,
    mended,
    named,
    outcomes,
    standing,
    told,
)
from kb.domain.guide_runs import OPEN, STAFF
from kb.guides import queries
from kb.guides.queries import Walk
from kb.guides.telling import shown_minutes
from kb.store import guide_runs
from kb.store.guide_runs import Case
from kb.web.locale import t

CASES = 5
"""Incidents that a cause names as its evidence; the rest are counted."""
REPORTED = 400
"""Characters of what was tried that a fault report starts with: it travels in an address."""


@dataclass(frozen=True)
class Done:
    """An answer with its step, for the list of what was done. words: the outcome in words."""

    step: Step
    answer: Answer
    words: str


def page(session: Session, walk: Walk, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return the template that fits how a walk stands, and what it needs."""
    row, values = walk.row, shared(session, walk, now)
    if row.state != OPEN:
        return "guides/ended.html", values | _ended(walk)
    if row.step_at is None:
        return "guides/resting.html", values
    if mended(walk.answers):
        return "guides/mended.html", values
    seen = standing(walk.model, walk.answers, chosen=row.step, runs=walk.runs)
    values |= {"seen": seen, "step": named(walk.guide, seen.step) if seen.step else None}
    staff = row.origin == STAFF
    if seen.step is None and staff:
        return "guides/call.html", values | _after(walk)
    if seen.step is None:
        return "guides/escalate.html", values | _after(walk) | _likely(session, walk, seen)
    step = named(walk.guide, seen.step)
    if staff:
        return "guides/self_help.html", values | {"outcomes": outcomes(step)}
    values |= _before(session, walk, seen, step)
    if step.risk == DESTRUCTIVE and not (row.confirmed and row.step == step.id):
        return "guides/destructive.html", values
    return "guides/walk.html", values


def shared(session: Session, walk: Walk, now: datetime) -> dict[str, Any]:
    """Return what every page of a walk needs."""
    return {
        "walk": walk,
        "run": walk.row,
        "done": done(walk),
        "spent": shown_minutes(queries.minutes_so_far(walk.row, now)),
        "gone": [walk.cause_titles[cause] for cause in eliminated(walk.model, walk.answers)],
        "mended_by": named(walk.guide, step) if (step := mended(walk.answers)) else None,
        "colleagues": queries.colleagues(session, walk.row, now) if walk.row.state == OPEN else [],
        "cause": guide_runs.cause_of(session, walk.row.id),
        "other": OTHER,
    }


def done(walk: Walk) -> list[Done]:
    """Return what was done so far, in order."""
    return [
        Done(step, answer, outcome_words(step, answer.outcome))
        for answer in walk.answers
        if (step := named(walk.guide, answer.step))
    ]


def outcome_words(step: Step, outcome: str) -> str:
    """Return an outcome in words; an answer to a check is its author's."""
    return outcome if step.kind == CHECK and outcome != NOT_FOUND_OUT else t(f"walks.outcome.{outcome}")


def _before(session: Session, walk: Walk, seen: Standing, step: Step) -> dict[str, Any]:
    """Return why this step, and what each of its answers would say."""
    return _likely(session, walk, seen) | {
        "outcomes": outcomes(step),
        "minutes": shown_minutes(walk.model.actions[step.id].minutes),
        "told": {hearing.answer: hearing for hearing in seen.told},
        "towards": named(walk.guide, seen.towards) if seen.towards else _towards(walk, seen),
        "moves": lambda rows: moves(walk, rows),
    }


def _likely(session: Session, walk: Walk, seen: Standing) -> dict[str, Any]:
    """Return what the shares of the likeliest causes rest on."""
    cases = guide_runs.cases(session, walk.row.article_id)
    return {"basis": {cause: _basis(cases.get(cause, ())) for cause, _ in seen.causes}}


def _towards(walk: Walk, seen: Standing) -> Step | None:
    way = seen.proposal.towards
    return named(walk.guide, way) if way and way != seen.step and not seen.chosen else None


@dataclass(frozen=True)
class Basis:
    """What a share rests on: how many closed walks confirmed the cause, and the newest of their incidents."""

    times: int
    incidents: Sequence[Case]


def _basis(cases: Sequence[Case]) -> Basis:
    return Basis(len(cases), [case for case in reversed(cases) if case.incident_id][:CASES])


def moves(walk: Walk, rows: Sequence[Any]) -> str:
    """Return the causes that an answer moves most, with their shares: "A 40→75 %"."""
    names = walk.cause_titles | {OTHER: t("walks.other")}
    words = [
        t("walks.move", cause=names[one.cause], before=round(one.before * 100), after=round(one.after * 100))
        for one in rows[:2]
    ]
    return t("walks.between").join(words)


def _after(walk: Walk) -> dict[str, Any]:
    """Return whom to call and what to tell them."""
    html: Mapping[str, str] = walk.row.revision.html
    return {
        "contact": html.get("escalation") or html.get("unsolved"),
        "summary": summary(walk),
        "reported": reported(walk),
    }


def _ended(walk: Walk) -> dict[str, Any]:
    causes = [*walk.cause_titles.items(), (OTHER, t("walks.other"))]
    return _after(walk) | {"causes": causes}


def summary(walk: Walk) -> str:
    """Return what was tried, to be copied or read out on the telephone."""
    row, rows = walk.row, done(walk)
    head = t("walks.summary.head", number=row.article.number, title=row.revision.title)
    lines = [f"{head}（{row.incident.number}）" if row.incident else head]
    lines += [
        t(
            "walks.summary.line",
            n=n,
            step=one.step.title,
            told=one.words,
            minutes=shown_minutes(one.answer.minutes),
        )
        for n, one in enumerate(rows, 1)
    ]
    gone = [walk.cause_titles[cause] for cause in eliminated(walk.model, walk.answers)]
    if gone:
        lines.append(t("walks.summary.gone", causes=t("walks.between").join(gone)))
    if not mended(walk.answers):
        shares = likeliest(posterior(walk.model, told(walk.answers)))
        left = [f"{walk.cause_titles[cause]} {share:.0%}" for cause, share in shares]
        lines.append(t("walks.summary.left", causes=t("walks.between").join(left)))
    return "\n".join(lines)


def reported(walk: Walk) -> str:
    """Return the words that a fault report starts with: the symptom and what ward staff tried."""
    tried = [t("walks.reported_line", step=one.step.title, told=one.words) for one in done(walk)]
    words = "\n".join([walk.row.revision.title, *([t("walks.reported_tried"), *tried] if tried else [])])
    return words[:REPORTED]
