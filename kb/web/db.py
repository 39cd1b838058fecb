"""The request's database session.

A GET gets a session that reads; any other method gets one that begins IMMEDIATE, so that what a
service loads cannot change before it commits. `reading` is for a POST that stores nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask import Flask, current_app, g, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from kb.store import db as store
from kb.store.migrate import is_current, upgrade

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask, engine: Engine) -> None:
    """Keep the engine with the application and close each request's session after it."""
    app.extensions["kb.engine"] = engine
    weakref.finalize(app, engine.dispose)  # an application nobody needs any more leaves nothing open
    app.teardown_appcontext(_close)


def engine() -> Engine:
    """Return the application's engine."""
    return current_app.extensions["kb.engine"]


def session() -> Session:
    """Return the request's session; a service commits it, the end of the request rolls back."""
    if "kb_session" not in g:
        writes = request.method not in SAFE
        g.kb_connection = engine().connect().execution_options(writes=writes)
        g.kb_session = Session(g.kb_connection, autoflush=True, expire_on_commit=False)
    return g.kb_session


@contextmanager
def reading() -> Iterator[Session]:
    """Yield a short session that only reads, apart from the request's."""
    with store.reading(engine()) as session:
        yield session


def close() -> None:
    """End the request's session now, without what was not committed."""
    session = g.pop("kb_session", None)
    if session is not None:
        session.close()
        g.pop("kb_connection").close()


def _close(_error: BaseException | None) -> None:
    close()


def now() -> datetime:
    """Return the moment, aware, in UTC: the one clock of the web."""
    return datetime.now(UTC)


def migrate(app: Flask) -> None:
    """Bring the application's database to the newest schema, making its folder if need be."""
    settings = app.config["KB_SETTINGS"]
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.data.chmod(0o700)  # it may have been there before
    upgrade(app.extensions["kb.engine"])


def migrated(app: Flask) -> bool:
    """Return whether the database has every table that this version needs."""
    settings = app.config["KB_SETTINGS"]
    return settings.data.is_dir() and is_current(app.extensions["kb.engine"])
