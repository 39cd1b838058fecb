"""Reminders by mail, against a mail server on the loopback: what goes out, and what happens when not."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.incidents import overdue
from kb.settings import Smtp
from kb.store import outbox
from kb.store.db import writing
from kb.store.models import AuditRow, OutboxMail, Person
from kb.web import mail

NOW = datetime(2027, 5, 10, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Server(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given; answers: address -> what it says to RCPT."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.taken, self.answers = [], {}


class Talk(socketserver.StreamRequestHandler):
    """One conversation of RFC 5321, as far as it goes here."""

    def handle(self):
        self.say("220 ready")
        for line in self.rfile:
            word = line.decode().strip()
            if word[:4].upper() == "RCPT":
                address = word.partition("<")[2].partition(">")[0]
                self.say(self.server.answers.get(address, "250 ok"))
            elif word.upper() == "DATA":
                self.say("354 go on")
                self.take()
            else:
                self.say("221 bye" if word.upper() == "QUIT" else "250 ok")

    def take(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        self.server.taken.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        self.say("250 taken")

    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")


@pytest.fixture
def server():
    """A mail server on the loopback."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def smtp(app, server):
    """The settings that lead to it, and addresses for the cast."""
    smtp = Smtp("127.0.0.1", "kiriwake@example.jp", server.server_address[1])
    app.config["KB_SETTINGS"] = replace(
        app.config["KB_SETTINGS"], smtp=smtp, base_url="https://kb.example.jp"
    )
    with writing(app.extensions["kb.engine"]) as session:
        for person in session.scalars(select(Person).where(Person.login.in_(("engineer", "author")))):
            person.email = f"{person.login}@example.jp"
    return smtp


@pytest.fixture
def send(app, smtp):
    """A function: send what is due at a moment; return (sent, failed)."""

    def run(now, *sources):
        with app.app_context():
            return mail.send_due(app.extensions["kb.engine"], smtp, sources, now)

    return run


@pytest.fixture
def queue(app, people):
    """A function: queue a message to one of the cast; return whether it was."""

    def put(key, login="engineer", at=NOW):
        with writing(app.extensions["kb.engine"]) as session:
            return outbox.queue_mail(session, key, people[login], "件名\r\nBcc: x@y", "本文です。", at)

    return put


def test_an_overdue_update_is_told_once_to_who_is_in_charge(send, server, make_incident, session):
    late = make_incident(severity="P1", lead="author", contacted_at=NOW - 40 * MINUTE)
    make_incident(severity="P1", lead="author", contacted_at=NOW - 20 * MINUTE)
    make_incident(severity="P1", lead="author", contacted_at=NOW - 60 * MINUTE, recovered_at=NOW)

    assert send(NOW, overdue.remind) == (1, 0)
    assert send(NOW + MINUTE, overdue.remind) == (0, 0)

    told = server.taken[0]
    assert (told["To"], told["From"]) == ("author@example.jp", "kiriwake@example.jp")
    assert late.number in told["Subject"] and "状況報告が遅れています" in told["Subject"]
    body = told.get_content()
    assert f"https://kb.example.jp/incidents/{late.id}" in body and "2027-05-10 09:50" in body
    assert late.symptom not in body
    assert session.scalar(select(AuditRow).where(AuditRow.action == "mail.sent"))


def test_a_person_gets_one_message_for_a_key_and_none_without_an_address_or_when_disabled(
    queue, smtp, app, people, send, server
):
    assert queue("a") and not queue("a") and queue("a", "author")
    assert not queue("a", "reviewer")
    with writing(app.extensions["kb.engine"]) as session:
        session.get(Person, people["author"]).disabled_at = NOW

    assert send(NOW) == (1, 1)
    assert [told["Subject"] for told in server.taken] == ["件名 Bcc: x@y"]
    assert send(NOW + timedelta(days=2)) == (0, 0)


def test_what_the_server_puts_off_is_tried_again_and_what_it_refuses_never(queue, send, server, session):
    server.answers = {"engineer@example.jp": "451 later", "author@example.jp": "550 no such user"}
    queue("a"), queue("a", "author")

    assert send(NOW) == (0, 2)
    assert send(NOW + timedelta(seconds=59)) == (0, 0)
    server.answers = {}
    assert send(NOW + MINUTE) == (1, 0)

    assert [told["To"] for told in server.taken] == ["engineer@example.jp"]
    assert session.scalar(select(AuditRow).where(AuditRow.action == "mail.given_up"))


def test_a_server_that_does_not_answer_loses_nothing(queue, send, server, session, app, smtp):
    queue("a")
    away = replace(smtp, port=1)
    with app.app_context():
        assert mail.send_due(app.extensions["kb.engine"], away, [], NOW) == (0, 1)

    assert "refused" in session.scalars(select(OutboxMail)).one().failure.lower()
    assert send(NOW + MINUTE) == (1, 0) and len(server.taken) == 1


def test_what_one_sender_holds_no_other_takes_until_its_time_is_over(queue, app, smtp):
    queue("a")
    with writing(app.extensions["kb.engine"]) as first:
        assert len(outbox.take(first, NOW)) == 1
    with writing(app.extensions["kb.engine"]) as second:
        assert outbox.take(second, NOW + MINUTE) == []
        assert len(outbox.take(second, NOW + outbox.LEASE)) == 1


def test_pauses_double_up_to_four_hours():
    assert [outbox.pause(n) // MINUTE for n in (1, 2, 3, 12)] == [1, 2, 4, 240]


def test_the_command_sends_what_waits_and_says_what_is_missing(app, queue, smtp, server):
    runner = app.test_cli_runner()
    queue("a", at=datetime.now(UTC))

    done = runner.invoke(args=["mail", "send"])
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], smtp=None)
    without = runner.invoke(args=["mail", "send"])

    assert (done.exit_code, done.output, len(server.taken)) == (0, "Sent 1, failed 0.\n", 1)
    assert without.exit_code == 1 and "KB_SMTP_HOST" in without.output
