"""What an author's form holds, as text: from a request, from a revision, and into the rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from flask import request

from articles.service import text_of
from kb.domain.articles import AUDIENCES, KINDS, Text
from kb.domain.errors import Refused
from kb.domain.upkeep import next_review
from kb.store.models import Revision
from kb.web import forms

TEXTS = ("title", "symptom", "error_codes", "environment", "synonyms", "audience", "components", "review_due")


@dataclass(frozen=True)
class Form:
    """Every value as the form shows it; entries one a line. base: the revision it was made from, or "".

    incident_id: the incident because of which it is written. key: names this form from when it was opened.
    """

    kind: str
    title: str = ""
    symptom: str = ""
    error_codes: str = ""
    environment: str = ""
    synonyms: str = ""
    audience: str = "engineer"
    components: str = ""
    review_due: str = ""
    owner_id: int | None = None
    reason: str = ""
    base: str = ""
    incident_id: int | None = None
    key: str = ""
    sections: dict[str, str] = field(default_factory=dict)


def empty(kind: str, today: date, owner_id: int | None) -> Form:
    """Return the form of a new article: its kind's defaults, owned by who writes it."""
    audience = "staff" if kind in ("self_help", "release_note") else "engineer"
    return Form(kind, audience=audience, review_due=next_review(kind, today).isoformat(), owner_id=owner_id)


BROUGHT = {"title": (1, 200), "symptom": (1, 2_000), "synonyms": (20, 200), "add_synonyms": (20, 200)}
"""What an address may bring into a form that is opened: how many values, of how many characters."""


def brought(*names: str) -> dict[str, list[str]]:
    """Return what the address brings for these fields; whoever saves the form checks it."""
    found = {}
    for name in names:
        values, characters = BROUGHT[name]
        words = (" ".join(word[:characters].split()) for word in request.args.getlist(name)[:values])
        found[name] = [word for word in words if word]
    return {name: words for name, words in found.items() if words}


def brought_new() -> dict[str, list[str]]:
    """Return what the address brings for a new article."""
    return brought("title", "symptom", "synonyms")


def filled(form: Form) -> Form:
    """Return the form of a new article with what the address brings."""
    words = {name: "\n".join(words) for name, words in brought_new().items()}
    return because(replace(form, **words))


def because(form: Form) -> Form:
    """Return the form with the incident that the address names (?incident=)."""
    return replace(form, incident_id=_number(request.args.get("incident", "")))


def with_synonyms(form: Form, reason: str) -> Form:
    """Return the form with the other wordings that the address brings (add_synonyms), and why."""
    present = _entries(form.synonyms)
    new = [word for word in brought("add_synonyms").get("add_synonyms", ()) if word not in present]
    return replace(form, synonyms="\n".join([*present, *new]), reason=reason) if new else form


def posted() -> Form:
    """Return the form as posted."""
    kind = forms.text("kind")
    row = KINDS.get(kind)
    return Form(
        kind=kind,
        title=forms.text("title"),
        symptom=forms.block("symptom"),
        error_codes=forms.block("error_codes"),
        environment=forms.text("environment"),
        synonyms=forms.block("synonyms"),
        audience=forms.text("audience"),
        components=forms.block("components"),
        review_due=forms.text("review_due"),
        owner_id=number("owner_id"),
        reason=forms.text("reason")[:500],
        base=forms.text("base"),
        incident_id=number("incident"),
        key=forms.text("form_key")[:40],
        sections={s.key: forms.block(f"section.{s.key}") for s in row.all_sections} if row else {},
    )


def of_revision(revision: Revision, owner_id: int | None) -> Form:
    """Return the form that leads on from this revision."""
    return Form(
        kind=revision.kind,
        title=revision.title,
        symptom=revision.symptom,
        error_codes="\n".join(revision.error_codes),
        environment=revision.environment,
        synonyms="\n".join(revision.synonyms),
        audience=revision.audience,
        components="\n".join(revision.components),
        review_due=revision.review_due.isoformat() if revision.review_due else "",
        owner_id=owner_id,
        base=str(revision.id),
        sections=dict(text_of(revision).sections),
    )


def based_on(form: Form, revision_id: int | None) -> Form:
    """Return the form as made from another revision: its next save is deliberate."""
    return replace(form, base=str(revision_id or ""))


def to_text(form: Form) -> Text:
    """Return the text for the rules. Raises Refused for a date that is none."""
    try:
        due = date.fromisoformat(form.review_due) if form.review_due else None
    except ValueError as error:
        raise Refused("articles.date_wrong", field="review_due") from error
    return Text(
        kind=form.kind,
        title=form.title,
        symptom=form.symptom,
        error_codes=_entries(form.error_codes),
        environment=form.environment,
        synonyms=_entries(form.synonyms),
        audience=form.audience,
        components=_entries(form.components),
        review_due=due,
        sections=form.sections,
    )


def _entries(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))


def fields(form: Form) -> dict[str, str]:
    """Return the form's fields as lines, by the names that a difference gives them."""
    named = {name: getattr(form, name) for name in TEXTS}
    return named | {f"section.{key}": words for key, words in form.sections.items()}


def number(name: str) -> int | None:
    """Return a posted number, or None if there is none."""
    return _number(forms.text(name))


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def wanted_kind() -> str | None:
    """Return the kind asked for in the address, or None."""
    kind = request.args.get("kind", "")
    return kind if kind in KINDS else None


def wanted_filters() -> dict[str, str]:
    """Return the filters of a list as given in the address; unknown values are dropped."""
    known = {"audience": AUDIENCES, "kind": KINDS}
    names = ("kind", "audience", "confidence", "component", "owner", "order")
    given = {name: request.args.get(name, "")[:200] for name in names}
    return {
        name: value for name, value in given.items() if value and (name not in known or value in known[name])
    }
