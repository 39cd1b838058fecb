"""Reminders of actions: before their day, after it, each week, also once the incident has closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from kb.incidents import reminders
from kb.store.db import writing
from kb.store.models import OutboxMail, Person

DUE = date(2027, 5, 10)
CLOSED = {"closed_at": datetime(2027, 5, 1, tzinfo=UTC)}


@pytest.fixture
def remind(app, session):
    """A function: remind at this time on a day in Japan, so many days after DUE; return (login, subject)s."""
    with writing(app.extensions["kb.engine"]) as writer:
        writer.execute(update(Person).values(email=Person.login + "@example.lg.jp"))

    def at(days, hour=9):
        now = datetime(2027, 5, 10, tzinfo=UTC) + timedelta(days=days, hours=hour - 9)
        with app.app_context(), writing(app.extensions["kb.engine"]) as writer:
            reminders.remind(writer, now)
        session.rollback()  # a reader keeps to what it saw first
        rows = select(Person.login, OutboxMail.subject).join(Person).order_by(OutboxMail.id)
        return [tuple(row) for row in session.execute(rows)]

    return at


def test_an_owner_is_reminded_before_the_day_after_it_and_each_week(remind, make_incident, make_action):
    make_action(make_incident(**CLOSED), due=DUE)

    told = {days: len(remind(days)) for days in (-4, -3, -2, 0, 1, 6, 7, 13, 14)}

    assert told == {-4: 0, -3: 1, -2: 1, 0: 1, 1: 2, 6: 2, 7: 3, 13: 3, 14: 4}
    login, subject = remind(14)[-1]
    assert login == "engineer" and "期限が過ぎています" in subject and "INC-2026-0001" in subject


def test_reminders_go_out_in_the_morning(remind, make_incident, make_action):
    make_action(make_incident(), due=DUE)

    assert len(remind(-3, hour=8)) == 0
    assert len(remind(-3, hour=9)) == 1


def test_what_is_done_is_reminded_of_only_for_its_check(remind, make_incident, make_action):
    done = {"done_at": datetime(2027, 2, 1, tzinfo=UTC), "due": date(2027, 1, 1)}
    make_action(make_incident(), **done, check_due=DUE)
    make_action(make_incident(), **done, check_due=DUE, effect="effective")

    assert len(remind(-10)) == 0
    assert [login for login, _ in remind(1)] == ["engineer"]


def test_without_an_owner_the_lead_is_asked_and_without_a_lead_the_ward(remind, make_incident, make_action):
    make_action(make_incident(lead="author"), owner=None, due=DUE)
    make_action(make_incident(lead_id=None), owner=None, due=DUE)

    assert [login for login, _ in remind(1)] == ["author", "reviewer"]


def test_a_message_says_neither_what_happened_nor_what_is_done(remind, session, make_incident, make_action):
    make_action(make_incident(symptom="3番窓口で印刷できない"), text="予備機を置く", due=DUE)

    remind(1)

    body = session.scalar(select(OutboxMail.body))
    assert "是正処置" in body and "Corrective" in body
    assert "予備機" not in body and "印刷できない" not in body
