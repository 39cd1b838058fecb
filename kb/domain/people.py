"""Who works with the wiki, and when they may sign in.

Sources: contract C-10 (subcontractors only with the ward's written consent), C-11 (privacy training);
OWASP ASVS 5.0 chapter V6 (passwords).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from datetime import date, datetime, timedelta
from typing import Protocol

from kb.domain.articles import Label
from kb.domain.errors import Refused

ROLES: dict[str, Label] = {
    "staff": Label("職員", "Ward staff"),
    "engineer": Label("技術者", "Engineer"),
    "author": Label("執筆者（受託者）", "Author (contractor)"),
    "reviewer": Label("審査者（担当課）", "Reviewer (ward)"),
    "administrator": Label("管理者", "Administrator"),
}
ORGANISATIONS: dict[str, Label] = {
    "ward": Label("区", "Ward"),
    "contractor": Label("受託者", "Contractor"),
    "subcontractor": Label("再委託先", "Subcontractor"),
}
PASSWORD_SHORTEST, PASSWORD_LONGEST = 8, 128
FAILURES_UNTIL_LOCK = 10
ONE_TIME_PASSWORD_LIVES = timedelta(days=1)
WRONG = "people.wrong_login_or_password"
"""One sentence for every failed sign-in, so that nobody learns which logins exist."""


class Account(Protocol):
    """What the rules need to know of a person; any column may be read, none is written."""

    role: str
    organisation: str
    consent_reference: str
    access_until: date | None
    trained_on: date | None
    must_change_password: bool
    password_expires_at: datetime | None
    failed_sign_ins: int
    locked_at: datetime | None
    disabled_at: datetime | None


def account_problems(
    role: str, organisation: str, consent_reference: str, access_until: date | None
) -> list[Refused]:
    """Return every reason why an account cannot be kept like this.

    Accounts of the contractor and of subcontractors carry the consent's reference and an end date (C-10).
    """
    found = []
    if role not in ROLES:
        found.append(Refused("people.unknown_role", role=role))
    if organisation not in ORGANISATIONS:
        found.append(Refused("people.unknown_organisation", organisation=organisation))
    if organisation == "ward":
        return found
    if not consent_reference.strip():
        found.append(Refused("people.consent_missing"))
    if access_until is None:
        found.append(Refused("people.end_date_missing"))
    return found


def access_problem(person: Account, today: date) -> Refused | None:
    """Return why this person may not use the wiki on this day in Japan, or None.

    Asked at sign-in and at every request, so that a session ends with the consent (C-10).
    """
    if person.disabled_at is not None:
        return Refused("people.disabled", status=403)
    if person.organisation == "ward":
        return None
    if person.access_until is None or today > person.access_until:
        return Refused("people.consent_ended", status=403, until=person.access_until)
    return None if person.consent_reference.strip() else Refused("people.consent_missing", status=403)


def sign_in_problem(person: Account, now: datetime, today: date) -> Refused | None:
    """Return why a person whose password is right may still not sign in, or None.

    now: aware UTC. today: the date in Japan.
    """
    if person.locked_at is not None:
        return Refused("people.locked", status=403)
    if person.password_expires_at is not None and now >= person.password_expires_at:
        return Refused("people.one_time_password_expired", status=403)
    return access_problem(person, today)


def locks(failed_sign_ins: int) -> bool:
    """Return whether this many failures in a row lock the account."""
    return failed_sign_ins >= FAILURES_UNTIL_LOCK


def password_problem(password: str, common: Container[str], login: str) -> Refused | None:
    """Return why this password is not accepted, or None (ASVS 5.0 V6.2: length, not composition).

    common: folded passwords that are known too well. Characters are counted after NFC.
    """
    length = len(unicodedata.normalize("NFC", password))
    if length < PASSWORD_SHORTEST:
        return Refused("people.password_short", least=PASSWORD_SHORTEST)
    if length > PASSWORD_LONGEST:
        return Refused("people.password_long", most=PASSWORD_LONGEST)
    folded = unicodedata.normalize("NFKC", password).casefold()
    if folded in common or folded == login.casefold() or len(set(folded)) < 3:
        return Refused("people.password_common")
    return None
