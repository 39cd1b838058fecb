"""What is wrong with a guide, and what its author may want to look at again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from kb.domain.diagnosis.belief import authored
from kb.domain.diagnosis.guide import CHECK, DEFAULT, HARMLESS, OTHER, REPAIR, RISKS, STEP_KINDS, Guide, Step
from kb.domain.errors import Refused

MOST_CAUSES, MOST_STEPS, MOST_ANSWERS = 50, 100, 6
LONGEST_TITLE, LONGEST_ANSWER = 200, 60
MOST_MINUTES = 10_080.0
"""A week."""
_SAME = 1e-9
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def problems(guide: Guide) -> list[Refused]:
    """Return every reason why a guide cannot be walked; each names its cause or step by id if it has one."""
    found = [*_whole(guide), *_ids(guide)]
    for cause in guide.causes:
        if not cause.title.strip() or len(cause.title) > LONGEST_TITLE:
            found.append(Refused("guides.title", cause=cause.id, most=LONGEST_TITLE))
    causes, steps = {cause.id for cause in guide.causes}, {step.id for step in guide.steps}
    for step in guide.steps:
        found += _step(step, causes, steps)
    return found + [Refused("guides.circle", step=one) for one in _circles(guide)]


def _whole(guide: Guide) -> Iterator[Refused]:
    if not guide.causes:
        yield Refused("guides.no_causes")
    if len(guide.causes) > MOST_CAUSES:
        yield Refused("guides.too_many_causes", most=MOST_CAUSES)
    if len(guide.steps) > MOST_STEPS:
        yield Refused("guides.too_many_steps", most=MOST_STEPS)
    if not 0 < guide.escalation <= MOST_MINUTES:
        yield Refused("guides.escalation", most=int(MOST_MINUTES))
    if not 0 <= guide.other < 1:
        yield Refused("guides.other")
    for pin in sorted(set(guide.pinned) - {step.id for step in guide.steps}):
        yield Refused("guides.pin_unknown", id=pin)


def _ids(guide: Guide) -> Iterator[Refused]:
    causes, steps = Counter(cause.id for cause in guide.causes), Counter(step.id for step in guide.steps)
    for counted in (causes, steps):
        for id, times in counted.items():
            place = {"cause" if counted is causes else "step": id}
            if not _ID.fullmatch(id) or id == DEFAULT:
                yield Refused("guides.id", 422, id=id, **place)
            if times > 1:
                yield Refused("guides.id_twice", 422, id=id, **place)


def _step(step: Step, causes: set[str], steps: set[str]) -> Iterator[Refused]:
    if not step.title.strip() or len(step.title) > LONGEST_TITLE:
        yield Refused("guides.title", step=step.id, most=LONGEST_TITLE)
    if step.kind not in STEP_KINDS or step.risk not in RISKS:
        yield Refused("guides.step_kind", step=step.id)
    if not 0 < step.minutes <= MOST_MINUTES:
        yield Refused("guides.minutes", step=step.id, most=int(MOST_MINUTES))
    for needed in step.requires:
        if needed not in steps:
            yield Refused("guides.step_unknown", step=step.id, id=needed)
    if step.kind == CHECK:
        yield from _answers(step, causes)
    if step.kind == REPAIR and not step.fixes:
        yield Refused("guides.fixes_nothing", step=step.id)
    for cause in step.fixes:
        if cause not in causes:
            yield Refused("guides.cause_unknown", step=step.id, id=cause)


def _answers(step: Step, causes: set[str]) -> Iterator[Refused]:
    if not 2 <= len(step.answers) <= MOST_ANSWERS or len(set(step.answers)) < len(step.answers):
        yield Refused("guides.answers", step=step.id, most=MOST_ANSWERS)
    if any(not answer.strip() or len(answer) > LONGEST_ANSWER for answer in step.answers):
        yield Refused("guides.answer_long", step=step.id, most=LONGEST_ANSWER)
    for cause, row in step.likely.items():
        if cause not in causes | {DEFAULT, OTHER}:
            yield Refused("guides.cause_unknown", step=step.id, id=cause)
        for answer in row:
            if answer not in step.answers:
                yield Refused("guides.answer_unknown", step=step.id, answer=answer)


def _circles(guide: Guide) -> list[str]:
    """Return the ids of the steps that wait for themselves, over however many others."""
    needs = {step.id: set(step.requires) for step in guide.steps}
    waiting = set(needs)
    while free := {one for one in waiting if not needs[one] & waiting}:
        waiting -= free
    return [step.id for step in guide.steps if step.id in waiting and _reaches(needs, step.id)]


def _reaches(needs: dict[str, set[str]], start: str) -> bool:
    """Tell whether a step needs itself."""
    seen: set[str] = set()
    ahead = set(needs[start])
    while ahead:
        seen |= ahead
        ahead = {later for one in ahead for later in needs.get(one, ())} - seen
    return start in seen


def staff_problems(guide: Guide) -> list[Refused]:
    """Return why ward staff must not walk a guide: theirs hold checks and steps without risk only."""
    return [Refused("guides.not_for_staff", step=step.id) for step in guide.steps if step.risk != HARMLESS]


def doubts(guide: Guide) -> list[Refused]:
    """Return what a guide without problems still lacks: not forbidden, but perhaps overlooked.

    A cause that no check says anything of (every answer as the default row has it), one that no repair mends,
    two causes that no check tells apart, a step that will never be proposed.
    """
    model = authored(guide)
    rows = [row for action in model.actions.values() for row in action.rows.values()]
    columns = [tuple(round(row[place], 6) for row in rows) for place in range(len(guide.causes))]
    told = {cause for step in guide.steps for cause, row in step.likely.items() if row}
    found = []
    for cause in guide.causes:
        if cause.id not in told:
            found.append(Refused("guides.cause_unchecked", cause=cause.id, title=cause.title))
        if not any(step.fixes.get(cause.id) for step in guide.steps):
            found.append(Refused("guides.cause_unmended", cause=cause.id, title=cause.title))
    for (one, left), (other, right) in combinations(zip(guide.causes, columns, strict=True), 2):
        if left == right and {one.id, other.id} & told:
            found.append(Refused("guides.causes_alike", cause=one.id, title=one.title, other=other.title))
    return found + [Refused("guides.unreachable", step=step.id, title=step.title) for step in _idle(guide)]


def _idle(guide: Guide) -> Iterator[Step]:
    """Yield the steps that are never proposed: no step waits for them, and they neither tell nor mend."""
    awaited = {one for step in guide.steps for one in step.requires} | set(guide.pinned)
    actions = authored(guide).actions
    for step in guide.steps:
        rows = actions[step.id].rows.values()
        tells = any(max(row) - min(row) > _SAME for row in rows)
        if step.id not in awaited and step.kind != REPAIR and not tells:
            yield step
