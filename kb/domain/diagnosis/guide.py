"""What an author fills in: causes, steps, and how often things are so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.domain.articles import Label

OTHER = "_other"
"""The cause that a guide does not know."""
DEFAULT = "default"
"""The row of answers that holds for every cause without one of its own."""
ESCALATION = "_escalate"
"""The step of a run that ended with calling for help; its minutes are those until help had done it."""
OTHER_SHARE = 0.05
NOT_FOUND_OUT = "unknown"
"""The outcome of a check that could not be answered, no evidence; a repair or a preparation is "skipped"."""
SKIPPED = "skipped"
FIXED, NOT_FIXED, DONE = "fixed", "not_fixed", "done"

CHECK, REPAIR, PREPARATION = "check", "repair", "prep"
STEP_KINDS: dict[str, Label] = {
    CHECK: Label("確認", "Check"),
    REPAIR: Label("処置", "Repair"),
    PREPARATION: Label("準備", "Preparation"),
}
HARMLESS, DISRUPTIVE, DESTRUCTIVE = "none", "disruptive", "destructive"
RISKS: dict[str, Label] = {
    HARMLESS: Label("なし", "None"),
    DISRUPTIVE: Label("業務が一時止まる", "Interrupts work"),
    DESTRUCTIVE: Label("元に戻せない", "Cannot be undone"),
}
LEVELS = {"never": 0.02, "rarely": 0.15, "half": 0.5, "often": 0.85, "always": 0.98}
"""How often, given a cause, an answer is heard or a repair helps."""
LEVEL_WORDS: dict[str, Label] = {
    "never": Label("まったくない", "Never"),
    "rarely": Label("まれにある", "Rarely"),
    "half": Label("半々", "Half the time"),
    "often": Label("よくある", "Often"),
    "always": Label("いつも", "Always"),
}
FREQUENCIES = {"very_rare": 1.0, "rare": 2.0, "sometimes": 4.0, "common": 8.0, "most": 16.0}
"""How often a cause is behind the symptom, as a weight against the other causes of its guide."""
FREQUENCY_WORDS: dict[str, Label] = {
    "very_rare": Label("めったにない", "Hardly ever"),
    "rare": Label("まれ", "Rare"),
    "sometimes": Label("時々", "Sometimes"),
    "common": Label("よくある", "Common"),
    "most": Label("最も多い", "Most common"),
}


def nearest(words: Mapping[str, float], value: float) -> str:
    """Return the key of the word nearest to a number: nearest(LEVELS, 0.9) is "often"."""
    return min(words, key=lambda key: abs(words[key] - value))


@dataclass(frozen=True)
class Cause:
    """Something that may be wrong. weight: see FREQUENCIES; only its ratio to the others counts."""

    id: str
    title: str
    weight: float


@dataclass(frozen=True)
class Step:
    """Something to do.

    minutes: as the author guesses, above 0. requires: ids of steps that must come first.
    answers, likely: of a check; likely is {cause id, OTHER or DEFAULT: {answer: level}} and may have gaps.
    fixes: of a repair; {cause id: how often it mends that cause}; a cause that is not listed is not mended.
    """

    id: str
    kind: str
    title: str
    minutes: float
    requires: tuple[str, ...] = ()
    risk: str = HARMLESS
    answers: tuple[str, ...] = ()
    likely: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    fixes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Guide:
    """Causes and steps for one symptom.

    pinned: ids of steps that come first whatever they are worth. escalation: minutes until help has ended
    it, above 0. other: the share of OTHER, 0 to 1.
    """

    causes: tuple[Cause, ...]
    steps: tuple[Step, ...]
    escalation: float
    pinned: tuple[str, ...] = ()
    other: float = OTHER_SHARE


def edited_steps(old: Guide, new: Guide) -> frozenset[str]:
    """Return the ids of the steps whose numbers an author changed: what was learnt of them no longer holds.

    A new title or place alone changes nothing that was learnt.
    """
    before = {step.id: _numbers(step) for step in old.steps}
    return frozenset(step.id for step in new.steps if before.get(step.id, _numbers(step)) != _numbers(step))


def _numbers(step: Step) -> tuple[object, ...]:
    likely = {cause: dict(row) for cause, row in step.likely.items()}
    return step.kind, step.minutes, step.answers, likely, dict(step.fixes)
