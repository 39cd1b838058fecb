"""The outbox: mail is written in the transaction of what it tells of, and sent later, once.

A sender takes messages with a lease, so that two senders (the server's and `flask mail send`) never
hold the same one; a lease that ends without an answer is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.people import access_problem
from kb.domain.periods import japan_date
from kb.store import audit
from kb.store.models import OutboxMail, Person

LONGEST_KEY = 100
LEASE = timedelta(minutes=10)
"""Longer than a mail server may take to answer."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 12
"""With pauses that double, about a day."""


def queue_mail(session: Session, key: str, person_id: int, subject: str, body: str, at: datetime) -> bool:
    """Add a message to the transaction unless the person already got one with this key.

    key: what the message is about, at most 100 characters ("update-due-12-40"). at: now.
    Nothing is queued for a person without an address or who may no longer sign in (C-10).
    Returns whether it was queued.
    """
    person = session.get(Person, person_id)
    if person is None or not reachable(person, at):
        return False
    whole = f"{key[:LONGEST_KEY]}:{person_id}"
    if session.scalar(select(OutboxMail.id).where(OutboxMail.key == whole)) is not None:
        return False
    session.add(
        OutboxMail(
            key=whole,
            person_id=person_id,
            subject=" ".join(subject.split()),
            body=body,
            queued_at=at,
            next_try_at=at,
        )
    )
    session.flush()
    return True


def reachable(person: Person, at: datetime) -> bool:
    """Return whether mail may go to this person: an address is known, and they may still sign in."""
    return bool(person.email) and access_problem(person, japan_date(at)) is None


def take(session: Session, now: datetime, most: int = 20) -> Sequence[OutboxMail]:
    """Lease the messages that are due, oldest first; commit before sending them."""
    due = (
        select(OutboxMail)
        .where(
            OutboxMail.sent_at.is_(None), OutboxMail.next_try_at <= now, OutboxMail.attempts < MOST_ATTEMPTS
        )
        .order_by(OutboxMail.next_try_at, OutboxMail.id)
        .limit(most)
        .options(joinedload(OutboxMail.person))
        .with_for_update(of=OutboxMail)
    )
    mails = session.scalars(due).all()
    for mail in mails:
        mail.attempts += 1
        mail.next_try_at = now + LEASE
    session.flush()
    return mails


def sent(session: Session, mail_id: int, now: datetime) -> None:
    """Note that a message went out, with its audit row."""
    mail = session.get_one(OutboxMail, mail_id)
    mail.sent_at, mail.failure = now, ""
    audit.record(
        session, "mail.sent", at=now, by=None, object_type="person", object_id=mail.person_id, key=mail.key
    )


def failed(session: Session, mail_id: int, why: str, now: datetime, *, for_good: bool = False) -> None:
    """Note why a message did not go out, and when it is tried again; for_good: never."""
    mail = session.get_one(OutboxMail, mail_id)
    mail.failure = why[:300]
    mail.next_try_at = now + pause(mail.attempts)
    if for_good:
        mail.attempts = MOST_ATTEMPTS
    if mail.attempts < MOST_ATTEMPTS:
        return
    told = {"key": mail.key, "failure": mail.failure}
    audit.record(
        session, "mail.given_up", at=now, by=None, object_type="person", object_id=mail.person_id, **told
    )


def pause(attempts: int) -> timedelta:
    """Return how long to wait after this many failed attempts."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)


def forget(session: Session, before: datetime) -> None:
    """Delete what was sent or given up and was queued before this moment: reminders are not an archive."""
    done = or_(OutboxMail.sent_at.is_not(None), OutboxMail.attempts >= MOST_ATTEMPTS)
    session.execute(delete(OutboxMail).where(OutboxMail.queued_at < before, done))
