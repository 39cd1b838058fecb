"""What an administrator records of a person, and when it cannot be kept (C-10, C-11)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import astuple, dataclass, replace
from datetime import date

from kb.domain import personal_data
from kb.domain.errors import Refused
from kb.domain.people import account_problems
from kb.store.models import Person

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:{0}\.)*{0}".replace("{0}", _LABEL))
LONGEST_NAME, LONGEST_REFERENCE, LONGEST_EMAIL = 100, 200, 254


@dataclass(frozen=True)
class Terms:
    """On what terms a person works with the wiki.

    consent_reference: of the ward's written consent. access_until: the last day in Japan.
    trained_on: the day of the privacy training. email: where reminders go.
    All four stay empty where they do not apply.
    """

    name: str
    role: str
    organisation: str
    consent_reference: str = ""
    access_until: date | None = None
    trained_on: date | None = None
    email: str = ""


def fold_login(typed: str) -> str:
    """Return the login as it is stored: half width, lower case, so that an IME cannot get in the way."""
    return unicodedata.normalize("NFKC", typed).replace("\0", "").strip().casefold()


def fold_name(typed: str) -> str:
    """Return the name with one plain blank where people put one or an ideographic one."""
    return " ".join(unicodedata.normalize("NFKC", typed).replace("\0", "").split())


def login_problem(login: str) -> Refused | None:
    """Return why this folded login cannot be given, or None."""
    if not LOGIN.fullmatch(login):
        return Refused("people.login_shape", field="login")
    return next(iter(personal_data.problems({"login": login})), None)


def fold_email(typed: str) -> str:
    """Return the address in half width without the blanks around it."""
    return unicodedata.normalize("NFKC", typed).replace("\0", "").strip()


def terms_problems(terms: Terms, today: date) -> list[Refused]:
    """Return every reason why these terms cannot be kept. today: the date in Japan."""
    found = []
    if not terms.name:
        found.append(Refused("people.name_missing", field="name"))
    for field, most in (("name", LONGEST_NAME), ("consent_reference", LONGEST_REFERENCE)):
        if len(getattr(terms, field)) > most:
            found.append(Refused("people.too_long", field=field, most=most))
    if terms.email and not (len(terms.email) <= LONGEST_EMAIL and EMAIL.fullmatch(terms.email)):
        found.append(Refused("people.email_shape", field="email"))
    found += account_problems(terms.role, terms.organisation, terms.consent_reference, terms.access_until)
    if terms.trained_on is not None and terms.trained_on > today:
        found.append(Refused("people.trained_later", field="trained_on"))
    written = {"name": terms.name, "consent_reference": terms.consent_reference, "email": terms.email}
    return [*found, *personal_data.problems(written)]


def settled(terms: Terms) -> Terms:
    """Return the terms without what does not apply to the ward's own people."""
    if terms.organisation != "ward":
        return terms
    return replace(terms, consent_reference="", access_until=None)


def terms_of(person: Person) -> Terms:
    """Return the terms on record."""
    return Terms(
        person.name,
        person.role,
        person.organisation,
        person.consent_reference,
        person.access_until,
        person.trained_on,
        person.email,
    )


def fingerprint(terms: Terms) -> str:
    """Return what a form carries to show that nobody changed the terms since it was made."""
    return hashlib.sha256(repr(astuple(terms)).encode()).hexdigest()[:16]
