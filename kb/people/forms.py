"""What the forms about people hold: read from a request, shown again as typed, and into the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import request

from kb.domain.errors import Reasons, Refused
from kb.people.queries import LARGEST_ID, AuditFilter
from kb.people.terms import Terms, fingerprint, fold_email, fold_name, terms_of
from kb.store.models import Person
from kb.web import forms

FIELDS = {
    "people.unknown_role": "role",
    "people.unknown_organisation": "organisation",
    "people.consent_missing": "consent_reference",
    "people.end_date_missing": "access_until",
}
"""Which field a rule speaks of that knows nothing of forms."""


@dataclass(frozen=True)
class Form:
    """An account as its form shows it, everything as text. base: the fingerprint of what it was made from."""

    login: str = ""
    name: str = ""
    role: str = "staff"
    organisation: str = "ward"
    consent_reference: str = ""
    access_until: str = ""
    trained_on: str = ""
    email: str = ""
    base: str = ""


def posted() -> Form:
    """Return the form as posted."""
    return Form(**{name: forms.text(name) for name in Form.__dataclass_fields__})


def of_person(person: Person) -> Form:
    """Return the form that shows what is on record."""
    return Form(
        login=person.login,
        name=person.name,
        role=person.role,
        organisation=person.organisation,
        consent_reference=person.consent_reference,
        access_until=person.access_until.isoformat() if person.access_until else "",
        trained_on=person.trained_on.isoformat() if person.trained_on else "",
        email=person.email,
        base=fingerprint(terms_of(person)),
    )


def to_terms(form: Form) -> Terms:
    """Return the terms for the rules. Raises Refused for what is no date."""
    return Terms(
        name=fold_name(form.name),
        role=form.role,
        organisation=form.organisation,
        consent_reference=form.consent_reference,
        access_until=_date(form.access_until, "access_until"),
        trained_on=_date(form.trained_on, "trained_on"),
        email=fold_email(form.email),
    )


def _date(typed: str, field: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise Refused("people.date_wrong", field=field) from error


def problems(refused: Refused) -> dict[str, Refused]:
    """Return each reason by the field that it is about; a reason of the whole form by its own key."""
    reasons = refused.reasons if isinstance(refused, Reasons) else (refused,)
    return {_field(reason) or reason.key: _named(reason) for reason in reasons}


def _named(reason: Refused) -> Refused:
    field = _field(reason)
    return Refused(reason.key, reason.status, **(reason.values | {"field": field})) if field else reason


def _field(reason: Refused) -> str | None:
    field: str | None = reason.values.get("field") or FIELDS.get(reason.key)
    return field


def wanted_audit() -> AuditFilter:
    """Return the audit filter in the address; a value that is none is dropped."""
    return AuditFilter(
        person=request.args.get("person", type=_number),
        action=request.args.get("action", "").replace("\0", "")[:60],
        first=request.args.get("first", type=date.fromisoformat),
        last=request.args.get("last", type=date.fromisoformat),
    )


def _number(typed: str) -> int:
    number = int(typed)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(typed)
    return number
