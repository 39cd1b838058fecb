"""Who may sign in, until when, and which passwords are accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.domain.people import (
    ORGANISATIONS,
    ROLES,
    access_problem,
    account_problems,
    locks,
    password_problem,
    sign_in_problem,
)

TODAY = date(2027, 4, 1)
NOW = datetime(2027, 4, 1, 3, 0, tzinfo=UTC)


@dataclass
class Account:
    role: str = "engineer"
    organisation: str = "ward"
    consent_reference: str = ""
    access_until: date | None = None
    trained_on: date | None = None
    must_change_password: bool = False
    password_expires_at: datetime | None = None
    failed_sign_ins: int = 0
    locked_at: datetime | None = None
    disabled_at: datetime | None = None


def key(problem):
    return problem.key if problem else None


def keys(problems):
    return [problem.key for problem in problems]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_every_role_can_be_kept_in_every_organisation_with_its_terms(role, organisation):
    assert account_problems(role, organisation, "承諾 第5号", TODAY) == []


def test_an_unknown_role_and_organisation_are_both_told():
    assert keys(account_problems("root", "vendor", "x", TODAY)) == [
        "people.unknown_role",
        "people.unknown_organisation",
    ]


def test_the_wards_own_people_need_neither_consent_nor_end_date():
    assert account_problems("staff", "ward", "", None) == []


@pytest.mark.parametrize("organisation", ["contractor", "subcontractor"])
def test_outsiders_need_the_wards_consent_and_an_end_date(organisation):
    assert keys(account_problems("engineer", organisation, "  ", None)) == [
        "people.consent_missing",
        "people.end_date_missing",
    ]


def test_access_lasts_through_its_last_day_in_japan():
    contractor = Account(organisation="contractor", access_until=TODAY, consent_reference="第5号")

    assert access_problem(contractor, TODAY) is None
    assert key(access_problem(contractor, TODAY + timedelta(days=1))) == "people.consent_ended"


def test_a_contractor_without_an_end_date_has_no_access():
    assert key(access_problem(Account(organisation="contractor"), TODAY)) == "people.consent_ended"


@pytest.mark.parametrize("organisation", ["contractor", "subcontractor"])
def test_outsiders_without_consent_have_no_access(organisation):
    person = Account(organisation=organisation, access_until=TODAY)

    assert key(access_problem(person, TODAY)) == "people.consent_missing"


def test_the_wards_own_people_have_no_end_date_even_if_one_is_left_from_before():
    assert access_problem(Account(access_until=TODAY - timedelta(days=1)), TODAY) is None


def test_a_disabled_person_has_no_access():
    assert key(access_problem(Account(disabled_at=NOW), TODAY)) == "people.disabled"


def test_a_locked_person_cannot_sign_in_but_keeps_a_session():
    locked = Account(locked_at=NOW)

    assert key(sign_in_problem(locked, NOW, TODAY)) == "people.locked"
    assert access_problem(locked, TODAY) is None


def test_a_one_time_password_works_until_its_last_moment():
    person = Account(password_expires_at=NOW)

    assert sign_in_problem(person, NOW - timedelta(microseconds=1), TODAY) is None
    assert key(sign_in_problem(person, NOW, TODAY)) == "people.one_time_password_expired"


def test_what_ends_access_also_ends_signing_in():
    assert key(sign_in_problem(Account(disabled_at=NOW), NOW, TODAY)) == "people.disabled"


def test_the_tenth_failure_locks():
    assert [failures for failures in range(1, 13) if locks(failures)] == [10, 11, 12]


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("七文字の合言葉", "people.password_short"),
        ("八文字の合言葉だ", None),
        ("x y z 1" * 18 + "ab", None),
        ("x y z 1" * 18 + "abc", "people.password_long"),
        ("か\u3099" * 7, "people.password_short"),
        ("tooknown", "people.password_common"),
        ("ＴＯＯＫＮＯＷＮ", "people.password_common"),
        ("Taro.Yamada", "people.password_common"),
        ("abababababab", "people.password_common"),
        ("        ", "people.password_common"),
        ("no capital, no digit", None),
    ],
)
def test_length_and_the_list_decide_about_a_password_and_nothing_else(password, problem):
    assert key(password_problem(password, {"tooknown"}, "taro.yamada")) == problem


@given(st.text(max_size=200))
def test_any_text_at_all_gets_an_answer(password):
    assert key(password_problem(password, frozenset(), "login")) in {
        None,
        "people.password_short",
        "people.password_long",
        "people.password_common",
    }
