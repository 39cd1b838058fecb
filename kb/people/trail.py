"""The audit log in words: what an action was, what it was about, what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kb.domain.articles import article_number
from kb.store.models import AuditRow
from kb.web.locale import WORDS, field_label, label, t


@dataclass(frozen=True)
class Line:
    """One row as the page shows it. about_id: of the object, whose kind is about_type."""

    at: datetime
    who: str
    what: str
    about: str
    about_type: str
    about_id: int | None
    details: tuple[str, ...]
    address: str


def line(row: AuditRow, names: Mapping[int, str]) -> Line:
    """Return the row in words. names: of the accounts that rows are about."""
    return Line(
        at=row.at,
        who=row.person.name if row.person else t("people.audit.nobody"),
        what=action_words(row.action),
        about=_about(row, names),
        about_type=row.object_type,
        about_id=row.object_id,
        details=tuple(_detail(name, value) for name, value in row.detail.items()),
        address=row.address,
    )


def action_words(action: str) -> str:
    """Return the words for an action; one that nobody wrote words for shows its name."""
    key = f"people.action.{action}"
    return t(key) if key in WORDS else action


def _about(row: AuditRow, names: Mapping[int, str]) -> str:
    if row.object_id is None:
        return ""
    if row.object_type == "person":
        return names.get(row.object_id, f"#{row.object_id}")
    if row.object_type in ("article", "articles"):
        return article_number(row.object_id)
    return f"#{row.object_id}"


def _detail(name: str, value: Any) -> str:
    if name == "changes" and isinstance(value, dict):
        shown = (_change(field, before, after) for field, (before, after) in value.items())
        return t("people.audit.join").join(shown)
    return t("people.audit.detail", name=_name(name), value=_value(name, value))


def _change(field: str, before: Any, after: Any) -> str:
    return t(
        "people.audit.change", name=_name(field), before=_value(field, before), after=_value(field, after)
    )


def _name(name: str) -> str:
    key = f"people.audit.name.{name}"
    return t(key) if key in WORDS else field_label(name)


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return t("people.audit.none_value")
    if name in ("role", "organisation", "confidence"):
        return label(name, value)
    if name == "fields" and isinstance(value, list):
        return t("people.audit.join").join(field_label(str(field)) for field in value)
    if name == "reason" and f"people.reason.{value}" in WORDS:
        return t(f"people.reason.{value}")
    return str(value)
