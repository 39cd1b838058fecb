"""A guide as its form holds it: what the author typed, as text, wrong or not."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from kb.domain.diagnosis.checking import MOST_MINUTES
from kb.domain.diagnosis.guide import (
    CHECK,
    DEFAULT,
    FREQUENCIES,
    HARMLESS,
    LEVELS,
    OTHER,
    OTHER_SHARE,
    REPAIR,
    RISKS,
    STEP_KINDS,
    Cause,
    Guide,
    Step,
    nearest,
)
from kb.domain.errors import Refused

LONGEST_STATE = 400_000
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


@dataclass
class CauseRow:
    """A cause. often: a key of FREQUENCIES."""

    id: str
    title: str = ""
    often: str = "sometimes"


@dataclass
class Told:
    """What a cause (or DEFAULT, OTHER) answers to a check: a key of LEVELS for each answer, "" where open."""

    cause: str
    levels: list[str] = field(default_factory=list)


@dataclass
class StepRow:
    """A step. fixes: cause id -> key of LEVELS, of a repair."""

    id: str
    kind: str
    title: str = ""
    minutes: str = ""
    risk: str = HARMLESS
    requires: list[str] = field(default_factory=list)
    pinned: bool = False
    answers: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    fixes: dict[str, str] = field(default_factory=dict)


@dataclass
class GuideForm:
    """The whole guide. open: the id of the step that is being edited, or "". other: percent."""

    causes: list[CauseRow] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    escalation: str = "60"
    other: str = "5"
    open: str = ""

    def step(self, id: str) -> StepRow | None:
        """Return the step with this id."""
        return next((step for step in self.steps if step.id == id), None)

    def new_id(self, letter: str) -> str:
        """Return an id that no other has, and no deleted one is likely to have had: walks keep the ids."""
        taken = {row.id for row in (*self.causes, *self.steps)}
        while (id := f"{letter}-{secrets.token_hex(2)}") in taken:
            pass
        return id


def of_guide(guide: Guide) -> GuideForm:
    """Return the form of a guide."""
    return GuideForm(
        [CauseRow(cause.id, cause.title, nearest(FREQUENCIES, cause.weight)) for cause in guide.causes],
        [_step_row(step, step.id in guide.pinned) for step in guide.steps],
        f"{guide.escalation:g}",
        f"{100 * guide.other:g}",
    )


def _step_row(step: Step, pinned: bool) -> StepRow:
    rows = {**({DEFAULT: {}} if step.kind == CHECK else {}), **step.likely}
    told = [
        Told(cause, [_level(row[a]) if a in row else "" for a in step.answers]) for cause, row in rows.items()
    ]
    return StepRow(
        step.id,
        step.kind,
        step.title,
        f"{step.minutes:g}",
        step.risk,
        list(step.requires),
        pinned,
        list(step.answers),
        told,
        {cause: _level(value) for cause, value in step.fixes.items()},
    )


def _level(value: float) -> str:
    return nearest(LEVELS, value)


def number_problems(form: GuideForm) -> Iterator[Refused]:
    """Yield what is no number: without these the form is a guide, fit to walk or not."""
    for step in form.steps:
        if not _NUMBER.fullmatch(step.minutes):
            yield Refused("guides.minutes", step=step.id, most=int(MOST_MINUTES))
    if not _NUMBER.fullmatch(form.escalation):
        yield Refused("guides.escalation", most=int(MOST_MINUTES))
    if not _NUMBER.fullmatch(form.other):
        yield Refused("guides.other")


def to_guide(form: GuideForm) -> Guide:
    """Return the guide of a form; what is no number counts as 0. Answers left empty are left out."""
    return Guide(
        tuple(Cause(row.id, row.title, FREQUENCIES[row.often]) for row in form.causes),
        tuple(map(_step, form.steps)),
        _number(form.escalation),
        tuple(step.id for step in form.steps if step.pinned),
        OTHER_SHARE if form.other == f"{100 * OTHER_SHARE:g}" else _number(form.other) / 100,
    )


def _step(row: StepRow) -> Step:
    likely = {
        told.cause: {
            answer: LEVELS[level]
            for answer, level in zip(row.answers, told.levels, strict=True)
            if answer and level
        }
        for told in row.told
    }
    return Step(
        row.id,
        row.kind,
        row.title,
        _number(row.minutes),
        tuple(row.requires),
        row.risk,
        tuple(filter(None, row.answers)) if row.kind == CHECK else (),
        {cause: levels for cause, levels in likely.items() if levels} if row.kind == CHECK else {},
        {cause: LEVELS[level] for cause, level in row.fixes.items()} if row.kind == REPAIR else {},
    )


def _number(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else 0.0


def packed(form: GuideForm) -> str:
    """Return the form as one hidden field carries it."""
    return json.dumps(asdict(form), ensure_ascii=False)


def unpacked(text: str) -> GuideForm:
    """Return what `packed` made. Raises Refused for anything else."""
    try:
        if len(text) > LONGEST_STATE:
            raise ValueError
        data = json.loads(text)
        causes = [CauseRow(*_texts(row, "id", "title", "often")) for row in data["causes"]]
        steps = [_unpacked_step(row) for row in data["steps"]]
        form = GuideForm(causes, steps, *_texts(data, "escalation", "other", "open"))
        known = all(cause.often in FREQUENCIES for cause in causes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("guide_form.unreadable") from error
    if not known:
        raise Refused("guide_form.unreadable")
    return form


def _unpacked_step(row: dict[str, Any]) -> StepRow:
    id, kind, title, minutes, risk = _texts(row, "id", "kind", "title", "minutes", "risk")
    answers, requires = list(map(str, row["answers"])), list(map(str, row["requires"]))
    told = [Told(str(one["cause"]), [_known(level) for level in one["levels"]]) for one in row["told"]]
    fixes = {str(cause): _known(level) for cause, level in row["fixes"].items()}
    if kind not in STEP_KINDS or risk not in RISKS or any(len(t.levels) != len(answers) for t in told):
        raise ValueError(kind)
    return StepRow(id, kind, title, minutes, risk, requires, bool(row["pinned"]), answers, told, fixes)


def _known(level: str) -> str:
    if level and level not in LEVELS:
        raise ValueError(level)
    return level


def _texts(row: dict[str, Any], *names: str) -> list[str]:
    return [str(row[name]) for name in names]


def open_causes(form: GuideForm, step: StepRow) -> list[tuple[str, str]]:
    """Return (id, title) of the causes of which a check says nothing yet; OTHER, with no title, last."""
    told = {row.cause for row in step.told}
    rows = [(cause.id, cause.title) for cause in form.causes if cause.title]
    return [row for row in [*rows, (OTHER, "")] if row[0] not in told]
