"""Mail about notices: one message for all that a person has not read; it names numbers, never contents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import access
from kb.notices import queries
from kb.notices.queries import Told
from kb.store import notices
from kb.store.models import Notice, Person
from kb.store.outbox import queue_mail
from kb.web import mail
from kb.web.locale import LANGUAGES, words_in

NEWEST = timedelta(days=1)
"""What is older is not mailed any more: a mail server that is set today sends no flood of the past."""


def queue(session: Session, now: datetime) -> None:
    """Queue one message for each person who has unread notices that were not mailed yet."""
    waiting = Notice.mailed_at.is_(None), Notice.at > now - NEWEST, Notice.read_at.is_(None)
    people = select(Person).where(Person.id.in_(select(Notice.person_id).where(*waiting)))
    for person in session.scalars(people.order_by(Person.id)).all():
        mine = notices.of_person(person, access.scope(person)).where(*waiting).order_by(Notice.id)
        rows = session.scalars(mine).all()
        if not rows:
            continue
        subject, body = _message(queries.shown(session, rows))
        last = rows[-1]
        queue_mail(session, f"notices-{last.id}", person.id, subject, body, now)
        for notice in rows:
            notice.mailed_at = now


def _message(told: Sequence[Told]) -> tuple[str, str]:
    subject = words_in(LANGUAGES[0], "notices.mail.subject", n=len(told))
    lines = [line for each in told for line in _lines(each)]
    address = mail.link("notices.index")
    return subject, "\n".join([*lines, *([address] if address else [])]) + "\n"


def _lines(told: Told) -> list[str]:
    """Return a notice in both languages, with its address where one is known."""
    said = [f"{told.number} {sentence(tongue, told)}".strip() for tongue in LANGUAGES]
    address = mail.link(told.endpoint, **told.args)
    return [*said, *([address] if address else []), ""]


def sentence(tongue: str, told: Told) -> str:
    """Return the words of a notice in one language."""
    return words_in(tongue, f"notices.{told.notice.kind}", **told.notice.data)
