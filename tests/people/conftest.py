"""What tests of accounts need: rows changed behind the application's back, and the audit log."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from kb.store.db import reading, writing
from kb.store.models import AuditRow, Person, SignIn

NEW_PASSWORD = "雨の日は傘が三本"


def now():
    """The moment, as the application's clock has it."""
    return datetime.now(UTC)


@pytest.fixture
def on_record(app):
    """A function: set columns of a person of the cast."""

    def change(login, **columns):
        with writing(app.extensions["kb.engine"]) as session:
            session.execute(update(Person).where(Person.login == login).values(**columns))

    return change


@pytest.fixture
def person_of(app):
    """A function: login -> the person as stored now."""

    def find(login):
        with reading(app.extensions["kb.engine"]) as session:
            return session.scalars(select(Person).where(Person.login == login)).one()

    return find


@pytest.fixture
def sign_ins(app):
    """A function: set columns of every session on the server."""

    def change(**columns):
        with writing(app.extensions["kb.engine"]) as session:
            session.execute(update(SignIn).values(**columns))

    return change


@pytest.fixture
def audited(app):
    """A function: action -> its audit rows, oldest first."""

    def rows(action):
        with reading(app.extensions["kb.engine"]) as session:
            return session.scalars(
                select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id)
            ).all()

    return rows


@pytest.fixture
def attempt(visitor):
    """A function: send the sign-in form as somebody without a session."""

    def send(login, password, **fields):
        return visitor.post("/sign-in", data={"login": login, "password": password, **fields})

    return send
