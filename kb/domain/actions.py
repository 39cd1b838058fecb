"""Actions after an incident: until when, when they count as done, and when the same cause came back.

Sources: contract C-5 (the same incident does not recur); ISO 9001:2015 10.2 (the effect is reviewed).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.domain.articles import Label
from kb.domain.errors import Refused
from kb.domain.incidents import ACTION_KINDS, EFFECT_DAYS, EFFECTS, LONGEST
from kb.domain.personal_data import problems

ACTION_STATES: dict[str, Label] = {
    "open": Label("実施前", "To do"),
    "overdue": Label("期限超過", "Overdue"),
    "done": Label("実施済み・効果の確認待ち", "Done, effect not checked"),
    "check_overdue": Label("効果の確認が期限超過", "Check of effect overdue"),
    "checked": Label("確認済み", "Checked"),
}
SOON = timedelta(days=7)
"""How long before its day something is shown as due soon."""
WINDOW = timedelta(days=EFFECT_DAYS)
"""How long after its check an effective action must have kept the incident away."""


@dataclass(frozen=True)
class Planned:
    """What somebody wants done. due: a day in Japan."""

    kind: str
    text: str
    due: date | None
    owner_id: int | None = None


def planned_problems(planned: Planned) -> list[Refused]:
    """Return every reason why an action cannot be kept like this."""
    found = []
    if planned.kind not in ACTION_KINDS:
        found.append(Refused("closing.action_kind", field="action_kind"))
    if not planned.text.strip():
        found.append(Refused("closing.action_text", field="action_text"))
    if planned.due is None:
        found.append(Refused("closing.action_due", field="action_due"))
    return found + _text_problems("action_text", planned.text)


def done_problems(evidence: str, done: date | None, created: date, today: date) -> list[Refused]:
    """Return every reason why an action does not count as done on this day."""
    found = []
    if not evidence.strip():
        found.append(Refused("closing.evidence_missing", field="evidence"))
    if done is None or done > today:
        found.append(Refused("closing.done_in_future", field="done_on"))
    elif done < created - timedelta(days=366):
        found.append(Refused("closing.done_too_early", field="done_on"))
    return found + _text_problems("evidence", evidence)


def check_problems(effect: str, note: str, *, recurred: str = "") -> list[Refused]:
    """Return every reason why a check of effect cannot be kept.

    recurred: the number of an incident of the same cause since the action was done, which says otherwise.
    """
    found = []
    if effect not in EFFECTS:
        found.append(Refused("closing.effect_missing", field="effect"))
    if effect == "effective" and recurred:
        found.append(Refused("closing.effect_recurred", number=recurred, field="effect"))
    if effect in ("not_effective", "unknown") and not note.strip():
        found.append(Refused("closing.effect_note_missing", field="effect_note"))
    return found + _text_problems("effect_note", note)


def _text_problems(field: str, text: str) -> list[Refused]:
    too_long = len(text) > LONGEST["text"]
    found = [Refused("closing.too_long", field=field, most=LONGEST["text"])] if too_long else []
    return found + problems({field: text})


def check_due(done: date) -> date:
    """Return the day on which the effect is checked, unless somebody names another."""
    return done + timedelta(days=EFFECT_DAYS)


def action_state(done: bool, effect: str, due: date, check: date | None, today: date) -> str:
    """Return a key of ACTION_STATES. effect: "" until it was checked."""
    if not done:
        return "overdue" if due < today else "open"
    if effect:
        return "checked"
    return "check_overdue" if check is not None and check < today else "done"


def cause_key(cause: str) -> str:
    """Return what two labels of the same cause have in common: width, case, blanks and signs do not count."""
    folded = unicodedata.normalize("NFKC", cause).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNM")


def same_cause(cause: str, components: Set[int], other: str, others: Set[int]) -> bool:
    """Return whether two confirmed causes are one: the same label and a component in common, or none."""
    key = cause_key(cause)
    return bool(key) and key == cause_key(other) and (bool(components & others) or not components | others)


def came_back(began: datetime, done: datetime, checked: datetime) -> bool:
    """Return whether an incident shows that an action called effective was not (C-5).

    began: its contact. It counts from when the action was done until 90 days after its check.
    """
    return done < began <= checked + WINDOW
