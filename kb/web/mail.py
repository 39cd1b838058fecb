"""Reminders by mail: features say what is due, the outbox keeps it, a thread of the server sends it.

Only where KB_SMTP_HOST is set. Several processes may serve and `flask mail send` may run beside them:
a message is with one of them at a time (kb/store/outbox.py). A server that does not answer is asked
again after pauses that grow.
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from kb.settings import Settings, Smtp
from kb.store import outbox
from kb.store.db import writing
from kb.store.models import OutboxMail
from kb.web import db

Source = Callable[[Session, datetime], None]
commands = AppGroup("mail", help="Reminders by mail: send what is due.")
EVERY_SECONDS = 60
TIMEOUT_SECONDS = 20
KEPT = timedelta(days=90)
"""How long a message that is done with stays in the outbox."""


def add_source(app: Flask, source: Source) -> None:
    """Let a feature queue what is due: asked in a transaction, each minute while the server runs.

    source: (session, now) -> None; calls `kb.store.outbox.queue_mail`.
    """
    app.extensions.setdefault("kb.mail.sources", []).append(source)


def link(endpoint: str, **values: Any) -> str:
    """Return the address of a page for a message; "" where KB_BASE_URL is not set."""
    settings: Settings = current_app.config["KB_SETTINGS"]
    if not settings.base_url:
        return ""
    return settings.base_url + current_app.url_map.bind("localhost").build(endpoint, values)


def send_due(engine: Engine, smtp: Smtp, sources: Sequence[Source], now: datetime) -> tuple[int, int]:
    """Queue what is due and hand every waiting message to the server; return (sent, failed)."""
    with writing(engine) as session:
        outbox.forget(session, now - KEPT)
        for source in sources:
            source(session, now)
    sent = failed = 0
    while mails := _taken(engine, now):
        done = _hand_over(engine, smtp, mails, now)
        sent, failed = sent + done, failed + len(mails) - done
        if not done:
            break  # the server does not answer: what waits, waits on
    return sent, failed


def _taken(engine: Engine, now: datetime) -> Sequence[OutboxMail]:
    with writing(engine) as session:
        mails = outbox.take(session, now)
        session.flush()
        session.expunge_all()
    return mails


def _hand_over(engine: Engine, smtp: Smtp, mails: Sequence[OutboxMail], now: datetime) -> int:
    """Send these and note of each what became of it; return how many went out."""
    outcomes: dict[int, _Failure | None] = {mail.id: _Failure("not reached") for mail in mails}
    try:
        with _connected(smtp) as server:
            for mail in mails:
                outcomes[mail.id] = _send(server, smtp, mail, now)
    except (OSError, smtplib.SMTPException) as error:
        why = _Failure(f"{type(error).__name__}: {error}")
        outcomes = {mail_id: why if failure else None for mail_id, failure in outcomes.items()}
    with writing(engine) as session:
        for mail_id, failure in outcomes.items():
            if failure is None:
                outbox.sent(session, mail_id, now)
            else:
                outbox.failed(session, mail_id, failure.why, now, for_good=failure.for_good)
    return sum(failure is None for failure in outcomes.values())


class _Failure:
    """Why a message did not go out. for_good: the server will never take it."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        self.why = why
        self.for_good = for_good


@contextmanager
def _connected(smtp: Smtp) -> Any:
    secure = ssl.create_default_context()
    if smtp.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS)
    with server:
        if smtp.security == "starttls":
            server.starttls(context=secure)
        if smtp.user:
            server.login(smtp.user, smtp.password)
        yield server


def _send(server: smtplib.SMTP, smtp: Smtp, mail: OutboxMail, now: datetime) -> _Failure | None:
    if not outbox.reachable(mail.person, now):
        return _Failure("no address, or no longer signed up", for_good=True)
    try:
        server.send_message(_message(smtp, mail, now))
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return _Failure(f"{code} {words!r}", for_good=code >= 500)
    except smtplib.SMTPDataError as refused:
        return _Failure(f"{refused.smtp_code} {refused.smtp_error!r}", for_good=refused.smtp_code >= 500)
    return None


def _message(smtp: Smtp, mail: OutboxMail, now: datetime) -> EmailMessage:
    """Return the message; its number stays the same when it is sent again."""
    message = EmailMessage(policy=SMTP)
    message["From"] = smtp.sender
    message["To"] = mail.person.email
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:32]}@kiriwake>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def start(app: Flask) -> None:
    """Send in the background for as long as the process serves; do nothing without a mail server."""
    if app.config["KB_SETTINGS"].smtp is not None:
        threading.Thread(target=_keep_sending, args=[app], name="mail", daemon=True).start()


def _keep_sending(app: Flask) -> None:
    pause = threading.Event()
    while not pause.wait(EVERY_SECONDS):
        try:
            send_now(app)
        except Exception:
            logging.getLogger("kiriwake.mail").exception("sending mail")


def send_now(app: Flask) -> tuple[int, int]:
    """Send what is due, with the application's settings; return (sent, failed)."""
    with app.app_context():
        sources = app.extensions.get("kb.mail.sources", [])
        return send_due(db.engine(), app.config["KB_SETTINGS"].smtp, sources, db.now())


@commands.command()
def send() -> None:
    """Queue what is due and send what waits, once; for cron. Exit code 1 if something could not be sent."""
    settings: Settings = current_app.config["KB_SETTINGS"]
    if settings.smtp is None:
        raise click.ClickException("There is no mail server: set KB_SMTP_HOST and KB_SMTP_FROM.")
    if not db.migrated(current_app):
        raise click.ClickException("The database is not up to date: run `flask init`.")
    sent, failed = send_now(current_app._get_current_object())  # type: ignore[attr-defined]
    click.echo(f"Sent {sent}, failed {failed}.")
    if failed:
        raise SystemExit(1)
