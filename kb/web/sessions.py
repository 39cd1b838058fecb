"""Sessions that live on the server (ASVS 5.0 V7): ended here, they are ended.

The signed cookie holds a random token; the table holds its hash, when it began and was last seen.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from flask import Flask, current_app, request, session
from flask_login import LoginManager, login_user, logout_user
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kb.domain.people import access_problem
from kb.domain.periods import japan_date
from kb.settings import Settings
from kb.store.db import writing
from kb.store.models import Person, SignIn
from kb.web import db
from kb.web.access import SignedIn, Visitor
from kb.web.kept import digest

SEEN_EVERY = timedelta(minutes=1)
"""How often "last seen" is written: often enough for the idle time-out, seldom enough for the disk."""

login_manager = LoginManager()
login_manager.anonymous_user = Visitor
login_manager.session_protection = None  # the token on the server decides; addresses change in offices


def init_app(app: Flask) -> None:
    """Let Flask-Login find the person of a request."""
    login_manager.init_app(app)


@login_manager.user_loader
def load(token: str) -> SignedIn | None:
    """Return the person whose session this is, or None once it has ended."""
    now = db.now()
    with db.reading() as reading:
        sign_in = reading.scalar(select(SignIn).where(SignIn.token_hash == digest(token)))
        if sign_in is None or not _alive(sign_in, now, current_app.config["KB_SETTINGS"]):
            return None
        person = sign_in.person
        if access_problem(person, japan_date(now)) is not None:
            return None
        found = signed_in(person, token)
    if now - sign_in.seen_at > SEEN_EVERY and not _asks_by_itself():
        _see(sign_in.id, now)
    return found


def _asks_by_itself() -> bool:
    """Return whether an open page asked, not a person: that must not keep an unattended session alive."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "asks_by_itself", False) and "seen" in request.args


def _see(sign_in_id: int, now: datetime) -> None:
    """Write when a session was last seen; the next request does, where somebody else is writing now."""
    with suppress(OperationalError), writing(db.engine(), waits=False) as session_:
        session_.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=now))


def signed_in(person: Person, token: str) -> SignedIn:
    """Return the person as a request sees them."""
    return SignedIn(
        id=person.id,
        login=person.login,
        name=person.name,
        role=person.role,
        trained=person.trained,
        must_change_password=person.must_change_password,
        token=token,
    )


def begin(store: Session, person: Person, now: datetime) -> str:
    """Add a new session for the person to the transaction and return its token; `enter` after commit."""
    token = secrets.token_urlsafe(32)
    store.add(SignIn(token_hash=digest(token), person_id=person.id, created_at=now, seen_at=now))
    return token


def enter(person: Person, token: str) -> None:
    """Make this the session of the browser; nothing of the one before it stays (rotation)."""
    session.clear()
    login_user(signed_in(person, token))


def leave() -> None:
    """Forget the session in the browser."""
    logout_user()
    session.clear()


def end(store: Session, now: datetime, *, token: str | None = None, person_id: int | None = None) -> None:
    """End one session by its token, or every session of a person except the given token's."""
    ended = update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=now)
    if person_id is None:
        store.execute(ended.where(SignIn.token_hash == digest(token or "")))
        return
    store.execute(ended.where(SignIn.person_id == person_id, SignIn.token_hash != digest(token or "")))


def _alive(sign_in: SignIn, now: datetime, settings: Settings) -> bool:
    return (
        sign_in.ended_at is None
        and now - sign_in.seen_at <= settings.idle
        and now - sign_in.created_at <= settings.absolute
    )
