"""What the buttons of a guide's form do: each changes what was typed and shows it; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Container

from flask import request

from articles.guide_form import CauseRow, GuideForm, StepRow, Told
from kb.domain.diagnosis.checking import MOST_ANSWERS, MOST_CAUSES, MOST_STEPS
from kb.domain.diagnosis.guide import CHECK, DEFAULT, FREQUENCIES, LEVELS, RISKS, STEP_KINDS
from kb.web.forms import text

_LEVELS_OR_NONE = {*LEVELS, ""}


def take_in(form: GuideForm) -> None:
    """Take in what was typed: the causes, the open step, the guide's own figures."""
    for place, cause in enumerate(form.causes):
        cause.title = text(f"cause-{place}-title")
        cause.often = _one_of(FREQUENCIES, f"cause-{place}-often", cause.often)
    form.escalation = text("escalation")
    form.other = text("other")
    step = form.step(form.open)
    if step is not None:
        _take_in_step(form, step)


def _take_in_step(form: GuideForm, step: StepRow) -> None:
    step.title, step.minutes = text("step-title"), text("step-minutes")
    step.risk = _one_of(RISKS, "step-risk", step.risk)
    step.pinned = "step-pinned" in request.form
    others = {other.id for other in form.steps if other is not step}
    step.requires = [id for id in request.form.getlist("step-requires") if id in others]
    step.answers = [text(f"answer-{place}") for place in range(len(step.answers))]
    for row, told in enumerate(step.told):
        places = range(len(told.levels))
        told.levels = [_one_of(_LEVELS_OR_NONE, f"told-{row}-{place}", "") for place in places]
    causes = dict.fromkeys([*step.fixes, *(cause.id for cause in form.causes)])  # in the order they were in
    fixes = {cause: _one_of(_LEVELS_OR_NONE, f"fix-{cause}", "") for cause in causes}
    step.fixes = {cause: level for cause, level in fixes.items() if level}


def _one_of(known: Container[str], name: str, otherwise: str) -> str:
    chosen = text(name)
    return chosen if chosen in known else otherwise


def act(form: GuideForm, action: str) -> None:
    """Do what a button says: "add-cause", "open:s-1". One that is none, or comes too late, does nothing."""
    name, _, value = action.partition(":")
    if name in _ACTS:
        _ACTS[name](form, value)


def _add_cause(form: GuideForm, _: str) -> None:
    if len(form.causes) < MOST_CAUSES:
        form.causes.append(CauseRow(form.new_id("c")))


def _remove_cause(form: GuideForm, id: str) -> None:
    form.causes = [cause for cause in form.causes if cause.id != id]
    for step in form.steps:
        step.told = [told for told in step.told if told.cause != id]
        step.fixes.pop(id, None)


def _add_step(form: GuideForm, kind: str) -> None:
    if kind not in STEP_KINDS or len(form.steps) >= MOST_STEPS:
        return
    step = StepRow(form.new_id("s"), kind)
    if kind == CHECK:
        step.answers, step.told = ["", ""], [Told(DEFAULT, ["", ""])]
    form.steps.append(step)
    form.open = step.id


def _remove_step(form: GuideForm, id: str) -> None:
    form.steps = [step for step in form.steps if step.id != id]
    for step in form.steps:
        step.requires = [needed for needed in step.requires if needed != id]


def _move(form: GuideForm, id: str, by: int) -> None:
    step = form.step(id)
    if step is not None:
        to = form.steps.index(step) + by
        form.steps.remove(step)
        form.steps.insert(max(to, 0), step)


def _open(form: GuideForm, id: str) -> None:
    form.open = id


def _add_answer(form: GuideForm, _: str) -> None:
    step = form.step(form.open)
    if step is not None and len(step.answers) < MOST_ANSWERS:
        step.answers.append("")
        for told in step.told:
            told.levels.append("")


def _remove_answer(form: GuideForm, value: str) -> None:
    step = form.step(form.open)
    if step is not None and value.isdecimal() and int(value) < len(step.answers):
        del step.answers[int(value)]
        for told in step.told:
            del told.levels[int(value)]


def _add_told(form: GuideForm, _: str) -> None:
    step, cause = form.step(form.open), text("told-cause")
    if step is not None and cause and all(told.cause != cause for told in step.told):
        step.told.append(Told(cause, [""] * len(step.answers)))


def _remove_told(form: GuideForm, cause: str) -> None:
    step = form.step(form.open)
    if step is not None:
        step.told = [told for told in step.told if told.cause != cause or cause == DEFAULT]


_ACTS: dict[str, Callable[[GuideForm, str], None]] = {
    "add-cause": _add_cause,
    "remove-cause": _remove_cause,
    "add-step": _add_step,
    "remove-step": _remove_step,
    "up": lambda form, id: _move(form, id, -1),
    "down": lambda form, id: _move(form, id, 1),
    "open": _open,
    "add-answer": _add_answer,
    "remove-answer": _remove_answer,
    "add-told": _add_told,
    "remove-told": _remove_told,
}
