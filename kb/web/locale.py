"""The two languages of the interface: Japanese first, English by choice.

Words live in `words/<feature>.toml`, one row per key with both languages side by side.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g, has_request_context, request

from kb.domain.actions import ACTION_STATES
from kb.domain.articles import AUDIENCES, CONFIDENCES, KINDS, Label
from kb.domain.diagnosis.guide import FREQUENCY_WORDS, LEVEL_WORDS, RISKS, STEP_KINDS
from kb.domain.errors import Reasons, Refused
from kb.domain.guide_runs import RUN_ORIGINS, RUN_STATES
from kb.domain.incidents import (
    ACTION_KINDS,
    CAUSE_STATES,
    CHANNELS,
    EFFECTS,
    ETA_CONFIDENCES,
    EVENT_KINDS,
    KNOWLEDGE_OUTCOMES,
    LINK_OUTCOMES,
    SEVERITIES,
    STAMPS,
    STATES,
)
from kb.domain.people import ORGANISATIONS, ROLES
from kb.domain.reviewing import SUBMISSION_STATES
from kb.domain.upkeep import FLAG_KINDS, MARK_ENDS

LANGUAGES = ("ja", "en")
COOKIE = "language"
COMMAND_LANGUAGE = "ja" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ja") else "en"
"""The language of commands: the one that the operator's terminal speaks."""
LABELS: Mapping[str, Mapping[str, Label]] = {
    "kind": {key: kind.label for key, kind in KINDS.items()},
    "audience": AUDIENCES,
    "confidence": CONFIDENCES,
    "role": ROLES,
    "organisation": ORGANISATIONS,
    "severity": SEVERITIES,
    "state": STATES,
    "channel": CHANNELS,
    "stamp": STAMPS,
    "stamp_before": STAMPS,
    "event_kind": EVENT_KINDS,
    "link_outcome": LINK_OUTCOMES,
    "eta_confidence": ETA_CONFIDENCES,
    "knowledge_outcome": KNOWLEDGE_OUTCOMES,
    "cause_state": CAUSE_STATES,
    "action_kind": ACTION_KINDS,
    "effect": EFFECTS,
    "action_state": ACTION_STATES,
    "flag_kind": FLAG_KINDS,
    "mark_end": MARK_ENDS,
    "step_kind": STEP_KINDS,
    "risk": RISKS,
    "level": LEVEL_WORDS,
    "frequency": FREQUENCY_WORDS,
    "run_state": RUN_STATES,
    "run_origin": RUN_ORIGINS,
    "submission_state": SUBMISSION_STATES,
}


def load_words(folder: Path = Path(__file__).parent / "words") -> dict[str, dict[str, str]]:
    """Return every key with its words: {"articles.title": {"ja": ..., "en": ...}}."""
    return {
        f"{file.stem}.{key}": words
        for file in sorted(folder.glob("*.toml"))
        for key, words in _flat(tomllib.loads(file.read_text(encoding="utf-8")))
    }


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, dict[str, str]]]:
    rows = []
    for key, value in table.items():
        if set(value) <= set(LANGUAGES):
            rows.append((before + key, value))
        else:
            rows += _flat(value, f"{before}{key}.")
    return rows


WORDS = load_words()


def init_app(app: Flask) -> None:
    """Give templates `t`, `label`, `language` and the words of a refusal."""
    app.jinja_env.globals.update(t=t, words_in=words_in, label=label, refusal=refusal, refusals=refusals)
    app.context_processor(lambda: {"language": language()})


def language() -> str:
    """Return the language of this request, Japanese unless the person chose English; else the terminal's."""
    if not has_request_context():
        return COMMAND_LANGUAGE
    if "language" not in g:
        chosen = request.cookies.get(COOKIE, "")
        g.language = chosen if chosen in LANGUAGES else LANGUAGES[0]
    return g.language


def t(key: str, **values: Any) -> str:
    """Return the words for the key in the request's language. Raises KeyError if there are none."""
    return words_in(language(), key, **values)


def words_in(tongue: str, key: str, **values: Any) -> str:
    """Return the words for the key in one language, whatever the request's: for paper and for mail."""
    words = WORDS[key][tongue]
    return words.format(**values) if values else words


def label(table: str, key: str | None) -> str:
    """Return the label of a row of the rules: label("kind", "workaround"); an unknown key as it is."""
    row = LABELS[table].get(key or "")
    return getattr(row, language()) if row else (key or "")


def section_label(kind: str, key: str) -> str:
    """Return the label of a section of a kind in the request's language."""
    return getattr(KINDS[kind].section(key).label, language())


def refusal(refused: Refused) -> str:
    """Return the sentence for a rule's no."""
    return t(
        refused.key, **{name: _shown(name, value, refused.values) for name, value in refused.values.items()}
    )


def refusals(refused: Refused) -> list[str]:
    """Return one sentence for each reason."""
    reasons = refused.reasons if isinstance(refused, Reasons) else (refused,)
    return [refusal(reason) for reason in reasons]


def _shown(name: str, value: Any, values: Mapping[str, Any]) -> Any:
    if name == "section":
        return section_label(values["kind"], value)
    if name == "field":
        return field_label(value, values.get("of"))
    if name == "kind" and f"personal_data.kind.{value}" in WORDS:
        return t(f"personal_data.kind.{value}")
    if isinstance(value, Refused):
        return refusal(value)
    return label(name, value) if name in LABELS else value


CALLED = {
    "_keep_reason": "personal_data.page.reason",
    "against": "upkeep.against",
    "day": "clocks.calendar.day",
    "decision_words": "fields.decision",
    "escalation": "guide_form.escalation",
    "guide": "guide_page.title",
    "minutes": "walks.minutes",
    "other": "guide_form.other",
    "step-minutes": "guide_form.minutes",
    "step-title": "guide_form.step_title",
    "submit_words": "reviewing.submit_words",
}
"""Fields without a row in fields.toml -> the words that their form calls them by."""
NUMBERED = {"answer-n": "guide_form.answer_n", "cause-n-title": "guide_form.cause_n"}
"""The same for the fields of a list, which are counted from 0 in their names and from 1 in the words."""
_NUMBER = re.compile(r"-(\d{1,4})\b", re.ASCII)


def field_label(name: str, of: str | None = None) -> str:
    """Return the words for a field of a form; "section.steps" is a section of the kind `of`, or of some."""
    if name.startswith("section."):
        key = name.removeprefix("section.")
        rows = [KINDS[of]] if of in KINDS else KINDS.values()
        kind = next((kind for kind in rows for s in kind.all_sections if s.key == key), None)
        return section_label(kind.key, key) if kind else key
    if f"fields.{name}" in WORDS:
        return t(f"fields.{name}")
    if name in CALLED:
        return t(CALLED[name])
    row = _NUMBER.search(name)
    key = NUMBERED.get(_NUMBER.sub("-n", name))
    return t(key, n=int(row[1]) + 1) if row and key else name


def local_path(target: str | None) -> str | None:
    """Return the target if it is a path of this host, or None: nobody is sent elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target) else target
